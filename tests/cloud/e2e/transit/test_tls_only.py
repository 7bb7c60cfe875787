"""A bucket on the deployed stack that must answer over TLS only."""

from __future__ import annotations

import json
import re
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import REPOSITORY, Credentials
from tests.support.deployment import STORAGE_ONLY, Deployment, deployed

CHECK, SID = "S3.BucketTlsOnly", "ResealDenyInsecureTransport"
PATIENCE_SECONDS = 60.0
RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text()
READ = {
    "Sid": "Read",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
    "Action": "s3:GetObject",
}


@pytest.fixture(scope="module")
def tls_only(built: Path) -> Iterator[Deployment]:
    with deployed(TlsMode="enforce") as deployment:
        yield deployment


@pytest.fixture(scope="module")
def client(tls_only: Deployment) -> Credentials:
    """A user with every right on S3."""
    return tls_only.cloud.create_user("old-client", STORAGE_ONLY)


@pytest.fixture(scope="module")
def plain(tls_only: Deployment, client: Credentials) -> Any:
    """The same user over plain HTTP."""
    return tls_only.cloud.over_plain_http("s3", client)


def statements_of(stack: Deployment, bucket: str) -> list[dict[str, Any]]:
    try:
        answer = stack.s3.get_bucket_policy(Bucket=bucket)
    except stack.s3.exceptions.ClientError:
        return []
    found: list[dict[str, Any]] = json.loads(answer["Policy"])["Statement"]
    return found


def findings_of(stack: Deployment, bucket: str, count: int) -> list[dict[str, Any]]:
    """The findings about the bucket's policy, once there are so many."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    found: list[dict[str, Any]] = []
    while len(found) < count and time.monotonic() < deadline:
        stack.arrivals.poll()
        found = [
            one
            for one in stack.arrivals.findings
            if one["resource"]["name"] == bucket and one["check"] == CHECK
        ]
        time.sleep(0.1)
    return found


def outcome(stack: Deployment, bucket: str, count: int) -> list[tuple[str, bool]]:
    """The status of each finding about the bucket's policy, and whether it names an actor."""
    return [(one["status"], one["actor"] is not None) for one in findings_of(stack, bucket, count)]


def refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except ClientError as error:
        return str(error.response["Error"]["Code"]) == "AccessDenied"
    return False


def undo(stack: Deployment, bucket: str, entry_id: str) -> None:
    """What the runbook's commands do, with its paths into the ledger entry."""
    table = stack.stack.outputs["LedgerTable"]
    item = stack.cloud.client("dynamodb").get_item(TableName=table, Key={"id": {"S": entry_id}})["Item"]
    entry = json.loads(item["entry"]["S"])
    texts = {
        name: reduce(getitem, path.split("."), entry)
        for path, name in re.findall(r"jq -r '\.([a-z.]+)' entry\.json > (\w+)\.json", RUNBOOK)
    }
    now = stack.s3.get_bucket_policy(Bucket=bucket)["Policy"]
    if json.loads(now) == json.loads(texts["after"]):
        stack.s3.put_bucket_policy(Bucket=bucket, Policy=texts["before"])


def page(stack: Deployment, bucket: str) -> bytes:
    """What a browser gets from the bucket's website endpoint."""
    host = f"{bucket}.s3-website-us-east-1.amazonaws.com"
    request = urllib.request.Request(f"{stack.cloud.endpoint}/", headers={"Host": host})
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read())


def test_client_over_plain_http_is_refused_after_the_repair(
    tls_only: Deployment, client: Credentials, plain: Any
) -> None:
    bucket = f"tls-{uuid.uuid4().hex[:12]}"
    with tls_only.without_events():
        tls_only.s3.create_bucket(Bucket=bucket)
        tls_only.s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    before = refused(lambda: plain.get_object(Bucket=bucket, Key="a"))
    tls_only.s3.delete_object(Bucket=bucket, Key="a")
    tls_only.s3.delete_bucket(Bucket=bucket)

    tls_only.s3.create_bucket(Bucket=bucket)
    found = outcome(tls_only, bucket, 2)
    tls_only.s3.put_object(Bucket=bucket, Key="a", Body=b"x")

    assert before is False
    assert found == [("DETECTED", True), ("REMEDIATED", False)]
    assert [one["Sid"] for one in statements_of(tls_only, bucket)] == [SID]
    assert refused(lambda: plain.get_object(Bucket=bucket, Key="a"))
    assert refused(lambda: plain.list_objects_v2(Bucket=bucket))
    assert not refused(lambda: tls_only.cloud.client("s3", client).get_object(Bucket=bucket, Key="a"))


def test_statement_is_added_and_undone_as_the_runbook_says(tls_only: Deployment) -> None:
    bucket = f"tls-{uuid.uuid4().hex[:12]}"
    tls_only.s3.create_bucket(Bucket=bucket)
    findings_of(tls_only, bucket, 2)
    read = {**READ, "Resource": f"arn:aws:s3:::{bucket}/*"}
    own = json.dumps({"Version": "2012-10-17", "Statement": [read]}, indent=2)

    tls_only.s3.put_bucket_policy(Bucket=bucket, Policy=own)
    found = findings_of(tls_only, bucket, 4)[2:]
    repaired = [one["Sid"] for one in statements_of(tls_only, bucket)]
    with tls_only.without_events():
        undo(tls_only, bucket, found[1]["ledger_entry"])

    assert [one["status"] for one in found] == ["DETECTED", "REMEDIATED"]
    assert repaired == ["Read", SID]
    assert tls_only.s3.get_bucket_policy(Bucket=bucket)["Policy"] == own


def test_website_is_left_alone_and_still_served(tls_only: Deployment) -> None:
    bucket = f"tls-{uuid.uuid4().hex[:12]}"
    with tls_only.without_events():
        tls_only.s3.create_bucket(Bucket=bucket)
        website = {"IndexDocument": {"Suffix": "index.html"}}
        tls_only.s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=website)
        tls_only.s3.put_object(Bucket=bucket, Key="index.html", Body=b"<p>hello")
        tls_only.s3.delete_public_access_block(Bucket=bucket)
    public = {**READ, "Principal": "*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [public]})

    tls_only.after(
        lambda: tls_only.s3.put_bucket_policy(Bucket=bucket, Policy=policy), bucket, "PutBucketPolicy"
    )

    (finding,) = findings_of(tls_only, bucket, 1)
    assert finding["status"] == "MANUAL"
    assert "website" in finding["reason"]
    assert [one["Sid"] for one in statements_of(tls_only, bucket)] == ["Read"]
    assert page(tls_only, bucket) == b"<p>hello"


def test_bucket_that_is_used_over_plain_http_is_left_to_its_owner(tls_only: Deployment, plain: Any) -> None:
    bucket = f"tls-{uuid.uuid4().hex[:12]}"

    plain.create_bucket(Bucket=bucket)

    (finding,) = findings_of(tls_only, bucket, 1)
    assert finding["status"] == "MANUAL"
    assert "CreateBucket by" in finding["reason"]
    assert statements_of(tls_only, bucket) == []
