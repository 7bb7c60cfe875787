"""Principals, actions and resources of statements: which they name, and malformed ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reseal.core.access.callers import Caller, Kind, named_in
from reseal.core.access.evaluator import RESOURCE, answer_of, applies, names_action
from reseal.core.access.grantees import Home, grantees_of
from reseal.core.access.iam_policy import may_be_public, merged
from reseal.core.access.impact import impact_of
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.access.patterns import Pattern, Style, covers, exact, overlap, pattern_of
from reseal.core.access.ranges import always
from reseal.core.access.requests import Requests
from reseal.core.state.bucket_access import BucketAccess

OWN, PARTNER = "111122223333", "444455556666"
KEY = f"arn:aws:kms:us-east-1:{OWN}:key/1"
ROLE = f"arn:aws:iam::{PARTNER}:role/team/etl"
SESSION = f"arn:aws:sts::{PARTNER}:assumed-role/etl/s"
ROOT = f"arn:aws:iam::{PARTNER}:root"

ETL, ONE_SESSION = Caller(Kind.ACCOUNT, ROLE, PARTNER), Caller(Kind.ACCOUNT, SESSION, PARTNER)
WHOLE, EVERY = (
    Caller(Kind.ACCOUNT, ROOT, PARTNER),
    Caller(Kind.ACCOUNT, PARTNER, PARTNER, lacks_iam_policy=True),
)
ANYONE, SIGNED = Caller(Kind.ANYONE, "*"), Caller(Kind.SIGNED, "*")
IDENTITY = Caller(Kind.ORIGIN_ACCESS_IDENTITY, "arn:aws:iam::cloudfront:user/E1")
CONFIG, UNKNOWN = Caller(Kind.SERVICE, "config.amazonaws.com"), Caller(Kind.UNKNOWN, "?")


@pytest.mark.parametrize(
    ("principal", "caller", "allows", "denies"),
    [
        ("*", ANYONE, True, True),
        ("*", SIGNED, True, True),
        ({"AWS": "*"}, ETL, True, True),
        ("*", CONFIG, None, True),
        ("*", UNKNOWN, None, True),
        ({"AWS": ROOT}, UNKNOWN, None, None),
        ({"AWS": ROOT}, WHOLE, True, True),
        ({"AWS": PARTNER}, ETL, True, True),
        ({"AWS": ROOT}, EVERY, False, True),
        ({"AWS": ROOT}, ANYONE, False, False),
        ({"AWS": ROOT}, SIGNED, None, None),
        ({"AWS": ROOT}, CONFIG, False, False),
        ({"AWS": OWN}, ETL, False, False),
        ({"AWS": ROLE}, ETL, True, True),
        ({"AWS": ROLE}, ONE_SESSION, True, True),
        ({"AWS": ROLE}, WHOLE, None, None),
        ({"AWS": SESSION}, ETL, None, None),
        ({"AWS": f"{ROLE}2"}, ETL, False, False),
        ({"AWS": f"arn:aws:iam::{PARTNER}:user/etl"}, ETL, False, False),
        ({"AWS": f"arn:aws:iam::{PARTNER}:role/*"}, ETL, None, None),
        ({"AWS": "AROACKCEVSQ6C2EXAMPLE"}, ETL, False, False),
        ({"AWS": "somebody"}, ETL, None, None),
        ({"AWS": [OWN, ROLE]}, ETL, True, True),
        ({"AWS": []}, ETL, None, None),
        ({"Service": "config.amazonaws.com"}, CONFIG, True, True),
        ({"Service": ["ses.amazonaws.com"]}, CONFIG, False, False),
        ({"Service": "config.amazonaws.com"}, ETL, False, False),
        ({"Federated": "cognito-identity.amazonaws.com"}, ETL, None, None),
        ({"CanonicalUser": "79a5"}, CONFIG, False, False),
        ({"AWS": OWN, "Service": "config.amazonaws.com"}, CONFIG, True, True),
        ({"Service": "config.amazonaws.com"}, IDENTITY, False, False),
        ({"AWS": "*"}, IDENTITY, None, True),
        (None, ETL, None, None),
        (7, ETL, None, None),
        ({}, ETL, False, False),
    ],
)
def test_whom_a_principal_names(
    principal: Any, caller: Caller, allows: bool | None, denies: bool | None
) -> None:
    assert named_in(principal, caller, denies=False) is allows
    assert named_in(principal, caller, denies=True) is denies


def asked(caller: Caller) -> Requests:
    return Requests.of(caller, "aws", **{RESOURCE: always(KEY)})


ANY = Caller(Kind.SERVICE, "*")
OF_SOURCES = ("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths")
OF_SERVICES = ("aws:PrincipalServiceName", "aws:PrincipalServiceNamesList")
OF_NAMED = ("aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:username")
ABSENT_KEYS = [
    *((ANYONE, key) for key in (*OF_NAMED, "aws:FederatedProvider", "aws:MultiFactorAuthPresent")),
    *((caller, key) for caller in (ANYONE, SIGNED, ETL) for key in (*OF_SERVICES, *OF_SOURCES)),
    *((caller, key) for caller in (CONFIG, ANY) for key in OF_NAMED[1:]),
    *((caller, "aws:PrincipalTag/team") for caller in (ANYONE, CONFIG)),
]


@pytest.mark.parametrize(("caller", "key"), ABSENT_KEYS)
def test_which_keys_a_caller_never_has(caller: Caller, key: str) -> None:
    assert asked(caller).meet(("ForAnyValue:StringLike", key.lower(), ["*"])) is False


@pytest.mark.parametrize(
    ("caller", "operator", "key", "value", "expected"),
    [
        (ANYONE, "StringEquals", "aws:PrincipalAccount", "anonymous", True),
        (ANYONE, "StringEquals", "aws:userid", "AIDAEXAMPLEEXAMPLEXX", False),
        (ANYONE, "StringEqualsIfExists", "aws:userid", "anonymous", True),
        (ANYONE, "StringEquals", "aws:PrincipalType", "Anonymous", True),
        (ANYONE, "Bool", "aws:PrincipalIsAWSService", "false", None),
        (ANYONE, "BoolIfExists", "aws:PrincipalIsAWSService", "false", True),
        (SIGNED, "StringLike", "aws:PrincipalAccount", "????????????", True),
        (SIGNED, "StringLike", "aws:PrincipalAccount", "?", False),
        (SIGNED, "StringEquals", "aws:PrincipalAccount", OWN, None),
        (SIGNED, "Null", "aws:PrincipalAccount", "false", True),
        (SIGNED, "Null", "aws:PrincipalArn", "false", True),
        (SIGNED, "Null", "aws:userid", "false", True),
        (SIGNED, "StringEquals", "aws:userid", "anonymous", False),
        (SIGNED, "Null", "aws:PrincipalType", "false", True),
        (SIGNED, "StringEquals", "aws:PrincipalType", "Anonymous", False),
        (SIGNED, "Bool", "aws:PrincipalIsAWSService", "false", True),
        (SIGNED, "Null", "aws:PrincipalTag/team", "true", None),
        (ETL, "StringEquals", "aws:PrincipalAccount", PARTNER, True),
        (ETL, "StringEquals", "aws:PrincipalArn", ROLE, True),
        (ONE_SESSION, "StringEquals", "aws:PrincipalArn", SESSION, False),
        (ONE_SESSION, "StringEquals", "aws:PrincipalArn", ROLE, None),
        (ONE_SESSION, "ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{PARTNER}:role/*", True),
        (ONE_SESSION, "ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{PARTNER}:role/*x", False),
        (WHOLE, "ArnLike", "aws:PrincipalArn", f"arn:aws:*::{PARTNER}:*", True),
        (WHOLE, "ArnLike", "aws:PrincipalArn", f"arn:aws:*::{OWN}:*", False),
        (WHOLE, "StringEquals", "aws:PrincipalArn", ROLE, None),
        (CONFIG, "StringEquals", "aws:PrincipalAccount", OWN, False),
        (CONFIG, "Bool", "aws:PrincipalIsAWSService", "true", True),
        (CONFIG, "StringEquals", "aws:PrincipalServiceName", "config.amazonaws.com", True),
        (ANY, "Null", "aws:PrincipalServiceName", "false", True),
        (ANY, "StringEquals", "aws:PrincipalServiceName", "config.amazonaws.com", None),
        (CONFIG, "StringEquals", "aws:SourceAccount", OWN, None),
        (UNKNOWN, "StringEquals", "aws:PrincipalAccount", OWN, None),
        (UNKNOWN, "Bool", "aws:PrincipalIsAWSService", "false", None),
    ],
)  # fmt: skip
def test_which_values_the_keys_of_a_caller_have(
    caller: Caller, operator: str, key: str, value: str, expected: bool | None
) -> None:
    assert asked(caller).meet((operator, key.lower(), [value])) is expected


def statement(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"} | more


def without(name: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in statement(**more).items() if key != name}


@pytest.mark.parametrize(
    ("effect", "spared", "caller", "expected"),
    [
        ("Allow", {"AWS": ROLE}, ETL, False),
        ("Allow", {"AWS": OWN}, ETL, None),
        ("Deny", {"AWS": [ROLE, ROOT]}, ETL, None),
        ("Deny", {"AWS": OWN}, ETL, True),
        ("Deny", {"AWS": OWN}, CONFIG, None),
    ],
)
def test_whom_not_principal_covers(effect: str, spared: Any, caller: Caller, expected: bool | None) -> None:
    asked_of = without("Principal", Effect=effect, NotPrincipal=spared)

    assert applies(asked_of, asked(caller), "kms:Decrypt") is expected


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"Action": "kms:Decrypt"}, True),
        ({"Action": "KMS:decrypt"}, True),
        ({"Action": ["kms:Put*", "kms:D?crypt"]}, True),
        ({"Action": "*"}, True),
        ({"Action": "kms:GenerateDataKey*"}, False),
        ({"NotAction": ["kms:Put*", "kms:Schedule*"]}, True),
        ({"NotAction": "kms:*"}, False),
        ({}, None),
        ({"Action": "kms:*", "NotAction": "kms:*"}, None),
        ({"Action": [None]}, None),
    ],
)
def test_what_actions_name(element: dict[str, Any], expected: bool | None) -> None:
    assert names_action(element, "kms:Decrypt") is expected


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"Resource": "*"}, True),
        ({"Resource": KEY}, True),
        ({"Resource": [f"{KEY}0", f"arn:aws:kms:*:{OWN}:key/*"]}, True),
        ({"Resource": f"arn:aws:kms:us-east-1:{OWN}:key/?"}, True),
        ({"Resource": f"arn:aws:kms:us-east-1:{OWN}:alias/k"}, False),
        ({"Resource": "arn:aws:kms:*"}, None),
        ({"Resource": f"arn:aws:k*:us-east-1:{OWN}:key/*"}, None),
        ({"NotResource": f"{KEY}0"}, True),
        ({"NotResource": KEY}, False),
        ({}, None),
        ({"Resource": {}}, None),
    ],
)
def test_what_resources_name(element: dict[str, Any], expected: bool | None) -> None:
    assert applies(without("Resource") | element, asked(ETL), "kms:Decrypt") is expected


@pytest.mark.parametrize(
    ("statements", "expected", "reason"),
    [
        ([statement()], True, "a statement allows kms:Decrypt"),
        ([], False, "no statement allows kms:Decrypt"),
        ([statement(Action="kms:Put*")], False, "no statement allows kms:Decrypt"),
        ([statement(), statement(Effect="Deny")], False, "statement 2 denies kms:Decrypt"),
        ([statement(), statement(Effect="Deny", Principal={"AWS": SESSION})], None, "statement 2 may deny"),
        ([statement(Condition={"Unheard": {"a": "b"}})], None, "no statement certainly allows"),
        ([statement(), None], None, "statement 2 may deny"),
        ([statement(), statement(Effect="allow")], None, "statement 2 may deny"),
        ([statement(Condition="none")], None, "no statement certainly allows"),
        ([statement(Condition={"StringEquals": "none"})], None, "no statement certainly allows"),
    ],
)
def test_an_answer_gives_its_reason(statements: Any, expected: bool | None, reason: str) -> None:
    answer = answer_of({"Statement": statements}, asked(ETL), "kms:Decrypt")

    assert answer.holds is expected
    assert answer.reason.startswith(reason)


@pytest.mark.parametrize(
    ("general", "specific", "expected"),
    [
        ("*", "a*", True),
        ("a*", "*", False),
        ("a*c", "abc*c", True),
        ("a?", "a*", False),
        ("a*", "a?", True),
        ("*a*", "*a*", True),
        ("a", "ab", False),
        ("", "", True),
    ],
)
def test_patterns_cover_patterns(general: str, specific: str, expected: bool) -> None:
    assert covers(Pattern(general), Pattern(specific)) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("a*", "*b", True), ("a*", "b*", False), ("a?", "??", True), ("a?", "a", False), ("*", "", True)],
)
def test_patterns_meet(one: str, other: str, expected: bool) -> None:
    assert overlap(Pattern(one), Pattern(other)) is expected
    assert overlap(Pattern(other), Pattern(one)) is expected


def test_arn_patterns_match_part_by_part() -> None:
    logs = Pattern("arn:aws:logs:*:1:*", Style.ARN)

    assert covers(logs, Pattern("arn:aws:logs:us-east-1:1:x:*"))
    assert not covers(logs, Pattern("arn:aws:logs:*:1:x"))
    assert not covers(logs, Pattern("arn:aws:logs:*", Style.ARN))
    assert overlap(logs, Pattern("arn:aws:logs:e?:*:x", Style.ARN))
    assert not overlap(logs, Pattern("arn:aws:logs:*:2:1:*", Style.ARN))


def test_a_wildcard_that_may_cross_a_colon_is_not_certainly_within_one_part_of_an_arn() -> None:
    every = Pattern("arn:aws:logs:*:*:*", Style.ARN)

    assert covers(every, Pattern("arn:aws:logs:e:1:*"))
    assert not covers(every, Pattern("arn:aws:logs:e:*:x"))


def test_an_arn_with_too_few_parts_covers_nothing_and_may_meet_what_begins_alike() -> None:
    short = pattern_of("arn:aws:logs:e:1", Style.ARN)

    assert not covers(short, exact("arn:aws:logs:e:1"))
    assert overlap(short, Pattern("arn:aws:logs:*:1:*", Style.ARN))
    assert not overlap(short, Pattern("arn:aws:sns:*:1:*", Style.ARN))


def test_patterns_of_many_wildcards_are_compared_in_time() -> None:
    assert not overlap(Pattern("*a" * 50), Pattern("*b" * 50))


def test_case_counts_where_patterns_meet_unless_one_ignores_it() -> None:
    folded = Pattern("Ab", Style.EXACT, fold=True)

    assert overlap(folded, Pattern("a*"))
    assert overlap(Pattern("a*"), folded)
    assert not overlap(folded, Pattern("b*"))
    assert not overlap(Pattern("A*"), Pattern("a*"))


def test_case_is_ignored_only_where_it_says_so() -> None:
    folded = Pattern("Ab", Style.EXACT, fold=True)

    assert covers(folded, exact("aB"))
    assert not covers(exact("Ab"), folded)
    assert overlap(exact("ab"), folded)
    assert not overlap(exact("b"), folded)


OPERATORS = ["StringEquals", "ArnLike", "Null", "DateLessThan", "IpAddress", "ForAnyValue:StringLike"]
KEYS = ["aws:SourceArn", "aws:PrincipalArn", "aws:CurrentTime", "aws:PrincipalOrgPaths"]
NAMES = st.sampled_from(["AWS", "Service", *OPERATORS, *KEYS])
TEXTS = st.sampled_from(["*", ROLE, "kms:*", "s3:*", "${aws:x}", "Allow", ""])
ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
STATEMENTS = st.lists(
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Deny"]) | ODD},
        optional={"Principal": ODD, "NotPrincipal": ODD, "Action": ODD, "Resource": ODD, "Condition": ODD},
    )
    | ODD,
    max_size=3,
)


@settings(max_examples=100, deadline=None)
@given(bucket=STATEMENTS, key=STATEMENTS)
def test_a_malformed_policy_is_no_error(bucket: list[Any], key: list[Any]) -> None:
    policy = KeyPolicy(key_arn=KEY, document={"Statement": key}, account=OWN, region="us-east-1")

    impact_of(BucketAccess(policy={"Version": "2012-10-17", "Statement": bucket}), policy, "aws:kms")
    assert policy.admits_every_caller in (True, False, None)


def grantees(*statements: dict[str, Any], **home: Any) -> list[tuple[Kind, str, bool, bool]]:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    found = grantees_of(policy, Home(account=OWN, **home))
    return [(one.kind, one.name, one.reads, one.writes) for one in found]


def grant(
    principal: Any = "*", action: Any = "s3:GetObject", where: Any = "arn:aws:s3:::b/*", **more: Any
) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": where} | more


def when(operator: str, key: str, *values: Any, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return grant(Condition={operator: {key: list(values)}}, Effect=effect, **more)


ONLY_OWN = when("StringNotEquals", "aws:PrincipalAccount", OWN, effect="Deny", action="s3:*")


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([grant()], [(Kind.ANYONE, "*")]),
        ([grant(where="arn:aws:s3:::b????")], [(Kind.ANYONE, "*")]),
        ([grant(where="arn:aws:s3:::b")], []),
        ([grant(where="arn:aws:s3:::b/${aws:username}/*")], [(Kind.ANYONE, "*")]),
        ([grant(action="s3:List*")], []),
        ([grant(), ONLY_OWN], [(Kind.ACCOUNT, OWN)]),
        ([grant(), grant(Effect="Deny", action="s3:*")], []),
        ([grant(), grant(Effect="Deny", where="arn:aws:s3:::b/c/*", action="s3:*")], [(Kind.ANYONE, "*")]),
        ([grant({"AWS": ROLE}), grant({"AWS": PARTNER}, Effect="Deny", action="s3:Get*")], []),
        ([grant({"AWS": ROLE}), grant({"AWS": SESSION}, "s3:*", Effect="Deny")], [(Kind.ACCOUNT, ROLE)]),
        ([grant({"AWS": ROLE}), when("Bool", "aws:SecureTransport", "false", effect="Deny")],
         [(Kind.ACCOUNT, ROLE)]),
        ([grant({"AWS": ROLE}), when("StringNotEquals", "aws:PrincipalAccount", PARTNER, effect="Deny")],
         [(Kind.ACCOUNT, ROLE)]),
        ([when("StringEquals", "aws:PrincipalOrgID", "o-1")], [(Kind.SIGNED, "* of o-1")]),
        ([when("StringEquals", "aws:PrincipalAccount", OWN, PARTNER)],
         [(Kind.ACCOUNT, OWN), (Kind.ACCOUNT, PARTNER)]),
        ([when("ArnLike", "aws:PrincipalArn", ROLE)], [(Kind.ACCOUNT, ROLE)]),
        ([when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{PARTNER}:role/*")], [(Kind.ACCOUNT, PARTNER)]),
        ([when("ArnLike", "aws:PrincipalArn", ROLE), ONLY_OWN], []),
        ([when("StringEquals", "aws:SourceAccount", OWN)], [(Kind.SERVICE, "*")]),
        ([when("StringEquals", "aws:PrincipalServiceName", "x", "y")],
         [(Kind.SERVICE, "x"), (Kind.SERVICE, "y")]),
        ([when("StringEquals", "s3:DataAccessPointAccount", OWN)], [(Kind.ACCESS_POINT, OWN)]),
        ([when("StringEquals", "s3:DataAccessPointArn", "arn:aws:s3:us-east-1:1:accesspoint/a", "b")],
         [(Kind.ACCESS_POINT, "arn:aws:s3:us-east-1:1:accesspoint/a, b")]),
        ([when("Null", "aws:PrincipalArn", "true"),
          when("StringEquals", "aws:PrincipalAccount", "anonymous", effect="Deny")],
         [(Kind.UNKNOWN, "* of true")]),
        ([when("Null", "aws:PrincipalArn", "true")], [(Kind.ANYONE, "*")]),
        ([when("Bool", "aws:SecureTransport", "true")], [(Kind.ANYONE, "*")]),
    ],
)  # fmt: skip
def test_whom_a_bucket_policy_admits(statements: list[Any], expected: list[tuple[Kind, str]]) -> None:
    assert [(kind, name) for kind, name, _, _ in grantees(*statements)] == expected


@pytest.mark.parametrize(
    ("statement", "home", "expected"),
    [
        (grant(), {"blocks_public": True}, [Kind.ACCOUNT]),
        (when("StringEquals", "aws:SourceVpce", "vpce-1"), {"blocks_public": True}, [Kind.ANYONE]),
        (
            when("StringLike", "aws:UserAgent", "*"),
            {"blocks_public": True, "policy_is_public": True},
            [Kind.ACCOUNT],
        ),
        (when("Null", "aws:PrincipalArn", "true"), {"blocks_public": True}, [Kind.ANYONE]),
        (
            when("Null", "aws:PrincipalArn", "true"),
            {"blocks_public": True, "policy_is_public": True},
            [],
        ),
    ],
)
def test_block_public_access_leaves_the_own_account(
    statement: dict[str, Any], home: dict[str, bool], expected: list[Kind]
) -> None:
    assert [kind for kind, *_ in grantees(statement, **home)] == expected


@pytest.mark.parametrize(
    ("key", "value", "writes"),
    [
        ("s3:x-amz-server-side-encryption", "AES256", False),
        ("s3:x-amz-server-side-encryption", "aws:kms", True),
        ("s3:x-amz-server-side-encryption-aws-kms-key-id", KEY, False),
        ("s3:x-amz-acl", "bucket-owner-full-control", True),
    ],
)
def test_writes_that_name_their_encryption_do_not_take_the_default(
    key: str, value: str, writes: bool
) -> None:
    found = grantees(when("StringEquals", key, value, principal={"AWS": ROLE}, action="s3:PutObject"))

    assert bool(found) is writes


OURS, THEIRS = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("named", "known", "expected"),
    [
        (OURS, OURS, [(Kind.ACCOUNT, OWN)]),
        (THEIRS, OURS, [(Kind.UNKNOWN, f"with the canonical user id {THEIRS}")]),
        ([OURS, THEIRS], OURS, [(Kind.ACCOUNT, OWN), (Kind.UNKNOWN, f"with the canonical user id {THEIRS}")]),
        (OURS.upper(), OURS, [(Kind.UNKNOWN, f"with the canonical user id {OURS.upper()}")]),
        (OURS, None, [(Kind.UNKNOWN, f"with the canonical user id {OURS}")]),
    ],
)
def test_canonical_user_id_of_the_own_account_is_no_stranger(
    named: Any, known: str | None, expected: list[tuple[Kind, str]]
) -> None:
    found = grantees(grant({"CanonicalUser": named}), canonical_id=known)

    assert [(kind, name) for kind, name, _, _ in found] == expected


# --- whole documents ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("principal", "public"),
    [
        ({"AWS": f"arn:aws:iam::{PARTNER}:root"}, False),
        ({"AWS": [OWN, PARTNER]}, False),
        ({"Service": "cloudfront.amazonaws.com", "AWS": ROLE}, False),
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": [ROLE, "*"]}, True),
        ({"Service": "*"}, True),
        ({"CanonicalUser": OURS}, True),
        ({"Federated": "x"}, True),
        ({"AWS": None}, True),
        (None, True),
    ],
)
def test_only_a_policy_for_named_accounts_and_services_is_certainly_not_public(
    principal: Any, public: bool
) -> None:
    deny = grant(Effect="Deny")

    assert may_be_public({"Statement": [deny, grant({"AWS": ROLE}), grant(principal)]}) is public


def test_policy_that_allows_nothing_is_not_public() -> None:
    assert not may_be_public({"Statement": [grant(Effect="Deny")]})


@pytest.mark.parametrize(
    ("versions", "expected"),
    [(("2012-10-17", "2008-10-17"), "2012-10-17"), (("2008-10-17", None), "2008-10-17"), ((None, None), "")],
)
def test_merged_policies_have_all_statements_and_the_newer_version(versions: Any, expected: str) -> None:
    one, other = ({"Version": version} if version else {} for version in versions)
    found = merged([{**one, "Statement": grant()}, {**other, "Statement": [grant(Effect="Deny")]}])

    assert found == {"Version": expected, "Statement": [grant(), grant(Effect="Deny")]}


def test_one_policy_is_merged_as_it_is() -> None:
    assert merged([{"Statement": "text"}]) == {"Statement": "text"}
