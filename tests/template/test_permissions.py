"""The permissions of the stack's roles: no `*`, and no writes in detect mode."""

from __future__ import annotations

import re

import pytest

from documents.modes import can_enforce, mode_parameters
from localcloud.client.handle import REPOSITORY
from reseal.core.checks.catalogue import checks_of
from reseal.core.resource import BucketResource
from reseal.core.state.setting import Setting
from tests.support.rights import UnknownRightsError, grants, role_statements
from tests.support.translated import Template, actions, as_list, enforcing, of_type, statements

AWS = REPOSITORY / "layers" / "reseal" / "reseal" / "aws"
OWN_ACCOUNT = {"aws:ResourceAccount": "111122223333"}
LAMBDAS_OWN = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
}
ADAPTERS = (
    "dynamodb/alert_windows.py",
    "dynamodb/ledger.py",
    "dynamodb/snapshot.py",
    "dynamodb/watchlist.py",
    "kms.py",
    "s3/bucket_access.py",
    "s3/buckets.py",
    "s3/public_access.py",
    "sns.py",
    "sqs.py",
)
CALLED = {
    action
    for adapter in ADAPTERS
    for action in re.findall(r'"((?:dynamodb|kms|s3|sns|sqs):\w+)"', (AWS / adapter).read_text())
}
"""The adapters name the action of each of their calls, for the finding of a refusal."""
WRITES = {"s3:PutEncryptionConfiguration"}
OF_THE_SWEEP = {"dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan", "kms:GetKeyRotationStatus"}
READS = LAMBDAS_OWN | CALLED - WRITES - OF_THE_SWEEP
LANE = "EnforceBucketRole"
KNOWS_NO_RESOURCE = {
    "cloudtrail:DescribeTrails",
    "cloudwatch:GetMetricData",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
}
KEY = "arn:aws:kms:us-east-1:444455556666:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
ALL_CHECKS = [
    mode_parameters()[check.id]
    for check in checks_of(BucketResource)
    if can_enforce(check.id) and check.setting == Setting.BUCKET_ENCRYPTION
]
"""The checks whose repair the bucket lane makes itself."""

VARIANTS: dict[str, dict[str, str]] = {
    "defaults": {},
    "detect": {"Mode": "detect"},
    "customer-supplied key": {"KmsKeyArn": KEY},
    "existing topic": {"AlertTopicArn": "arn:aws:sns:us-east-1:111122223333:alerts"},
    "listed keys": {"ApprovedKeys": f"{KEY},{KEY}2"},
    "objects detected": {"ObjectEncryptionMode": "detect"},
    "everything under DSSE": {"RequiredEncryption": "DSSE-KMS", "KmsKeyArn": KEY},
}


def allowed(template: Template) -> set[str]:
    return {action for statement in role_statements(template, LANE) for action in actions(statement)}


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_no_policy_of_the_stack_allows_an_action_by_wildcard(parameters: dict[str, str]) -> None:
    allowing = [(name, s) for name, s in statements(enforcing(**parameters)) if s["Effect"] == "Allow"]
    wild = [(name, a) for name, s in allowing for a in actions(s) if "*" in a]

    assert wild == []


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_no_role_may_act_on_every_resource(parameters: dict[str, str]) -> None:
    everything = [
        statement["Sid"]
        for statement in role_statements(enforcing(**parameters))
        if "*" in as_list(statement["Resource"]) and not actions(statement) <= KNOWS_NO_RESOURCE
    ]

    assert everything == []


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_every_role_statement_is_a_plain_allow(parameters: dict[str, str]) -> None:
    odd = [
        statement["Sid"]
        for statement in role_statements(enforcing(**parameters))
        if statement["Effect"] != "Allow" or {"NotAction", "NotResource"} & statement.keys()
    ]

    assert odd == []


def test_role_may_do_what_the_function_does_and_nothing_more() -> None:
    assert allowed(enforcing()) == READS | WRITES


@pytest.mark.parametrize("check", ALL_CHECKS)
def test_one_enforcing_check_gives_the_right_to_write(check: str) -> None:
    modes = dict.fromkeys(ALL_CHECKS, "detect") | {check: "enforce"}

    assert allowed(enforcing(**modes)) == READS | WRITES


@pytest.mark.parametrize(
    "parameters",
    [
        {"Mode": "detect"},
        {"Mode": "off"},
        {"Mode": "detect"} | dict.fromkeys(ALL_CHECKS, "enforce"),
        dict.fromkeys(ALL_CHECKS, "detect"),
        dict.fromkeys(ALL_CHECKS, "off"),
    ],
    ids=["detect", "off", "detect with every check enforcing", "every check detects", "every check off"],
)
def test_stack_that_writes_nothing_may_only_read(parameters: dict[str, str]) -> None:
    assert allowed(enforcing(**parameters)) == READS


@pytest.mark.parametrize("sid", ["ReadBuckets", "WriteBuckets"])
def test_role_cannot_reach_buckets_of_other_accounts(sid: str) -> None:
    (statement,) = [s for s in role_statements(enforcing(), LANE) if s["Sid"] == sid]

    assert statement["Condition"]["StringEquals"] == OWN_ACCOUNT


