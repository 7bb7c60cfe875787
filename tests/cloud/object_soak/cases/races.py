"""Another writer: its changes while the lane works on the object, and the expected result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from tests.cloud.object_soak.cases.cases import OVERWRITES
from tests.cloud.object_soak.cases.snapshot import Seen, see
from tests.cloud.object_soak.cases.writing import OTHER_USER, Write, customer_key
from tests.cloud.object_soak.world.resources import Resources

OTHER_TAGS = {"changed": "meanwhile", "and": "more"}


@dataclass(slots=True)
class Expected:
    """The expected objects, apart from Reseal's re-encryption.

    `current` is the object key's current version, `version` the event's version if it is another one.
    """

    current: Seen | None
    version: Seen | None = None
    overwritten: bool = False


def race(resources: Resources, kind: str, of: Write, body: bytes, expected: Expected) -> bool:
    """Make the change and update `expected`; returns whether S3 accepted it."""
    named = {"Bucket": of.bucket, "Key": of.key}
    try:
        _act(resources, kind, named, body)
    except ClientError:
        return False
    if kind in OVERWRITES or kind == "delete":
        if of.version_id not in {None, "null"} and expected.current is not None:
            expected.version = expected.version or expected.current
        expected.overwritten = True
        expected.current = see(resources, of.bucket, of.key)
    elif expected.current is not None:
        now = see(resources, of.bucket, of.key)
        assert now is not None
        expected.current = replace(expected.current, **{kind: getattr(now, kind)})
    return True


def _act(resources: Resources, kind: str, named: dict[str, str], body: bytes) -> None:
    mark: dict[str, Any] = {"Metadata": {"written": "meanwhile"}, "StorageClass": "STANDARD_IA"}
    match kind:
        case "other bytes":
            resources.writer.put_object(**named, **mark, Body=b"other bytes")
        case "same bytes":
            resources.writer.put_object(**named, **mark, Body=body, Tagging="written=meanwhile")
        case "own key":
            under = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": resources.keys["team"]}
            resources.writer.put_object(**named, **mark, **under, Body=body)
        case "sse-c":
            resources.writer.put_object(**named, **mark, **customer_key(), Body=body)
        case "delete":
            resources.s3.delete_object(**named)
        case _:
            _change(resources, kind, named)


def _change(resources: Resources, kind: str, named: dict[str, str]) -> None:
    match kind:
        case "tags":
            tags = [{"Key": name, "Value": value} for name, value in OTHER_TAGS.items()]
            resources.s3.put_object_tagging(**named, Tagging={"TagSet": tags})
        case "acl":
            owner = f'id="{resources.canonical_id}"'
            resources.s3.put_object_acl(**named, GrantFullControl=owner, GrantReadACP=f'id="{OTHER_USER}"')
        case "lock":
            resources.s3.put_object_legal_hold(**named, LegalHold={"Status": "ON"})
