from __future__ import annotations

from dataclasses import replace

import pytest

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.look import Look
from reseal.core.calls.object_call import ObjectCall
from reseal.core.calls.stated_encryption import StatedObjectEncryption
from reseal.core.decision import Exempt
from reseal.core.outcome import SkipCause
from reseal.core.policy.exemptions import exempt_by_name, exempt_call, skipped_call
from reseal.core.resource import BucketResource, KeyResource, ObjectResource
from tests.support.builders import ACCOUNT, OTHER_ACCOUNT, K, a_call, a_policy, an_object_call, requirements
from tests.support.fakes.services import NOON

CONTROL_TOWER = f"aws-controltower-logs-{ACCOUNT}-us-east-1"


@pytest.mark.parametrize(
    "service",
    [
        "cloudtrail.amazonaws.com",
        "config.amazonaws.com",
        "delivery.logs.amazonaws.com",
        "logdelivery.elasticloadbalancing.amazonaws.com",
        "logging.s3.amazonaws.com",
    ],
)
def test_log_deliveries_are_exempt_where_the_operator_says_so(service: str) -> None:
    call = an_object_call(delivered_by=service)

    assert exempt_call(requirements(exempts_log_deliveries=True), call) is not None
    assert exempt_call(requirements(), call) is None


def test_object_outside_the_scope_is_exempt_and_one_within_is_not() -> None:
    policy, call = replace(a_policy(), object_scope=("team-",)), an_object_call(bucket="payroll")
    within = replace(call, bucket="team-a")

    exempt = exempt_call(policy.for_(call.resource), call)

    assert exempt is not None
    assert exempt.reason == "the bucket is not in ObjectScope"
    assert exempt_call(policy.for_(within.resource), within) is None


def test_write_outside_the_scope_that_states_sse_c_is_judged_by_its_record() -> None:
    policy = replace(a_policy(), object_scope=("team-",))
    call = an_object_call(bucket="payroll", stated=StatedObjectEncryption(algorithm="SSE-C"))

    assert exempt_call(policy.for_(call.resource), call) is None


def test_look_is_of_this_account_and_exempt_only_by_the_object_that_it_names() -> None:
    policy = replace(a_policy(), object_scope=("team-",))
    look, within = (
        Look(event_id="look-1", time=NOON, resource=ObjectResource(bucket=bucket, object_key="a"))
        for bucket in ("payroll", "team-a")
    )

    assert exempt_call(policy.for_(look.resource), look) is not None
    assert exempt_call(policy.for_(within.resource), within) is None
    assert skipped_call(policy.for_(look.resource), look) is None


@pytest.mark.parametrize(
    ("call", "why"),
    [
        pytest.param(an_object_call(), None, id="a caller's write"),
        pytest.param(an_object_call(delivered_by="backup.amazonaws.com"), None, id="another service's"),
        pytest.param(an_object_call(own_model="its own"), "its own", id="Outposts"),
        pytest.param(an_object_call(bucket="logs--use1-az4--x-s3"), "directory buckets", id="directory"),
        pytest.param(an_object_call(bucket=CONTROL_TOWER), "Control Tower", id="Control Tower"),
    ],
)
def test_what_is_out_of_the_policy_says_why(call: ObjectCall, why: str | None) -> None:
    exempt = exempt_call(a_policy(exempts_log_deliveries=True).for_(call.resource), call)

    assert (exempt is None) == (why is None)
    assert (why or "") in (exempt.reason if exempt else "")


@pytest.mark.parametrize(
    "bucket",
    [
        f"{CONTROL_TOWER}.attic",
        f"{CONTROL_TOWER}\n",
        f"{CONTROL_TOWER}/",
        f"{CONTROL_TOWER}A",
        f"my-{CONTROL_TOWER}",
        f"aws-controltower-logs-{ACCOUNT}",
        f"aws-controltower-logs-{OTHER_ACCOUNT}-us-east-1",
        f"aws-controltower-{ACCOUNT}-us-east-1",
        "logs--use1-az4--x-s3-copy",
        "logs--x-s3.attic",
    ],
    ids=repr,
)
def test_name_that_only_looks_like_an_exempt_one_is_judged(bucket: str) -> None:
    resource = BucketResource(bucket=bucket)

    assert exempt_by_name(resource, ACCOUNT, control_tower=True) is None


def test_key_is_not_exempt_by_its_name() -> None:
    assert exempt_by_name(KeyResource(kms_key=K), ACCOUNT, control_tower=True) is None


def test_control_tower_is_judged_where_the_operator_says_so() -> None:
    policy, call = replace(a_policy(), exempt_control_tower=False), an_object_call(bucket=CONTROL_TOWER)

    assert exempt_call(policy.for_(call.resource), call) is None


@pytest.mark.parametrize("call", [a_call(), an_object_call()], ids=["bucket", "object"])
@pytest.mark.parametrize(
    ("recipient", "owner", "why"),
    [
        (None, None, None),
        (ACCOUNT, ACCOUNT, None),
        (OTHER_ACCOUNT, ACCOUNT, "the record is account"),
        (OTHER_ACCOUNT, OTHER_ACCOUNT, "the record is account"),
        (ACCOUNT, OTHER_ACCOUNT, "the bucket belongs to account"),
    ],
)
def test_what_is_another_accounts_is_skipped_with_the_account(
    call: BucketCall | ObjectCall, recipient: str | None, owner: str | None, why: str | None
) -> None:
    skipped = skipped_call(requirements(), replace(call, recipient=recipient, owner=owner))

    assert (skipped is None) == (why is None)
    if skipped and why:
        assert skipped.cause is SkipCause.ELSEWHERE
        assert skipped.reason.startswith(f"{why} {OTHER_ACCOUNT}")


def test_look_is_of_no_account_and_exempt_only_by_its_resource() -> None:
    look = Look(event_id="1", time=NOON, resource=ObjectResource(bucket="payroll", object_key="a"))
    policy = replace(a_policy(), object_scope=("team-",))

    assert skipped_call(requirements(), look) is None
    assert exempt_call(requirements(), look) is None
    assert exempt_call(policy.for_(look.resource), look) == Exempt("the bucket is not in ObjectScope")
