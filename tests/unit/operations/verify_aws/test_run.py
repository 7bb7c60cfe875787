"""The steps of a run where something cannot be looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from operations.verify_aws import remains, run
from operations.verify_aws.measurement import NotSeenError, in_a_row
from operations.verify_aws.state import State
from operations.verify_aws.trail.readings import READINGS


def refusal(code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "arn:aws:iam::111122223333:user/maria may not"}}
    return ClientError(answer, "PutObject")


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(folder=tmp_path, account="111122223333", region="eu-west-1", prefix="reseal-verify-x")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refusal("AccessDenied"), "AccessDenied at PutObject"),
        (EndpointConnectionError(endpoint_url="https://s3"), "EndpointConnectionError"),
        (
            NotSeenError("AWS accepted a call that it had to refuse"),
            "AWS accepted a call that it had to refuse",
        ),
    ],
)
def test_reason_names_nobody(error: Exception, expected: str) -> None:
    assert run.why(error) == expected


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
def test_expired_credentials_end_the_run(code: str) -> None:
    with pytest.raises(run.ExpiredError):
        run.why(refusal(code))


def test_fact_without_its_records_is_not_seen(state: State) -> None:
    run.read(state)

    assert {state.rows[reading.asks.name].verdict for reading in READINGS} == {"not seen"}
    assert state.rows["form-upload"].problem == "no record of post_object_by_form"


@pytest.mark.parametrize("detail", [{}, {"eventName": "DisableKey", "requestParameters": ["keyId"]}])
def test_record_of_an_unknown_shape_is_not_seen_or_otherwise(state: State, detail: dict[str, Any]) -> None:
    """No shape ends the run: what the others show must be reported."""
    for reading in READINGS:
        for name in reading.of:
            state.records[name] = [{"detail": detail, "region": "eu-west-1", "resources": [], "delay": 1.0}]

    run.read(state)

    assert {row.verdict for row in state.rows.values()} <= {"not seen", "otherwise", "as expected"}
    assert state.rows["body-of-a-bucket-call"].verdict != "as expected"


def test_outcomes_are_codes_in_the_order_of_the_calls() -> None:
    def refused() -> None:
        raise refusal("AccessDenied")

    assert in_a_row(lambda: None, refused) == "accepted, AccessDenied"


class Account:
    """Clients of which every call is refused."""

    region, other_region = "eu-west-1", "us-east-1"

    def __call__(self, service: str, region: str | None = None) -> Any:
        return self

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def refused(*_: Any, **__: Any) -> Any:
            raise refusal("AccessDenied")

        return refused


def test_what_cannot_be_searched_is_named_and_does_not_end_the_removal() -> None:
    left = remains.remove_all(Account(), "reseal-verify-x", lambda _: None)  # type: ignore[arg-type]

    assert {line.partition(" ")[0] for line in left} == {kind.service for kind in remains.KINDS}
