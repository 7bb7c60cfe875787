"""Policies of one bucket, and what is known about them from AWS's documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ACCOUNT, PARTNER = "111122223333", "444455556666"
NAME = "example-bucket"
BUCKET = f"arn:aws:s3:::{NAME}"
HTTP = {"Bool": {"aws:SecureTransport": "false"}}
SERVICE_IS_SPARED = {"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}}


def deny(**changed: Any) -> dict[str, Any]:
    """The statement that AWS documents, with other members; a Not element takes the place of the plain one."""
    members = {
        "Sid": "Deny",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [BUCKET, f"{BUCKET}/*"],
        "Condition": HTTP,
    }
    return {name: value for name, value in members.items() if f"Not{name}" not in changed} | changed


def on(**operators: dict[str, Any]) -> dict[str, Any]:
    """The statement with other conditions."""
    return deny(Condition=operators)


def allow(**changed: Any) -> dict[str, Any]:
    """A statement that lets the partner read."""
    return {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"},
        "Action": "s3:GetObject",
        "Resource": f"{BUCKET}/*",
    } | changed


def policy(*statements: Any, version: str = "2012-10-17") -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": version, "Statement": list(statements)}


@dataclass(frozen=True)
class Case:
    name: str
    policy: Any
    denied: bool


def _https(**conditions: Any) -> dict[str, Any]:
    return {"Bool": {"aws:SecureTransport": "false"}, **conditions}


YES = [
    Case("documented form", policy(allow(), deny()), True),
    Case("principal is a list, values are lists", policy(deny(Principal={"AWS": ["*"]}, Action=["s3:*"])), True),
    Case("the world among others", policy(deny(Principal={"AWS": [PARTNER, "*"], "Service": "x"})), True),
    Case("Boolean value, key in other case", policy(on(Bool={"AWS:securetransport": False})), True),
    Case("list of one value", policy(on(Bool={"aws:SecureTransport": ["False"]})), True),
    Case("halves by two statements", policy(deny(Resource=BUCKET), allow(), deny(Resource=f"{BUCKET}/*")), True),
    Case("one statement, no list", {"Statement": deny(Action="*", Resource="*")}, True),
    Case("prefix of bucket and objects", policy(deny(Resource=f"{BUCKET}*")), True),
    Case("each object key has a character", policy(deny(Resource=[BUCKET, f"{BUCKET}/?*"])), True),
    Case("wildcard in the bucket's name", policy(deny(Resource=["arn:aws:s3:::example*", "arn:*"])), True),
    Case("BoolIfExists", policy(on(BoolIfExists={"aws:SecureTransport": "false"})), True),
    Case("ForAllValues", policy(on(**{"ForAllValues:Bool": {"aws:SecureTransport": "false"}})), True),
    Case("ForAnyValue", policy(on(**{"ForAnyValue:Bool": {"aws:SecureTransport": "false"}})), True),
    Case("both values", policy(on(Bool={"aws:SecureTransport": ["true", "false"]})), True),
    Case("no condition at all", policy({k: v for k, v in deny().items() if k != "Condition"}), True),
    Case("the key must be there", policy(on(Null={"aws:SecureTransport": "false"})), True),
    Case("services exempt by IfExists", policy(deny(Condition=_https(BoolIfExists={"aws:PrincipalIsAWSService": "false"}))), True),
    Case("a service exempt by name", policy(deny(Condition=_https(StringNotEquals={"aws:PrincipalServiceName": "x"}))), True),
    Case("services exempt by their source", policy(deny(Condition=_https(Null={"aws:SourceArn": "true"}))), True),
    Case("services exempt by NotPrincipal", policy(deny(NotPrincipal={"Service": "logging.s3.amazonaws.com"})), True),
    Case("actions of another service exempt", policy(deny(NotAction="iam:*")), True),
    Case("resources of another bucket exempt", policy(deny(NotResource="arn:aws:s3:::another/*")), True),
    Case("no TLS version", policy(on(NumericLessThanIfExists={"s3:TlsVersion": "1.2"})), True),
    Case(
        "inside and outside an endpoint",
        policy(
            deny(Condition=_https(StringEquals={"aws:SourceVpce": "vpce-1"})),
            deny(Condition=_https(StringNotEquals={"aws:SourceVpce": "vpce-1"})),
        ),
        True,
    ),
    Case("an action and all others", policy(deny(Action="s3:GetObject"), deny(NotAction="s3:getobject")), True),
    Case("a prefix and all others", policy(deny(NotResource=f"{BUCKET}/x/*"), deny(Resource=f"{BUCKET}/x/*")), True),
    Case("old version", policy(deny(), version="2008-10-17"), True),
    Case("unknown member beside the statements", policy(deny()) | {"Extra": 1}, True),
]  # fmt: skip

NO = [
    Case("no policy", None, False),
    Case("objects only", policy(deny(Resource=f"{BUCKET}/*")), False),
    Case("bucket only", policy(deny(Resource=BUCKET)), False),
    Case("another bucket", policy(deny(Resource=[f"{BUCKET}2", f"{BUCKET}2/*"])), False),
    Case("another partition", policy(deny(Resource=["arn:aws-cn:s3:::example-bucket*"])), False),
    Case("wildcard in the service of the ARN", policy(deny(Resource="arn:aws:s?:::example-bucket*")), False),
    Case("policy variable in the ARN", policy(deny(Resource=[BUCKET, f"{BUCKET}/${{aws:username}}*"])), False),
    Case("reads and writes only", policy(deny(Action=["s3:GetObject", "s3:PutObject"])), False),
    Case("wildcard in the service of the action", policy(deny(Action="s?:*")), False),
    Case("some actions exempt", policy(deny(NotAction=["s3:GetObject*"])), False),
    Case("a prefix exempt", policy(deny(NotResource=[f"{BUCKET}/public/*"])), False),
    Case("Allow over TLS only", policy(allow(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}})), False),
    Case("inverted", policy(on(Bool={"aws:SecureTransport": "true"})), False),
    Case("organization", policy(deny(Condition=_https(StringEquals={"aws:PrincipalOrgID": "o-1"}))), False),
    Case("all but the organization", policy(deny(Condition=_https(StringNotEquals={"aws:PrincipalOrgID": "o-1"}))), False),
    Case("old TLS too", policy(deny(Condition=_https(NumericLessThan={"s3:TlsVersion": "1.2"}))), False),
    Case("old TLS only", policy(on(NumericLessThan={"s3:TlsVersion": 1.2})), False),
    Case("a version that HTTP may have", policy(on(NumericLessThanIfExists={"s3:TlsVersion": "1.1"})), False),
    Case("no TLS version at all", policy(on(Null={"s3:TlsVersion": "true"})), False),
    Case("Null trap", policy(on(Null={"aws:SecureTransport": "true"})), False),
    Case("compared as text", policy(on(StringEquals={"aws:SecureTransport": "false"})), False),
    Case("not equal as text", policy(on(StringNotEquals={"aws:SecureTransport": "true"})), False),
    Case("variable as Boolean", policy(on(Bool={"aws:SecureTransport": "${aws:SecureTransport}"})), False),
    Case("quantified Null", policy(on(**{"ForAnyValue:Null": {"aws:SecureTransport": "false"}})), False),
    Case("unknown operator", policy(on(bool={"aws:SecureTransport": "false"})), False),
    Case("malformed condition", policy(deny(Condition=[HTTP])), False),
    Case("no value", policy(on(Bool={"aws:SecureTransport": []})), False),
    Case("key named like an element", policy(deny(Condition=_https(StringEquals={"Resource": BUCKET}))), False),
    Case("NotPrincipal", policy(deny(NotPrincipal={"AWS": [f"arn:aws:iam::{ACCOUNT}:role/backup"]})), False),
    Case("deleted NotPrincipal", policy(deny(NotPrincipal={"AWS": "AROAEXAMPLEEXAMPLE123"})), False),
    Case("listed principals", policy(deny(Principal={"AWS": [ACCOUNT, f"arn:aws:iam::{PARTNER}:root"]})), False),
    Case("services only", policy(deny(Principal={"Service": "*"})), False),
    Case("services exempt by Bool", policy(deny(Condition=SERVICE_IS_SPARED)), False),
    Case("an endpoint exempt", policy(deny(Condition=_https(StringNotEquals={"aws:SourceVpce": "vpce-1"}))), False),
    Case("calls through services exempt", policy(deny(Condition=_https(Bool={"aws:ViaAWSService": "false"}))), False),
    Case("until a date", policy(deny(Condition=_https(DateLessThan={"aws:CurrentTime": "2030-01-01"}))), False),
    Case("unknown member of the statement", policy(deny(condition={})), False),
    Case("unknown version", policy(deny(), version="2030-01-01"), False),
    Case("effect in other case", policy(deny(Effect="deny")), False),
    Case("both forms of an element", policy(deny() | {"NotAction": "iam:*"}), False),
    Case("no resource", policy({k: v for k, v in deny().items() if k != "Resource"}), False),
    Case("statement is text", policy("Deny"), False),
    Case("no statement", {"Version": "2012-10-17"}, False),
    Case("half of a union", policy(deny(Action="s3:GetObject"), deny(NotAction="s3:Get*")), False),
    Case("not JSON", "{", False),
    Case("JSON, but no object", "[]", False),
    Case("NaN", '{"Statement": [], "x": NaN}', False),
    Case("too deep", "[" * 100_000, False),
    Case("member that stands twice", '{"Statement": {"Effect": "Deny", "Effect": "Allow"}}', False),
]  # fmt: skip
