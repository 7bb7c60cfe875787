"""An object's violation that is only detected: the finding has the command that repairs."""

from __future__ import annotations

import shlex

import pytest

from reseal.core.policy.requirements import Mode
from reseal.core.repairs.objects.method import Methods
from tests.support.builders import BUCKET, DEFAULT_MODES, OBJECT_ENCRYPTION, K, a_policy
from tests.unit.resources.object.stage import REPAIR, Stage, an_event

DETECT = a_policy(check_modes=DEFAULT_MODES | {OBJECT_ENCRYPTION: Mode.DETECT}, exempts_log_deliveries=True)


def words_of(stage: Stage) -> list[str]:
    (finding,) = stage.findings
    assert finding["status"] == "DETECTED"
    return shlex.split(finding["repair"])


def test_command_copies_the_object_as_enforcement_would() -> None:
    stage = Stage(policy=DETECT)
    written = stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    words = words_of(stage)
    assert words[:3] == ["aws", "s3api", "copy-object"]
    assert words[words.index("--ssekms-key-id") + 1] == K
    seen = f"{written.last_modified:%Y-%m-%dT%H:%M:%SZ}"
    assert f"--copy-source-if-unmodified-since={seen}" in words
    assert {"--metadata-directive=COPY", "--tagging-directive=COPY"} <= set(words)


def test_command_changes_the_object_in_place_where_enforcement_would() -> None:
    stage = Stage(policy=DETECT, methods=Methods(prefers_in_place=True))
    stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    words = words_of(stage)
    assert words[:3] == ["aws", "s3api", "update-object-encryption"]
    assert f"SSEKMS={{KMSKeyArn={K},BucketKeyEnabled=true}}" in words


@pytest.mark.parametrize("methods", [Methods(), Methods(prefers_in_place=True)], ids=["copy", "in place"])
def test_detecting_costs_only_the_reads_before_enforcements_write(methods: Methods) -> None:
    stage = Stage(policy=DETECT, methods=methods)
    stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    reads = REPAIR[: REPAIR.index("ledger read last")]
    assert stage.steps[: len(reads)] == reads
    assert not [step for step in stage.steps if step.startswith(("ledger", "copy", "update"))]
