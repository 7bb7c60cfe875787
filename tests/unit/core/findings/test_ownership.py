from __future__ import annotations

import pytest

from reseal.core.decision import Exempt
from reseal.core.findings.ownership import Ownership, owner_of
from reseal.core.policy.exemptions import exempt_by_name
from reseal.core.resource import BucketResource

STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/data/1"


@pytest.mark.parametrize(
    ("bucket", "tags", "owner"),
    [
        ("mine", {}, None),
        ("mine", {"team": "data"}, None),
        ("mine", {"aws:cloudformation:stack-name": "data"}, Ownership(tool="CloudFormation", stack="data")),
        ("mine", {"aws:cloudformation:stack-id": STACK_ID}, Ownership(tool="CloudFormation", stack=STACK_ID)),
        ("cf-templates-1x2y-us-east-1", {}, Ownership(tool="CloudFormation", stack=None)),
        ("cdk-hnb659fds-assets-111122223333-us-east-1", {}, Ownership(tool="CDK", stack=None)),
        ("cdk-hnb659fds-assets-1-us-east-1", {"aws:cloudformation:stack-name": "CDKToolkit"},
         Ownership(tool="CDK", stack="CDKToolkit")),
        ("aws-sam-cli-managed-default-samclisourcebucket-1", {}, Ownership(tool="SAM CLI", stack=None)),
        ("aws-controltower-logs-1", {}, Ownership(tool="Control Tower", stack=None)),
        ("my-cdk-assets", {}, None),
        ("not-cf-templates-1", {}, None),
    ],
)  # fmt: skip
def test_owner_is_recognised_by_tags_and_names(
    bucket: str, tags: dict[str, str], owner: Ownership | None
) -> None:
    assert owner_of(bucket, tags) == owner


def test_advice_names_the_stack_where_one_is_known() -> None:
    assert "in stack 'data'" in Ownership(tool="CloudFormation", stack="data").advice
    assert "where the bucket is defined" in Ownership(tool="CDK", stack=None).advice


@pytest.mark.parametrize(
    ("bucket", "control_tower", "exempt"),
    [
        ("aws-controltower-logs-111122223333-us-east-1", True, True),
        ("aws-controltower-logs-111122223333-us-east-1", False, False),
        ("aws-controltower-logs-444455556666-us-east-1", True, False),
        ("aws-controltower-hideout", True, False),
        ("mine-aws-controltower", True, False),
        ("data--use1-az4--x-s3", False, True),
        ("mine", True, False),
    ],
)
def test_names_put_buckets_out_of_scope(bucket: str, control_tower: bool, exempt: bool) -> None:
    assert (
        isinstance(
            exempt_by_name(BucketResource(bucket=bucket), "111122223333", control_tower=control_tower), Exempt
        )
        is exempt
    )
