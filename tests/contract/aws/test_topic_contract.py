"""The contract of `Topic`, for the fake and for the adapter on moto, the local cloud and LocalEmu."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reseal.aws.sns import SnsTopic
from reseal.core.errors import TransientError
from tests.contract.worlds.evidence import A_MESSAGE, TopicWorld
from tests.contract.worlds.services import Backend


def test_subscriber_gets_subject_document_and_attributes(topic_world: TopicWorld) -> None:
    topic_world.topic.publish(A_MESSAGE)

    assert topic_world.received() == [(A_MESSAGE.subject, A_MESSAGE.document, A_MESSAGE.attributes)]


def test_non_ascii_text_arrives_unchanged(topic_world: TopicWorld) -> None:
    message = replace(A_MESSAGE, document='{"reason": "Zoës Schlüssel 🔑"}')

    topic_world.topic.publish(message)

    assert [document for _, document, _ in topic_world.received()] == [message.document]


# without the fake, whose topic always exists
@pytest.mark.parametrize("backend", ["moto", "local cloud", "LocalEmu"], indirect=True)
def test_missing_topic_is_a_transient_error(backend: Backend) -> None:
    topic = SnsTopic(backend.client("sns"), f"arn:aws:sns:us-east-1:{backend.account}:deleted")

    with pytest.raises(TransientError, match="NotFound"):
        topic.publish(A_MESSAGE)
