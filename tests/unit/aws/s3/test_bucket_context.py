"""The exact reads of what a bucket means for its objects, each asked for once."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.aws.s3.buckets import S3Buckets
from reseal.core.errors import AccessDeniedError, NotFoundError, ResealError, TransientError
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.s3_object import BucketContext
from tests.support.fakes.services import NOON, FakeClock
from tests.support.fakes.stubs import stubbed
from tests.unit.aws.s3.test_bucket_access import ACCOUNT, NAMED, reads

KMS_RULE = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
QUIET = BucketContext(
    read_at=NOON,
    access=BucketAccess(owner_id="owner"),
    bucket_key=False,
    versioned=False,
    notifies=False,
    has_acls=False,
)
LISTENERS: list[dict[str, Any]] = [
    {"TopicConfigurations": [{"TopicArn": "topic", "Events": ["s3:ObjectCreated:*"]}]},
    {"QueueConfigurations": [{"QueueArn": "queue", "Events": ["s3:ObjectCreated:*"]}]},
    {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": "function", "Events": ["s3:ObjectCreated:*"]}]},
    {"EventBridgeConfiguration": {}},
]
METHODS = [
    ("get_bucket_encryption", "s3:GetEncryptionConfiguration"),
    ("get_bucket_versioning", "s3:GetBucketVersioning"),
    ("get_bucket_notification_configuration", "s3:GetBucketNotification"),
    ("get_bucket_ownership_controls", "s3:GetBucketOwnershipControls"),
]


def answers(**found: Any) -> dict[str, Any]:
    """The answers in the order they are asked for; what is not `found` is what S3 gives a new bucket."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    ownership = found.get("ownership", "BucketOwnerEnforced")
    return {
        "get_bucket_encryption": {"ServerSideEncryptionConfiguration": {"Rules": [found.get("rule", rule)]}},
        "get_bucket_versioning": found.get("versioning", {}),
        "get_bucket_notification_configuration": found.get("listeners", {}),
        "get_bucket_ownership_controls": ownership
        and {"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}},
    }


def expect(stub: Any, **found: Any) -> None:
    reads(stub)
    for method, answer in answers(**found).items():
        if answer is None:
            stub.add_client_error(method, "OwnershipControlsNotFoundError", http_status_code=404)
        else:
            stub.add_response(method, answer, NAMED)


def read(**found: Any) -> BucketContext:
    with stubbed("s3") as (client, stub):
        expect(stub, **found)
        return S3Buckets(client, ACCOUNT, FakeClock()).read_context("payroll")


def test_new_bucket_makes_no_difference() -> None:
    assert read() == QUIET


def test_bucket_key_is_the_defaults() -> None:
    assert read(rule=KMS_RULE).bucket_key


@pytest.mark.parametrize(("status", "versioned"), [("Enabled", True), ("Suspended", False)])
def test_only_versioning_that_is_on_makes_versions(status: str, *, versioned: bool) -> None:
    assert read(versioning={"Status": status}).versioned is versioned


@pytest.mark.parametrize("listeners", LISTENERS, ids=[next(iter(kind)) for kind in LISTENERS])
def test_any_notification_is_seen(listeners: dict[str, Any]) -> None:
    assert read(listeners=listeners).notifies


@pytest.mark.parametrize(
    ("ownership", "has"),
    [("BucketOwnerEnforced", False), ("BucketOwnerPreferred", True), ("ObjectWriter", True), (None, True)],
)
def test_acls_are_in_force_unless_ownership_is_enforced(ownership: str | None, *, has: bool) -> None:
    assert read(ownership=ownership).has_acls is has


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDenied", 403, AccessDeniedError),
        ("NoSuchBucket", 404, NotFoundError),
        ("SlowDown", 503, TransientError),
    ],
)
@pytest.mark.parametrize(("method", "action"), METHODS)
def test_refused_read_names_its_action(
    method: str, action: str, code: str, status: int, error: type[ResealError]
) -> None:
    with stubbed("s3") as (client, stub):
        reads(stub)
        for name, answer in answers().items():
            if name == method:
                break
            stub.add_response(name, answer)
        stub.add_client_error(method, code, http_status_code=status)

        with pytest.raises(error, match=f"{action}: {code}"):
            S3Buckets(client, ACCOUNT, FakeClock()).read_context("payroll")


@pytest.mark.parametrize(("seconds", "asks_again"), [(4, False), (6, True)])
def test_bucket_context_is_known_for_five_seconds(seconds: int, *, asks_again: bool) -> None:
    clock = FakeClock()
    with stubbed("s3") as (client, stub):
        expect(stub)
        if asks_again:
            expect(stub, listeners={"EventBridgeConfiguration": {}})
        buckets = S3Buckets(client, ACCOUNT, clock)
        buckets.read_context("payroll")

        clock.sleep(seconds)

        assert buckets.read_context("payroll").notifies is asks_again
