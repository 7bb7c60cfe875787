"""The key lane on the fakes: what is written, what is reported, and what is left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reseal.core.calls.keys.key_message import WATCH_KEYS
from reseal.core.calls.queue_message import reminder_body
from reseal.core.checks.keys.key_policy import MOST_LOOKS
from reseal.core.errors import AccessDeniedError, MalformedEventError, TransientError
from reseal.core.findings.event_result import Result
from reseal.core.outcome import Applied
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode
from reseal.core.state.key_knowledge import KnownKey
from reseal.core.state.key_settings import KeyRotation, KeyState
from reseal.core.state.kms_key import KeyNotFound, KeyUnreadable
from tests.support.builders import (
    DEFAULT_MODES,
    KEY_ALIAS,
    KEY_DELETION,
    KEY_DISABLED,
    KEY_POLICY,
    KEY_ROTATION,
    PARTNER_KEY,
    TEAM_KEY,
    UNLISTED_KEY,
    K,
    a_key,
    a_policy,
)
from tests.support.fakes.services import NOON, Crash
from tests.unit.core.calls.test_key_call import by_kms, named, of_kms
from tests.unit.core.checks.keys.observed import ADMINISTERED
from tests.unit.resources.key.stage import (
    DELETED_AT,
    DOOMED,
    KEEPING,
    LISTED,
    NOT_KEEPING,
    WAS_ENABLED,
    Stage,
    a_look,
    call_on,
    scheduled,
)

DENIED = AccessDeniedError("AccessDeniedException", "kms:EnableKey", "not by the key's policy")
KEY_ID = TEAM_KEY.rpartition("/")[2]
SWITCHED_OFF = of_kms("DisableKeyRotation")


def keeping(**known: KnownKey) -> Stage:
    """The team's key, pending deletion, in a stack that keeps it; by default it was enabled before."""
    stage = Stage(policy=KEEPING, keys=(DOOMED, a_key(K)))
    stage.kms.known.known[TEAM_KEY] = known.get("known", WAS_ENABLED)
    return stage


# --- rotation --------------------------------------------------------------------------------------


def test_rotation_is_turned_on_again_with_one_entry_and_can_be_undone() -> None:
    stage = Stage()

    result = stage.deliver(SWITCHED_OFF)

    assert stage.kms.management.rotation[TEAM_KEY] == KeyRotation(enabled=True, period=365)
    (entry,) = stage.cloud.ledger.entries
    assert (entry.setting, entry.before, entry.resource.name) == (
        "EnableKeyRotation",
        KeyRotation(enabled=False),
        TEAM_KEY.rpartition("/")[2],
    )
    assert isinstance(entry.outcome, Applied)
    assert result is not None
    assert result.result is Result.APPLIED
    assert stage.reported == {KEY_ROTATION: ("HIGH", "REMEDIATED")}
    (finding,) = stage.cloud.topic.findings
    assert finding["undo"] == (
        f"aws kms disable-key-rotation --region us-east-1 --key-id {TEAM_KEY.rpartition('/')[2]}"
    )
    assert finding["api_call"]["set_this"] is True
    assert finding["after"] == {"enabled": True, "period": 365}


def test_rotation_comes_back_with_the_period_that_was_seen_before() -> None:
    stage = Stage()
    stage.kms.management.rotation[TEAM_KEY] = KeyRotation(enabled=True, period=100)
    stage.deliver(a_look())
    stage.kms.management.rotation[TEAM_KEY] = KeyRotation(enabled=False)

    stage.deliver(SWITCHED_OFF)

    assert stage.kms.management.rotation[TEAM_KEY].period == 100


def test_after_the_repair_the_same_message_finds_nothing_to_do() -> None:
    stage = Stage()
    stage.deliver(SWITCHED_OFF)

    result = stage.deliver(of_kms("EnableKeyRotation", eventID="second"))

    assert result is not None
    assert result.result is Result.COMPLIANT
    assert len(stage.kms.management.writes) == 1


