"""What a bucket policy does to callers over plain HTTP, and to those that NotPrincipal names."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import ACCOUNT, Credentials, LocalCloud

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ENGINEER = f"arn:aws:iam::{ACCOUNT}:user/engineer"
OVER_HTTP = {"Bool": {"aws:SecureTransport": "false"}}


def put_policy(s3: Any, bucket: str, **statement: Any) -> None:
    both = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    whole = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": both, **statement}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [whole]}))


def code(act: Callable[[], Any]) -> str:
    try:
        act()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "OK"


def page(cloud: LocalCloud, bucket: str, path: str) -> tuple[int, bytes]:
    """What a browser gets from the website endpoint."""
    host = f"{bucket}.s3-website-us-east-1.amazonaws.com"
    request = urllib.request.Request(f"{cloud.endpoint}{path}", headers={"Host": host})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


@pytest.fixture
def plain(local_cloud: LocalCloud, user: Credentials) -> Any:
    return local_cloud.over_plain_http("s3", user)


def test_only_a_client_over_plain_http_is_refused(s3: Any, plain: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    before = code(lambda: plain.get_object(Bucket=bucket, Key="a"))

    put_policy(s3, bucket, Principal="*", Condition=OVER_HTTP)

    assert before == "OK"
    assert code(lambda: plain.get_object(Bucket=bucket, Key="a")) == "AccessDenied"
    assert code(lambda: s3.get_object(Bucket=bucket, Key="a")) == "OK"


def test_record_of_a_call_over_plain_http_names_no_tls(
    plain: Any, s3: Any, bucket: str, trail_events: Any
) -> None:
    plain.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": []})
    s3.delete_bucket_tagging(Bucket=bucket)

    shown = {
        event["detail"]["eventName"]: "tlsDetails" in event["detail"]
        or "CipherSuite" in event["detail"]["additionalEventData"]
        for event in trail_events.receive_json(2)
    }

    assert shown == {"PutBucketTagging": False, "DeleteBucketTagging": True}


def test_website_endpoint_serves_the_public_over_plain_http(
    local_cloud: LocalCloud, s3: Any, bucket: str
) -> None:
    absent, _ = page(local_cloud, bucket, "/")
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"<p>hello")
    s3.delete_public_access_block(Bucket=bucket)
    private, _ = page(local_cloud, bucket, "/")
    put_policy(s3, bucket, Effect="Allow", Principal="*")
    served = page(local_cloud, bucket, "/")

    put_policy(s3, bucket, Principal="*", Condition=OVER_HTTP)

    assert (absent, private, served) == (404, 403, (200, b"<p>hello"))
    assert page(local_cloud, bucket, "/index.html")[0] == 403


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([ROOT, ENGINEER], "OK"),
        ([ENGINEER], "AccessDenied"),
        ([ROOT], "AccessDenied"),
    ],
    ids=["user and account", "user alone", "account alone"],
)
def test_denial_spares_whom_not_principal_names_with_its_account(
    s3: Any, bucket: str, names: list[str], expected: str
) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")

    put_policy(s3, bucket, NotPrincipal={"AWS": names})

    assert code(lambda: s3.get_object(Bucket=bucket, Key="a")) == expected
