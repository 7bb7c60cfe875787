"""A real bucket to enforce any policy on, from any state, with S3Buckets and KmsKeys on the local cloud."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from localcloud.client.handle import Credentials, LocalCloud
from reseal.aws.kms import KmsKeys
from reseal.aws.s3.buckets import S3Buckets
from reseal.core.checks.catalogue import checks_of
from reseal.core.findings.event_result import EventResult
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm
from reseal.flow.delivery import Delivery
from reseal.ports import Services
from tests.contract.worlds.calls import ACCOUNT
from tests.support.builders import a_body
from tests.support.fakes.flows import bucket_flow
from tests.support.fakes.services import (
    FakeBucketNotes,
    FakeClock,
    FakeKeyUses,
    FakeLedger,
    FakePolicyWrites,
    FakeReminders,
    FakeTelemetry,
    FakeTopic,
    FakeWatchlist,
    FakeWindows,
)
from tests.support.names import unique

STRANGER = "arn:aws:kms:us-east-1:777788889999:key/44444444-4444-4444-4444-444444444444"
UNKNOWN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/55555555-5555-5555-5555-555555555555"
OTHER_REGION_KEY = f"arn:aws:kms:ap-southeast-1:{ACCOUNT}:key/66666666-6666-6666-6666-666666666666"
KEY_NAMES = ["K", "team", "team id", "team alias", "team alias ARN", "unlisted", "disabled", "partner"]
KEY_NAMES += ["stranger", "unknown", "other Region", "asymmetric", "aws/s3", "none"]
BLOCK_LISTS = [None, ("SSE-C",), ("NONE",)]


@dataclass(frozen=True, slots=True)
class EnforcedBucket:
    """One bucket, the KMS keys it may use, and the adapters."""

    bucket: str
    s3: Any
    buckets: S3Buckets
    keys: KmsKeys
    names: dict[str, str | None]

    def enforce(self, policy: Policy) -> EventResult:
        """What came of a call on the bucket. Raises what stopped its message."""
        telemetry = FakeTelemetry()
        services = Services(
            buckets=self.buckets,
            keys=self.keys,
            ledger=FakeLedger(),
            watchlist=FakeWatchlist(),
            bucket_notes=FakeBucketNotes(),
            policy_writes=FakePolicyWrites(),
            windows=FakeWindows(),
            key_uses=FakeKeyUses(),
            reminders=FakeReminders(),
            topic=FakeTopic(),
            telemetry=telemetry,
            clock=FakeClock(),
        )
        changes: dict[str, Any] = {"requestParameters": {"bucketName": self.bucket}}
        changes |= {"recipientAccountId": ACCOUNT}
        changes |= {"resources": [{"accountId": ACCOUNT, "type": "AWS::S3::Bucket"}]}
        delivery = Delivery(body=a_body(**changes), receive_count=1, invocation="1/1")
        for error in bucket_flow(policy, services).run({"1": delivery}).values():
            raise error
        return telemetry.recorded[-1]


def an_enforced_bucket(cloud: LocalCloud, user: Credentials) -> EnforcedBucket:
    s3, kms, bucket = cloud.client("s3", user), cloud.client("kms", user), unique("convergence")
    s3.create_bucket(Bucket=bucket)
    k, team, unlisted, disabled = (new_key(kms) for _ in range(4))
    alias = unique("alias/team")
    kms.create_alias(AliasName=alias, TargetKeyId=team)
    kms.disable_key(KeyId=disabled)
    names = {"K": k, "team": team, "unlisted": unlisted, "disabled": disabled, "none": None}
    names |= {"team id": team.rpartition("/")[2], "team alias": alias}
    names |= {"team alias ARN": f"{team.rpartition(':')[0]}:{alias}", "aws/s3": "alias/aws/s3"}
    names |= {"stranger": STRANGER, "unknown": UNKNOWN, "other Region": OTHER_REGION_KEY}
    names |= {"partner": partner_key(cloud)}
    names |= {"asymmetric": kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]}
    return EnforcedBucket(bucket, s3, S3Buckets(s3, ACCOUNT, FakeClock()), KmsKeys(kms, FakeClock()), names)


def new_key(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["Arn"])


def partner_key(cloud: LocalCloud) -> str:
    """A key of another account whose policy admits this account."""
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        for account in ("444455556666", ACCOUNT)
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    kms = cloud.client("kms", cloud.account_root("444455556666"))
    return str(kms.create_key(Policy=policy)["KeyMetadata"]["Arn"])


@st.composite
def observed(draw: st.DrawFn) -> tuple[str, str, bool, tuple[str, ...] | None]:
    """Any rule that S3 stores: algorithm, key name, Bucket Key, block list."""
    algorithm = draw(st.sampled_from(list(SseAlgorithm)))
    key = "none" if algorithm is SseAlgorithm.SSE_S3 else draw(st.sampled_from(KEY_NAMES))
    return algorithm.value, key, draw(st.booleans()), draw(st.sampled_from(BLOCK_LISTS))


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """Any policy that the template can configure; lists of keys by name."""
    lists = [None, frozenset({"team"}), frozenset({"team", "partner", "disabled"})]
    modes = {check.id: draw(st.sampled_from(list(Mode))) for check in checks_of(BucketResource)}
    return {
        "required": draw(st.sampled_from([SseAlgorithm.SSE_KMS, SseAlgorithm.DSSE_KMS])),
        "listed_keys": draw(st.sampled_from(lists)),
        "replace_unapproved": draw(st.booleans()),
        "mode": draw(st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.ENFORCE, Mode.DETECT])),
        "check_modes": modes,
    }


def policy_of(target: EnforcedBucket, drawn: dict[str, Any], k: str = "K") -> Policy:
    listed = drawn["listed_keys"]
    if listed is not None:
        listed = frozenset(arn for name in listed if (arn := target.names[name]))
    k_arn = target.names[k]
    assert k_arn
    fields = drawn | {"listed_keys": listed, "remediation_key": k_arn}
    return Policy(default=Requirements(account=ACCOUNT, region="us-east-1", **fields))


def put(target: EnforcedBucket, drawn: tuple[str, str, bool, tuple[str, ...] | None]) -> BucketEncryption:
    algorithm, key, bucket_key, blocked = drawn
    rule = BucketEncryption(
        algorithm=algorithm, key_id=target.names[key], bucket_key=bucket_key, blocked=blocked
    )
    target.s3.delete_bucket_encryption(Bucket=target.bucket)  # or an earlier block may be kept (E5)
    target.buckets.put_encryption(target.bucket, rule)
    return target.buckets.read_encryption(target.bucket)
