"""The other writer: what he does to the object while the lane works on it, and what should be there then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from tests.cloud.object_soak.cases.cases import OVERWRITES
from tests.cloud.object_soak.cases.snapshot import Seen, see
from tests.cloud.object_soak.cases.writing import OTHER_USER, Write, customer_key
from tests.cloud.object_soak.world.resources import Ground

OTHER_TAGS = {"changed": "meanwhile", "and": "more"}


@dataclass(slots=True)
class Expected:
    """What is to be where, if only Reseal's re-encryption comes on top.

    `current` is what the key names, `version` the version that the event is about, where it is another one.
    """

    current: Seen | None
    version: Seen | None = None
    overwritten: bool = False


def race(ground: Ground, kind: str, of: Write, body: bytes, expected: Expected) -> bool:
    """Do it, and note what follows. Whether S3 let it happen."""
    named = {"Bucket": of.bucket, "Key": of.key}
    try:
        _act(ground, kind, named, body)
    except ClientError:
        return False
    if kind in OVERWRITES or kind == "delete":
        if of.version_id not in {None, "null"} and expected.current is not None:
            expected.version = expected.version or expected.current
        expected.overwritten = True
        expected.current = see(ground, of.bucket, of.key)
    elif expected.current is not None:
        now = see(ground, of.bucket, of.key)
        assert now is not None
        expected.current = replace(expected.current, **{kind: getattr(now, kind)})
    return True


def _act(ground: Ground, kind: str, named: dict[str, str], body: bytes) -> None:
    mark: dict[str, Any] = {"Metadata": {"written": "meanwhile"}, "StorageClass": "STANDARD_IA"}
    match kind:
        case "other bytes":
            ground.writer.put_object(**named, **mark, Body=b"other bytes")
        case "same bytes":
            ground.writer.put_object(**named, **mark, Body=body, Tagging="written=meanwhile")
        case "own key":
            under = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": ground.keys["team"]}
            ground.writer.put_object(**named, **mark, **under, Body=body)
        case "sse-c":
            ground.writer.put_object(**named, **mark, **customer_key(), Body=body)
        case "delete":
            ground.s3.delete_object(**named)
        case _:
            _change(ground, kind, named)


def _change(ground: Ground, kind: str, named: dict[str, str]) -> None:
    match kind:
        case "tags":
            tags = [{"Key": name, "Value": value} for name, value in OTHER_TAGS.items()]
            ground.s3.put_object_tagging(**named, Tagging={"TagSet": tags})
        case "acl":
            owner = f'id="{ground.canonical_id}"'
            ground.s3.put_object_acl(**named, GrantFullControl=owner, GrantReadACP=f'id="{OTHER_USER}"')
        case "lock":
            ground.s3.put_object_legal_hold(**named, LegalHold={"Status": "ON"})
