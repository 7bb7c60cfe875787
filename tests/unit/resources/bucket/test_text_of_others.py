"""Whatever others write into a bucket's configuration: it is published, quoted, cut, and fits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reseal.core.policy.requirements import Mode
from reseal.core.state.bucket_access import AclGrant, BucketAccess, ReplicationRule
from reseal.core.state.bucket_encryption import BucketEncryption
from tests.support.builders import ACCOUNT, BUCKET, ENFORCE_ALL, SSE_KMS, TEAM_KEY, K, a_policy
from tests.support.fakes.services import FakeCloud
from tests.support.findings import MARKED, assert_fits, assert_keeps_its_schema, assert_nothing_is_imitated
from tests.unit.resources.bucket.stage import a_cloud, deliver

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a small example takes minutes to find
HOSTILE = st.text(st.characters(exclude_categories=()), max_size=30).map(lambda text: MARKED + text)
NAMES = st.lists(
    HOSTILE | st.sampled_from(["*", f"arn:aws:iam::{ACCOUNT}:root", "444455556666"]), max_size=40
)
CONDITIONS = st.dictionaries(
    st.sampled_from(["StringEquals", "StringLike", "ArnLike", "IpAddress", "Bool"]) | HOSTILE,
    st.dictionaries(st.sampled_from(["aws:PrincipalOrgID", "aws:SourceArn"]) | HOSTILE, NAMES | HOSTILE),
    max_size=2,
)
STATEMENTS = st.builds(
    lambda effect, kind, names, condition, sid: {
        "Effect": effect,
        "Principal": {kind: names},
        "Action": ["s3:GetObject", "s3:PutObject", "kms:Decrypt"],
        "Resource": "*",
        "Condition": condition,
        "Sid": sid,
    },
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser"]),
    NAMES,
    CONDITIONS,
    HOSTILE,
)
POLICIES = st.builds(
    lambda found: {"Version": "2012-10-17", "Statement": found}, st.lists(STATEMENTS, max_size=6)
)
ACCESSES = st.builds(
    BucketAccess,
    policy=POLICIES,
    policy_is_public=st.booleans(),
    acl=st.lists(st.builds(AclGrant, grantee=HOSTILE, permission=st.just("WRITE")), max_size=20).map(tuple),
    replication=st.lists(
        st.builds(
            ReplicationRule,
            id=HOSTILE,
            enabled=st.just(True),
            takes_kms_objects=st.booleans(),
            account=HOSTILE,
            key_id=st.none() | HOSTILE,
        ),
        max_size=20,
    ).map(tuple),
)
ENCRYPTIONS = st.builds(
    BucketEncryption,
    algorithm=st.sampled_from(["AES256", SSE_KMS, SSE_KMS]) | HOSTILE,
    key_id=st.none() | st.sampled_from([TEAM_KEY, K]) | HOSTILE,
    bucket_key=st.booleans(),
    blocked=st.none() | st.lists(HOSTILE, max_size=20).map(tuple),
)
CALLS = st.sampled_from(["PutBucketEncryption", "PutBucketPolicy", "PutBucketReplication", "CreateBucket"])
IDENTITIES = st.builds(
    lambda text, kind: {"type": kind, "arn": text, "accountId": text, "invokedBy": text},
    HOSTILE,
    st.sampled_from(["AssumedRole", "AWSService"]),
)


def grown(value: Any, times: int) -> Any:
    """The value with each hostile text repeated."""
    if isinstance(value, str):
        return value * times if value.startswith(MARKED) else value
    if isinstance(value, list | tuple):
        return type(value)(grown(one, times) for one in value)
    if isinstance(value, Mapping):
        return {grown(name, times): grown(one, times) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: grown(getattr(value, one.name), times) for one in fields(value)})
    return value


def hostile_cloud(found: BucketEncryption, access: BucketAccess, tags: Mapping[str, str]) -> FakeCloud:
    cloud = a_cloud(found)
    cloud.buckets.access[BUCKET] = access
    cloud.buckets.tags[BUCKET] = dict(tags)
    return cloud


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None, phases=PHASES)
@given(
    found=ENCRYPTIONS,
    access=ACCESSES,
    key_policy=POLICIES,
    stack=HOSTILE,
    call=CALLS,
    identity=IDENTITIES,
    address=HOSTILE,
    times=st.sampled_from([1, 2, 1000]),
    modes=st.fixed_dictionaries(dict.fromkeys(ENFORCE_ALL, st.sampled_from([Mode.ENFORCE, Mode.DETECT]))),
)
def test_whatever_others_wrote_is_published_in_messages_that_fit_and_imitate_nothing(
    found: BucketEncryption,
    access: BucketAccess,
    key_policy: Any,
    stack: str,
    call: str,
    identity: Any,
    address: str,
    times: int,
    modes: Any,
) -> None:
    tags = {"aws:cloudformation:stack-name": stack}
    in_policies = min(times, 3)  # a bucket's policy has 20 KB at most, a key's 32 KB
    cloud = hostile_cloud(grown(found, times), grown(access, in_policies), grown(tags, times))
    cloud.keys.policies |= dict.fromkeys([K, TEAM_KEY], grown(key_policy, in_policies))

    event_result = deliver(
        cloud,
        policy=a_policy(check_modes=ENFORCE_ALL | modes),
        eventName=call,
        userIdentity=grown(identity, times),
        sourceIPAddress=grown(address, times),
    )

    assert sorted(finding["id"] for finding in cloud.topic.findings) == sorted(
        finding.id for finding in event_result.findings
    )
    for message in cloud.topic.messages:
        assert_fits(message)
        assert_nothing_is_imitated(message)
        assert_keeps_its_schema(message)
    for entry in cloud.ledger.entries:
        assert len(json.dumps(entry.to_document())) < 400_000
