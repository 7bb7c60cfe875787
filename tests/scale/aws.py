"""An AWS with many buckets that answers after 20 ms: what a sweep calls, and nothing more."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCOUNT, REGION = "111122223333", "us-east-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000001"
SCAN_PAGE = 400
"""Items in one answer of Scan: about 1 MB, its most."""


def _encryption(default: str, bucket_key: str) -> str:
    rule = (
        f"<ApplyServerSideEncryptionByDefault>{default}</ApplyServerSideEncryptionByDefault>"
        f"<BucketKeyEnabled>{bucket_key}</BucketKeyEnabled>"
        "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>"
    )
    return f"<ServerSideEncryptionConfiguration><Rule>{rule}</Rule></ServerSideEncryptionConfiguration>"


_RIGHT = _encryption(f"<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{KEY}</KMSMasterKeyID>", "true")
_WRONG = _encryption("<SSEAlgorithm>AES256</SSEAlgorithm>", "false")
_NONE = {
    "policy": "NoSuchBucketPolicy",
    "website": "NoSuchWebsiteConfiguration",
    "replication": "ReplicationConfigurationNotFoundError",
    "tagging": "NoSuchTagSet",
}
_ACL = (
    "<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant>"
    '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>o</ID>'
    "</Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"
)
_KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


def _over_tls_only(bucket: str) -> str:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


_METADATA = {
    "AWSAccountId": ACCOUNT,
    "Arn": KEY,
    "KeyId": KEY,
    "KeyState": "Enabled",
    "KeyManager": "CUSTOMER",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "Origin": "AWS_KMS",
}
_OF_KMS = {
    "DescribeKey": {"KeyMetadata": _METADATA},
    "GetKeyPolicy": {"Policy": json.dumps(_KEY_POLICY)},
    "ListKeyPolicies": {"PolicyNames": ["default"]},
    "GetKeyRotationStatus": {"KeyRotationEnabled": True, "RotationPeriodInDays": 365},
}

Answer = tuple[int, str]


@dataclass
class Aws:
    """The account. `wrong` buckets are under SSE-S3 and without a policy.

    In each burst S3 answers `503` for so many seconds.

    `paced` has the times of the calls to S3 and KMS that a sweep may make only at its rate.
    """

    buckets: int
    wrong: bool
    burst_every: float = 0.0
    burst_seconds: float = 0.0
    items: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    published: int = 0
    paced: list[float] = field(default_factory=list)
    throttled: int = 0
    files: dict[str, int] = field(default_factory=dict)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        service, _, operation = headers.get("x-amz-target", "").partition(".")
        if target.startswith("/_"):
            return 200, json.dumps(self._of_test(target))
        if service.startswith("DynamoDB"):
            return 200, json.dumps(self._dynamodb(operation, json.loads(body)))
        if service.startswith("AmazonSQS"):
            self.messages.append(json.loads(body)["MessageBody"])
            return 200, json.dumps({"MessageId": "m"})
        if method == "PUT":
            self.files[target.rpartition("/")[2]] = len(body)
            return 200, ""
        if method == "POST" and not operation:
            return 200, self._published()
        return self._paced(target, operation)

    def _of_test(self, target: str) -> Any:
        if target == "/_messages":
            messages, self.messages = self.messages, []
            return messages
        rows = sum(1 for item in self.items if item.startswith("bucket#"))
        counted = {"throttled": self.throttled, "published": self.published, "rows": rows}
        return {"paced": self.paced, "files": self.files, **counted}

    def _published(self) -> str:
        self.published += 1
        result = "<PublishResult><MessageId>m</MessageId></PublishResult>"
        return f"<PublishResponse>{result}</PublishResponse>"

    def _paced(self, target: str, operation: str) -> Answer:
        now = time.monotonic()
        self.paced.append(now)
        quiet = self.burst_every - self.burst_seconds
        if self.burst_every and (now - self.paced[0]) % self.burst_every > quiet:
            self.throttled += 1
            return 503, "<Error><Code>SlowDown</Code><Message>slow down</Message></Error>"
        if operation:
            return 200, json.dumps(_OF_KMS[operation])
        return self._s3(urlsplit(target))

    def _s3(self, url: Any) -> Answer:
        query = parse_qs(url.query, keep_blank_values=True)
        if url.path == "/":
            return 200, self._listed(query)
        if "encryption" in query:
            return 200, _WRONG if self.wrong else _RIGHT
        if "acl" in query:
            return 200, _ACL
        if "policy" in query and not self.wrong:
            return 200, _over_tls_only(url.path.strip("/"))
        code = next(code for name, code in _NONE.items() if name in query)
        return 404, f"<Error><Code>{code}</Code><Message>none</Message></Error>"

    def _listed(self, query: dict[str, list[str]]) -> str:
        first, size = int(query.get("continuation-token", ["0"])[0]), int(query["max-buckets"][0])
        last = min(first + size, self.buckets)
        names = "".join(
            f"<Bucket><Name>bucket-{number:06}</Name><CreationDate>2026-01-01T00:00:00Z</CreationDate></Bucket>"
            for number in range(first, last)
        )
        token = f"<ContinuationToken>{last}</ContinuationToken>" if last < self.buckets else ""
        return f"<ListAllMyBucketsResult><Buckets>{names}</Buckets>{token}</ListAllMyBucketsResult>"

    def _dynamodb(self, operation: str, call: dict[str, Any]) -> Any:
        """One caller at a time: conditions always hold."""
        if operation == "Scan":
            ids, start = list(self.items), call.get("ExclusiveStartKey", {}).get("at", {}).get("N", "0")
            page = ids[int(start) : int(start) + SCAN_PAGE]
            wanted = call["ExpressionAttributeValues"][":sweep"]
            found = [self.items[one] for one in page if self.items[one].get("last_sweep") == wanted]
            if "ProjectionExpression" in call:
                names = call["ProjectionExpression"].split(", ")
                found = [{name: one[name] for name in names} for one in found if "kms_key" in one]
            after = int(start) + SCAN_PAGE
            return {"Items": found} | (
                {"LastEvaluatedKey": {"at": {"N": str(after)}}} if after < len(ids) else {}
            )
        if operation == "BatchGetItem":
            ((table, asked),) = call["RequestItems"].items()
            ids = [key["id"]["S"] for key in asked["Keys"]]
            return {"Responses": {table: [self.items[one] for one in ids if one in self.items]}}
        item_id = call["Key"]["id"]["S"]
        if operation == "GetItem":
            return {"Item": self.items[item_id]} if item_id in self.items else {}
        item = self.items.setdefault(item_id, {"id": {"S": item_id}})
        for name, value in re.findall(r"#?(\w+) = (:\w+)", call["UpdateExpression"]):
            item[name] = call["ExpressionAttributeValues"][value]
        return {"Attributes": item}


async def serve(aws: Aws, latency: float) -> None:
    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            (method, target, _), *lines = [line.split(" ", 2) for line in head]
            headers = {name.rstrip(":").lower(): " ".join(rest) for name, *rest in lines}
            if headers.get("expect", "").startswith("100"):
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            await asyncio.sleep(latency)
            status, text = aws.answer(method, target, headers, body)
            data = text.encode()
            kind = "application/json" if text.startswith(("{", "[")) else "text/xml"
            start = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
            writer.write(start.encode() + data)
        writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _head(reader: asyncio.StreamReader) -> list[str]:
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return []
    return [line for line in raw.decode().split("\r\n") if line]


if __name__ == "__main__":
    orders = json.loads(sys.argv[1])
    asyncio.run(serve(Aws(**orders["aws"]), orders["latency"]))
