"""What the records of calls to keys say, and how long records take."""

from __future__ import annotations

from operations.verify_aws.measurement import Reading
from operations.verify_aws.trail.records import OWN_ARN, Records, answer_in, asks, detail, present, sent_with

_SLOWEST_SECONDS = 900
_KEY_CALLS = (
    "enable_key_rotation",
    "disable_key_rotation",
    "disable_key",
    "enable_key",
    "schedule_key_deletion",
    "cancel_key_deletion",
)


def _key_calls(records: Records) -> str:
    sent = str(sent_with(records, "disable_key").get("keyId", ""))
    listed = detail(records, "disable_key").get("resources", [])
    arns = [str(entry.get("ARN", "")).startswith(OWN_ARN) for entry in listed]
    return present(
        ("keyId as sent", sent and not sent.startswith(OWN_ARN)), ("key's ARN in resources", arns == [True])
    )


def _key_answers(records: Records) -> str:
    answered = {name: answer_in(records, name) for name in _KEY_CALLS}
    arns = [str(found.get("keyId", "")).startswith(OWN_ARN) for found in answered.values()]
    date = answered["schedule_key_deletion"].get("deletionDate")
    return present(("keyId as ARN", all(arns)), ("deletionDate as text", isinstance(date, str)))


def _delay(records: Records) -> str:
    slowest = max(event["delay"] for events in records.values() for event in events)
    return f"within {_SLOWEST_SECONDS} s" if slowest <= _SLOWEST_SECONDS else f"{slowest:.0f} s"


READINGS = (
    Reading(
        asks("delay", "A35", "How long the slowest record took", f"within {_SLOWEST_SECONDS} s"),
        ("create_bucket", "put_object_default_sse_s3", "disable_key"),
        _delay,
    ),
    Reading(
        asks(
            "key-of-a-key-call",
            "A40",
            "keyId and resources of DisableKey, called with the key's id",
            "keyId as sent, key's ARN in resources",
        ),
        ("disable_key",),
        _key_calls,
    ),
    Reading(
        asks(
            "answers-of-key-calls",
            "A41",
            "responseElements of the calls that change a key",
            "keyId as ARN, deletionDate as text",
        ),
        _KEY_CALLS,
        _key_answers,
    ),
)
