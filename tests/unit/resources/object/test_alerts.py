"""Equal violations are one alert, CRITICAL ones do not wait, and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from reseal.core.alerts.window import Window
from reseal.core.calls.queue_message import reminder_body
from reseal.core.errors import AccessDeniedError, TransientError
from reseal.core.findings.alerts import Unblocked
from reseal.core.findings.message import Message
from reseal.core.policy.requirements import Mode
from tests.support.builders import BUCKET, SSE_KMS, STRANGER_KEY, K, a_policy, encryption, object_encryption
from tests.support.fakes.services import NOON
from tests.unit.resources.object.stage import SSE_C, UNDER_K, Stage, a_cloud, an_event


def _upload(stage: Stage, numbers: range, **encryption: object) -> None:
    for number in numbers:
        stage.cloud.objects.put(BUCKET, f"{number}.csv", **encryption)  # type: ignore[arg-type]
    now = f"{stage.cloud.cloud.clock.time:%Y-%m-%dT%H:%M:%SZ}"
    stage.deliver(*(an_event(f"{number}.csv", number, eventTime=now) for number in numbers))


def _close_window(stage: Stage) -> None:
    reminder, _ = stage.cloud.cloud.reminders.sent[0]
    stage.deliver(reminder_body(reminder))


def _counts(stage: Stage) -> list[int]:
    return [(finding["occurrences"] or {"count": 1})["count"] for finding in stage.findings]


def test_ten_thousand_uploads_by_one_writer_in_two_hundred_batches_are_two_messages() -> None:
    stage = Stage()

    for batch in range(200):
        _upload(stage, range(batch * 50, batch * 50 + 50))
    _close_window(stage)

    first, summary = (finding["occurrences"] for finding in stage.findings)
    assert (first["count"], summary["count"]) == (50, 9950)
    assert (len(first["keys"]), len(summary["keys"])) == (10, 10)
    assert stage.results == ["Applied"] * 10_000


def test_a_window_is_reminded_of_once_however_many_batches_it_counts() -> None:
    stage = Stage()

    for number in range(3):
        _upload(stage, range(number, number + 1))

    assert len(stage.cloud.cloud.reminders.sent) == 1


def test_the_log_says_which_violations_were_reported_and_which_are_suppressed() -> None:
    stage = Stage()

    for number in range(2):
        _upload(stage, range(number, number + 1))
    _upload(stage, range(2, 3), encryption=UNDER_K)

    recorded = stage.cloud.cloud.telemetry.recorded
    assert [(event_result.result, event_result.suppressed) for event_result in recorded] == [
        ("Applied", False),
        ("Applied", True),
        ("Compliant", False),
    ]


def test_a_batch_of_equal_violations_is_one_message_with_a_count_and_some_keys() -> None:
    stage = Stage()

    _upload(stage, range(12))

    (finding,) = stage.findings
    assert finding["occurrences"]["count"] == 12
    assert len(set(finding["occurrences"]["keys"]) & {f"{number}.csv" for number in range(12)}) == 10


def test_an_alert_of_its_own_is_reported_at_once_beside_an_open_window() -> None:
    stage = Stage()
    _upload(stage, range(2))

    _upload(stage, range(10, 11), encryption=object_encryption(SSE_KMS, STRANGER_KEY))

    assert [finding["severity"] for finding in stage.findings] == ["MEDIUM", "CRITICAL"]


@pytest.mark.parametrize(
    ("writes", "counts"),
    [(1, [1]), (9, [1, 9]), (10, [1, 10]), (11, [1, 10, 11]), (250, [1, 10, 100, 250])],
)
def test_critical_alerts_are_reported_at_thresholds_and_at_the_end_with_the_count_so_far(
    writes: int, counts: list[int]
) -> None:
    stage = Stage()

    for number in range(writes):
        _upload(stage, range(number, number + 1), encryption=object_encryption(SSE_KMS, STRANGER_KEY))
    stage.end_windows()

    assert _counts(stage) == counts


def test_a_batch_that_passes_several_thresholds_is_one_message() -> None:
    stage = Stage()

    _upload(stage, range(50), encryption=object_encryption(SSE_KMS, STRANGER_KEY))
    _upload(stage, range(50, 90), encryption=object_encryption(SSE_KMS, STRANGER_KEY))
    _upload(stage, range(90, 130), encryption=object_encryption(SSE_KMS, STRANGER_KEY))

    assert _counts(stage) == [50, 130]


def test_sse_c_writes_of_one_actor_are_one_incident() -> None:
    stage = Stage()

    for batch in range(3):
        _upload(stage, range(batch * 2, batch * 2 + 2), encryption=SSE_C)

    stage.end_windows()
    incidents = [finding["occurrences"]["incident"] for finding in stage.findings]
    assert len({incident["id"] for incident in incidents}) == 1
    assert [incident["count"] for incident in incidents] == [2, 6]


def test_an_incident_goes_on_in_another_bucket() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.state["another"] = encryption(blocked=("SSE-C",))
    for bucket in (BUCKET, "another"):
        stage.cloud.objects.put(bucket, "a.csv", encryption=SSE_C)
        stage.deliver(an_event("a.csv", bucket=bucket, eventID=bucket))

    incidents = [finding["occurrences"]["incident"] for finding in stage.findings]
    assert len({incident["id"] for incident in incidents}) == 1
    assert [incident["count"] for incident in incidents] == [1, 2]


def test_an_incident_is_more_severe_where_sse_c_was_unblocked_just_before() -> None:
    stage = Stage()
    unblocked = Unblocked(who="arn:aws:iam::111122223333:user/mallory", at=NOON)
    stage.cloud.cloud.watchlist.note_unblocked(BUCKET, unblocked, NOON)

    _upload(stage, range(1), encryption=SSE_C)

    (message,) = stage.cloud.cloud.topic.messages
    (finding,) = stage.findings
    assert message.subject.startswith("Reseal INCIDENT CRITICAL")
    assert finding["occurrences"]["incident"]["unblocked"].startswith(unblocked.who)
    assert "attack in progress" in finding["reason"]
    assert "; 1 such write by this actor so far" in finding["reason"]


@pytest.mark.parametrize(
    ("blocked", "is_marked"),
    [(("NONE",), True), (None, True), ((), True), (("SSE-C",), False)],
    ids=["NONE", "no list", "empty list", "blocked"],
)
def test_the_block_list_says_whether_somebody_made_way(
    blocked: tuple[str, ...] | None, is_marked: bool
) -> None:
    stage = Stage(cloud=a_cloud(encryption(SSE_KMS, K, bucket_key=True, blocked=blocked)))

    _upload(stage, range(1), encryption=SSE_C)

    (message,) = stage.cloud.cloud.topic.messages
    assert ("INCIDENT" in message.subject) is is_marked
    assert ("unblocked" in message.email) is is_marked


def test_the_block_list_is_read_once_for_a_bucket_and_a_batch_and_only_for_sse_c() -> None:
    stage = Stage()

    _upload(stage, range(3), encryption=SSE_C)
    _upload(stage, range(3, 6))

    assert stage.steps.count("read bucket") == 1


def test_a_denied_read_of_the_block_list_is_said() -> None:
    stage, denied = Stage(), AccessDeniedError("AccessDenied", "s3:GetEncryptionConfiguration", "no")
    stage.cloud.cloud.buckets.failures["read_encryption"] = [denied]

    _upload(stage, range(1), encryption=SSE_C)

    assert "whether SSE-C was unblocked on this bucket is not known" in stage.findings[0]["reason"]
    assert "INCIDENT" not in stage.cloud.cloud.topic.messages[0].subject


def test_a_window_without_a_reminder_is_not_opened() -> None:
    """The object may be deleted before its message comes again: no reminder would follow."""
    stage = Stage(policy=a_policy(mode=Mode.DETECT))
    stage.cloud.cloud.reminders.failures["remind"] = [TransientError("throttled")]
    _upload(stage, range(1))

    _upload(stage, range(1, 2))
    stage.cloud.objects.delete(BUCKET, "0.csv")
    stage.cloud.cloud.clock.time += timedelta(minutes=31)
    stage.deliver(an_event("0.csv", 0), times=2)

    assert [finding["resource"]["name"] for finding in stage.findings] == [f"{BUCKET}/1.csv"]
    assert len(stage.cloud.cloud.reminders.sent) == 1


def test_a_violation_whose_message_failed_is_in_the_summary_though_its_object_is_gone() -> None:
    stage = Stage(policy=a_policy(mode=Mode.DETECT))
    stage.cloud.cloud.topic.failures["publish"] = [TransientError("throttled")]
    _upload(stage, range(1))
    stage.cloud.objects.delete(BUCKET, "0.csv")
    stage.deliver(an_event("0.csv", 0), times=2)

    stage.end_windows()

    assert [finding["resource"]["name"] for finding in stage.findings] == [f"{BUCKET}/0.csv"]


def test_events_that_come_late_are_counted_without_a_reminder_each() -> None:
    """CloudTrail may take more than five minutes: an old event may have been processed, but rarely was."""
    stage = Stage()

    for number in range(3):
        stage.cloud.objects.put(BUCKET, f"{number}.csv")
        stage.cloud.cloud.clock.time += timedelta(minutes=6)
        stage.deliver(an_event(f"{number}.csv", number))

    assert len(stage.cloud.cloud.reminders.sent) == 1


def test_what_comes_after_a_window_has_closed_opens_a_new_one() -> None:
    stage = Stage()
    _upload(stage, range(1))
    stage.cloud.cloud.clock.time += timedelta(seconds=901)
    _close_window(stage)

    _upload(stage, range(1, 2))

    assert len(stage.findings) == 2


def test_a_window_that_held_nothing_back_closes_in_silence() -> None:
    stage = Stage()
    _upload(stage, range(1))

    _close_window(stage)

    assert len(stage.findings) == 1


def test_a_window_that_lost_its_reminder_is_closed_by_a_later_alert() -> None:
    stage = Stage()
    _upload(stage, range(1))
    _upload(stage, range(1, 2))
    stage.cloud.cloud.clock.time += timedelta(seconds=1000)

    _upload(stage, range(2, 3))

    assert stage.cloud.cloud.reminders.sent[-1][1] == 0


def test_a_window_whose_reminder_may_be_on_its_way_is_not_reminded_of_again() -> None:
    stage = Stage()
    _upload(stage, range(1))
    _upload(stage, range(1, 2))
    stage.cloud.cloud.clock.time += timedelta(seconds=959)

    _upload(stage, range(2, 3))

    assert len(stage.cloud.cloud.reminders.sent) == 1


def test_a_summary_that_could_not_be_sent_is_sent_by_the_next_reminder() -> None:
    stage = Stage()
    _upload(stage, range(1))
    _upload(stage, range(1, 3))
    stage.cloud.cloud.topic.failures["publish"] = [TransientError("throttled")]

    _close_window(stage)
    _close_window(stage)

    assert stage.findings[-1]["occurrences"]["count"] == 2


@pytest.mark.parametrize(("window", "messages"), [(900, 1), (0, 3)], ids=["a window", "no windows"])
def test_without_windows_every_batch_is_reported(window: int, messages: int) -> None:
    stage = Stage(window_seconds=window)

    for number in range(3):
        _upload(stage, range(number, number + 1))

    assert len(stage.findings) == messages
    assert bool(stage.cloud.cloud.reminders.sent) is bool(window)
    assert bool(stage.steps.count("replace window")) is bool(window)
    assert (
        sum(event_result.suppressed for event_result in stage.cloud.cloud.telemetry.recorded) == 3 - messages
    )


def test_without_windows_sse_c_writes_are_one_incident_all_the_same() -> None:
    stage = Stage(window_seconds=0)

    for number in range(2):
        _upload(stage, range(number, number + 1), encryption=SSE_C)
    stage.end_windows()

    incidents = [finding["occurrences"]["incident"] for finding in stage.findings]
    assert [incident["count"] for incident in incidents] == [1, 2]
    assert len({incident["id"] for incident in incidents}) == 1


def test_a_critical_refusal_is_reported_also_where_the_same_was_refused_before() -> None:
    stage, denied = Stage(), AccessDeniedError("AccessDenied", "s3:PutObject", "an SCP")
    for number in range(2):
        stage.cloud.objects.failures[f"copy {number}.csv"] = [denied]

    _upload(stage, range(1))
    _upload(stage, range(1, 2), encryption=object_encryption(SSE_KMS, STRANGER_KEY))

    assert [(f["severity"], f["status"]) for f in stage.findings] == [
        ("HIGH", "FAILED"),
        ("CRITICAL", "FAILED"),
    ]


def test_what_comes_while_a_window_is_reported_waits_for_another_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one reminder would publish for as long as others count, whatever time is left to it."""
    stage = Stage()
    _upload(stage, range(1))
    _upload(stage, range(1, 3))
    stage.cloud.cloud.clock.time += timedelta(seconds=901)
    topic = stage.cloud.cloud.topic
    publish = topic.publish

    def publish_while_more_comes(message: Message) -> None:
        publish(message)
        monkeypatch.setattr(topic, "publish", publish)
        _upload(stage, range(3, 4))

    monkeypatch.setattr(topic, "publish", publish_while_more_comes)

    _close_window(stage)
    reminders = [seconds for _, seconds in stage.cloud.cloud.reminders.sent]
    stage.cloud.cloud.reminders.sent.pop(0)
    stage.cloud.cloud.clock.time += timedelta(seconds=899)
    _upload(stage, range(4, 5))
    _close_window(stage)

    assert reminders == [900, 900]
    assert _counts(stage) == [1, 2, 2]
    assert len(stage.cloud.cloud.reminders.sent) == 1


