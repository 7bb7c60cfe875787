"""Object-level calls as CloudTrail records, its data events (A14 to A27)."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import fromstring

from ministack.core import iam_actions
from ministack.services import s3

from localcloud.cloudtrail import posted_form, trail_encryption
from localcloud.cloudtrail.trail_body import to_parameters
from localcloud.cloudtrail.trail_record import common
from localcloud.cloudtrail.trail_selectors import OBJECT
from localcloud.request.calls import Call, Response
from localcloud.s3.stored_objects import copy_source

Record = dict[str, Any]
OK = 200
BUCKET = "AWS::S3::Bucket"
ARN = "arn:aws:s3:::"
KEYLESS = frozenset({"DeleteObjects", "PostObject"})
READS = ("Get", "Head", "List")
LOGGED_HEADERS = (  # A15; none carries content
    "x-amz-acl",
    "x-amz-bypass-governance-retention",
    "x-amz-copy-source",
    "x-amz-expected-bucket-owner",
    "x-amz-grant-",
    "x-amz-metadata-directive",
    "x-amz-object-annotation-directive",
    "x-amz-object-lock-",
    "x-amz-server-side-encryption",
    "x-amz-source-expected-bucket-owner",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-website-redirect-location",
)
SECRETS = ("customer-key", "x-amz-credential", "x-amz-signature", "x-amz-security-token")
WITH_BODY = ("Acl", "Tagging", "Retention", "LegalHold", "RestoreObject", "UpdateObjectEncryption")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants:
    """Possible readings of UNCONFIRMED facts about these records, chosen at launch."""

    complete_upload_shows_encryption: bool
    show_bucket_key: bool
    url_encode_keys: bool
    update_is_bare: bool


def is_data_event(call: Call) -> bool:
    """Whether the call is a data event for CloudTrail."""
    return bool(call.key and call.operation) or call.operation in KEYLESS


def records(
    call: Call, response: Response, owner: str | None, ended: float, variants: Variants
) -> list[Record]:
    """The records of a call that has ended: one; DeleteObjects adds one for each object (A27)."""
    calls = [posted_form.with_fields(call), *_deletions(call, response)]
    return [_record(one, response, owner, ended, variants) for one in calls]


def _record(call: Call, response: Response, owner: str | None, ended: float, variants: Variants) -> Record:
    record = common(call, response, ended) | {
        "eventName": call.operation,
        "requestParameters": _parameters(call, variants),
        "responseElements": trail_encryption.response_elements(
            call,
            response,
            of_completion=variants.complete_upload_shows_encryption,
            with_bucket_key=variants.show_bucket_key,
        ),
        "readOnly": call.operation.startswith(READS),
        "resources": _resources(call, owner, variants),
        "managementEvent": False,
        "eventCategory": "Data",
    }
    record["additionalEventData"] |= trail_encryption.applied(call, response)
    return record


def _parameters(call: Call, variants: Variants) -> Record:
    """The request's parameters under their own names, only those that were sent (A15)."""
    body = to_parameters(call.body) if call.operation.endswith(WITH_BODY) else {}
    query = {name: values[0] for name, values in call.query.items()}
    if call.operation == "UpdateObjectEncryption" and variants.update_is_bare:
        body, query = {}, {name: value for name, value in query.items() if name != "encryption"}
    headers = {name: value for name, value in call.headers.items() if name.startswith(LOGGED_HEADERS)}
    sent = {name: value for name, value in (query | headers).items() if not _is_secret(name)}
    where = {"bucketName": call.bucket, "Host": call.headers.get("host", "")}
    return where | ({"key": _spelled(call.key, variants)} if call.key else {}) | sent | body


def _is_secret(name: str) -> bool:
    return any(secret in name.lower() for secret in SECRETS)


def _spelled(key: str, variants: Variants) -> str:
    """A25, UNCONFIRMED."""
    return quote(key, safe="/") if variants.url_encode_keys else key


def _resources(call: Call, owner: str | None, variants: Variants) -> list[Record]:
    """A14: object and bucket; for a copy the target comes first and the source last."""
    if not call.key:
        return [{"type": OBJECT, "ARNPrefix": f"{ARN}{call.bucket}/"}, _bucket(call.bucket, owner)]
    target = {"type": OBJECT, "ARN": f"{ARN}{call.bucket}/{_spelled(call.key, variants)}"}
    resources: list[Record] = [target, _bucket(call.bucket, owner)]
    if header := call.headers.get("x-amz-copy-source"):
        bucket, key, _ = copy_source(header)
        if bucket != call.bucket:
            resources.append(_bucket(bucket, s3._bucket_owner_account(bucket)))
        resources.append({"type": OBJECT, "ARN": f"{ARN}{bucket}/{_spelled(key, variants)}"})
    return resources


def _bucket(name: str, owner: str | None) -> Record:
    bucket = {"type": BUCKET, "ARN": f"{ARN}{name}"}
    return {"accountId": owner, **bucket} if owner else bucket


def _deletions(call: Call, response: Response) -> list[Call]:
    """The DeleteObject calls that a DeleteObjects stands for, without those that failed."""
    if call.operation != "DeleteObjects" or response[0] != OK:
        return []
    errors = [found for found in fromstring(response[2]) if found.tag.endswith("Error")]  # noqa: S314 - MiniStack's
    failed = {key.text for error in errors for key in error if key.tag.endswith("Key")}
    calls = []
    for arn, version in iam_actions._s3_batch_delete_targets(call.bucket, call.body):
        key = arn.removeprefix(f"{ARN}{call.bucket}/")
        if key not in failed:
            query = {"versionId": [version]} if version else {}
            calls.append(replace(call, operation="DeleteObject", key=key, query=query, body=b""))
    return calls
