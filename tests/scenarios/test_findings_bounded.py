"""How many messages there are, how soon, how long they are, and what each of them holds."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.world import records
from tests.scenarios.world.names import (
    BUCKET,
    DEFAULT_ENCRYPTION,
    KEY_ACCESS,
    PARTNER,
    STRANGER_KEY,
)
from tests.scenarios.world.policies import admits, policy, root
from tests.scenarios.world.world import World

Deploy = Callable[..., World]
WINDOW = 900
MOST_IN_A_WINDOW = 10


def count_of(finding: dict[str, Any]) -> int:
    return int((finding["occurrences"] or {"count": 1})["count"])


# --- a flood of CRITICAL violations --------------------------------------------------------------


def flood(world: World, number: int, **version: Any) -> None:
    """So many writes by one actor within half a minute, in batches of ten."""
    for start in range(0, number, 10):
        world.happens(*(world.written(f"{start + one}.csv", **version) for one in range(10)))
        world.wait(30 / (number / 10))


SSE_C: dict[str, Any] = {"algorithm": "SSE-C"}
UNDER_STRANGERS_KEY: dict[str, Any] = {"algorithm": "aws:kms", "key_id": STRANGER_KEY}
FLOODS = [pytest.param(SSE_C, id="SSE-C"), pytest.param(UNDER_STRANGERS_KEY, id="a stranger's key")]


@pytest.mark.parametrize("version", FLOODS)
def test_t7_critical_messages_of_one_actor_and_bucket_are_bounded(world: World, version: Any) -> None:
    flood(world, 270, **version)
    world.wait(WINDOW)

    assert len(world.messages) <= MOST_IN_A_WINDOW


@pytest.mark.parametrize("version", FLOODS)
def test_t7_first_critical_message_goes_out_at_once_and_the_last_has_the_total(
    world: World, version: Any
) -> None:
    began = world.clock.now()

    flood(world, 270, **version)
    world.wait(WINDOW)

    assert world.messages[0].at == began
    assert {finding["severity"] for finding in world.findings} == {"CRITICAL"}
    assert sum(map(count_of, world.findings)) >= 270


def test_t7_two_actors_are_each_published_at_once(world: World) -> None:
    for name in ("One", "Two"):
        world.writes(f"{name}.csv", algorithm="SSE-C", record={"userIdentity": records.role(name)})

    assert len(world.messages) == 2


def lanes(world: World, record: records.Record) -> set[str]:
    """The queues that the rules put this event on."""
    before = {name: len(queue.queued) for name, queue in world.stack.queues.queues.items()}
    world.stack.dispatch(records.event(record))
    return {name for name, queue in world.stack.queues.queues.items() if len(queue.queued) > before[name]}


@pytest.mark.parametrize("version", FLOODS)
def test_t7_sse_c_and_foreign_keys_have_a_queue_that_plain_writes_do_not_fill(
    world: World, version: Any
) -> None:
    urgent, plain = lanes(world, world.written(**version)), lanes(world, world.written())

    assert len(urgent) == len(plain) == 1
    assert urgent.isdisjoint(plain)


def test_t7_every_violating_write_is_on_exactly_one_queue(world: World) -> None:
    written = [world.written(), world.written(**SSE_C), world.written(**UNDER_STRANGERS_KEY)]

    assert [len(lanes(world, record)) for record in written] == [1, 1, 1]


@pytest.mark.parametrize("version", FLOODS)
def test_t7_write_outside_the_scope_is_reported_by_its_record_and_not_read(
    deploy: Deploy, version: Any
) -> None:
    world = deploy(ObjectScope="another/")

    world.writes(**version)

    assert (world.only_finding["severity"], world.only_finding["status"]) == ("CRITICAL", "MANUAL")
    assert not world.was_written
    assert not [
        call.name for call in world.account.calls if call.name.startswith("s3:") and "Object" in call.name
    ]


def test_t7_plain_write_outside_the_scope_is_dropped(deploy: Deploy) -> None:
    world = deploy(ObjectScope="another/")

    world.writes()

    assert world.account.calls == []


def test_t7_sse_c_upload_in_parts_is_critical_by_the_record_of_its_beginning(world: World) -> None:
    world.happens(world.written(name="CreateMultipartUpload", algorithm="SSE-C"))

    assert world.only_finding["severity"] == "CRITICAL"


def test_t7_beginning_of_a_plain_upload_in_parts_is_dropped(world: World) -> None:
    assert lanes(world, world.written(name="CreateMultipartUpload")) == set()


# --- who made way for SSE-C ----------------------------------------------------------------------


def unblock(world: World, blocked: tuple[str, ...] | None = ("NONE",)) -> records.Record:
    record = world.lowered("AES256", blocked="NONE", userIdentity=records.role("Attacker"))
    world.bucket.blocked = blocked
    return record


@pytest.mark.parametrize("seconds", [1, 30, 59])
@pytest.mark.parametrize("blocked", [("NONE",), None], ids=["NONE", "no list"])
def test_t8_writer_quicker_than_the_settle_time_is_part_of_the_incident(
    deploy: Deploy, seconds: float, blocked: tuple[str, ...] | None
) -> None:
    world = deploy(SettleSeconds="60")
    world.happens(unblock(world, blocked))
    world.wait(seconds)

    world.writes(algorithm="SSE-C")

    assert "INCIDENT" in world.messages[0].subject
    assert "unblocked" in world.messages[0].email


def test_t8_writer_after_the_settle_time_is_part_of_the_incident(deploy: Deploy) -> None:
    world = deploy(SettleSeconds="60")
    world.happens(unblock(world))
    world.wait(61)

    world.writes(algorithm="SSE-C")

    assert "INCIDENT" in world.messages[-1].subject
    assert "role/Attacker" in world.messages[-1].email


def test_t8_where_sse_c_is_blocked_again_nobody_made_way(world: World) -> None:
    world.writes(algorithm="SSE-C")

    assert "INCIDENT" not in world.messages[0].subject


# --- the text of others --------------------------------------------------------------------------

LONGEST_EMAIL = 16_000
LONG_NAMES = [
    pytest.param("x" * 45_000, id="45 kB"),
    pytest.param("x" * 200_000, id="200 kB"),
    pytest.param("é" * 60_000, id="not ASCII"),
]


@pytest.mark.parametrize("name", LONG_NAMES)
def test_t9_key_id_of_any_length_is_cut_and_published(world: World, name: str) -> None:
    world.sets_default("aws:kms", name)

    assert world.findings_of(DEFAULT_ENCRYPTION)
    assert len(world.messages[0].email) <= LONGEST_EMAIL
    assert world.returned == []


@pytest.mark.parametrize("name", LONG_NAMES)
def test_t9_text_of_a_policy_is_cut_and_published(world: World, name: str) -> None:
    under_k(world, policy(admits({"Federated": name})))

    world.calls("PutBucketPolicy")

    assert world.findings_of(KEY_ACCESS)
    assert len(world.messages[0].email) <= LONGEST_EMAIL
    assert world.returned == []


@pytest.mark.parametrize("text", ["all is well; nothing to do", "see http://evil.example/", "\u202eesrever"])
def test_t9_text_of_a_policy_is_quoted(world: World, text: str) -> None:
    under_k(world, policy(admits({"Federated": text})))

    world.calls("PutBucketPolicy")

    assert world.findings_of(KEY_ACCESS)
    assert any(quoted in world.messages[0].email for quoted in (repr(text), json.dumps(text), f"`{text}`"))


def test_t9_principal_of_ordinary_length_is_whole(world: World) -> None:
    partner = root(PARTNER)
    under_k(world, policy(admits(partner)))

    world.calls("PutBucketPolicy")

    assert PARTNER in world.findings_of(KEY_ACCESS)[0]["reason"]


def under_k(world: World, bucket_policy: dict[str, Any]) -> None:
    world.bucket.algorithm, world.bucket.key_id, world.bucket.bucket_key = "aws:kms", world.k.arn, True
    world.bucket.policy = bucket_policy


# --- the log line -------------------------------------------------------------------------------


def test_t10_reason_in_the_log_line_has_one_type(world: World) -> None:
    world.sets_default("AES256")  # Applied
    world.calls("PutBucketAcl")  # Compliant
    del world.buckets.buckets[BUCKET]
    world.calls("PutBucketAcl")  # Skipped
    world.buckets.add(BUCKET, owner=PARTNER)
    world.calls("PutBucketAcl")  # Failed

    assert [line["result"] for line in world.log] == ["Applied", "Compliant", "Skipped", "Failed"]
    assert {type(line["reason"]) for line in world.log} in ({list}, {str})


def test_t10_log_line_has_the_result_and_the_reason(world: World) -> None:
    world.sets_default("AES256")

    assert [line["result"] for line in world.log] == ["Applied"]
    assert "SSE-S3" in str(world.log[0]["reason"])


# --- what to do about a detected violation ------------------------------------------------------


def commands(finding: dict[str, Any], name: str) -> list[list[str]]:
    """The commands of the AWS CLI in a finding, in words."""
    texts = [text for text in finding.values() if isinstance(text, str) and f"aws s3api {name}" in text]
    return [shlex.split(text[text.index("aws s3api") :]) for text in texts]


def test_t11_detected_bucket_has_the_command_that_repairs(deploy: Deploy) -> None:
    world = deploy(Mode="detect")

    world.sets_default("AES256")

    found = world.findings_of(DEFAULT_ENCRYPTION)[0]
    assert found["status"] == "DETECTED"
    repairs = commands(found, "put-bucket-encryption")
    assert len(repairs) == 1
    assert BUCKET in repairs[0]
    assert world.k.arn in " ".join(repairs[0])


def test_t11_detected_object_has_the_command_that_repairs(deploy: Deploy) -> None:
    world = deploy(ObjectEncryptionMode="detect")

    world.writes()

    assert world.only_finding["status"] == "DETECTED"
    repairs = commands(world.only_finding, "copy-object") + commands(
        world.only_finding, "update-object-encryption"
    )
    assert len(repairs) == 1
    assert world.k.arn in " ".join(repairs[0])


def test_t11_remediated_bucket_has_the_command_that_undoes(world: World) -> None:
    world.sets_default("AES256")

    ((*command, rule),) = commands(world.only_finding, "put-bucket-encryption")
    assert BUCKET in command
    assert "ApplyServerSideEncryptionByDefault={SSEAlgorithm=AES256}" in rule


# --- from the finding to its evidence -----------------------------------------------------------


@pytest.mark.parametrize("lane", ["bucket", "object"])
def test_t12_finding_names_its_ledger_entry(world: World, lane: str) -> None:
    world.sets_default("AES256") if lane == "bucket" else world.writes()

    assert world.only_finding.get("ledger_entry") in world.ledger.items


def test_t12_finding_without_a_write_names_no_ledger_entry(deploy: Deploy) -> None:
    world = deploy(Mode="detect")

    world.sets_default("AES256")

    assert world.findings[0].get("ledger_entry") is None


def test_t12_link_to_the_runbook_is_absolute_where_its_address_is_given(deploy: Deploy) -> None:
    parameters = deploy().stack.template["Parameters"]
    address = {name: "https://wiki.example/reseal" for name in parameters if "Runbook" in name}
    world = deploy(**address)

    world.sets_default("AES256")

    assert world.only_finding["runbook"].startswith("https://")


def test_t12_entries_of_one_bucket_can_be_queried(world: World) -> None:
    table = world.stack.template["Resources"]["Ledger"]["Properties"]

    keys = [table["KeySchema"], *(index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", []))]
    assert "bucket" in [key[0]["AttributeName"] for key in keys]