def test_rotation_that_may_not_be_turned_on_is_detected_with_its_command() -> None:
    stage = Stage(policy=a_policy(listed_keys=frozenset({TEAM_KEY}), mode=Mode.DETECT))

    stage.deliver(SWITCHED_OFF)

    assert stage.kms.management.writes == []
    (finding,) = stage.cloud.topic.findings
    assert (finding["status"], finding["repair"]) == (
        "DETECTED",
        f"aws kms enable-key-rotation --region us-east-1 --key-id {KEY_ID} --rotation-period-in-days 365",
    )


def test_key_that_takes_two_calls_to_keep_has_no_one_command() -> None:
    stage = Stage(policy=NOT_KEEPING["stack in detect mode"], keys=(DOOMED, a_key(K)))
    stage.kms.known.known[TEAM_KEY] = WAS_ENABLED

    stage.deliver(scheduled())

    (finding,) = stage.cloud.topic.findings
    assert finding["repair"] is None
    assert "no one command repairs this: it takes two" in finding["recommendation"]


def test_equal_violations_are_counted_and_summed_up_when_their_window_ends() -> None:
    stage = Stage(policy=a_policy(), keys=(a_key(UNLISTED_KEY),))
    for number in range(3):
        stage.deliver(call_on(UNLISTED_KEY, "DisableKeyRotation", eventID=f"e{number}"))
    published = len(stage.cloud.topic.messages)
    ((reminder, _),) = stage.cloud.reminders.sent
    stage.cloud.clock.time += timedelta(minutes=15)

    stage.deliver(reminder_body(reminder))

    assert published == 1
    assert len(stage.cloud.topic.messages) == 2


def test_key_that_nobody_is_known_to_use_is_only_reported() -> None:
    stage = Stage(policy=a_policy(), keys=(a_key(UNLISTED_KEY),))

    stage.deliver(call_on(UNLISTED_KEY, "DisableKeyRotation"))

    assert stage.kms.management.writes == []
    assert stage.reported == {KEY_ROTATION: ("LOW", "MANUAL")}


def test_key_that_a_bucket_was_seen_to_name_is_repaired() -> None:
    stage = Stage(policy=a_policy(), keys=(a_key(UNLISTED_KEY),))
    stage.cloud.key_uses.note(UNLISTED_KEY, "payroll", NOON - timedelta(days=89))

    stage.deliver(call_on(UNLISTED_KEY, "DisableKeyRotation"))

    assert stage.reported == {KEY_ROTATION: ("HIGH", "REMEDIATED")}


def test_use_of_91_days_ago_is_forgotten() -> None:
    stage = Stage(policy=a_policy(), keys=(a_key(UNLISTED_KEY),))
    stage.cloud.key_uses.note(UNLISTED_KEY, "payroll", NOON - timedelta(days=91))

    stage.deliver(call_on(UNLISTED_KEY, "DisableKeyRotation"))

    assert stage.reported == {KEY_ROTATION: ("LOW", "MANUAL")}


def test_rotation_that_a_look_repaired_is_reported_with_the_call_that_switched_it_off() -> None:
    stage = Stage()
    stage.deliver(a_look())

    stage.deliver(SWITCHED_OFF)

    by_look, by_call = stage.cloud.topic.findings
    assert (by_look["actor"], by_look["severity"]) == (None, "MEDIUM")
    assert (by_call["status"], by_call["severity"]) == ("REMEDIATED", "HIGH")
    assert by_call["actor"]["who"].endswith("role/Payroll")


def test_refused_rotation_names_the_right_and_the_policy_that_must_give_it() -> None:
    stage = Stage()
    denied = AccessDeniedError("AccessDeniedException", "kms:EnableKeyRotation", "no")
    stage.kms.management.failures["enable_rotation"].append(denied)

    stage.deliver(SWITCHED_OFF)

    (finding,) = stage.cloud.topic.findings
    assert finding["status"] == "FAILED"
    assert "allow kms:EnableKeyRotation to Reseal's role in the key policy" in finding["recommendation"]


