"""What a sweep looks at, with which reads, what it keeps and what it reports."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reseal.core.checks.buckets.tls_check import TLS_ONLY
from reseal.core.checks.catalogue import checks_of
from reseal.core.errors import AccessDeniedError, NotFoundError, TransientError
from reseal.core.policy.requirements import Mode
from reseal.core.resource import BucketResource
from reseal.core.snapshot import Rotation
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.state.key_settings import KeyRotation
from reseal.core.state.kms_key import KeyUnreadable
from reseal.core.sweep.caps import Caps
from reseal.core.sweep.progress import Stage
from reseal.core.transit.noted import NotedBucket, PlainHttpCall
from tests.support.builders import (
    DEFAULT_ENCRYPTION,
    DEFAULT_MODES,
    KEY_ACCESS,
    SSE_KMS,
    STRANGER_KEY,
    TEAM_KEY,
    K,
    a_key,
    a_policy,
    encryption,
)
from tests.support.fakes.services import NOON, denying_plain_http
from tests.unit.sweep.stage import KEYS, RIGHT, START, WRONG, Account

ALLOWS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::payroll/*",
        }
    ],
}
STRANGERS = encryption(SSE_KMS, STRANGER_KEY, bucket_key=True)


def many(count: int, found: object = RIGHT) -> dict[str, object]:
    return {f"bucket-{number:04}": found for number in range(count)}


# --- what is looked at ---------------------------------------------------------------------------------


def test_every_bucket_of_every_page_is_looked_at_once() -> None:
    account = Account.holding(many(11)).start()  # type: ignore[arg-type]

    assert [one.name for one in account.rows.buckets] == list(many(11))
    assert account.progress.listed == 11
    assert account.steps()["list buckets"] == 3


def test_empty_account_is_reported_too() -> None:
    account = Account.holding({}).start()

    assert account.progress.stage is Stage.DONE
    assert account.summaries[0]["buckets"] == 0


def test_bucket_that_is_right_costs_two_reads() -> None:
    steps = Account.holding({"payroll": RIGHT}).start().steps()

    assert (steps["read bucket"], steps["read policy"]) == (1, 1)
    assert (steps["read access"], steps["read tags"]) == (0, 0)


def test_policy_that_only_denies_makes_no_bucket_suspect() -> None:
    account = Account.holding({"payroll": RIGHT})
    account.cloud.buckets.policies["payroll"] = denying_plain_http("payroll")

    assert account.start().steps()["read access"] == 0


def test_policy_that_allows_is_judged_in_full() -> None:
    account = Account.holding({"payroll": RIGHT})
    account.cloud.buckets.access["payroll"] = BucketAccess(policy=ALLOWS)
    over_tls = DenyInsecureTransport(bucket_arn="arn:aws:s3:::payroll")
    account.cloud.buckets.policies["payroll"] = over_tls.applied_to(BucketPolicy.of(ALLOWS))

    account.start()

    assert account.steps()["read access"] == 1
    assert account.statuses("payroll")[KEY_ACCESS] == "MANUAL"


def test_bucket_without_a_policy_is_reported_as_open_to_plain_http() -> None:
    account = Account.holding({"payroll": RIGHT})
    account.cloud.buckets.policies["payroll"] = BucketPolicy()

    account.start()

    assert account.statuses("payroll")[TLS_ONLY] == "MANUAL"
    assert account.cloud.buckets.policy_writes == []


@pytest.mark.parametrize(
    ("creator", "status"), [("AWS CLI", "DETECTED"), ("Terraform", "MANUAL"), (None, "MANUAL")]
)
def test_who_created_a_bucket_decides_whether_its_policy_could_be_repaired(
    creator: str | None, status: str
) -> None:
    account = Account.holding({"payroll": RIGHT})
    account.cloud.buckets.policies["payroll"] = BucketPolicy()
    account.cloud.bucket_notes.noted["payroll"] = NotedBucket(creator=creator)

    account.start()

    assert account.statuses("payroll")[TLS_ONLY] == status


def test_use_of_plain_http_that_was_received_keeps_a_policy_from_repair() -> None:
    account = Account.holding({"payroll": RIGHT})
    account.cloud.buckets.policies["payroll"] = BucketPolicy()
    received = PlainHttpCall(time=NOON, name="PutObject", who="arn:aws:iam::111122223333:user/old")
    account.cloud.bucket_notes.noted["payroll"] = NotedBucket(creator="AWS CLI", last=received, count=3)

    account.start()

    verdict = account.bucket("payroll").verdicts[TLS_ONLY]
    assert (verdict.status, "at least 3 calls" in verdict.reason) == ("MANUAL", True)


def test_violation_is_guarded_as_in_the_lane() -> None:
    account = Account.holding({"payroll": WRONG}, policy=a_policy(callers_may_use_key=False))

    account.start()

    verdict = account.bucket("payroll").verdicts[DEFAULT_ENCRYPTION]
    assert verdict.status == "MANUAL"
    assert "not remediated, because" in verdict.reason


def test_nothing_is_written_whatever_the_modes() -> None:
    account = Account.holding({"payroll": WRONG, "strange": STRANGERS}).start()

    assert account.cloud.buckets.writes == []
    assert account.cloud.ledger.entries == []
    assert account.statuses("payroll")[DEFAULT_ENCRYPTION] == "DETECTED"


def test_use_of_a_key_is_noted_in_the_snapshot_only() -> None:
    no_bucket_key = encryption(SSE_KMS, TEAM_KEY)
    account = Account.holding({"payroll": no_bucket_key}).start()

    assert account.cloud.key_uses.noted == {}
    assert account.bucket("payroll").kms_key == TEAM_KEY


def test_what_a_look_can_repair_says_how() -> None:
    account = Account.holding({"payroll": WRONG}).start()

    assert "make look" in str(account.bucket("payroll").verdicts[DEFAULT_ENCRYPTION].recommendation)


def test_what_the_policy_only_detects_says_so() -> None:
    account = Account.holding({"payroll": WRONG}, policy=a_policy(mode=Mode.DETECT)).start()

    assert "Mode=detect" in str(account.bucket("payroll").verdicts[DEFAULT_ENCRYPTION].recommendation)


def test_every_check_of_a_bucket_has_a_verdict() -> None:
    account = Account.holding({"payroll": RIGHT}).start()

    checks = [check.id for check in checks_of(BucketResource)]
    assert account.statuses("payroll") == dict.fromkeys(checks, "COMPLIANT")


def test_exempt_bucket_is_not_read() -> None:
    name = "aws-controltower-logs-111122223333-us-east-1"
    account = Account.holding({name: WRONG}).start()

    assert set(account.statuses(name).values()) == {"EXEMPT"}
    assert account.steps()["read bucket"] == 0


def test_stack_that_is_off_judges_nothing() -> None:
    account = Account.holding({"payroll": WRONG}, policy=a_policy(mode=Mode.OFF)).start()

    assert set(account.statuses("payroll").values()) == {"EXEMPT"}


def test_owner_is_read_of_what_violates_only() -> None:
    account = Account.holding({"payroll": WRONG, "right": RIGHT})
    account.cloud.buckets.tags["payroll"] = {"aws:cloudformation:stack-name": "team"}

    account.start()

    assert account.bucket("payroll").owner == "CloudFormation"
    assert account.steps()["read tags"] == 1


# --- gone, denied, unanswered --------------------------------------------------------------------------


def test_bucket_that_is_listed_and_gone_is_reported_as_such() -> None:
    account = Account.holding({"right": RIGHT})
    account.sweep.listing.deleted.add("gone")

    account.start()

    assert account.bucket("gone").not_read == "the bucket no longer exists"
    assert account.summaries[0]["not_read"] == 1


def test_bucket_that_s3_does_not_find_at_first_is_looked_at() -> None:
    account = Account.holding({"payroll": RIGHT})
    missing = NotFoundError("NoSuchBucket", "s3:GetEncryptionConfiguration", "not found")
    account.cloud.buckets.failures["read_encryption"] = [missing]

    account.start()

    assert account.bucket("payroll").not_read is None


def test_denied_bucket_is_reported_and_stops_no_other() -> None:
    account = Account.holding({"denied": RIGHT, "right": RIGHT})
    denied = AccessDeniedError("AccessDenied", "s3:GetEncryptionConfiguration", "explicit deny")
    account.cloud.buckets.failures["read_encryption"] = [denied] * 3

    account.start()

    assert "s3:GetEncryptionConfiguration is denied" in str(account.bucket("denied").not_read)
    assert account.bucket("right").not_read is None
    assert any("bucket denied" in one for one in account.lines()[0]["not_looked_at"])


def test_guard_that_is_denied_a_read_leaves_the_verdict() -> None:
    account = Account.holding({"payroll": WRONG})
    denied = AccessDeniedError("AccessDenied", "s3:GetBucketPolicy", "explicit deny")
    account.cloud.buckets.failures["read_access"] = [denied]

    account.start()

    seen = account.bucket("payroll")
    assert seen.not_read is None
    assert "s3:GetBucketPolicy" in seen.verdicts[DEFAULT_ENCRYPTION].reason


def test_policy_that_is_denied_leaves_the_verdict_about_the_encryption() -> None:
    account = Account.holding({"payroll": RIGHT})
    denied = AccessDeniedError("AccessDenied", "s3:GetBucketPolicy", "explicit deny")
    account.cloud.buckets.failures["read_policy"] = [denied]
    account.cloud.buckets.failures["read_access"] = [denied]

    account.start()

    assert account.statuses("payroll")[DEFAULT_ENCRYPTION] == "COMPLIANT"
    assert "s3:GetBucketPolicy" in account.bucket("payroll").verdicts[KEY_ACCESS].reason


def test_policy_that_is_denied_matters_to_no_check_that_is_off() -> None:
    modes = DEFAULT_MODES | {KEY_ACCESS: Mode.OFF}
    account = Account.holding({"payroll": RIGHT}, policy=a_policy(check_modes=modes))
    denied = AccessDeniedError("AccessDenied", "s3:GetBucketPolicy", "explicit deny")
    account.cloud.buckets.failures["read_policy"] = [denied]

    account.start()

    assert account.statuses("payroll")[KEY_ACCESS] == "EXEMPT"


def test_bucket_that_aws_answers_about_at_last_is_looked_at() -> None:
    account = Account.holding({"payroll": RIGHT})
    account.cloud.buckets.failures["read_encryption"] = [TransientError("SlowDown")] * 2

    assert account.start().bucket("payroll").not_read is None


def test_bucket_that_aws_never_answers_about_stops_no_other() -> None:
    account = Account.holding({"a": RIGHT, "b": RIGHT})
    answers = account.cloud.buckets.failures["read_encryption"]
    answers += [TransientError("SlowDown")] * 2
    account.page_size = 1
    answers += [TransientError("SlowDown")]

    account.start()

    assert account.bucket("a").not_read == "AWS did not answer: SlowDown"
    assert account.bucket("b").not_read is None


def test_bucket_that_cannot_be_read_keeps_what_was_known() -> None:
    account = Account.holding({"payroll": RIGHT}).start("s1")
    denied = AccessDeniedError("AccessDenied", "s3:GetEncryptionConfiguration", "explicit deny")
    account.cloud.buckets.failures["read_encryption"] = [denied] * 3

    account.start("s2")

    assert account.bucket("payroll").encryption == RIGHT
    assert account.rows.counts.get(DEFAULT_ENCRYPTION) is None


# --- keys ----------------------------------------------------------------------------------------------


def test_keys_that_buckets_name_are_looked_at_once() -> None:
    account = Account.holding(many(9))  # type: ignore[arg-type]
    account.sweep.management.rotation[TEAM_KEY] = KeyRotation(enabled=True, period=180)

    account.start()

    assert account.key(TEAM_KEY).rotation == Rotation(on=True, days=180)
    assert list(account.sweep.sightings(None).buckets_of_key(TEAM_KEY, NOON)) == list(many(9))
    assert account.steps()["read rotation"] == 2  # K, which is listed, and the buckets' key


def test_key_that_is_approved_by_name_is_looked_at_though_no_bucket_names_it() -> None:
    account = Account.holding({}, policy=a_policy(listed_keys=frozenset({TEAM_KEY}))).start()

    assert [one.name for one in account.rows.keys] == [K, TEAM_KEY]


def test_approved_key_that_kms_does_not_describe_is_reported() -> None:
    account = Account.holding({}, {K: a_key(K), TEAM_KEY: KeyUnreadable(named=TEAM_KEY)})
    account.policy = a_policy(listed_keys=frozenset({TEAM_KEY}))

    account.start()

    assert any(one.startswith(f"{TEAM_KEY}: ") for one in account.lines()[0]["not_looked_at"])


@pytest.mark.parametrize(
    "changes", [{"origin": "EXTERNAL"}, {"spec": "RSA_2048"}, {"manager": "AWS"}], ids=str
)
def test_rotation_of_a_key_that_cannot_rotate_is_not_read(changes: dict[str, str]) -> None:
    account = Account.holding({}, {K: a_key(K, **changes)}).start()

    assert account.steps()["read rotation"] == 0
    assert account.key(K).rotation is None


# --- the report and its message ------------------------------------------------------------------------


def test_one_message_has_the_counts_and_the_place_of_the_report() -> None:
    account = Account.holding({"payroll": WRONG, "right": RIGHT}).start()

    (summary,) = account.summaries
    assert summary["counts"][DEFAULT_ENCRYPTION] == {"COMPLIANT": 1, "DETECTED": 1}
    assert summary["severities"] == {"MEDIUM": 1}
    assert summary["report"]["html"] == "s3://reports/sweeps/2026-11-23T120000Z-s1/report.html"
    assert {name.rpartition(".")[2] for name in account.sweep.reports.files} == {"jsonl", "csv", "html"}
    assert len(account.cloud.topic.messages) == 1


def test_critical_findings_have_messages_of_their_own() -> None:
    account = Account.holding({"payroll": STRANGERS}).start()

    (finding,) = account.single
    assert (finding["severity"], finding["resource"]["name"]) == ("CRITICAL", "payroll")


def test_at_most_twenty_critical_findings_have_messages_and_all_are_counted() -> None:
    account = Account.holding(many(25, STRANGERS)).start()  # type: ignore[arg-type]

    assert len(account.single) == 20
    assert account.progress.critical == 25
    assert account.summaries[0]["severities"] == {"CRITICAL": 25}
    assert "5 CRITICAL findings have no message" in account.cloud.topic.messages[-1].email


def test_second_sweep_says_what_changed() -> None:
    account = Account.holding({"a": RIGHT, "b": WRONG, "c": RIGHT}).start("s1")
    account.cloud.clock.time = NOON + timedelta(days=7)
    account.cloud.buckets.state |= {"a": WRONG, "b": RIGHT, "new": WRONG}

    account.start("s2")

    head = account.lines()[0]
    assert head["changed"] == {"new": ["new"], "violated": ["a"], "put_right": ["b"]}
    assert account.summaries[1]["changed"] == {"new": 1, "violated": 1, "put_right": 1}
    assert [one["listed"] for one in head["trend"]] == [3, 4]


def test_bucket_that_is_no_longer_listed_has_no_row() -> None:
    account = Account.holding({"a": RIGHT, "b": RIGHT}).start("s1")
    del account.cloud.buckets.state["b"]

    account.start("s2")

    assert [one.name for one in account.rows.buckets] == ["a"]


def test_right_since_is_the_first_sweep_that_saw_it_right() -> None:
    account = Account.holding({"a": RIGHT}).start("s1")
    account.cloud.clock.time = NOON + timedelta(days=7)

    account.start("s2")

    assert account.bucket("a").right_since == NOON


# --- SweepMode=enforce ---------------------------------------------------------------------------------

PLENTY = Caps(number=100, percent=100)


def test_detect_sends_no_looks() -> None:
    account = Account.holding({"payroll": WRONG}).start()

    assert account.looked_at == []


def test_enforce_sends_a_look_for_what_a_look_can_repair() -> None:
    account = Account.holding({"a": WRONG, "b": RIGHT, "c": STRANGERS, "d": WRONG}, repairs=PLENTY).start()

    assert account.looked_at == ["a", "d"]
    assert account.summaries[0]["repairs"] == {"repairable": 2, "sent": 2, "stopped_because": None}


def test_check_that_does_not_enforce_sends_no_look() -> None:
    account = Account.holding({"a": WRONG}, policy=a_policy(mode=Mode.DETECT), repairs=PLENTY).start()

    assert account.looked_at == []


def test_looks_are_spread_over_fifteen_minutes() -> None:
    account = Account.holding(many(9, WRONG), repairs=PLENTY).start()  # type: ignore[arg-type]

    assert [seconds for _, seconds in account.sweep.bucket_looks.sent] == list(range(0, 900, 100))


def test_cap_stops_and_the_message_says_so() -> None:
    account = Account.holding(many(9, WRONG), repairs=Caps(number=4, percent=100))  # type: ignore[arg-type]

    account.start()

    assert len(account.looked_at) == 4
    assert account.summaries[0]["repairs"]["stopped_because"] == "SweepMostRepairs=4 is reached"
    assert "then the sweep stopped" in account.cloud.topic.messages[-1].email


def test_capped_percentage_of_the_account_is_not_exceeded() -> None:
    account = Account.holding(many(20, WRONG), repairs=Caps(number=100, percent=10))  # type: ignore[arg-type]

    assert len(account.start().looked_at) == 3  # of 20 buckets and a key, rounded up


# --- one at a time, in hops ----------------------------------------------------------------------------


def test_sweep_that_is_not_done_in_time_continues_in_the_next_invocation() -> None:
    account = Account.holding(many(12), seconds=130)  # type: ignore[arg-type]
    account.cloud.steps.always = lambda _: account.cloud.clock.sleep(5)

    account.start()

    assert account.progress.stage is Stage.DONE
    assert account.progress.hop > 1
    assert [one.name for one in account.rows.buckets] == list(many(12))


def test_start_while_a_sweep_is_at_work_is_dropped() -> None:
    account = Account.holding(many(12))  # type: ignore[arg-type]
    account.cloud.steps.always = lambda _: account.cloud.clock.sleep(5)
    account.invoke(START, "s1")

    worked = account.invoke(START, "s2")

    assert worked.progress is None
    assert "sweep s1 is at work" in worked.what


def test_redelivered_start_of_a_finished_sweep_does_nothing() -> None:
    account = Account.holding({"a": RIGHT}).start("s1")

    worked = account.invoke(START, "s1")

    assert "is over" in worked.what
    assert len(account.summaries) == 1


def test_many_buckets_take_little_more_than_their_calls_on_a_fake_clock() -> None:
    account = Account.holding(many(500), page_size=100)  # type: ignore[arg-type]
    account.cloud.steps.always = lambda name: account.cloud.clock.sleep(0.01 * name.startswith("read"))

    account.start()

    assert len(account.rows.buckets) == 500
    calls = account.steps()["read bucket"] + account.steps()["read policy"]
    assert calls == 1000
    assert (account.cloud.clock.now() - NOON).total_seconds() <= 1.1 * calls * 0.01


def test_keys_of_the_stage_are_those_of_the_account() -> None:
    assert set(KEYS) == {K, TEAM_KEY}
