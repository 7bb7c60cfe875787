"""A bucket policy by meaning: which texts are the same policy, and which policy contains another."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.policy_text import minified, with_statement

READ: dict[str, Any] = {
    "Sid": "Read",
    "Effect": "Allow",
    "Principal": {"AWS": "444455556666"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::b/*",
    "Condition": {"Bool": {"aws:SecureTransport": "true"}},
}
WRITE = READ | {"Sid": "Write", "Action": "s3:PutObject"}


def policy(*statements: Any, **members: Any) -> BucketPolicy:
    return BucketPolicy.of({"Version": "2012-10-17", "Statement": list(statements), **members})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (policy(READ), BucketPolicy.of({"Version": "2012-10-17", "Statement": READ})),
        (policy(READ), BucketPolicy(json.dumps({"Statement": [READ], "Version": "2012-10-17"}, indent=4))),
        (policy(READ), policy(READ | {"Action": ["s3:getobject"], "Resource": ["arn:aws:s3:::b/*"]})),
        (policy(READ), policy(READ | {"Principal": {"AWS": ["arn:aws:iam::444455556666:root"]}})),
        (policy(READ), policy(READ | {"Condition": {"Bool": {"aws:securetransport": True}}})),
        (policy(READ | {"Principal": "*"}), policy(READ | {"Principal": {"AWS": "*"}})),
        (policy(READ | {"Action": ["a", "b"]}), policy(READ | {"Action": ["b", "a", "a"]})),
        (policy(READ | {"Sid": ""}), policy({name: one for name, one in READ.items() if name != "Sid"})),
        (BucketPolicy.of({"Statement": [READ]}), policy(READ, Version="2008-10-17")),
        (
            policy(READ | {"NotPrincipal": {"AWS": "444455556666"}, "NotAction": "a", "NotResource": "b"}),
            policy(
                READ | {"NotPrincipal": {"AWS": ["444455556666"]}, "NotAction": ["A"], "NotResource": ["b"]}
            ),
        ),
        (BucketPolicy(), BucketPolicy()),
        (BucketPolicy("{"), BucketPolicy("{")),
    ],
)
def test_same_policy_in_another_form_is_equal(one: BucketPolicy, other: BucketPolicy) -> None:
    assert one.equals(other)
    assert one.meets(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (policy(READ, WRITE), policy(WRITE, READ)),
        (policy(READ), policy(READ, Id="x")),
        (policy(READ), policy(READ, Version="2008-10-17")),
        (policy(READ), policy(READ | {"Sid": "Other"})),
        (policy(READ), policy(READ | {"Effect": "Deny"})),
        (policy(READ), policy(READ | {"Resource": "arn:aws:s3:::B/*"})),
        (policy(READ), policy(READ | {"Principal": {"AWS": "111122223333"}})),
        (policy(READ), policy(READ | {"Principal": {"Service": "444455556666"}})),
        (policy(READ), policy(READ | {"Principal": 5})),
        (policy(READ), policy(READ | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}})),
        (policy(READ), policy(READ | {"Condition": {"Bool": ["aws:SecureTransport"]}})),
        (policy(READ), policy(READ | {"Condition": ["Bool"]})),
        (policy(READ), policy(READ | {"Future": 1})),
        (policy(READ), BucketPolicy()),
        (policy(READ), BucketPolicy("{")),
    ],
)
def test_another_policy_is_not_equal(one: BucketPolicy, other: BucketPolicy) -> None:
    assert not one.equals(other)
    assert not other.equals(one)


@pytest.mark.parametrize(
    ("found", "intended", "met"),
    [
        (policy(READ, WRITE), policy(WRITE), True),
        (policy(WRITE, READ), policy(READ, WRITE), True),
        (policy(READ), policy(READ, WRITE), False),
        (policy(READ), BucketPolicy.of({"Statement": [READ]}), False),
        (BucketPolicy(), policy(READ), False),
        (policy(READ), BucketPolicy(), False),
        (BucketPolicy("{"), policy(READ), False),
    ],
)
def test_policy_meets_what_it_contains(found: BucketPolicy, intended: BucketPolicy, met: bool) -> None:
    assert found.meets(intended) is met


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "{}",
        '{"Statement": "x"}',
        '{"Statement": [7]}',
        '{"Statement": [], "Version": "2030-01-01"}',
        '{"Statement": [], "Statement": []}',
        '{"Statement": [], "x": NaN}',
        "[" * 100_000,
    ],
)
def test_text_that_is_no_policy_is_malformed(text: str) -> None:
    found = BucketPolicy(text)

    assert found.is_malformed
    assert found.document is None
    assert found.statements == []
    assert found.in_words == f"a bucket policy of {found.size} bytes that Reseal cannot read"


def test_words_are_short() -> None:
    found = policy(READ)

    assert BucketPolicy().in_words == "no bucket policy"
    assert (
        found.in_words
        == f"a bucket policy of 1 statement, {found.size} bytes, fingerprint " + (found.fingerprint[:12])
    )
    assert policy(READ, WRITE).in_words.startswith("a bucket policy of 2 statements, ")
    assert len(policy(*[READ | {"Sid": "x" * 999}] * 20).in_words) < 100


@pytest.mark.parametrize("found", [BucketPolicy(), policy(READ), BucketPolicy("{")])
def test_policy_survives_the_way_through_the_ledger(found: BucketPolicy) -> None:
    assert BucketPolicy.from_document(json.loads(json.dumps(found.to_document()))) == found


def test_size_is_counted_without_white_space_and_in_bytes() -> None:
    assert BucketPolicy('{ "Sid" :\n\t"a b" }\r').size == len('{"Sid":"a b"}')
    assert BucketPolicy('"ä\ud800"').size == 2 + 2 + 3
    assert BucketPolicy().size == 0


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
statements = st.dictionaries(
    st.sampled_from(["Sid", "Effect", "Principal", "Action", "X", "Condition"]), values
)
documents = st.builds(
    lambda found, more, first: (
        {"Statement": found, **more} if first else {**more, "Statement": found}  # where it stands
    ),
    statements | st.lists(statements, max_size=3),
    st.dictionaries(st.text().filter(lambda name: name not in ("Statement", "Version")), values, max_size=3),
    st.booleans(),
)


@given(documents, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_appended_statement_changes_nothing_else(document: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)

    after = with_statement(text, '{"Sid":"new"}')

    found = document["Statement"]
    expected = [*(found if isinstance(found, list) else [found]), {"Sid": "new"}]
    assert json.loads(after) == {**document, "Statement": expected}
    assert after == minified(after)
    assert list(json.loads(after)) == list(document)


@given(documents)
def test_minified_text_keeps_its_meaning(document: Any) -> None:
    found = BucketPolicy(json.dumps(document, indent=2))

    assert json.loads(minified(json.dumps(document, indent=2))) == document
    assert found.equals(BucketPolicy(minified(json.dumps(document, indent=2))))


def test_numbers_and_escapes_stay_as_they_are_written() -> None:
    text = '{ "Statement" : [ { "Sid" : "\\u0061\\"[ " } ], "x": 1.10, "y": 1e400 }'

    after = with_statement(text, "{}")

    assert after == '{"Statement":[{"Sid":"\\u0061\\"[ "},{}],"x":1.10,"y":1e400}'