def test_check_that_is_off_does_not_ask_for_the_rotation() -> None:
    stage = Stage(policy=a_policy(check_modes=dict.fromkeys(DEFAULT_MODES, Mode.OFF)))

    stage.deliver(SWITCHED_OFF)

    assert "read rotation" not in stage.cloud.steps.taken
    assert stage.cloud.topic.messages == []


# --- deletion --------------------------------------------------------------------------------------


def test_deletion_is_cancelled_and_the_key_enabled_again() -> None:
    stage = keeping()

    stage.deliver(scheduled())

    assert stage.state() == "Enabled"
    assert [action for action, _ in stage.kms.management.writes] == ["CancelKeyDeletion", "EnableKey"]
    (entry,) = stage.cloud.ledger.entries
    assert (entry.before, entry.intended) == (
        KeyState(state="PendingDeletion", deletion_date=DELETED_AT),
        KeyState(state="Enabled"),
    )
    assert stage.reported == {KEY_DELETION: ("CRITICAL", "REMEDIATED")}
    (finding,) = stage.cloud.topic.findings
    assert finding["undo"].endswith("--pending-window-in-days 7")


@pytest.mark.parametrize(
    "known",
    [KnownKey(at=NOON - timedelta(hours=1), seen="Disabled", state="Disabled"), KnownKey(at=NOON, seen="?")],
    ids=["disabled before", "nothing known"],
)
def test_key_that_is_not_known_to_have_been_enabled_stays_disabled(known: KnownKey) -> None:
    stage = keeping(known=known)

    stage.deliver(scheduled())

    assert stage.state() == "Disabled"
    assert stage.reported == {KEY_DELETION: ("CRITICAL", "REMEDIATED")}


def test_key_that_was_disabled_before_its_deletion_was_scheduled_stays_disabled() -> None:
    stage = keeping()
    stage.deliver(of_kms("DisableKey", eventID="first"))

    stage.deliver(scheduled())

    assert stage.state() == "Disabled"


def test_second_deletion_of_a_day_is_only_reported() -> None:
    stage = keeping()
    stage.deliver(scheduled())
    stage.cloud.keys.known[TEAM_KEY] = DOOMED

    stage.deliver(scheduled(eventID="second"))

    assert stage.state() == "PendingDeletion"
    *_, second = stage.cloud.topic.findings
    assert (second["severity"], second["status"]) == ("CRITICAL", "MANUAL")
    assert "cancelled a deletion of this key today already" in second["reason"]


def test_deletion_of_the_next_day_is_cancelled_again() -> None:
    stage = keeping()
    stage.deliver(scheduled())
    stage.cloud.keys.known[TEAM_KEY] = DOOMED
    stage.cloud.clock.time += timedelta(days=1)

    stage.deliver(scheduled(eventID="second"))

    assert stage.state() == "Enabled"


@pytest.mark.parametrize("policy", NOT_KEEPING.values(), ids=NOT_KEEPING)
def test_without_the_mode_nothing_is_written_and_the_steps_are_reported(policy: Policy) -> None:
    stage = Stage(policy=policy, keys=(DOOMED, a_key(K)))

    stage.deliver(scheduled())

    assert stage.kms.management.writes == []
    assert stage.reported == {KEY_DELETION: ("CRITICAL", "DETECTED")}
    (finding,) = stage.cloud.topic.findings
    assert "1. cancel the deletion: aws kms cancel-key-deletion" in finding["recommendation"]
    assert finding["repair"] == (
        f"aws kms cancel-key-deletion --region us-east-1 --key-id {TEAM_KEY.rpartition('/')[2]}"
    )


def test_used_key_that_is_not_listed_is_never_kept() -> None:
    stage = Stage(policy=a_policy(check_modes=KEEPING.default.check_modes), keys=(DOOMED,))
    stage.cloud.key_uses.note(TEAM_KEY, "payroll", NOON)

    stage.deliver(scheduled())

    assert stage.kms.management.writes == []
    assert stage.reported == {KEY_DELETION: ("CRITICAL", "MANUAL")}
    assert "payroll" in stage.cloud.topic.findings[0]["reason"]


