from __future__ import annotations

from typing import Any

import pytest

from reseal.core.calls.actor import Actor, parse_actor
from tests.support.builders import ACCOUNT, a_record

TERRAFORM = (
    "[APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) terraform-provider-aws/3.76.1 "
    "(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go/1.44.157 (go1.19.3; linux; amd64)]"
)
USER = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/alice", "accountId": ACCOUNT}
CDK_ROLE = "cdk-hnb659fds-cfn-exec-role-111122223333-us-east-1"


def session(role: str, name: str = "alice", **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"
    return {"type": "AssumedRole", "arn": arn, "accountId": ACCOUNT} | more


@pytest.mark.parametrize(
    ("user_agent", "tool"),
    [
        ("[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.488 Linux/5.4.247]", "console"),
        ("console.amazonaws.com", "console"),
        (TERRAFORM, "Terraform"),
        (
            "APN/1.0 HashiCorp/1.0 Terraform/1.9.2 (+https://www.terraform.io) aws-sdk-go/1.44.122",
            "Terraform",
        ),
        ("OpenTofu/1.8.0 (+https://opentofu.org) aws-sdk-go-v2/1.30.0", "OpenTofu"),
        (f"{TERRAFORM} OpenTofu/1.8.0", "OpenTofu"),
        ("APN/1.0 Pulumi/1.0 Pulumi-Aws/4.17.0 (+https://www.pulumi.com) aws-sdk-go/1.40.20", "Pulumi"),
        ("aws-cdk/2.170.0 aws-sdk-nodejs/2.1692.0", "CDK"),
        ("cloudformation.amazonaws.com", "CloudFormation"),
        ("[aws-cli/2.31.0 md/awscrt#0.27.6 md/command#s3api.put-bucket-encryption]", "AWS CLI"),
        ("[Boto3/1.40.0 md/Botocore#1.40.0 lang/python#3.13.0]", "SDK"),
        ("aws-sdk-go-v2/1.30.0 os/linux lang/go#1.22", "SDK"),
        ("curl/8.4.0", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (["aws-cli/2.0"], "unknown"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_user_agent_names_the_tool(user_agent: object, tool: str) -> None:
    actor = parse_actor({"userIdentity": USER, "userAgent": user_agent})

    assert actor.tool == tool


@pytest.mark.parametrize(
    ("identity", "tool"),
    [
        pytest.param(session("Deploy", invokedBy="cloudformation.amazonaws.com"), "CloudFormation", id="CFN"),
        pytest.param(session(CDK_ROLE, invokedBy="cloudformation.amazonaws.com"), "CDK", id="CDK"),
        pytest.param({"invokedBy": "cloudformation.amazonaws.com"}, "CloudFormation", id="CFN, no arn"),
        pytest.param(
            {"type": "AWSService", "invokedBy": "s3.amazonaws.com"}, "s3.amazonaws.com", id="service"
        ),
        pytest.param({"type": "AWSService"}, "AWS service", id="unnamed service"),
        pytest.param(session("Ops", invokedBy="athena.amazonaws.com"), "athena.amazonaws.com", id="FAS"),
    ],
)
def test_who_invoked_the_call_counts_before_the_user_agent(identity: dict[str, Any], tool: str) -> None:
    actor = parse_actor({"userIdentity": identity, "userAgent": "Boto3/1.40.0"})

    assert actor.tool == tool


@pytest.mark.parametrize("flag", ["true", True, "True"])
def test_console_credentials_are_the_console_whatever_the_user_agent(flag: object) -> None:
    record = {"userIdentity": USER, "userAgent": "aws-cli/2.0", "sessionCredentialFromConsole": flag}

    actor = parse_actor(record)

    assert actor.tool == "console"


def test_a_role_session_is_named_by_its_role_with_its_session() -> None:
    record = a_record()

    actor = parse_actor(record)

    assert actor == Actor(
        who=f"arn:aws:iam::{ACCOUNT}:role/Payroll",
        session="alice",
        account=ACCOUNT,
        address="198.51.100.7",
        tool="AWS CLI",
    )


@pytest.mark.parametrize(
    ("identity", "who"),
    [
        pytest.param(USER, f"arn:aws:iam::{ACCOUNT}:user/alice", id="user"),
        pytest.param(session("Ops"), f"arn:aws:sts::{ACCOUNT}:assumed-role/Ops/alice", id="no issuer"),
        pytest.param(
            session("Ops", sessionContext={"sessionIssuer": {}}),
            f"arn:aws:sts::{ACCOUNT}:assumed-role/Ops/alice",
            id="empty issuer",
        ),
        pytest.param(
            {"type": "AWSService", "invokedBy": "s3.amazonaws.com"}, "s3.amazonaws.com", id="service"
        ),
        pytest.param({"type": "AWSAccount", "accountId": "444455556666"}, "444455556666", id="account"),
        pytest.param({}, "unknown", id="empty"),
        pytest.param(None, "unknown", id="null"),
        pytest.param("root", "unknown", id="text"),
        pytest.param([USER], "unknown", id="list"),
        pytest.param({"arn": 7, "sessionContext": [], "accountId": {}}, "unknown", id="wrong types"),
    ],
)
def test_the_best_name_there_is_names_the_actor(identity: object, who: str) -> None:
    actor = parse_actor({"userIdentity": identity})

    assert actor.who == who


def test_a_record_without_identity_has_an_unknown_actor() -> None:
    actor = parse_actor({})

    assert actor == Actor(who="unknown", session=None, account=None, address=None, tool="unknown")


def test_only_role_sessions_have_a_session_name() -> None:
    actor = parse_actor({"userIdentity": USER})

    assert actor.session is None


def test_forged_endless_text_is_cut() -> None:
    actor = parse_actor({"sourceIPAddress": "9" * 5000})

    assert actor.address == "9" * 1024 + "... (5000 characters)"