@pytest.mark.parametrize(
    ("parameters", "sid", "resources"),
    [
        ({"KmsKeyArn": KEY}, "DescribeSuppliedKey", [KEY]),
        ({"ApprovedKeys": f"{KEY},{KEY}2"}, "DescribeListedKeys", [KEY, f"{KEY}2"]),
        ({}, "DescribeKeysOfThisAccount", ["arn:aws:kms:us-east-1:111122223333:key/*"]),
    ],
    ids=["customer_supplied", "listed", "of the account"],
)
def test_key_statement_names_exactly_the_needed_arns(
    parameters: dict[str, str], sid: str, resources: list[str]
) -> None:
    (statement,) = [s for s in role_statements(enforcing(**parameters), LANE) if s["Sid"] == sid]

    assert (
        "kms:DescribeKey"
        in actions(statement)
        <= {"kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListKeyPolicies"}
    )
    assert as_list(statement["Resource"]) == resources


@pytest.mark.parametrize("name", [LANE, "EnforceObjectRole", "EnforceKeyRole", "SweepRole", "CheckTrailRole"])
@pytest.mark.parametrize(
    ("topic", "keys"),
    [
        ("arn:aws:sns:us-east-1:111122223333:alerts", "arn:aws:kms:us-east-1:111122223333:key/*"),
        ("arn:aws:sns:us-east-1:444455556666:alerts", "arn:aws:kms:us-east-1:444455556666:key/*"),
    ],
    ids=["own topic", "topic of another account"],
)
def test_role_may_use_the_keys_of_the_account_that_has_the_topic(name: str, topic: str, keys: str) -> None:
    (statement,) = [
        s
        for s in role_statements(enforcing(AlertTopicArn=topic), name)
        if s["Sid"] == "UseTheKeyOfAnExistingTopic"
    ]

    assert statement["Resource"] == keys
    assert statement["Condition"]["StringEquals"] == {
        "kms:ViaService": "sns.us-east-1.amazonaws.com",
        "kms:EncryptionContext:aws:sns:topicArn": topic,
    }


@pytest.mark.parametrize("name", [LANE, "EnforceObjectRole", "EnforceKeyRole", "SweepRole", "CheckTrailRole"])
def test_role_may_use_no_key_of_a_topic_that_the_stack_makes(name: str) -> None:
    sids = [s["Sid"] for s in role_statements(enforcing(), name)]

    assert "UseTheKeyOfAnExistingTopic" not in sids


@pytest.mark.parametrize("name", [LANE, "EnforceObjectRole", "EnforceKeyRole", "SweepRole", "CheckTrailRole"])
def test_only_lambda_can_assume_the_role(name: str) -> None:
    role = of_type(enforcing(), "AWS::IAM::Role")[name]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert (trust["Principal"], actions(trust)) == ({"Service": "lambda.amazonaws.com"}, {"sts:AssumeRole"})


ROLES = {
    LANE: "EnforceBucketFunction",
    "EnforceObjectRole": "EnforceObjectFunction",
    "EnforceKeyRole": "EnforceKeyFunction",
    "SweepRole": "SweepFunction",
    "CheckTrailRole": "CheckTrailFunction",
}
BY_LAMBDA = {"Log", "LogChecks", "ReceiveMessages", "PublishFailures"}
"""What Lambda itself does with a role: no calls of the function's code, so they lack the condition key."""
REPEATED = 5
"""Actions of the bucket lane that a further statement allows on other resources."""
GRANTS = {
    LANE: len(READS | WRITES) + REPEATED,
    "EnforceObjectRole": 55,
    "EnforceKeyRole": 24,
    "SweepRole": 30,
    "SweepTimerRole": 1,
    "CheckTrailRole": 7,
    "CheckTrailScheduleRole": 1,
}


@pytest.mark.parametrize("name", ROLES)
@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_what_the_functions_code_calls_is_allowed_only_to_that_function(
    name: str, parameters: dict[str, str]
) -> None:
    template = enforcing(**parameters)
    function = of_type(template, "AWS::Lambda::Function")[ROLES[name]]["FunctionName"]

    bound = {
        statement["Sid"]: statement["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]
        for statement in role_statements(template, name)
        if "ArnEquals" in statement.get("Condition", {})
    }

    assert set(bound.values()) == {f"arn:aws:lambda:us-east-1:111122223333:function:{function}"}
    unbound = [s for s in role_statements(template, name) if s["Sid"] not in bound]
    through_a_service = {s["Sid"] for s in unbound if "kms:ViaService" in str(s.get("Condition"))}
    assert {s["Sid"] for s in unbound} - through_a_service <= BY_LAMBDA


def test_number_of_grants_of_every_role_is_known() -> None:
    assert grants(enforcing()) == GRANTS


def test_rights_are_found_wherever_a_role_can_have_them() -> None:
    template = enforcing()
    document = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}
    attached = {"PolicyDocument": document, "Roles": [{"Ref": LANE}]}
    template["Resources"] |= {
        "Attached": {"Type": "AWS::IAM::Policy", "Properties": attached},
        "Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": attached},
        "Own": {
            "Type": "AWS::IAM::RolePolicy",
            "Properties": {"PolicyDocument": document, "RoleName": {"Ref": LANE}},
        },
        "Named": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}},
    }
    template["Resources"][LANE]["Properties"]["ManagedPolicyArns"] = [{"Ref": "Named"}]

    assert grants(template) == GRANTS | {LANE: GRANTS[LANE] + 4}


def test_policy_that_is_not_of_the_template_is_an_error() -> None:
    template = enforcing()
    template["Resources"][LANE]["Properties"]["ManagedPolicyArns"] = [
        "arn:aws:iam::aws:policy/ReadOnlyAccess"
    ]

    with pytest.raises(UnknownRightsError, match="ReadOnlyAccess"):
        role_statements(template)
