"""The policy lane exists only where TLS is enforced, and its role can do nothing else."""

from __future__ import annotations

import pytest

from tests.support.rights import role_statements
from tests.support.translated import STACK_UUID, actions, as_list, enforcing, of_type, resolved, statements

ROLE, FUNCTION = "EnforcePolicyRole", "EnforcePolicyFunction"
ON = {"TlsMode": "enforce"}
OWN = {
    "PolicyQueue",
    "PolicyDeadLetterQueue",
    FUNCTION,
    ROLE,
    "EnforcePolicyLogs",
    "PolicyErrorsAlarm",
    "PolicyDeadLetterAlarm",
    "PolicyOldestMessageAlarm",
}
ALLOWED = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:SendMessage",
    "s3:GetAccountPublicAccessBlock",
    "s3:GetBucketAcl",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketTagging",
    "s3:GetBucketWebsite",
    "s3:GetReplicationConfiguration",
    "s3:PutBucketPolicy",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "sns:Publish",
}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"Mode": "enforce"},
        {"Mode": "detect", **ON},
        {"Mode": "off", **ON},
        {"TlsMode": "off"},
    ],
    ids=str,
)
def test_without_enforce_nothing_of_the_lane_exists(parameters: dict[str, str]) -> None:
    template = resolved(**parameters)

    assert not [name for name in template["Resources"] if "Polic" in name and name in OWN]
    assert not [name for name in template["Outputs"] if name.startswith("Policy")]
    assert "PutBucketPolicy" not in str([one for _, one in statements(template)])
    assert "POLICY_QUEUE_URL" not in str(of_type(template, "AWS::Lambda::Function"))


def test_with_enforce_all_of_the_lane_exists() -> None:
    assert enforcing(**ON)["Resources"].keys() >= OWN


def test_role_may_write_bucket_policies_and_change_nothing_else_in_s3() -> None:
    allowed = {one for statement in role_statements(enforcing(**ON), ROLE) for one in actions(statement)}

    assert allowed == ALLOWED


def test_no_other_role_may_write_a_bucket_policy_and_no_role_may_delete_one() -> None:
    template = enforcing(**ON)
    may = {
        role
        for role in of_type(template, "AWS::IAM::Role")
        for statement in role_statements(template, role)
        if "s3:PutBucketPolicy" in actions(statement)
    }

    assert may == {ROLE}
    assert "s3:DeleteBucketPolicy" not in str(of_type(template, "AWS::IAM::Role"))


@pytest.mark.parametrize("sid", ["ReadBuckets", "WritePolicies"])
def test_role_reaches_only_buckets_of_this_account_and_only_from_its_function(sid: str) -> None:
    (statement,) = [one for one in role_statements(enforcing(**ON), ROLE) if one["Sid"] == sid]

    assert statement["Condition"] == {
        "StringEquals": {"aws:ResourceAccount": "111122223333"},
        "ArnEquals": {
            "lambda:SourceFunctionArn": (
                f"arn:aws:lambda:us-east-1:111122223333:function:reseal-policy-{STACK_UUID}"
            )
        },
    }


@pytest.mark.parametrize("parameters", [{"CreateManagementTrail": "true"}, {"ObjectBuckets": "*"}], ids=str)
def test_the_stacks_own_bucket_denies_the_role_its_policy(parameters: dict[str, str]) -> None:
    policy = of_type(enforcing(**ON, **parameters), "AWS::S3::BucketPolicy")["TrailBucketPolicy"]
    denied = [one for one in policy["PolicyDocument"]["Statement"] if "s3:PutBucketPolicy" in actions(one)]

    (statement,) = denied
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": {"Fn::GetAtt": [ROLE, "Arn"]}}}


def test_rule_drops_the_calls_of_the_policy_lane() -> None:
    rule = of_type(enforcing(**ON), "AWS::Events::Rule")["BucketRule"]
    (dropped,) = [
        one["anything-but"]["prefix"]
        for one in rule["EventPattern"]["detail"]["userIdentity"]["arn"]
        if "anything-but" in one
    ]

    assert f"arn:aws:sts::111122223333:assumed-role/${{{ROLE}}}/" in as_list(dropped)


def test_only_the_bucket_lane_feeds_the_queue() -> None:
    template = enforcing(**ON)
    senders = {
        role
        for role in of_type(template, "AWS::IAM::Role")
        for statement in role_statements(template, role)
        if "sqs:SendMessage" in actions(statement) and "PolicyQueue" in str(statement["Resource"])
    }

    assert senders == {"EnforceBucketRole", ROLE}  # its own: reminders
    assert "PolicyQueue" not in str(of_type(template, "AWS::SQS::QueuePolicy"))


def test_queue_hides_a_message_for_six_times_the_functions_timeout_and_gives_up_after_five() -> None:
    template = enforcing(**ON)
    queue = of_type(template, "AWS::SQS::Queue")["PolicyQueue"]
    timeout = of_type(template, "AWS::Lambda::Function")[FUNCTION]["Timeout"]

    assert queue["VisibilityTimeout"] >= 6 * timeout
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
