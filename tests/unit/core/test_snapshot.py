"""What was last seen: two observations joined, and the form in the table."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reseal.core.decision import Severity
from reseal.core.snapshot import (
    BucketSeen,
    Creator,
    KeySeen,
    LastFinding,
    Rotation,
    Seen,
    Verdict,
    joined,
    seen_from_document,
)
from tests.support.builders import BUCKET, TEAM_KEY, a_key, encryption
from tests.support.fakes.services import NOON

DEFAULT = "S3.BucketDefaultEncryption"
HOUR = timedelta(hours=1)
LATER = NOON + HOUR
ALICE = Creator(who="alice", tool="Terraform", at=NOON)

times = st.integers(0, 5).map(lambda hours: NOON + hours * HOUR)


@st.composite
def verdicts(draw: st.DrawFn, at: datetime) -> Verdict:
    status = draw(st.sampled_from(["COMPLIANT", "EXEMPT", "DETECTED", "MANUAL", "FAILED"]))
    severity = draw(st.sampled_from([None, *Severity]))
    advice = draw(st.sampled_from([None, "change it"]))
    repaired = status == "COMPLIANT" and draw(st.booleans())
    return Verdict(
        status=status, reason="why", since=at, severity=severity, recommendation=advice, repaired=repaired
    )


@st.composite
def buckets(draw: st.DrawFn) -> BucketSeen:
    at = draw(times)
    return BucketSeen(
        bucket=BUCKET,
        seen_at=at,
        first_seen=at,
        encryption=draw(st.sampled_from([None, encryption()])),
        kms_key=draw(st.sampled_from([None, TEAM_KEY])),
        creator=draw(st.sampled_from([None, ALICE])),
        owner=draw(st.sampled_from([None, "CDK"])),
        verdicts=draw(st.dictionaries(st.sampled_from([DEFAULT, "S3.BucketKey"]), verdicts(at))),
        last_finding=draw(st.sampled_from([None, LastFinding(id="f", at=at)])),
        not_read=draw(st.sampled_from([None, "denied"])),
    )


@st.composite
def keys(draw: st.DrawFn) -> KeySeen:
    at = draw(times)
    rotations = st.sampled_from([None, Rotation(on=False), Rotation(on=True, days=180)])
    state = draw(st.sampled_from(["Enabled", "Disabled"]))
    return KeySeen(key=a_key(state=state), seen_at=at, since=at, first_seen=at, rotation=draw(rotations))


def a_bucket(status: str = "COMPLIANT", at: datetime = NOON, **changes: object) -> BucketSeen:
    verdict = Verdict(status=status, reason="why", since=at)
    values: dict[str, object] = {"verdicts": {DEFAULT: verdict}, "encryption": encryption()}
    return BucketSeen(bucket=BUCKET, seen_at=at, first_seen=at, **{**values, **changes})  # type: ignore[arg-type]


def seen_key(at: datetime = NOON, *, state: str = "Enabled", rotation: Rotation | None = None) -> KeySeen:
    return KeySeen(key=a_key(state=state), seen_at=at, since=at, first_seen=at, rotation=rotation)


@given(buckets() | keys())
def test_document_holds_everything(seen: Seen) -> None:
    assert seen_from_document(seen.to_document()) == seen


@given(buckets(), buckets())
def test_the_later_observation_counts_in_whatever_order_they_arrive(one: BucketSeen, two: BucketSeen) -> None:
    if one.seen_at != two.seen_at:
        assert joined(one, two) == joined(two, one)
        assert joined(one, two).seen_at == max(one.seen_at, two.seen_at)


@given(buckets(), buckets())
def test_an_observation_that_arrives_again_changes_nothing(one: BucketSeen, two: BucketSeen) -> None:
    once = joined(two, one)

    assert joined(once, once) == once


@given(keys(), keys())
def test_the_later_state_of_a_key_counts(one: KeySeen, two: KeySeen) -> None:
    if one.seen_at != two.seen_at:
        later = max(one, two, key=lambda seen: seen.seen_at)
        assert joined(one, two).key == later.key == joined(two, one).key


def test_a_status_that_stays_keeps_its_time() -> None:
    now = joined(a_bucket(at=LATER), a_bucket(at=NOON))

    assert now.verdicts[DEFAULT].since == NOON
    assert now.right_since == NOON


def test_a_status_that_changes_begins_now() -> None:
    now = joined(a_bucket("COMPLIANT", at=LATER), a_bucket("DETECTED", at=NOON))

    assert now.right_since == LATER


@given(buckets(), buckets())
def test_no_observation_of_a_violation_leaves_a_bucket_right_since_before_it(
    one: BucketSeen, two: BucketSeen
) -> None:
    right = joined(one, two).right_since
    wrong = [
        seen.seen_at
        for seen in (one, two)
        for check, verdict in seen.verdicts.items()
        if not verdict.is_right and check in {*one.verdicts} & {*two.verdicts}
    ]

    assert right is None or all(at <= right for at in wrong)


def test_a_violation_that_arrives_late_ends_the_time_since_when_the_bucket_was_right() -> None:
    known = joined(a_bucket(at=LATER), a_bucket(at=NOON))

    now = joined(a_bucket("DETECTED", at=NOON + HOUR / 2), known)

    assert now.right_since == LATER


def test_a_repair_begins_the_time_since_when_the_bucket_is_right() -> None:
    repaired = Verdict(status="COMPLIANT", reason="Reseal repaired it", since=LATER, repaired=True)
    now = joined(a_bucket(at=LATER, verdicts={DEFAULT: repaired}), a_bucket(at=NOON))

    assert now.right_since == LATER
    assert joined(a_bucket(at=LATER + HOUR), now).right_since == LATER


def test_a_repair_that_arrives_late_ends_it_too() -> None:
    known = joined(a_bucket(at=LATER), a_bucket(at=NOON))
    between = NOON + HOUR / 2
    repaired = Verdict(status="COMPLIANT", reason="Reseal repaired it", since=between, repaired=True)

    assert joined(a_bucket(at=between, verdicts={DEFAULT: repaired}), known).right_since == between


def test_the_last_finding_is_kept_by_looks_without_one() -> None:
    last = LastFinding(id="f", at=NOON)

    assert joined(a_bucket(at=LATER), a_bucket("DETECTED", last_finding=last)).last_finding == last


def test_a_violation_is_not_right() -> None:
    assert a_bucket("DETECTED").right_since is None


def test_a_bucket_that_no_check_judged_is_not_known_to_be_right() -> None:
    assert a_bucket(verdicts={}).right_since is None


def test_a_bucket_is_right_since_the_last_of_its_checks_was() -> None:
    early, late = (Verdict(status="COMPLIANT", reason="why", since=at) for at in (NOON, LATER))

    assert a_bucket(verdicts={"a": late, "b": early}).right_since == LATER


def test_the_creator_and_the_first_time_are_kept_by_later_looks() -> None:
    now = joined(a_bucket(at=LATER), a_bucket(at=NOON, creator=ALICE, owner="CDK"))

    assert (now.creator, now.first_seen, now.owner) == (ALICE, NOON, "CDK")


def test_a_creator_whose_record_arrives_late_is_added() -> None:
    now = joined(a_bucket(at=NOON, creator=ALICE), a_bucket(at=LATER))

    assert (now.creator, now.seen_at) == (ALICE, LATER)


def test_a_bucket_that_cannot_be_read_keeps_what_was_known_and_is_not_right() -> None:
    denied = BucketSeen(bucket=BUCKET, seen_at=LATER, first_seen=LATER, not_read="denied")

    now = joined(denied, a_bucket(at=NOON))

    assert (now.encryption, now.not_read, now.seen_at) == (encryption(), "denied", LATER)
    assert now.right_since is None


def test_the_last_period_of_a_key_is_kept_when_its_rotation_is_turned_off() -> None:
    off = seen_key(LATER, rotation=Rotation(on=False))

    now = joined(off, joined(seen_key(rotation=Rotation(on=True, days=180)), None))

    assert (now.rotation, now.last_rotation) == (Rotation(on=False), Rotation(on=True, days=180))


def test_a_key_keeps_the_time_of_its_state_until_the_state_changes() -> None:
    first = seen_key(NOON)

    assert joined(seen_key(LATER), first).since == NOON
    assert joined(seen_key(LATER, state="Disabled"), first).since == LATER


def test_names_are_those_of_aws() -> None:
    assert (a_bucket().name, seen_key().name) == (BUCKET, TEAM_KEY)
