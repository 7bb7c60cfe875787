"""The policies in docs/many-accounts.md mean what the page says, by the evaluator of `core/access`.

An SCP has no Principal and allows by another policy, so the evaluator is asked with `*` and an Allow of
everything beside it.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from localcloud.client.handle import REPOSITORY
from reseal.core.access.callers import Caller, Kind
from reseal.core.access.evaluator import RESOURCE, answer_of
from reseal.core.access.patterns import exact
from reseal.core.access.ranges import ABSENT, Range, always
from reseal.core.access.requests import Requests
from tests.gates.policies import VARIANTS
from tests.gates.test_iam import reference
from tests.support.rights import role_statements
from tests.support.translated import actions, resolved

PAGE = (REPOSITORY / "docs" / "many-accounts.md").read_text()
BOUNDARY, LOGS, SCP, KEYS_IN_USE = (
    json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
)
SIZE_LIMIT = 5120
"""Organizations, quotas: the characters of an SCP, without white space between its parts."""

ACCOUNT, OWN = "111122223333", "us-east-1:111122223333"
STACK = "StackSet-reseal-0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT}:role/Administrator"
EXEMPT = {
    "StackSets": f"arn:aws:iam::{ACCOUNT}:role/stacksets-exec-0123456789abcdef",
    "break-glass": f"arn:aws:iam::{ACCOUNT}:role/break-glass",
}
PARTS = {
    "AWS::CloudTrail::Trail": ("cloudtrail:StopLogging", f"arn:aws:cloudtrail:{OWN}:trail/{{}}"),
    "AWS::CloudWatch::Alarm": ("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{OWN}:alarm:{{}}"),
    "AWS::DynamoDB::Table": ("dynamodb:DeleteTable", f"arn:aws:dynamodb:{OWN}:table/{{}}"),
    "AWS::Events::Rule": ("events:DisableRule", f"arn:aws:events:{OWN}:rule/{{}}"),
    "AWS::IAM::Role": ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/security/reseal/{{}}"),
    "AWS::KMS::Alias": ("kms:DeleteAlias", f"arn:aws:kms:{OWN}:{{}}"),
    "AWS::KMS::Key": ("kms:ScheduleKeyDeletion", f"arn:aws:kms:{OWN}:key/{{}}"),
    "AWS::Lambda::EventSourceMapping": (
        "lambda:DeleteEventSourceMapping",
        f"arn:aws:lambda:{OWN}:event-source-mapping:{{}}",
    ),
    "AWS::Lambda::Function": ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{OWN}:function:{{}}"),
    "AWS::Logs::LogGroup": ("logs:DeleteLogGroup", f"arn:aws:logs:{OWN}:log-group:{{}}:*"),
    "AWS::SNS::Topic": ("sns:SetTopicAttributes", f"arn:aws:sns:{OWN}:{{}}"),
    "AWS::SQS::Queue": ("sqs:PurgeQueue", f"arn:aws:sqs:{OWN}:{{}}"),
    "AWS::Scheduler::Schedule": (
        "scheduler:DeleteSchedule",
        f"arn:aws:scheduler:{OWN}:schedule/default/{{}}",
    ),
}
"""How to switch off each kind of part, and its ARN."""

WITHOUT_A_PART = {
    "AWS::CloudWatch::Dashboard": "shows what the alarms watch",
    "AWS::Lambda::EventInvokeConfig": "goes with its function",
    "AWS::Lambda::LayerVersion": "a version that is in use keeps working when it is deleted",
    "AWS::S3::Bucket": "holds log files: its own policy and the organisation's trail protect them",
    "AWS::S3::BucketPolicy": "of that bucket",
    "AWS::SNS::Subscription": "the page says so",
    "AWS::SNS::TopicPolicy": "set by sns:SetTopicAttributes",
    "AWS::SQS::QueuePolicy": "set by sqs:SetQueueAttributes",
}
TEMPLATE = resolved(
    Mode="enforce",
    CreateManagementTrail="true",
    ObjectBuckets="*",
    NotificationEmail="a@b",
    KeyAliasPrefix="security/reseal",
    **{"AWS::StackName": STACK},
)
MADE = [
    pytest.param(name, resource, id=name)
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] in PARTS
]


def name_of(logical: str, resource: dict[str, Any]) -> str:
    """As CloudFormation names it in a stack of the stack set."""
    named = {"FunctionName", "TrailName", "AliasName"} & resource["Properties"].keys()
    if named and resource["Type"] != "AWS::Lambda::EventSourceMapping":
        return str(resource["Properties"][named.pop()])
    return f"{STACK}-{logical}-1A2B3C4D5E6F"


def denied(principal: str, action: str, resource: str, *, reseals: bool = True) -> bool:
    """Whether the SCP denies the call for certain. `reseals`: the key or mapping is one of Reseal's."""
    function = f"arn:aws:lambda:{OWN}:function:{'reseal-bucket-1234abcd' if reseals else 'other'}"
    alias = exact("alias/security/reseal-remediation")
    requests = Requests.of(
        Caller(Kind.ACCOUNT, principal, ACCOUNT),
        "aws",
        **{
            RESOURCE: Range(present=True, within=(exact(resource),)),
            "lambda:functionarn": always(function),
            "ForAnyValue:kms:resourcealiases": Range(present=True, within=(alias,)) if reseals else ABSENT,
        },
    )
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = SCP | {"Statement": [s | {"Principal": "*"} for s in (allow, *SCP["Statement"])]}
    holds = answer_of(document, requests, action).holds
    assert holds is not None
    return not holds


