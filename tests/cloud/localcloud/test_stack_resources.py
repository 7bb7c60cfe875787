"""Templates can use the resource types and properties that MiniStack's CloudFormation lacks."""

import json
import uuid
from typing import Any

import pytest

from localcloud.client.handle import Credentials, LocalCloud

TEMPLATE = {
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {
                            "ServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": {"Fn::GetAtt": ["Key", "Arn"]},
                            },
                            "BucketKeyEnabled": True,
                        }
                    ]
                }
            },
        },
        "Key": {
            "Type": "AWS::KMS::Key",
            "Properties": {
                "KeyPolicy": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
                            "Action": "kms:*",
                            "Resource": "*",
                        }
                    ],
                }
            },
        },
        "Trail": {
            "Type": "AWS::CloudTrail::Trail",
            "DependsOn": "Bucket",
            "Properties": {
                "S3BucketName": {"Ref": "Bucket"},
                "KMSKeyId": {"Fn::GetAtt": ["Key", "Arn"]},
                "IsLogging": True,
                "IsMultiRegionTrail": True,
                "EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}],
            },
        },
    },
    "Outputs": {
        "Trail": {"Value": {"Ref": "Trail"}},
        "TrailArn": {"Value": {"Fn::GetAtt": ["Trail", "Arn"]}},
        "Bucket": {"Value": {"Ref": "Bucket"}},
        "Key": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}},
    },
}


@pytest.fixture(scope="module")
def stacks(local_cloud: LocalCloud, user: Credentials) -> Any:
    return local_cloud.client("cloudformation", user)


@pytest.fixture
def stack(stacks: Any) -> tuple[str, dict[str, str]]:
    """The name and the outputs of a deployed stack."""
    name = f"stack-{uuid.uuid4().hex[:8]}"
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))
    stacks.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 100}
    )
    outputs = stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    return name, {output["OutputKey"]: output["OutputValue"] for output in outputs}


def test_trail_of_a_template_logs(
    local_cloud: LocalCloud, user: Credentials, stack: tuple[str, dict[str, str]]
) -> None:
    trails = local_cloud.client("cloudtrail", user)

    assert trails.get_trail_status(Name=stack[1]["Trail"])["IsLogging"]
    assert trails.get_trail(Name=stack[1]["Trail"])["Trail"]["TrailARN"] == stack[1]["TrailArn"]


def test_trail_of_a_template_has_its_key_and_selectors(
    local_cloud: LocalCloud, user: Credentials, stack: tuple[str, dict[str, str]]
) -> None:
    trails = local_cloud.client("cloudtrail", user)

    (selector,) = trails.get_event_selectors(TrailName=stack[1]["Trail"])["EventSelectors"]
    assert trails.get_trail(Name=stack[1]["Trail"])["Trail"]["KmsKeyId"] == stack[1]["Key"]
    assert (selector["ReadWriteType"], selector["IncludeManagementEvents"]) == ("WriteOnly", True)


ONLY_WRITES = [
    {
        "Name": "writes",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
            {"Field": "readOnly", "Equals": ["false"]},
        ],
    }
]


def test_trail_of_a_template_can_be_changed(
    local_cloud: LocalCloud, user: Credentials, stacks: Any, stack: tuple[str, dict[str, str]]
) -> None:
    changed = json.loads(json.dumps(TEMPLATE))
    trail = changed["Resources"]["Trail"]["Properties"]
    trail.pop("EventSelectors")
    trail |= {"AdvancedEventSelectors": ONLY_WRITES, "IsLogging": False, "IsMultiRegionTrail": "false"}
    stacks.update_stack(StackName=stack[0], TemplateBody=json.dumps(changed))
    stacks.get_waiter("stack_update_complete").wait(StackName=stack[0], WaiterConfig={"Delay": 0.05})

    trails = local_cloud.client("cloudtrail", user)
    name = stack[1]["Trail"]
    assert trails.get_event_selectors(TrailName=name)["AdvancedEventSelectors"] == ONLY_WRITES
    assert trails.get_trail_status(Name=name)["IsLogging"] is False
    assert trails.get_trail(Name=name)["Trail"]["IsMultiRegionTrail"] is False


def test_trail_is_deleted_with_its_stack(
    local_cloud: LocalCloud, user: Credentials, stacks: Any, stack: tuple[str, dict[str, str]]
) -> None:
    stacks.delete_stack(StackName=stack[0])
    stacks.get_waiter("stack_delete_complete").wait(StackName=stack[0], WaiterConfig={"Delay": 0.05})

    trails = local_cloud.client("cloudtrail", user).describe_trails()["trailList"]
    assert stack[1]["Trail"] not in {trail["Name"] for trail in trails}


def test_bucket_of_a_template_gets_its_encryption(s3: Any, stack: tuple[str, dict[str, str]]) -> None:
    found = s3.get_bucket_encryption(Bucket=stack[1]["Bucket"])["ServerSideEncryptionConfiguration"]["Rules"]

    assert found == [
        {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms",
                "KMSMasterKeyID": stack[1]["Key"],
            },
            "BucketKeyEnabled": True,
        }
    ]
