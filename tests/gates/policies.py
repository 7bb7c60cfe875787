"""Every policy document of the template, with its references replaced by ARNs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.support.translated import Template, as_list, resolved

KEY = "arn:aws:kms:us-east-1:444455556666:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
_ENFORCING: dict[str, dict[str, str]] = {
    "enforce": {},
    "customer-supplied key": {"KmsKeyArn": KEY},
    "existing topic": {"AlertTopicArn": "arn:aws:sns:us-east-1:111122223333:alerts"},
    "listed keys": {"ApprovedKeys": f"{KEY},{KEY}2"},
    "keys are kept": {"KeyDeletionMode": "enforce", "ApprovedKeys": f"{KEY},{KEY}2"},
    "buckets answer over TLS only": {"TlsMode": "enforce"},
    "a trail of its own": {"CreateManagementTrail": "true"},
    "a trail of object writes": {"ObjectBuckets": "payroll,team-"},
    "objects detected": {"ObjectEncryptionMode": "detect"},
    "objects off": {"ObjectEncryptionMode": "off"},
    "objects of some buckets": {"ObjectScope": "payroll/,team-"},
    "everything under DSSE": {"RequiredEncryption": "DSSE-KMS", "KmsKeyArn": KEY},
    "names and keys of an organisation": {
        "KeyAliasPrefix": "security/reseal",
        "LogGroupKeyArn": KEY,
        "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/boundary",
        "RolePath": "/security/",
    },
}
VARIANTS: dict[str, dict[str, str]] = {
    "defaults": {},
    **{name: {"Mode": "enforce", **parameters} for name, parameters in _ENFORCING.items()},
}
OWN = "us-east-1:111122223333"
ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{OWN}:table/{{}}",
    "AWS::Events::Rule": f"arn:aws:events:{OWN}:rule/{{}}",
    "AWS::Events::EventBus": f"arn:aws:events:{OWN}:event-bus/{{}}",
    "AWS::IAM::Role": "arn:aws:iam::111122223333:role/{}",
    "AWS::KMS::Key": f"arn:aws:kms:{OWN}:key/{{}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{OWN}:function:{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{OWN}:log-group:{{}}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::SNS::Topic": f"arn:aws:sns:{OWN}:{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{OWN}:{{}}",
}
_ARN_IN_TEXT = re.compile(r"\$\{([A-Za-z0-9]+)\.Arn\}")

Document = dict[str, Any]


def documents(**parameters: str) -> dict[str, Document]:
    """The policy documents by location: `<resource>.<property>...`."""
    template = resolved(**parameters)
    found = {}
    for name, resource in template["Resources"].items():
        for path, document in _documents(resource.get("Properties", {}), name):
            found[path] = _written_out(document, template)
    return found


def is_key_policy(path: str) -> bool:
    """Whether it is a key policy, in which the resource `*` means one key."""
    return path.endswith(".KeyPolicy")


def is_trust(path: str) -> bool:
    """Whether it is a trust policy, which has no resources."""
    return path.endswith(".AssumeRolePolicyDocument")


def resources_of(statement: Document) -> list[str]:
    return [str(resource) for resource in as_list(statement.get("Resource", []))]


def _documents(value: Any, path: str) -> Iterator[tuple[str, Document]]:
    if isinstance(value, dict):
        if "Statement" in value:
            yield path, value
            return
        for key, item in value.items():
            yield from _documents(item, f"{path}.{key}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _documents(item, f"{path}.{number}")


def _written_out(value: Any, template: Template) -> Any:
    if isinstance(value, list):
        return [_written_out(item, template) for item in value]
    if isinstance(value, str):
        return _ARN_IN_TEXT.sub(lambda match: _arn(match[1], template), value)
    match value:
        case {"Fn::GetAtt": [str(name), "Arn"]} | {"Ref": str(name)}:
            return _arn(name, template)
        case dict():
            return {key: _written_out(item, template) for key, item in value.items()}
    return value


def _arn(name: str, template: Template) -> str:
    return ARNS[template["Resources"][name]["Type"]].format(name)


@cache
def overlap(left: str, right: str) -> bool:
    """Whether some text matches both patterns; `*` is any text."""
    if not left or not right:
        return not (left or right).strip("*")
    if left[0] == "*":
        return overlap(left[1:], right) or overlap(left, right[1:])
    if right[0] == "*":
        return overlap(right, left)
    return left[0] == right[0] and overlap(left[1:], right[1:])
