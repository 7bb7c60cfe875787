"""What PutBucketPolicy refuses, and what GetBucketPolicy answers (E25, E26)."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import ACCOUNT, LocalCloud

OTHER = "222222222222"
LIMIT = 20_480
GHOST = f"arn:aws:iam::{ACCOUNT}:role/never-made"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def document(bucket: str, **changes: Any) -> dict[str, Any]:
    """A valid policy with one statement, some of whose elements are changed; None leaves one out."""
    statement = {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    } | changes
    kept = {name: value for name, value in statement.items() if value is not None}
    return {"Version": "2012-10-17", "Statement": [kept]}


def refusal(s3: Any, bucket: str, policy: Any) -> tuple[str, str] | None:
    """Code and message; None if the policy is taken."""
    try:
        s3.put_bucket_policy(Bucket=bucket, Policy=policy if isinstance(policy, str) else json.dumps(policy))
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None


def of_size(bucket: str, size: int) -> str:
    """A policy of so many bytes without white space, with white space."""
    short = len(json.dumps(document(bucket, Sid=""), separators=(",", ":")))
    return json.dumps(document(bucket, Sid="x" * (size - short)), indent=4)


@pytest.fixture
def role(local_cloud: LocalCloud) -> Iterator[str]:
    iam, name = local_cloud.client("iam"), f"reader-{uuid.uuid4().hex[:8]}"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    yield name
    if any(found["RoleName"] == name for found in iam.list_roles()["Roles"]):
        iam.delete_role(RoleName=name)


def test_policy_is_answered_as_it_was_put(s3: Any, bucket: str) -> None:
    text = json.dumps(document(bucket), indent=2)

    s3.put_bucket_policy(Bucket=bucket, Policy=text)

    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text


@pytest.mark.parametrize("text", ["", "no JSON", '{"Version": ', "[]", " {}", '"text"'])
def test_text_must_be_a_json_object_from_its_first_byte(s3: Any, bucket: str, text: str) -> None:
    assert refusal(s3, bucket, text) == (
        "MalformedPolicy",
        "Policies must be valid JSON and the first byte must be '{'",
    )


@pytest.mark.parametrize(("size", "code"), [(LIMIT, None), (LIMIT + 1, "MalformedPolicy")])
def test_size_counts_without_white_space(s3: Any, bucket: str, size: int, code: str | None) -> None:
    found = refusal(s3, bucket, of_size(bucket, size))

    assert (found or (None,))[0] == code


def test_size_counts_in_bytes(s3: Any, bucket: str) -> None:
    short = len(json.dumps(document(bucket, Sid=""), separators=(",", ":")))
    text = json.dumps(document(bucket, Sid="ü" * (LIMIT - short - 1)), ensure_ascii=False)

    assert refusal(s3, bucket, text) == (
        "MalformedPolicy",
        "Policy exceeds the maximum allowed document size.",
    )


@pytest.mark.parametrize(
    ("resource", "taken"),
    [
        ("arn:aws:s3:::{bucket}", True),
        ("arn:aws:s3:::{bucket}/a/*", True),
        (["arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/*"], True),
        ("arn:aws:s3:::{bucket}*", True),
        ("*", True),
        ("arn:aws:s3:::another/*", False),
        ("arn:aws:s3:::{bucket}-2/*", False),
        (["arn:aws:s3:::{bucket}/*", "arn:aws:s3:::another"], False),
        ("arn:aws:sqs:us-east-1:111122223333:queue", False),
        ("{bucket}/*", False),
    ],
)
def test_resource_must_be_of_the_bucket(s3: Any, bucket: str, resource: Any, taken: bool) -> None:
    named = json.loads(json.dumps(resource).replace("{bucket}", bucket))

    found = refusal(s3, bucket, document(bucket, Resource=named))

    assert found == (None if taken else ("MalformedPolicy", "Policy has invalid resource"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Effect": "allow"}, "Invalid effect : allow"),
        ({"Effect": None}, "Invalid effect : None"),
        ({"Action": "sqs:SendMessage"}, "Policy has invalid action"),
        ({"Action": None}, "Missing required field Action"),
        ({"Resource": None}, "Missing required field Resource"),
        ({"Principal": None}, "Missing required field Principal"),
        ({"Sid": 1}, "Invalid Sid"),
    ],
)
def test_statement_must_be_complete_and_valid(
    s3: Any, bucket: str, changes: dict[str, Any], message: str
) -> None:
    assert refusal(s3, bucket, document(bucket, **changes)) == ("MalformedPolicy", message)


@pytest.mark.parametrize("sid", ["ResealDenyInsecureTransport", "", "Allow requests from www.example.com."])
def test_sid_is_any_text_as_in_examples_of_aws(s3: Any, bucket: str, sid: str) -> None:
    assert refusal(s3, bucket, document(bucket, Sid=sid)) is None


@pytest.mark.parametrize(
    "whole",
    [{"Version": "2012-10-17"}, {"Version": "2012-10-17", "Statement": []}],
    ids=["no statement", "an empty list"],
)
def test_policy_needs_a_statement(s3: Any, bucket: str, whole: dict[str, Any]) -> None:
    found = refusal(s3, bucket, whole)

    assert found == ("MalformedPolicy", "Could not parse the policy: Statement is empty!")


@pytest.mark.parametrize("version", ["2012-10-18", "2023-01-01"])
def test_version_must_be_one_of_the_two(s3: Any, bucket: str, version: str) -> None:
    found = refusal(s3, bucket, document(bucket) | {"Version": version})

    assert found == ("MalformedPolicy", "The policy must contain a valid version string")


def test_single_statement_needs_no_list(s3: Any, bucket: str) -> None:
    (statement,) = document(bucket)["Statement"]

    assert refusal(s3, bucket, {"Version": "2012-10-17", "Statement": statement}) is None


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": ACCOUNT},
        {"AWS": f"arn:aws:iam::{OTHER}:role/unknown-here"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/any/session"},
        {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"},
        {"Service": "logging.s3.amazonaws.com"},
        {"Service": ["delivery.logs.amazonaws.com"], "AWS": [f"arn:aws:iam::{ACCOUNT}:root"]},
        {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
    ],
)
def test_principal_that_can_exist_is_taken(s3: Any, bucket: str, principal: Any) -> None:
    assert refusal(s3, bucket, document(bucket, Principal=principal)) is None


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "AIDAEXAMPLEEXAMPLE123"},
        {"AWS": "AROAEXAMPLEEXAMPLE123"},
        {"AWS": GHOST},
        {"AWS": [f"arn:aws:iam::{ACCOUNT}:root", GHOST]},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"},
        {"AWS": "12345"},
        {"Service": "somebody"},
        {"Nobody": "x"},
        "everybody",
        ["*"],
    ],
)
def test_principal_that_does_not_exist_is_refused(s3: Any, bucket: str, principal: Any) -> None:
    found = refusal(s3, bucket, document(bucket, Effect="Deny", Principal=principal))

    assert found == ("MalformedPolicy", "Invalid principal in policy")


def test_existing_role_is_taken(s3: Any, bucket: str, role: str) -> None:
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{role}"}

    assert refusal(s3, bucket, document(bucket, Principal=principal)) is None


def test_deleted_role_is_shown_by_its_id_and_blocks_every_later_policy(
    local_cloud: LocalCloud, s3: Any, bucket: str, role: str
) -> None:
    iam = local_cloud.client("iam")
    old = iam.get_role(RoleName=role)["Role"]["RoleId"]
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=json.dumps(document(bucket, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/{role}"})),
    )
    iam.delete_role(RoleName=role)

    shown = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])

    assert shown["Statement"][0]["Principal"] == {"AWS": old}
    assert refusal(s3, bucket, shown) == ("MalformedPolicy", "Invalid principal in policy")


def test_role_made_again_under_its_name_is_another(
    local_cloud: LocalCloud, s3: Any, bucket: str, role: str
) -> None:
    iam, named = local_cloud.client("iam"), {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/{role}"]}
    old = iam.get_role(RoleName=role)["Role"]["RoleId"]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document(bucket, Principal=named)))
    iam.delete_role(RoleName=role)
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)

    shown = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])

    assert shown["Statement"][0]["Principal"] == {"AWS": [old]}


def test_public_policy_is_blocked_with_the_name_of_the_setting(s3: Any, bucket: str) -> None:
    code, message = refusal(s3, bucket, document(bucket, Principal="*")) or ("", "")

    assert code == "AccessDenied"
    assert f"User: arn:aws:iam::{ACCOUNT}:user/engineer is not authorized to perform" in message
    assert (
        "because public policies are blocked by the BlockPublicPolicy block public access setting" in message
    )


def test_policy_that_was_public_before_stays_blocked_with_a_deny_added(s3: Any, bucket: str) -> None:
    s3.delete_public_access_block(Bucket=bucket)
    public = document(bucket, Principal="*")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(public))
    everything = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=everything)
    public["Statement"] += document(bucket, Effect="Deny", Principal="*", Action="s3:*")["Statement"]

    assert (refusal(s3, bucket, public) or ("",))[0] == "AccessDenied"


def test_deny_for_everybody_is_not_public(s3: Any, bucket: str) -> None:
    assert refusal(s3, bucket, document(bucket, Effect="Deny", Principal="*")) is None


def test_refused_policy_changes_nothing(s3: Any, bucket: str) -> None:
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document(bucket)))

    refusal(s3, bucket, document(bucket, Principal={"AWS": GHOST}))

    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == document(bucket)


def test_deleting_the_policy_of_a_bucket_without_one_succeeds(s3: Any, bucket: str) -> None:
    s3.delete_bucket_policy(Bucket=bucket)

    assert s3.delete_bucket_policy(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_bucket_that_does_not_exist_has_no_policy(s3: Any) -> None:
    assert (refusal(s3, "never-made-bucket", document("never-made-bucket")) or ("",))[0] == "NoSuchBucket"


def test_switch_gives_an_equal_policy_in_other_words(cloud_python: str) -> None:
    with LocalCloud.start(python=cloud_python, switches=["--get-bucket-policy-normalises"]) as cloud:
        s3, put = (
            cloud.client("s3"),
            document("other-words", Principal={"AWS": OTHER}, Action=["s3:GetObject"]),
        )
        s3.create_bucket(Bucket="other-words")
        s3.put_bucket_policy(Bucket="other-words", Policy=json.dumps(put))

        text = s3.get_bucket_policy(Bucket="other-words")["Policy"]

    (statement,) = json.loads(text)["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{OTHER}:root"}
    assert statement["Action"] == "s3:GetObject"
    assert list(statement) != list(put["Statement"][0])
