"""The contract of `Ledger`, for the fake and for the adapter on moto, the local cloud and LocalEmu."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reseal.core.decision import Manual, Remediate, Severity
from reseal.core.errors import LeaseHeldError, TransientError
from reseal.core.findings.alerts import Unblocked
from reseal.core.outcome import Applied, Failed, Outcome, SkipCause, Skipped
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm
from reseal.core.state.change import EncryptionChange
from reseal.core.state.setting import Setting
from reseal.ports import Ledger
from tests.support.fakes.services import NOON

KEY = "arn:aws:kms:us-east-1:222233334444:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
LEASE_END = NOON + timedelta(seconds=90)
AFTER_LEASE = LEASE_END + timedelta(seconds=1)
INTENDED = BucketEncryption(algorithm="aws:kms", key_id=KEY, bucket_key=True, blocked=("SSE-C",))
APPLIED = Applied(after=INTENDED, at=NOON)
OUTCOMES: list[Outcome] = [
    APPLIED,
    Skipped(cause=SkipCause.NEWER, reason="it has changed since"),
    Failed(code="AccessDenied", reason="denied", denied_action="s3:PutEncryptionConfiguration"),
]

MINE = LedgerEntry(
    entry_id="payroll#7a3e51c4",
    resource=BucketResource(bucket="payroll"),
    setting=Setting.BUCKET_ENCRYPTION,
    before=BucketEncryption(algorithm="AES256"),
    intended=INTENDED,
    violations={
        "S3.BucketDefaultEncryption": Remediate(
            change=EncryptionChange(algorithm=SseAlgorithm.SSE_KMS, key_arn=KEY, bucket_key=True),
            severity=Severity.HIGH,
            reason="it is under SSE-S3",
        ),
        "S3.BucketSseCBlock": Manual(
            severity=Severity.MEDIUM, reason="not blocked", recommendation="block it"
        ),
    },
    owner="invocation-1/message-1",
    lease_until=int(LEASE_END.timestamp()),
)
THEIRS = replace(MINE, owner="invocation-2/message-1", lease_until=int(LEASE_END.timestamp()) + 600)


def test_entry_never_opened_is_none(ledger: Ledger) -> None:
    assert ledger.read(MINE.entry_id) is None


def test_open_returns_the_new_entry(ledger: Ledger) -> None:
    assert ledger.open(MINE, NOON) == MINE


def test_opened_entry_is_read_back_completely(ledger: Ledger) -> None:
    ledger.open(MINE, NOON)

    assert ledger.read(MINE.entry_id) == MINE


def test_open_entry_does_not_block_other_entries(ledger: Ledger) -> None:
    ledger.open(MINE, NOON)

    assert ledger.open(replace(THEIRS, entry_id="payroll#other"), NOON).owner == THEIRS.owner


def test_open_raises_while_another_holds_the_lease(ledger: Ledger) -> None:
    ledger.open(MINE, NOON)

    with pytest.raises(LeaseHeldError):
        ledger.open(THEIRS, NOON)


def test_lease_holds_in_its_last_second(ledger: Ledger) -> None:
    ledger.open(MINE, NOON)

    with pytest.raises(LeaseHeldError):
        ledger.open(THEIRS, LEASE_END)


def test_expired_lease_is_taken_over(ledger: Ledger) -> None:
    ledger.open(MINE, NOON)

    taken = ledger.open(THEIRS, AFTER_LEASE)

    assert (taken, ledger.read(MINE.entry_id)) == (THEIRS, THEIRS)


def test_holder_may_open_its_own_entry_again(ledger: Ledger) -> None:
    ledger.open(MINE, NOON)

    assert ledger.open(MINE, NOON) == MINE


def test_entry_taken_over_cannot_be_closed_by_its_first_holder(ledger: Ledger) -> None:
    ledger.open(MINE, NOON)
    ledger.open(THEIRS, AFTER_LEASE)

    with pytest.raises(LeaseHeldError):
        ledger.close(replace(MINE, outcome=APPLIED), AFTER_LEASE)


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
def test_closed_entry_is_read_back_with_its_outcome(ledger: Ledger, outcome: Outcome) -> None:
    ledger.open(MINE, NOON)

    ledger.close(replace(MINE, outcome=outcome), NOON)

    assert ledger.read(MINE.entry_id) == replace(MINE, outcome=outcome)


@pytest.mark.parametrize("opener", [MINE, THEIRS], ids=["its holder", "another"])
@pytest.mark.parametrize("now", [NOON, AFTER_LEASE], ids=["within the lease", "after it"])
def test_open_returns_the_closed_entry(ledger: Ledger, opener: LedgerEntry, now: object) -> None:
    closed = replace(MINE, outcome=APPLIED)
    ledger.open(MINE, NOON)
    ledger.close(closed, NOON)

    assert ledger.open(opener, NOON if now is NOON else AFTER_LEASE) == closed


def test_closed_entry_cannot_be_closed_with_another_outcome(ledger: Ledger) -> None:
    ledger.open(MINE, NOON)
    ledger.close(replace(MINE, outcome=APPLIED), NOON)

    with pytest.raises(LeaseHeldError):
        ledger.close(replace(MINE, outcome=OUTCOMES[1]), NOON)


def test_closing_again_with_the_same_outcome_is_harmless(ledger: Ledger) -> None:
    closed = replace(MINE, outcome=APPLIED)
    ledger.open(MINE, NOON)
    ledger.close(closed, NOON)

    ledger.close(closed, NOON)

    assert ledger.read(MINE.entry_id) == closed


def test_entry_never_opened_cannot_be_closed(ledger: Ledger) -> None:
    with pytest.raises(TransientError):
        ledger.close(replace(MINE, outcome=APPLIED), NOON)


REFUSED = ("payroll", "s3:PutEncryptionConfiguration", "event-1")


def test_first_refusal_of_a_day_is_reported_as_first(ledger: Ledger) -> None:
    assert ledger.first_refusal_today(*REFUSED, NOON)


def test_second_refusal_of_a_day_is_not_the_first(ledger: Ledger) -> None:
    ledger.first_refusal_today(*REFUSED, NOON)

    assert not ledger.first_refusal_today("payroll", REFUSED[1], "event-2", NOON + timedelta(hours=11))


def test_redelivered_first_refusal_is_still_the_first(ledger: Ledger) -> None:
    ledger.first_refusal_today(*REFUSED, NOON)

    assert ledger.first_refusal_today(*REFUSED, NOON + timedelta(minutes=6))


@pytest.mark.parametrize(
    ("bucket", "action", "later"),
    [
        ("ledger", REFUSED[1], timedelta(0)),
        ("payroll", "s3:GetEncryptionConfiguration", timedelta(0)),
        ("payroll", REFUSED[1], timedelta(hours=12)),
    ],
    ids=["another bucket", "another action", "another day"],
)
def test_other_refusal_is_a_first_one(ledger: Ledger, bucket: str, action: str, later: timedelta) -> None:
    ledger.first_refusal_today(*REFUSED, NOON)

    assert ledger.first_refusal_today(bucket, action, "event-2", NOON + later)


UNBLOCKED = Unblocked(who="user/mallory", at=NOON - timedelta(minutes=5))


@pytest.mark.parametrize(
    ("bucket", "later", "found"),
    [
        ("payroll", timedelta(hours=23), UNBLOCKED),
        ("payroll", timedelta(hours=25), None),
        ("ledger", timedelta(0), None),
    ],
    ids=["within a day", "after a day", "another bucket"],
)
def test_actor_who_unblocked_sse_c_is_known_for_a_day(
    ledger: Ledger, bucket: str, later: timedelta, found: Unblocked | None
) -> None:
    ledger.note_unblocked("payroll", UNBLOCKED, NOON)

    assert ledger.read_unblocked(bucket, NOON + later) == found


def test_last_actor_who_unblocked_sse_c_is_known(ledger: Ledger) -> None:
    last = replace(UNBLOCKED, who="user/eve")

    ledger.note_unblocked("payroll", UNBLOCKED, NOON)
    ledger.note_unblocked("payroll", last, NOON)

    assert ledger.read_unblocked("payroll", NOON) == last
