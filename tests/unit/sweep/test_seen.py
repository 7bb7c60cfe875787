"""What the bucket lane adds to the snapshot: violations, repairs and creations, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reseal.core.errors import AccessDeniedError, TransientError
from reseal.core.policy.requirements import Mode
from reseal.core.snapshot import BucketSeen, LastFinding
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KeyDescription
from reseal.flow.delivery import Delivery
from reseal.resources.bucket.seen import Remembering
from tests.support.builders import (
    BUCKET,
    DEFAULT_ENCRYPTION,
    SSE_KMS,
    TEAM_KEY,
    K,
    a_body,
    a_key,
    a_policy,
    create_bucket,
    encryption,
)
from tests.support.fakes.flows import bucket_flow
from tests.support.fakes.services import NOON, FakeCloud
from tests.support.fakes.snapshot import FakeSnapshot
from tests.unit.resources.bucket.stage import COMPLIANT, REPAIRED, a_cloud


def deliver(
    cloud: FakeCloud, snapshot: FakeSnapshot, body: str | None = None, **policy: Any
) -> Exception | None:
    """Deliver an event to a lane that keeps the snapshot; returns what stopped it."""
    flow = bucket_flow(a_policy(**policy), cloud.services)
    reporter = Remembering(reporter=flow.reporter, snapshot=snapshot, clock=cloud.clock)
    delivery = Delivery(body=body or a_body(), receive_count=1, invocation="one")
    return replace(flow, reporter=reporter).run({"m": delivery}).get("m")


def seen_after(found: BucketEncryption | None, body: str | None = None, **keys: KeyDescription) -> Any:
    cloud, snapshot = a_cloud(found), FakeSnapshot()
    cloud.keys.known.update(keys)
    assert deliver(cloud, snapshot, body) is None
    return snapshot.read_bucket(BUCKET)


def test_compliant_event_writes_nothing() -> None:
    assert seen_after(COMPLIANT) is None


def test_new_bucket_that_is_right_is_kept_with_its_key() -> None:
    seen: BucketSeen = seen_after(COMPLIANT, create_bucket())

    assert (seen.encryption, seen.kms_key, seen.right_since) == (COMPLIANT, TEAM_KEY, NOON)


def test_repaired_bucket_is_kept_as_it_is_after_the_write() -> None:
    seen: BucketSeen = seen_after(encryption())

    assert (seen.encryption, seen.kms_key) == (REPAIRED, K)
    verdict = seen.verdicts[DEFAULT_ENCRYPTION]
    assert (verdict.status, verdict.repaired) == ("COMPLIANT", True)


def test_violation_is_kept_with_its_finding() -> None:
    cloud, snapshot = a_cloud(encryption()), FakeSnapshot()

    deliver(cloud, snapshot, mode=Mode.DETECT)

    seen, (finding,) = snapshot.read_bucket(BUCKET), cloud.topic.findings
    assert seen is not None
    assert seen.verdicts[DEFAULT_ENCRYPTION].status == "DETECTED"
    assert seen.last_finding == LastFinding(id=finding["id"], at=NOON)


def test_creator_is_kept_when_the_creation_is_received() -> None:
    seen: BucketSeen = seen_after(COMPLIANT, create_bucket())

    assert seen.creator is not None
    assert seen.creator.who == "arn:aws:iam::111122223333:role/Payroll"
    assert seen.creator.at == NOON


def test_other_calls_name_no_creator() -> None:
    assert seen_after(encryption()).creator is None


def test_key_that_the_bucket_names_by_alias_is_kept_by_its_arn() -> None:
    named = encryption(SSE_KMS, "alias/team", bucket_key=True)

    assert seen_after(named, create_bucket(), **{"alias/team": a_key(TEAM_KEY)}).kms_key == TEAM_KEY


def test_alias_that_kms_does_not_know_is_no_key() -> None:
    assert seen_after(encryption(SSE_KMS, "alias/nobody", bucket_key=True)).kms_key is None


def test_bucket_without_a_key_of_its_own_names_none() -> None:
    assert seen_after(encryption(SSE_KMS, None, bucket_key=True)).kms_key == K  # repaired


def test_bucket_that_is_gone_is_not_kept() -> None:
    assert seen_after(None) is None


def test_bucket_that_cannot_be_read_is_kept_as_such() -> None:
    cloud, snapshot = a_cloud(COMPLIANT), FakeSnapshot()
    denied = AccessDeniedError("AccessDenied", "s3:GetEncryptionConfiguration", "explicit deny")
    cloud.buckets.failures["read_encryption"] = [denied]

    deliver(cloud, snapshot)

    seen = snapshot.read_bucket(BUCKET)
    assert seen is not None
    assert "s3:GetEncryptionConfiguration is denied" in str(seen.not_read)


def test_exempt_bucket_is_kept_as_exempt() -> None:
    cloud, snapshot = a_cloud(COMPLIANT), FakeSnapshot()

    deliver(cloud, snapshot, create_bucket(), mode=Mode.OFF)

    seen = snapshot.read_bucket(BUCKET)
    assert seen is not None
    assert {one.status for one in seen.verdicts.values()} == {"EXEMPT"}


def test_outage_of_the_snapshot_loses_no_finding() -> None:
    cloud, snapshot = a_cloud(encryption()), FakeSnapshot()
    snapshot.failures["put"] = [TransientError("unavailable")]

    stopped = deliver(cloud, snapshot)

    assert isinstance(stopped, TransientError)
    assert [finding["status"] for finding in cloud.topic.findings] == ["REMEDIATED"]


def test_message_whose_finding_was_not_published_is_kept_when_it_is() -> None:
    cloud, snapshot = a_cloud(encryption()), FakeSnapshot()
    cloud.topic.failures["publish"] = [TransientError("unavailable")]

    deliver(cloud, snapshot)

    assert snapshot.read_bucket(BUCKET) is None