def test_key_that_cannot_be_enabled_is_reported_as_cancelled_and_disabled() -> None:
    stage = keeping()
    stage.kms.management.failures["enable"].append(DENIED)

    stage.deliver(scheduled())

    assert stage.state() == "Disabled"
    (finding,) = stage.cloud.topic.findings
    assert (finding["severity"], finding["status"]) == ("CRITICAL", "FAILED")
    assert "the deletion is cancelled, but the key stays disabled" in finding["reason"]


def test_evidence_of_use_that_is_denied_stops_nothing() -> None:
    stage = keeping()
    stage.kms.management.failures["read_last_use"].append(DENIED)

    stage.deliver(scheduled())

    assert stage.state() == "Enabled"
    assert "when it was last used cannot be read" in stage.cloud.topic.findings[0]["reason"]


def test_cancellation_that_ended_before_the_key_was_enabled_is_finished_by_the_next_delivery() -> None:
    stage = keeping()
    stage.kms.management.failures["enable"].append(TransientError("throttled"))
    with pytest.raises(TransientError):
        stage.deliver(scheduled())
    stage.cloud.clock.time += timedelta(minutes=12)

    stage.deliver(scheduled(), times=2)

    assert stage.state() == "Enabled"
    assert stage.reported == {KEY_DELETION: ("CRITICAL", "REMEDIATED")}
    (entry,) = stage.cloud.ledger.entries
    assert entry.before == KeyState(state="PendingDeletion", deletion_date=DELETED_AT)


def steps_of_a_repair() -> list[str]:
    stage = keeping()
    stage.deliver(scheduled())
    return list(stage.cloud.steps.taken)


@pytest.mark.parametrize("when", ["dies_before", "dies_after"])
@pytest.mark.parametrize("number", range(len(steps_of_a_repair())))
def test_crash_anywhere_is_made_good_by_the_next_delivery(when: str, number: int) -> None:
    stage = keeping()
    setattr(stage.cloud.steps, when, number)
    with pytest.raises(Crash):
        stage.deliver(scheduled())
    stage.cloud.steps.dies_before = stage.cloud.steps.dies_after = None
    stage.cloud.clock.time += timedelta(minutes=12)

    stage.deliver(scheduled(), times=2)

    assert stage.state() == "Enabled"
    assert KEY_DELETION in stage.reported
    assert [action for action, _ in stage.kms.management.writes].count("CancelKeyDeletion") == 1


def test_key_that_changes_between_reading_and_writing_is_judged_again() -> None:
    stage = keeping()
    cancelled = a_key(state="Disabled")
    stage.cloud.steps.before["ledger open"].append(
        lambda: stage.cloud.keys.known.update({TEAM_KEY: cancelled})
    )

    with pytest.raises(TransientError, match="changed while its repair was prepared"):
        stage.deliver(scheduled())

    assert stage.kms.management.writes == []


def test_who_scheduled_a_deletion_that_is_over_is_reported_at_once() -> None:
    stage = Stage()

    stage.deliver(scheduled())

    assert stage.reported[KEY_DELETION] == ("CRITICAL", "MANUAL")


def test_end_of_a_key_is_reported_once_by_its_id() -> None:
    stage = Stage(keys=(KeyNotFound(named=TEAM_KEY),))

    stage.deliver(by_kms())
    stage.deliver(by_kms(id="again"))

    (finding,) = stage.cloud.topic.findings
    assert (finding["check"], finding["severity"]) == (KEY_DELETION, "CRITICAL")
    assert finding["actor"]["who"] == "kms.amazonaws.com"


def test_material_that_expired_is_reported() -> None:
    stage = Stage(keys=(a_key(state="PendingImport", origin="EXTERNAL"),))

    stage.deliver(by_kms("KMS Imported Key Material Expiration"))

    assert stage.reported == {KEY_DISABLED: ("CRITICAL", "MANUAL")}


# --- state, policy, alias --------------------------------------------------------------------------