@pytest.mark.parametrize(("logical", "resource"), MADE)
def test_administrator_cannot_switch_off_a_part_of_reseal(logical: str, resource: dict[str, Any]) -> None:
    action, arn = PARTS[resource["Type"]]

    assert denied(ADMINISTRATOR, action, arn.format(name_of(logical, resource)))


@pytest.mark.parametrize("principal", EXEMPT.values(), ids=EXEMPT)
@pytest.mark.parametrize(("logical", "resource"), MADE)
def test_stack_sets_and_the_emergency_role_can(
    logical: str, resource: dict[str, Any], principal: str
) -> None:
    action, arn = PARTS[resource["Type"]]

    assert not denied(principal, action, arn.format(name_of(logical, resource)))


@pytest.mark.parametrize("kind", PARTS)
def test_parts_that_are_not_reseals_are_untouched(kind: str) -> None:
    action, arn = PARTS[kind]
    other = arn.format("team-stack-Thing-1A2B3C4D5E6F").replace("/security/reseal/", "/team/")

    assert not denied(ADMINISTRATOR, action, other, reseals=False)


def test_every_kind_of_resource_is_protected_or_has_a_reason_not_to_be() -> None:
    kinds = {resource["Type"] for resource in TEMPLATE["Resources"].values()}

    assert kinds == PARTS.keys() | WITHOUT_A_PART.keys()


@pytest.mark.parametrize(
    "role", ["EnforceBucketRole", "EnforceObjectRole", "EnforceKeyRole", "CheckTrailRole"]
)
def test_functions_can_do_their_work(role: str) -> None:
    principal = f"arn:aws:iam::{ACCOUNT}:role/security/reseal/{STACK}-{role}-1A2B"
    ledger = f"arn:aws:dynamodb:{OWN}:table/{STACK}-Ledger-1A2B"

    refused = [
        action
        for statement in role_statements(TEMPLATE, role)
        for action in actions(statement)
        if denied(principal, action, ledger if action.startswith("dynamodb:") else "arn:aws:s3:::b/k")
    ]

    assert refused == []


def test_nobody_else_changes_the_evidence() -> None:
    ledger = f"arn:aws:dynamodb:{OWN}:table/{STACK}-Ledger-1A2B"

    assert denied(ADMINISTRATOR, "dynamodb:DeleteItem", ledger)
    assert not denied(ADMINISTRATOR, "dynamodb:GetItem", ledger)


def test_nobody_else_passes_a_role_of_reseal() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/security/reseal/{STACK}-EnforceObjectRole-1A2B"

    assert denied(ADMINISTRATOR, "iam:PassRole", role)


def test_service_control_policy_fits_the_limit_and_names_actions_that_exist() -> None:
    named = {action for statement in SCP["Statement"] for action in statement["Action"]}

    assert len(json.dumps(SCP, separators=(",", ":"))) <= SIZE_LIMIT
    assert [action for action, rows in reference(frozenset(named)).items() if rows is None] == []


def test_boundary_of_the_page_allows_exactly_what_the_roles_may_do() -> None:
    (statement,) = BOUNDARY["Statement"]

    granted = {
        action
        for parameters in VARIANTS.values()
        for of_role in role_statements(resolved(**parameters))
        for action in actions(of_role)
    }
    assert set(statement["Action"]) == granted


def test_key_of_the_log_groups_admits_cloudwatch_logs_for_groups_of_the_account() -> None:
    (statement,) = LOGS["Statement"]

    assert statement["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{OWN}:log-group:*"}
    }
    assert [a for a, rows in reference(frozenset(statement["Action"])).items() if rows is None] == []


def denies_of_a_key(principal: str, action: str, days: str | None) -> bool | None:
    """What the policy for keys in use says of a key that was last used so many days ago."""
    known = {"kms:trailingdayswithoutkeyusage": always(days) if days else ABSENT}
    key = always(f"arn:aws:kms:{OWN}:key/1234abcd")
    requests = Requests.of(Caller(Kind.ACCOUNT, principal, ACCOUNT), "aws", **{RESOURCE: key, **known})
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = {"Statement": [s | {"Principal": "*"} for s in (allow, *KEYS_IN_USE["Statement"])]}
    holds = answer_of(document, requests, action).holds
    return None if holds is None else not holds


@pytest.mark.parametrize("action", ["kms:DisableKey", "kms:ScheduleKeyDeletion"])
@pytest.mark.parametrize(
    ("principal", "days", "denied"),
    [
        (ADMINISTRATOR, "0", True),
        (ADMINISTRATOR, "30", True),
        (ADMINISTRATOR, "31", False),
        (ADMINISTRATOR, None, False),
        (EXEMPT["StackSets"], "0", False),
        (EXEMPT["break-glass"], "0", False),
    ],
)
def test_key_in_use_is_kept_from_everybody_but_two(
    action: str, principal: str, days: str | None, denied: bool
) -> None:
    assert denies_of_a_key(principal, action, days) is denied


@pytest.mark.parametrize("action", ["kms:CancelKeyDeletion", "kms:EnableKey", "kms:Decrypt"])
def test_policy_for_keys_in_use_denies_nothing_else(action: str) -> None:
    assert denies_of_a_key(ADMINISTRATOR, action, "0") is False


def test_policy_for_keys_in_use_fits_the_limit() -> None:
    assert len(json.dumps(KEYS_IN_USE, separators=(",", ":"))) <= SIZE_LIMIT
