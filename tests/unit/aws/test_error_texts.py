"""The text of an error names the failed action, whatever AWS left out of its answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from reseal.aws.errors import translated
from reseal.aws.sns import SnsTopic
from reseal.core.errors import RefusalError, TransientError
from reseal.runtime.settings import read_settings
from tests.contract.worlds.evidence import A_MESSAGE
from tests.support.fakes.stubs import stubbed
from tests.unit.functions.test_enforce_bucket import SETTINGS


def test_topic_that_refuses_names_its_action() -> None:
    with stubbed("sns") as (client, stub):
        stub.add_client_error("publish", "AuthorizationError", http_status_code=403)

        with pytest.raises(TransientError, match="sns:Publish: AuthorizationError"):
            SnsTopic(client, "arn:aws:sns:us-east-1:111122223333:alerts").publish(A_MESSAGE)


def test_answer_that_says_nothing_is_a_refusal_without_a_code() -> None:
    with pytest.raises(RefusalError) as raised, translated("s3:X"):
        raise ClientError({}, "X")  # type: ignore[arg-type]

    assert (raised.value.code, raised.value.message) == ("", "")


def test_entries_may_be_kept_for_a_single_day() -> None:
    assert read_settings(SETTINGS | {"LEDGER_DAYS": "1"}).ledger_kept == timedelta(days=1)
