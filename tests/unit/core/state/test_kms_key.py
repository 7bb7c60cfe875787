from __future__ import annotations

import pytest

from reseal.core.state.kms_key import KeyReference, KmsKey, parse_key_reference
from tests.support.builders import ACCOUNT, REGION, TEAM_KEY, a_key, key_arn

ALIAS_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/team"
GOV_KEY = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1"


@pytest.mark.parametrize(
    ("text", "account", "region"),
    [
        pytest.param(TEAM_KEY, ACCOUNT, REGION, id="key ARN"),
        pytest.param(ALIAS_ARN, ACCOUNT, REGION, id="alias ARN"),
        pytest.param(GOV_KEY, ACCOUNT, "us-gov-west-1", id="other partition"),
        pytest.param("1234abcd", None, None, id="bare id"),
        pytest.param("alias/team", None, None, id="alias"),
        pytest.param("arn:aws:iam::111122223333:role/x", None, None, id="not KMS"),
        pytest.param("arn:aws:kms", None, None, id="cut off"),
        pytest.param("arn:aws:kms:us-east-1::key/1", None, None, id="no account"),
        pytest.param("arn:aws:kms::111122223333:key/1", None, None, id="no Region"),
        pytest.param("arn:aws:kms:us-east-1:me:key/1", None, None, id="not an account"),
        pytest.param("", None, None, id="empty"),
    ],
)
def test_a_key_name_has_account_and_region_where_it_has_them(
    text: str, account: str | None, region: str | None
) -> None:
    reference = parse_key_reference(text)

    assert reference == KeyReference(text=text, account=account, region=region)


@pytest.mark.parametrize(
    ("text", "is_arn"),
    [(TEAM_KEY, True), (ALIAS_ARN, False), ("alias/x:key/y", False), ("1234abcd", False)],
    ids=["key ARN", "alias ARN", "alias", "bare id"],
)
def test_only_a_key_arn_is_unambiguous(text: str, is_arn: bool) -> None:
    assert parse_key_reference(text).is_key_arn is is_arn


@pytest.mark.parametrize(
    ("text", "managed"),
    [
        ("alias/aws/s3", True),
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3", True),
        ("alias/aws/s3-ours", False),
        ("alias/ours/alias/aws/s3", False),
        (ALIAS_ARN, False),
        (TEAM_KEY, False),
    ],
    ids=str,
)
def test_aws_s3_is_known_by_its_alias(text: str, managed: bool) -> None:
    assert parse_key_reference(text).is_aws_managed is managed


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (a_key(), None),
        (a_key(state="Disabled"), "its state is Disabled"),
        (a_key(state="PendingDeletion"), "its state is PendingDeletion"),
        (a_key(spec="RSA_2048"), "S3 needs a symmetric encryption key, and this one is RSA_2048"),
        (a_key(usage="SIGN_VERIFY"), "this one is SYMMETRIC_DEFAULT for SIGN_VERIFY"),
        (a_key(key_arn("1", region="eu-west-1")), "it is in eu-west-1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unusable_key_says_why(key: KmsKey, why: str | None) -> None:
    result = key.why_unusable(REGION)

    assert result is None if why is None else why in (result or "")


def test_a_key_names_its_owner_and_region() -> None:
    key = a_key(GOV_KEY)

    assert (key.account, key.region) == (ACCOUNT, "us-gov-west-1")