def test_disabled_key_is_reported_and_left_disabled() -> None:
    stage = Stage(policy=KEEPING, keys=(a_key(state="Disabled"),))

    stage.deliver(of_kms("DisableKey"))

    assert stage.reported == {KEY_DISABLED: ("CRITICAL", "MANUAL")}
    assert stage.kms.management.writes == []


def test_policy_is_read_only_if_it_was_changed() -> None:
    stage = Stage()
    stage.deliver(of_kms("EnableKey"))

    assert "read key policy" not in stage.cloud.steps.taken


def test_policy_that_admits_everybody_is_reported() -> None:
    stage = Stage()
    stage.cloud.keys.policies[TEAM_KEY] = {"Statement": [ADMINISTERED["Statement"] | {"Principal": "*"}]}
    stage.kms.management.rotation[TEAM_KEY] = KeyRotation(enabled=True, period=365)

    stage.deliver(of_kms("PutKeyPolicy"))

    assert stage.reported == {KEY_POLICY: ("CRITICAL", "MANUAL")}


def replaces_the_policy(buckets: int) -> Stage:
    stage = Stage()
    for number in range(buckets):
        stage.cloud.key_uses.note(TEAM_KEY, f"bucket-{number}", NOON)
    stage.deliver(of_kms("PutKeyPolicy"))
    return stage


def test_buckets_under_a_key_whose_policy_was_replaced_are_looked_at() -> None:
    asked = replaces_the_policy(buckets=2).cloud.looks.asked

    assert {look.resource.bucket for look in asked} == {"bucket-0", "bucket-1"}


def test_another_call_on_a_key_and_a_look_at_it_ask_about_no_bucket() -> None:
    stage = Stage()
    stage.cloud.key_uses.note(TEAM_KEY, "payroll", NOON)

    stage.deliver(of_kms("EnableKey"))
    stage.deliver(a_look())

    assert stage.cloud.looks.asked == []


def test_more_buckets_than_are_looked_at_are_reported() -> None:
    stage = replaces_the_policy(buckets=MOST_LOOKS + 1)

    assert len(stage.cloud.looks.asked) == MOST_LOOKS
    (finding,) = [one for one in stage.cloud.topic.findings if one["check"] == KEY_POLICY]
    assert finding["severity"] == "LOW"
    assert f"{MOST_LOOKS + 1} buckets use the key" in finding["reason"]


def test_request_to_look_that_the_queue_refuses_is_made_by_the_next_delivery() -> None:
    stage, throttled = Stage(), TransientError("throttled")
    stage.cloud.key_uses.note(TEAM_KEY, "payroll", NOON)
    stage.cloud.looks.failures["ask"].append(throttled)

    with pytest.raises(TransientError):
        stage.deliver(of_kms("PutKeyPolicy"))
    stage.deliver(of_kms("PutKeyPolicy"), times=2)

    assert [look.resource.bucket for look in stage.cloud.looks.asked] == ["payroll"]


def test_policy_that_kms_does_not_show_is_reported() -> None:
    stage = Stage()
    del stage.cloud.keys.policies[TEAM_KEY]
    stage.kms.management.rotation[TEAM_KEY] = KeyRotation(enabled=True, period=365)

    stage.deliver(of_kms("PutKeyPolicy"))

    assert stage.reported == {KEY_POLICY: ("MEDIUM", "MANUAL")}


def test_alias_that_a_bucket_names_is_reported_when_it_is_deleted() -> None:
    stage = Stage()
    stage.cloud.key_uses.note("alias/team", "payroll", NOON)
    stage.kms.management.rotation[TEAM_KEY] = KeyRotation(enabled=True, period=365)

    stage.deliver(of_kms("DeleteAlias", requestParameters={"aliasName": "alias/team"}))

    assert stage.reported == {KEY_ALIAS: ("CRITICAL", "MANUAL")}


