"""Bucket policies by chance, from what decides whether a policy denies all plain HTTP."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.unit.core.transit.oracle import BUCKET, OWN, PARTNER

BOTH = [BUCKET, f"{BUCKET}/*"]
_PRINCIPALS: list[dict[str, Any]] = [
    *[{"Principal": "*"}] * 6,
    {"Principal": {"AWS": "*"}},
    {"Principal": {"AWS": [PARTNER, "*"]}},
    {"Principal": {"AWS": "*", "Service": "logging.s3.amazonaws.com"}},
    {"Principal": {"AWS": [OWN, PARTNER]}},
    {"Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"}},
    {"Principal": {"Service": "cloudtrail.amazonaws.com"}},
    {"NotPrincipal": {"AWS": [f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OWN}:role/backup"]}},
    {"NotPrincipal": {"Service": "logging.s3.amazonaws.com"}},
]
_ACTIONS: list[dict[str, Any]] = [
    *[{"Action": "s3:*"}] * 6,
    {"Action": "*"},
    {"Action": ["S3:*"]},
    {"Action": ["s3:Get*", "s3:Put*"]},
    {"Action": "s3:GetObject*"},
    {"NotAction": "s3:GetObject*"},
    {"NotAction": ["iam:*", "s3:ListBucket"]},
    {"NotAction": "iam:*"},
    {"Action": "s?:*"},
    {"Action": "s3:?*"},
]
_RESOURCES: list[dict[str, Any]] = [
    *[{"Resource": BOTH}] * 6,
    {"Resource": "*"},
    {"Resource": f"{BUCKET}*"},
    {"Resource": BUCKET},
    {"Resource": f"{BUCKET}/*"},
    {"Resource": [BUCKET, f"{BUCKET}/public/*"]},
    {"NotResource": f"{BUCKET}/public/*"},
    {"NotResource": [BUCKET]},
    {"NotResource": "arn:aws:s3:::another/*"},
    {"Resource": "arn:aws:s?:::example-bucket*"},
    {"Resource": ["arn:aws:s3:::*", "arn:aws-cn:s3:::example-bucket/*"]},
    {"Resource": "arn:aws:s3:::example-bucke?/*"},
    {"Resource": "arn:aws:s3:::${aws:PrincipalAccount}*"},
]
_HTTP = ("Bool", "aws:SecureTransport", "false")
_CONDITIONS: list[tuple[str, str, Any]] = [
    *[_HTTP] * 8,
    ("Bool", "AWS:securetransport", False),
    ("Bool", "aws:SecureTransport", ["false"]),
    ("Bool", "aws:SecureTransport", ["true", "false"]),
    ("Bool", "aws:SecureTransport", "true"),
    ("Bool", "aws:SecureTransport", "${aws:SecureTransport}"),
    ("BoolIfExists", "aws:SecureTransport", "false"),
    ("ForAllValues:Bool", "aws:SecureTransport", "false"),
    ("ForAnyValue:Bool", "aws:SecureTransport", "False"),
    ("ForAnyValue:BoolIfExists", "aws:PrincipalIsAWSService", "false"),
    ("StringEquals", "aws:SecureTransport", "false"),
    ("StringNotEquals", "aws:SecureTransport", "true"),
    ("StringEquals", "Resource", BUCKET),
    ("Null", "aws:SecureTransport", "true"),
    ("Null", "aws:SecureTransport", "false"),
    ("Null", "s3:TlsVersion", "true"),
    ("Null", "aws:PrincipalIsAWSService", "true"),
    ("NumericLessThan", "s3:TlsVersion", "1.2"),
    ("NumericLessThan", "s3:TlsVersion", 1.3),
    ("NumericLessThan", "s3:TlsVersion", "2"),
    ("NumericLessThanIfExists", "s3:TlsVersion", "1.2"),
    ("NumericLessThanIfExists", "s3:TlsVersion", "1.1"),
    ("NumericNotEquals", "s3:TlsVersion", "1.3"),
    ("Bool", "aws:PrincipalIsAWSService", "false"),
    ("BoolIfExists", "aws:PrincipalIsAWSService", "false"),
    ("Bool", "aws:ViaAWSService", "false"),
    ("StringEquals", "aws:PrincipalOrgID", "o-1"),
    ("StringNotEquals", "aws:PrincipalOrgID", "o-1"),
    ("StringNotEqualsIfExists", "aws:SourceVpce", "vpce-1"),
    ("StringNotEquals", "aws:SourceVpce", "vpce-1"),
    ("StringEquals", "aws:SourceVpce", ["vpce-1", "vpce-2"]),
    ("StringNotEquals", "aws:PrincipalServiceName", "logging.s3.amazonaws.com"),
    ("Null", "aws:SourceArn", "true"),
    ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*"),
    ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*"),
    ("StringLike", "aws:PrincipalArn", "*"),
    ("StringLike", "aws:PrincipalAccount", "*"),
    ("StringEquals", "aws:PrincipalAccount", "${aws:PrincipalAccount}"),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("IpAddressIfExists", "aws:SourceIp", ["0.0.0.0/0", "::/0"]),
    ("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"),
    ("bool", "aws:SecureTransport", "false"),
    ("StringEquals", "aws:UnheardOf", "x"),
]


@st.composite
def statement(draw: st.DrawFn) -> dict[str, Any]:
    """A statement that is more often about plain HTTP than not."""
    found: dict[str, Any] = {"Effect": draw(st.sampled_from(("Deny", "Deny", "Deny", "Allow")))}
    for parts in (_PRINCIPALS, _ACTIONS, _RESOURCES):
        found |= draw(st.sampled_from(parts))
    conditions: dict[str, dict[str, Any]] = {}
    for operator, key, value in draw(st.lists(st.sampled_from(_CONDITIONS), min_size=0, max_size=3)):
        conditions.setdefault(operator, {})[key] = value
    if conditions:
        found["Condition"] = conditions
    if draw(st.sampled_from((False, False, True))):
        found["Sid"] = draw(st.sampled_from(("A", "B", "ResealDenyInsecureTransport")))
    if draw(st.integers(0, 15)) == 0:
        found["Future"] = "x"
    return found


@st.composite
def complements(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Two statements, each of which leaves what the other denies, or nearly so."""
    whole = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": BOTH,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    value = draw(st.sampled_from(("vpce-1", "vpce-2")))
    key = draw(st.sampled_from(("aws:SourceVpce", "aws:PrincipalOrgID", "aws:PrincipalAccount")))
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"Action": "s3:GetObject*"}, {"NotAction": draw(st.sampled_from(("s3:GetObject*", "s3:Get*")))}),
        (
            {"Resource": f"{BUCKET}/public/*"},
            {"NotResource": draw(st.sampled_from((f"{BUCKET}/public/*", f"{BUCKET}/p*")))},
        ),
        ({"Resource": BUCKET}, {"Resource": f"{BUCKET}/*"}),
        (
            {"Condition": whole["Condition"] | {"StringEquals": {key: "vpce-1"}}},
            {"Condition": whole["Condition"] | {"StringNotEquals": {key: value}}},
        ),
    ]
    halves = draw(st.permutations(draw(st.sampled_from(pairs))))
    return [{name: one for name, one in whole.items() if f"Not{name}" not in half} | half for half in halves]


@st.composite
def policy(draw: st.DrawFn) -> dict[str, Any]:
    """A policy of up to four statements."""
    found = draw(st.lists(statement(), min_size=1, max_size=2))
    found += draw(st.one_of(st.just([]), complements()))
    version = draw(st.sampled_from(({"Version": "2012-10-17"}, {}, {"Version": "2008-10-17", "Id": "x"})))
    is_single = len(found) == 1 and draw(st.booleans())
    return {**version, "Statement": found[0] if is_single else found}