def test_a_reminder_that_comes_twice_publishes_once() -> None:
    stage = Stage()
    _upload(stage, range(1))
    _upload(stage, range(1, 3))

    _close_window(stage)
    _close_window(stage)

    assert _counts(stage) == [1, 2]


def test_a_window_that_changes_too_fast_sends_the_message_back(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    monkeypatch.setattr(stage.cloud.cloud.windows, "replace", lambda _: False)

    failed = stage.deliver(an_event("a.csv"))

    assert isinstance(failed["m1"], TransientError)
    assert stage.findings == []


def test_a_window_that_another_invocation_changed_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    windows = stage.cloud.cloud.windows
    monkeypatch.setattr(windows, "replace", _refusing_once(windows.replace))

    _upload(stage, range(1))

    assert _counts(stage) == [1]


def _refusing_once(replace_it: Callable[[Window], bool]) -> Callable[[Window], bool]:
    answers = iter([False])
    return lambda window: next(answers, None) is None and replace_it(window)


def test_writes_under_sse_c_are_reported_though_a_caller_denies_the_list() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=SSE_C)
    stage.cloud.objects.failures["read_listed"] = [AccessDeniedError("AccessDenied", "s3:ListBucket", "no")]

    stage.deliver(an_event("a.csv"))

    (finding,) = stage.findings
    assert (finding["severity"], finding["status"]) == ("CRITICAL", "MANUAL")
    assert finding["occurrences"]["incident"]["count"] == 1


@pytest.mark.parametrize("denied_first", [True, False])
def test_a_refusal_that_could_not_be_reported_is_reported_when_its_dead_letter_message_is_redriven(
    denied_first: bool,
) -> None:
    """Sent again, it counts as received for the first time."""
    stage = Stage()
    events = [an_event("a.csv", 1), an_event("b.csv", 2)]
    denied = AccessDeniedError("AccessDenied", "s3:PutObject", "no")
    for key in ("a.csv", "b.csv"):
        stage.cloud.objects.put(BUCKET, key)
        stage.cloud.objects.failures[f"copy {key}"] = [denied]
    stage.cloud.cloud.topic.failures["publish"] = [TransientError("throttled")]
    stage.deliver(events[0])
    stage.deliver(events[1])
    stage.cloud.cloud.clock.time += timedelta(hours=1)

    failed = stage.deliver(*(events if denied_first else reversed(events)))

    assert failed == {}
    assert {finding["status"] for finding in stage.findings} == {"FAILED"}
    assert [finding["resource"]["name"] for finding in stage.findings] == [f"{BUCKET}/a.csv"]