# --- who is asked, and what cannot be read ---------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"recipientAccountId": "444455556666"}, "deploy Reseal there"),
        ({"resources": [named(PARTNER_KEY)]}, "the key belongs to account 444455556666"),
    ],
)
def test_key_of_another_account_is_not_judged_after_a_call(record: dict[str, Any], said: str) -> None:
    stage = Stage()

    result = stage.deliver(of_kms(**record))

    assert result is not None
    assert said in getattr(result.outcome, "reason", "")
    assert stage.cloud.topic.messages == []


def test_key_that_may_not_be_described_is_judged_by_the_record() -> None:
    stage = Stage(keys=(KeyUnreadable(named=TEAM_KEY),))

    stage.deliver(scheduled())

    (finding,) = stage.cloud.topic.findings
    assert (finding["check"], finding["severity"]) == (KEY_DELETION, "CRITICAL")
    assert "as the record of the call says" in finding["reason"]


def test_look_at_a_key_that_may_not_be_described_is_a_failure_reported_once_a_day() -> None:
    stage = Stage(keys=(KeyUnreadable(named=TEAM_KEY),))

    stage.deliver(a_look())
    stage.deliver(a_look(event_id="look-2"))

    (finding,) = stage.cloud.topic.findings
    assert (finding["status"], finding["severity"]) == ("FAILED", "HIGH")


def test_message_for_another_lane_is_malformed() -> None:
    with pytest.raises(MalformedEventError):
        Stage().deliver('{"reseal": "close-alert-window", "group": "g"}')


# --- the hourly question ---------------------------------------------------------------------------


def asked(stage: Stage) -> list[str]:
    return [look.resource.kms_key for look in stage.kms.looks.asked]


def test_keys_that_were_never_seen_are_looked_at() -> None:
    stage = Stage()

    assert stage.deliver(WATCH_KEYS) is None

    assert asked(stage) == sorted([K, TEAM_KEY])
    assert stage.cloud.topic.messages == []


def test_key_that_looks_as_before_is_looked_at_once_a_day() -> None:
    stage = Stage(policy=a_policy(), keys=(a_key(K),))
    stage.deliver(a_look(K))
    stage.cloud.clock.time += timedelta(hours=23)
    stage.deliver(WATCH_KEYS)
    before = asked(stage)
    stage.cloud.clock.time += timedelta(hours=1)

    stage.deliver(WATCH_KEYS)

    assert (before, asked(stage)) == ([], [K])


@pytest.mark.parametrize("now", [DOOMED, a_key(state="Disabled"), KeyNotFound(named=TEAM_KEY)], ids=str)
def test_key_that_looks_otherwise_is_looked_at_at_once_and_reported(now: Any) -> None:
    stage = Stage()
    stage.deliver(a_look())
    stage.deliver(a_look(K))
    stage.cloud.keys.known[TEAM_KEY] = now

    stage.deliver(WATCH_KEYS)
    (look,) = stage.kms.looks.asked
    stage.deliver(a_look(look.resource.kms_key, look.event_id))

    assert {severity for severity, _ in stage.reported.values()} >= {"CRITICAL"}


def test_without_a_trail_a_doomed_key_is_kept_by_the_hourly_question() -> None:
    stage = Stage(policy=KEEPING)
    stage.deliver(a_look())
    stage.deliver(a_look(K))
    stage.cloud.keys.known[TEAM_KEY] = DOOMED
    stage.cloud.clock.time += timedelta(hours=1)
    stage.deliver(WATCH_KEYS)
    (look,) = stage.kms.looks.asked

    stage.deliver(a_look(look.resource.kms_key, look.event_id))

    assert stage.state() == "Enabled"


def test_questions_of_two_hours_have_different_ids() -> None:
    stage = Stage(policy=a_policy(), keys=(a_key(K),))
    stage.deliver(WATCH_KEYS)
    stage.cloud.clock.time += timedelta(hours=1)

    stage.deliver(WATCH_KEYS)

    assert len({look.event_id for look in stage.kms.looks.asked}) == 2


def test_listed_keys_are_watched() -> None:
    assert LISTED.default.named_keys == {K, TEAM_KEY}
