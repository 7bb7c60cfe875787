"""What holds for every policy, bucket and message, also for generated ones."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reseal.core.calls.bucket_call import BucketCall, parse_bucket_call
from reseal.core.checks.catalogue import Decisions, decisions_of
from reseal.core.decision import Compliant, Manual, Remediate, Severity
from reseal.core.errors import MalformedEventError
from reseal.core.guards.remediation_key import guard_remediation_key
from reseal.core.outcome import Applied, Failed, SkipCause, Skipped
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.repairs.repair import repairs_of
from reseal.core.resource import BucketResource, KeyResource, ObjectResource
from reseal.core.state.bucket_encryption import STRENGTH, BucketEncryption, SseAlgorithm
from reseal.core.state.change import EncryptionChange
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable
from reseal.core.state.setting import Setting
from tests.support.builders import (
    ACCOUNT,
    DEFAULT_MODES,
    DSSE_KMS,
    OTHER_ACCOUNT,
    PARTNER_KEY,
    REGION,
    SSE_KMS,
    SSE_S3,
    STRANGER_KEY,
    TEAM_KEY,
    UNLISTED_KEY,
    K,
    a_call,
    a_key,
    an_event,
    key_arn,
    observe,
    requirements,
    stated,
)
from tests.support.guards import a_guarded_bucket, reads

AWS_MANAGED_KEY = key_arn("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa")
NAMES = {
    K: K,
    TEAM_KEY: TEAM_KEY,
    UNLISTED_KEY: UNLISTED_KEY,
    PARTNER_KEY: PARTNER_KEY,
    STRANGER_KEY: STRANGER_KEY,
    AWS_MANAGED_KEY: AWS_MANAGED_KEY,
    TEAM_KEY.rsplit("/", 1)[-1]: TEAM_KEY,
    "alias/team": TEAM_KEY,
    "alias/unlisted": UNLISTED_KEY,
    "alias/k": K,
    "alias/ours": AWS_MANAGED_KEY,
    f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/team": TEAM_KEY,
    f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:alias/shared": PARTNER_KEY,
    f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:alias/private": key_arn("6", OTHER_ACCOUNT),
    "alias/aws/s3": AWS_MANAGED_KEY,
    f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3": AWS_MANAGED_KEY,
    "alias/nothing": "",
    f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/aws/s3": "",
    key_arn("mrk-5", region="eu-west-1"): "",
    key_arn("mrk-5", OTHER_ACCOUNT, "eu-west-1"): "",
}
"""Every way to name a key, with the key it is."""

Truth = dict[str, KeyDescription]
ENFORCED = st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.DETECT, Mode.OFF])
REQUIREMENTS = st.builds(
    requirements,
    required=st.sampled_from([SSE_KMS, DSSE_KMS]),
    listed_keys=st.none() | st.frozensets(st.sampled_from([TEAM_KEY, PARTNER_KEY, K])),
    replace_unapproved=st.booleans(),
    mode=st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.ENFORCE, Mode.DETECT]),
    check_modes=st.fixed_dictionaries(dict.fromkeys(DEFAULT_MODES, ENFORCED)),
)
BLOCKED = st.none() | st.lists(st.sampled_from(["SSE-C", "NONE", "SSE-X"]), unique=True).map(tuple)
ENCRYPTIONS = st.builds(BucketEncryption, algorithm=st.just(SSE_S3), blocked=BLOCKED) | st.builds(
    BucketEncryption,
    algorithm=st.sampled_from([SSE_KMS, SSE_KMS, DSSE_KMS, "aws:fsx"]),
    key_id=st.none() | st.sampled_from(sorted(NAMES)),
    bucket_key=st.booleans(),
    blocked=BLOCKED,
)
CALLS = st.builds(
    a_call,
    st.sampled_from(["CreateBucket", "PutBucketEncryption", "DeleteBucketEncryption", "PutBucketPolicy"]),
    stated=st.none()
    | st.builds(stated, st.none() | st.sampled_from(["AES256", "aws:kms"]), unblocks_sse_c=st.booleans()),
)


def unwell(arn: str) -> list[KeyDescription]:
    manager = "AWS" if arn == AWS_MANAGED_KEY else "CUSTOMER"
    return [
        a_key(arn, manager=manager, state="Disabled"),
        a_key(arn, manager=manager, spec="RSA_2048"),
        KeyNotFound(named=arn),
        KeyUnreadable(named=arn),
    ]


@st.composite
def descriptions(draw: st.DrawFn, arn: str) -> KeyDescription:
    """What KMS says of one key: more often than not that it is well."""
    if not arn:
        return KeyNotFound(named=arn)
    well = a_key(arn, manager="AWS" if arn == AWS_MANAGED_KEY else "CUSTOMER")
    return draw(st.sampled_from([well, well, well, well, *unwell(arn)]))


@dataclass(frozen=True)
class Case:
    """A bucket with what is required of it, after a call, with the truth about the keys that matter."""

    required: Requirements
    call: BucketCall
    found: BucketEncryption
    truth: Truth

    def decide(self, found: BucketEncryption) -> Decisions:
        observed = observe(self.required, found, self.truth.get(found.key_id or ""))
        decisions = decisions_of(self.required, self.call, observed)
        guarded = a_guarded_bucket(found, observed.kms_key)
        return guard_remediation_key(self.required, guarded, reads(key=self.truth[K]), decisions)

    def written(self) -> BucketEncryption | None:
        found = {Setting.BUCKET_ENCRYPTION: self.found}
        (intended,) = [r.intended for r in repairs_of(self.required, found, self.decide(self.found))] or [
            None
        ]
        assert intended is None or isinstance(intended, BucketEncryption)
        return intended

    @property
    def after(self) -> BucketEncryption:
        """The bucket when Reseal is done with it."""
        return self.written() or self.found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    found = draw(ENCRYPTIONS)
    truth = {K: draw(descriptions(K))}
    if found.key_id is not None:
        arn = NAMES[found.key_id]
        truth[found.key_id] = truth[K] if arn == K else draw(descriptions(arn))
    return Case(required=draw(REQUIREMENTS), call=draw(CALLS), found=found, truth=truth)


@given(cases())
def test_repairs_converge(case: Case) -> None:
    decisions = case.decide(case.found)

    again = case.decide(case.after)

    repaired = [
        check
        for check, decision in decisions.items()
        if isinstance(decision, Remediate) and case.required.mode_of(check) is Mode.ENFORCE
    ]
    assert {check: type(again[check]) for check in repaired} == dict.fromkeys(repaired, Compliant)


@given(cases())
def test_a_second_look_writes_nothing(case: Case) -> None:
    again = Case(required=case.required, call=case.call, found=case.after, truth=case.truth)

    assert again.written() is None


@given(cases())
def test_every_write_changes_something(case: Case) -> None:
    written = case.written()

    assert written is None or not written.equals(case.found)


@given(cases())
def test_no_write_weakens_the_algorithm(case: Case) -> None:
    strength: dict[str, int] = {algorithm.value: rank for algorithm, rank in STRENGTH.items()}

    assert strength.get(case.after.algorithm, -1) >= strength.get(case.found.algorithm, -1)


@given(cases())
def test_an_unknown_algorithm_is_never_rewritten(case: Case) -> None:
    assert case.found.algorithm in STRENGTH or case.written() is None


@given(cases(), st.sampled_from([name for name, arn in NAMES.items() if arn == TEAM_KEY]))
def test_no_write_swaps_an_approved_key(case: Case, name: str) -> None:
    listed = None if case.required.listed_keys is None else frozenset({TEAM_KEY})
    required = replace(case.required, listed_keys=listed)
    found = replace(case.found, algorithm=SSE_KMS, key_id=name)
    truth = {**case.truth, name: a_key(TEAM_KEY)}

    after = Case(required=required, call=case.call, found=found, truth=truth).after

    assert after.key_id == name


@given(cases())
def test_no_write_names_a_key_other_than_the_buckets_own_or_the_remediation_key(case: Case) -> None:
    assert case.after.key_id in {case.found.key_id, K}


@given(cases(), st.sampled_from(unwell(K)))
def test_no_write_moves_a_bucket_to_a_remediation_key_that_cannot_be_used(
    case: Case, k: KeyDescription
) -> None:
    broken = replace(case, truth={**case.truth, K: k})

    assert broken.after.key_id == case.found.key_id


@given(cases())
def test_no_write_unblocks_anything(case: Case) -> None:
    assert set(case.found.blocked or ()) - {"NONE"} <= set(case.after.blocked or ())


@given(cases())
def test_no_write_switches_a_bucket_key_off_where_it_can_stay(case: Case) -> None:
    assert case.after.algorithm != SSE_KMS or case.after.bucket_key >= case.found.bucket_key


@given(cases())
def test_detect_mode_never_writes(case: Case) -> None:
    watching = replace(case, required=replace(case.required, mode=Mode.DETECT))

    assert watching.written() is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


def parses_or_refuses(body: str) -> None:
    try:
        call = parse_bucket_call(body)
    except MalformedEventError:
        return
    assert call.time.tzinfo is not None


@given(st.text())
def test_no_text_breaks_the_parser(body: str) -> None:
    parses_or_refuses(body)


@given(JSON)
def test_no_json_breaks_the_parser(document: Any) -> None:
    parses_or_refuses(json.dumps(document))


@given(JSON)
def test_no_detail_breaks_the_parser(detail: Any) -> None:
    parses_or_refuses(json.dumps({"detail": detail}))


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path to every value inside `value`."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path, *(place for name, child in items for place in places(child, (*path, name)))]


@given(st.sampled_from(places(an_event()["detail"])[1:]), JSON)
def test_no_odd_value_anywhere_in_a_record_breaks_the_parser(
    place: tuple[str | int, ...], value: Any
) -> None:
    event = an_event()
    parent = event["detail"]
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value

    parses_or_refuses(json.dumps(event))


ANY_ENCRYPTION = st.builds(
    BucketEncryption,
    algorithm=st.text(),
    key_id=st.none() | st.text(),
    bucket_key=st.booleans(),
    blocked=st.none() | st.lists(st.text()).map(tuple),
)


@given(ANY_ENCRYPTION)
def test_an_encryption_survives_the_way_through_json(rule: BucketEncryption) -> None:
    assert BucketEncryption.from_document(json.loads(json.dumps(rule.to_document()))) == rule


@given(ANY_ENCRYPTION)
def test_an_encryption_equals_itself(rule: BucketEncryption) -> None:
    assert rule.equals(rule)


OUTCOMES = st.one_of(
    st.none(),
    st.builds(Applied, after=ANY_ENCRYPTION, at=st.datetimes(timezones=st.timezones())),
    st.builds(Skipped, cause=st.sampled_from(SkipCause), reason=st.text()),
    st.builds(Failed, code=st.text(), reason=st.text(), denied_action=st.none() | st.text(min_size=1)),
)
CHANGES = st.builds(
    EncryptionChange,
    algorithm=st.none() | st.sampled_from(SseAlgorithm),
    key_arn=st.none() | st.text(min_size=1),
    bucket_key=st.none() | st.booleans(),
    block_sse_c=st.booleans(),
)
VIOLATIONS = st.one_of(
    st.builds(Remediate, change=CHANGES, severity=st.sampled_from(Severity), reason=st.text()),
    st.builds(Manual, severity=st.sampled_from(Severity), reason=st.text(), recommendation=st.text()),
)
RESOURCES = st.one_of(
    st.builds(BucketResource, bucket=st.text()),
    st.builds(ObjectResource, bucket=st.text(), object_key=st.text(), version_id=st.none() | st.text()),
    st.builds(KeyResource, kms_key=st.text()),
)
ENTRIES = st.builds(
    LedgerEntry,
    entry_id=st.text(),
    resource=RESOURCES,
    setting=st.just(Setting.BUCKET_ENCRYPTION),
    before=ANY_ENCRYPTION,
    intended=ANY_ENCRYPTION,
    violations=st.dictionaries(st.sampled_from(sorted(DEFAULT_MODES)), VIOLATIONS),
    owner=st.text(),
    lease_until=st.integers(),
    outcome=OUTCOMES,
)


@given(ENTRIES)
@settings(max_examples=60)
def test_an_entry_survives_the_way_through_json(entry: LedgerEntry[Any]) -> None:
    restored = LedgerEntry.from_document(json.loads(json.dumps(entry.to_document())))

    assert restored == entry
