"""What `Topic` promises, kept by the fake, and by SNS as moto, the local cloud and LocalEmu have it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reseal.aws.sns import SnsTopic
from reseal.core.errors import TransientError
from tests.contract.worlds.evidence import A_MESSAGE, TopicWorld
from tests.contract.worlds.services import Outside


def test_program_that_subscribes_gets_subject_document_and_attributes(topic_world: TopicWorld) -> None:
    topic_world.topic.publish(A_MESSAGE)

    assert topic_world.received() == [(A_MESSAGE.subject, A_MESSAGE.document, A_MESSAGE.attributes)]


def test_text_beyond_ascii_arrives_unharmed(topic_world: TopicWorld) -> None:
    message = replace(A_MESSAGE, document='{"reason": "Zoës Schlüssel 🔑"}')

    topic_world.topic.publish(message)

    assert [document for _, document, _ in topic_world.received()] == [message.document]


# without the fake, which is always there
@pytest.mark.parametrize("outside", ["moto", "local cloud", "LocalEmu"], indirect=True)
def test_topic_that_is_not_there_is_tried_again(outside: Outside) -> None:
    topic = SnsTopic(outside.client("sns"), f"arn:aws:sns:us-east-1:{outside.account}:deleted")

    with pytest.raises(TransientError, match="NotFound"):
        topic.publish(A_MESSAGE)
