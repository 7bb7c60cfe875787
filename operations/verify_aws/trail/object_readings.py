"""What the records of calls to objects say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import quote, quote_plus

from operations.verify_aws.measurement import Reading
from operations.verify_aws.trail.calls import KEYS
from operations.verify_aws.trail.records import OWN_ARN, Records, answer_in, asks, detail, present, sent_with

_SSE = "x-amz-server-side-encryption"
_KEY_ID, _BUCKET_KEY = f"{_SSE}-aws-kms-key-id", f"{_SSE}-bucket-key-enabled"
_WRITES = (
    "put_object_default_sse_s3",
    "put_object_default_sse_kms",
    "put_object_sse_kms",
    "put_object_dsse_kms",
    "put_object_sse_c",
)


def _envelope(records: Records) -> str:
    event = records["put_object_default_sse_s3"][0]
    listed = "no resources" if event["resources"] == [] else "resources"
    return f"{event['source']}, {event['detail-type']}, {listed}"


def _resources(records: Records) -> str:
    listed = detail(records, "put_object_sse_kms").get("resources", [])
    accounts = {entry["type"]: "accountId" in entry for entry in listed}
    return present(
        ("object", "AWS::S3::Object" in accounts),
        ("bucket", "AWS::S3::Bucket" in accounts),
        ("account only of the bucket", accounts == {"AWS::S3::Object": False, "AWS::S3::Bucket": True}),
    )


def _headers(records: Records) -> str:
    asked, left = sent_with(records, "put_object_sse_kms"), sent_with(records, "put_object_default_sse_kms")
    return present(("headers that were sent", asked.get(_SSE) == "aws:kms"), ("others", _SSE in left))


def _response(records: Records) -> str:
    answered = answer_in(records, "put_object_default_sse_kms")
    return present(
        ("encryption", answered.get(_SSE) == "aws:kms"),
        ("key's ARN", str(answered.get(_KEY_ID, "")).startswith(OWN_ARN)),
    )


def _bucket_key(records: Records) -> str:
    return present(("Bucket Key", _BUCKET_KEY in answer_in(records, "put_object_default_sse_kms")))


def _applied(records: Records) -> str:
    return ", ".join(
        str(detail(records, name).get("additionalEventData", {}).get("SSEApplied", "none"))
        for name in _WRITES
    )


def _begun(records: Records) -> str:
    begun = detail(records, "create_multipart_upload_sse_c")
    return f"{begun['eventName']}, {begun.get('additionalEventData', {}).get('SSEApplied', 'none')}"


def _completed(records: Records) -> str:
    answered = answer_in(records, "complete_multipart_upload_sse_kms")
    return present(("encryption", _SSE in answered), ("key", _KEY_ID in answered))


def _spelling(records: Records) -> str:
    shown = {key: str(sent_with(records, name).get("key")) for name, key in KEYS.items()}
    ways: Mapping[str, Callable[[str], str]] = {
        "as sent": str,
        "percent-encoded": partial(quote, safe="/"),
        "form-encoded": partial(quote_plus, safe="/"),
    }
    return next(
        (way for way, spell in ways.items() if all(spell(key) == text for key, text in shown.items())),
        "another",
    )


def _deletions(records: Records) -> str:
    names = [str(event["detail"]["eventName"]) for event in records["delete_objects"]]
    return ", ".join(f"{names.count(name)} {name}" for name in sorted(set(names)))


def _form(records: Records) -> str:
    return str(detail(records, "post_object_by_form")["eventName"])


def _without_tls(records: Records) -> str:
    return present(("tlsDetails", detail(records, "put_object_over_http").get("tlsDetails")))


def _dsse(records: Records) -> str:
    answered = answer_in(records, "put_object_dsse_kms")
    return present(
        ("encryption", answered.get(_SSE) == "aws:kms:dsse"),
        ("key's ARN", str(answered.get(_KEY_ID, "")).startswith(OWN_ARN)),
    )


def _update(records: Records) -> str:
    sent = sent_with(records, "update_object_encryption")
    return present(("encryption", "encryption" in sent), ("ObjectEncryption", "ObjectEncryption" in sent))


def _role(records: Records) -> str:
    identity = detail(records, "put_object_denied")["userIdentity"]
    issuer = identity.get("sessionContext", {}).get("sessionIssuer", {}).get("arn", "")
    return present(
        ("assumed-role ARN", ":assumed-role/" in identity.get("arn", "")),
        ("issuer's role ARN", ":role/" in issuer),
    )


READINGS = (
    Reading(
        asks(
            "envelope",
            "A1",
            "Source, detail-type and resources of the event around a record",
            "aws.s3, AWS API Call via CloudTrail, no resources",
        ),
        ("put_object_default_sse_s3",),
        _envelope,
    ),
    Reading(
        asks(
            "resources-of-a-write",
            "A14",
            "The resources of PutObject's record",
            "object, bucket, account only of the bucket",
        ),
        ("put_object_sse_kms",),
        _resources,
    ),
    Reading(
        asks(
            "headers-of-a-write",
            "A15",
            "The encryption headers in requestParameters of PutObject",
            "headers that were sent, no others",
        ),
        ("put_object_sse_kms", "put_object_default_sse_kms"),
        _headers,
    ),
    Reading(
        asks(
            "response-of-a-write",
            "A16",
            "responseElements of a PutObject that leaves the encryption to the bucket",
            "encryption, key's ARN",
        ),
        ("put_object_default_sse_kms",),
        _response,
    ),
    Reading(
        asks("bucket-key-in-a-record", "A17", "The Bucket Key in responseElements", "no Bucket Key"),
        ("put_object_default_sse_kms",),
        _bucket_key,
    ),
    Reading(
        asks(
            "sse-applied",
            "A18",
            "SSEApplied of writes under the default SSE-S3, the default SSE-KMS, SSE-KMS, DSSE-KMS and SSE-C",
            "Default_SSE_S3, Default_SSE_KMS, SSE_KMS, DSSE_KMS, SSE_C",
        ),
        _WRITES,
        _applied,
    ),
    Reading(
        asks(
            "beginning-of-an-upload",
            "A20",
            "Name and SSEApplied of the record that begins an upload under SSE-C",
            "CreateMultipartUpload, SSE_C",
        ),
        ("create_multipart_upload_sse_c",),
        _begun,
    ),
    Reading(
        asks(
            "record-of-a-completion",
            "A21",
            "responseElements of CompleteMultipartUpload under SSE-KMS",
            "no encryption, no key",
        ),
        ("complete_multipart_upload_sse_kms",),
        _completed,
    ),
    Reading(
        asks(
            "spelling-of-keys", "A25", "Space, plus, percent and characters beyond ASCII in a key", "as sent"
        ),
        tuple(KEYS),
        _spelling,
    ),
    Reading(
        asks(
            "deleted-objects",
            "A27",
            "The records of DeleteObjects with two keys",
            "2 DeleteObject, 1 DeleteObjects",
        ),
        ("delete_objects",),
        _deletions,
    ),
    Reading(
        asks(
            "identity-of-a-role",
            "A28",
            "userIdentity of a role's session",
            "assumed-role ARN, issuer's role ARN",
        ),
        ("put_object_denied",),
        _role,
    ),
    Reading(
        asks("form-upload", "A43", "The name of an upload by an HTML form", "PostObject"),
        ("post_object_by_form",),
        _form,
    ),
    Reading(
        asks("record-without-tls", "A44", "tlsDetails of a request over plain HTTP", "no tlsDetails"),
        ("put_object_over_http",),
        _without_tls,
    ),
    Reading(
        asks(
            "dsse-in-a-record",
            "B13",
            "responseElements of a PutObject under DSSE-KMS",
            "encryption, key's ARN",
        ),
        ("put_object_dsse_kms",),
        _dsse,
    ),
    Reading(
        asks(
            "record-of-an-update",
            "D9",
            "requestParameters of UpdateObjectEncryption",
            "encryption, ObjectEncryption",
        ),
        ("update_object_encryption",),
        _update,
    ),
)
