"""What the records say, once they have arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from operations.verify_aws.measurement import Event, Expectation, Reading
from operations.verify_aws.trail.calls import KEYS

Records = Mapping[str, Sequence[Event]]

_SSE = "x-amz-server-side-encryption"
_KEY_ID, _BUCKET_KEY = f"{_SSE}-aws-kms-key-id", f"{_SSE}-bucket-key-enabled"
_SLOWEST_SECONDS = 900
_WRITES = (
    "put_object_default_sse_s3",
    "put_object_default_sse_kms",
    "put_object_sse_kms",
    "put_object_dsse_kms",
    "put_object_sse_c",
    "create_multipart_upload_sse_c",
)
_KEY_CALLS = (
    "enable_key_rotation",
    "disable_key_rotation",
    "disable_key",
    "enable_key",
    "put_key_policy",
    "schedule_key_deletion",
    "cancel_key_deletion",
)
_OWN_ARN = "arn:"


def _detail(records: Records, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = records[name][0]["detail"]
    return found


def _sent(records: Records, name: str) -> Mapping[str, Any]:
    return _detail(records, name).get("requestParameters") or {}


def _answered(records: Records, name: str) -> Mapping[str, Any]:
    return _detail(records, name).get("responseElements") or {}


def _present(*found: tuple[str, object]) -> str:
    return ", ".join(name if there else f"no {name}" for name, there in found)


def _envelope(records: Records) -> str:
    event = records["put_object_default_sse_s3"][0]
    listed = "no resources" if event["resources"] == [] else "resources"
    return f"{event['source']}, {event['detail-type']}, {listed}"


def _parameters(records: Records) -> str:
    sent = _sent(records, "put_bucket_encryption_sse_kms")
    return _present(
        ("bucketName", "bucketName" in sent), ("Host", "Host" in sent), ("encryption", "encryption" in sent)
    )


def _body(records: Records) -> str:
    rule = (
        _sent(records, "put_bucket_encryption_sse_kms")
        .get("ServerSideEncryptionConfiguration", {})
        .get("Rule")
    )
    default = rule.get("ApplyServerSideEncryptionByDefault", {}) if isinstance(rule, dict) else {}
    return _present(
        ("one rule as an object", isinstance(rule, dict)),
        ("KMSMasterKeyID", _OWN_ARN in str(default.get("KMSMasterKeyID"))),
        ("true as a boolean", isinstance(rule, dict) and rule.get("BucketKeyEnabled") is True),
        ("blocked types", isinstance(rule, dict) and "BlockedEncryptionTypes" in rule),
    )


def _children(records: Records) -> str:
    tags = _sent(records, "put_bucket_tagging").get("Tagging", {}).get("TagSet", {}).get("Tag")
    return "a list" if isinstance(tags, list) else type(tags).__name__


def _created(records: Records) -> str:
    return _present(("resources", "resources" in _detail(records, "create_bucket")))


def _refused(records: Records) -> str:
    seen = []
    for name in ("put_bucket_encryption_denied", "put_object_denied", "put_object_default_sse_s3"):
        detail = _detail(records, name)
        seen.append(str(detail.get("errorCode", "no errorCode")))
    return ", ".join(seen)


def _names(records: Records) -> str:
    calls = ("put_public_access_block", "put_bucket_encryption_sse_kms", "delete_bucket_encryption")
    return ", ".join(str(_detail(records, name)["eventName"]) for name in calls)


def _region(records: Records) -> str:
    arrived = sorted({str(event["region"]) for event in records["create_bucket_in_another_region"]})
    named = _sent(records, "create_bucket_in_another_region")["CreateBucketConfiguration"][
        "LocationConstraint"
    ]
    words = {"us-east-1": "that of the call", named: "that of the bucket"}
    return " and ".join(words.get(region, "another") for region in arrived)


def _resources(records: Records) -> str:
    listed = _detail(records, "put_object_sse_kms").get("resources", [])
    accounts = {entry["type"]: "accountId" in entry for entry in listed}
    return _present(
        ("object", "AWS::S3::Object" in accounts),
        ("bucket", "AWS::S3::Bucket" in accounts),
        ("account only of the bucket", accounts == {"AWS::S3::Object": False, "AWS::S3::Bucket": True}),
    )


def _headers(records: Records) -> str:
    asked, left = _sent(records, "put_object_sse_kms"), _sent(records, "put_object_default_sse_kms")
    return _present(("headers that were sent", asked.get(_SSE) == "aws:kms"), ("others", _SSE in left))


def _response(records: Records) -> str:
    answered = _answered(records, "put_object_default_sse_kms")
    return _present(
        ("encryption", answered.get(_SSE) == "aws:kms"),
        ("key's ARN", str(answered.get(_KEY_ID, "")).startswith(_OWN_ARN)),
    )


def _bucket_key(records: Records) -> str:
    return _present(("Bucket Key", _BUCKET_KEY in _answered(records, "put_object_default_sse_kms")))


def _applied(records: Records) -> str:
    return ", ".join(
        str(_detail(records, name).get("additionalEventData", {}).get("SSEApplied", "none"))
        for name in _WRITES
    )


def _completed(records: Records) -> str:
    answered = _answered(records, "complete_multipart_upload_sse_kms")
    return _present(("encryption", _SSE in answered), ("key", _KEY_ID in answered))


def _spelling(records: Records) -> str:
    spellings = set()
    for name, key in KEYS.items():
        shown = _sent(records, name).get("key")
        known = {
            key: "as sent",
            quote(key, safe="/"): "percent-encoded",
            quote_plus(key, safe="/"): "form-encoded",
        }
        spellings.add(known.get(str(shown), "another"))
    return " or ".join(sorted(spellings))


def _deletions(records: Records) -> str:
    names = [str(event["detail"]["eventName"]) for event in records["delete_objects"]]
    return ", ".join(f"{names.count(name)} {name}" for name in sorted(set(names)))


def _role(records: Records) -> str:
    identity = _detail(records, "put_object_denied")["userIdentity"]
    issuer = identity.get("sessionContext", {}).get("sessionIssuer", {}).get("arn", "")
    return _present(
        ("assumed-role ARN", ":assumed-role/" in identity.get("arn", "")),
        ("issuer's role ARN", ":role/" in issuer),
    )


def _delay(records: Records) -> str:
    slowest = max(event["delay"] for events in records.values() for event in events)
    return f"within {_SLOWEST_SECONDS} s" if slowest <= _SLOWEST_SECONDS else f"{slowest:.0f} s"


def _key_calls(records: Records) -> str:
    sent = str(_sent(records, "disable_key").get("keyId", ""))
    listed = _detail(records, "disable_key").get("resources", [])
    arns = [str(entry.get("ARN", "")).startswith(_OWN_ARN) for entry in listed]
    return _present(
        ("keyId as sent", sent and not sent.startswith(_OWN_ARN)), ("key's ARN in resources", arns == [True])
    )


def _key_answers(records: Records) -> str:
    answered = {name: _answered(records, name) for name in _KEY_CALLS}
    arns = [str(found.get("keyId", "")).startswith(_OWN_ARN) for found in answered.values()]
    date = answered["schedule_key_deletion"].get("deletionDate")
    return _present(("keyId as ARN", all(arns)), ("deletionDate as text", isinstance(date, str)))


def _form(records: Records) -> str:
    return str(_detail(records, "post_object_by_form")["eventName"])


def _without_tls(records: Records) -> str:
    return _present(("tlsDetails", _detail(records, "put_object_over_http").get("tlsDetails")))


def _dsse(records: Records) -> str:
    answered = _answered(records, "put_object_dsse_kms")
    return _present(
        ("encryption", answered.get(_SSE) == "aws:kms:dsse"),
        ("key's ARN", str(answered.get(_KEY_ID, "")).startswith(_OWN_ARN)),
    )


def _update(records: Records) -> str:
    sent = _sent(records, "update_object_encryption")
    return _present(("encryption", "encryption" in sent), ("ObjectEncryption", "ObjectEncryption" in sent))


def _asks(name: str, fact: str, question: str, expected: str) -> Expectation:
    return Expectation(name=name, fact=fact, question=question, expected=expected)


READINGS = (
    Reading(
        _asks(
            "envelope",
            "A1",
            "Source, detail-type and resources of the event around a record",
            "aws.s3, AWS API Call via CloudTrail, no resources",
        ),
        ("put_object_default_sse_s3",),
        _envelope,
    ),
    Reading(
        _asks(
            "parameters-of-a-bucket-call",
            "A7",
            "The requestParameters of PutBucketEncryption",
            "bucketName, Host, encryption",
        ),
        ("put_bucket_encryption_sse_kms",),
        _parameters,
    ),
    Reading(
        _asks(
            "body-of-a-bucket-call",
            "A8",
            "The body of PutBucketEncryption in its record",
            "one rule as an object, KMSMasterKeyID, true as a boolean, blocked types",
        ),
        ("put_bucket_encryption_sse_kms",),
        _body,
    ),
    Reading(
        _asks("several-children", "A8", "Two elements of one name in a record", "a list"),
        ("put_bucket_tagging",),
        _children,
    ),
    Reading(
        _asks("create-bucket", "A9", "The resources of CreateBucket's record", "no resources"),
        ("create_bucket",),
        _created,
    ),
    Reading(
        _asks(
            "refused-calls",
            "A10",
            "errorCode of a refused PutBucketEncryption, of a refused PutObject, of one that succeeded",
            "AccessDenied, AccessDenied, no errorCode",
        ),
        ("put_bucket_encryption_denied", "put_object_denied", "put_object_default_sse_s3"),
        _refused,
    ),
    Reading(
        _asks(
            "names-of-calls",
            "A11",
            "The names of PutPublicAccessBlock, PutBucketEncryption and DeleteBucketEncryption",
            "PutBucketPublicAccessBlock, PutBucketEncryption, DeleteBucketEncryption",
        ),
        ("put_public_access_block", "put_bucket_encryption_sse_kms", "delete_bucket_encryption"),
        _names,
    ),
    Reading(
        _asks(
            "region-of-create-bucket",
            "A13",
            "The Region that gets a CreateBucket sent to us-east-1 for another Region",
            "that of the call",
        ),
        ("create_bucket_in_another_region",),
        _region,
    ),
    Reading(
        _asks(
            "resources-of-a-write",
            "A14",
            "The resources of PutObject's record",
            "object, bucket, account only of the bucket",
        ),
        ("put_object_sse_kms",),
        _resources,
    ),
    Reading(
        _asks(
            "headers-of-a-write",
            "A15",
            "The encryption headers in requestParameters of PutObject",
            "headers that were sent, no others",
        ),
        ("put_object_sse_kms", "put_object_default_sse_kms"),
        _headers,
    ),
    Reading(
        _asks(
            "response-of-a-write",
            "A16",
            "responseElements of a PutObject that leaves the encryption to the bucket",
            "encryption, key's ARN",
        ),
        ("put_object_default_sse_kms",),
        _response,
    ),
    Reading(
        _asks("bucket-key-in-a-record", "A17", "The Bucket Key in responseElements", "no Bucket Key"),
        ("put_object_default_sse_kms",),
        _bucket_key,
    ),
    Reading(
        _asks(
            "sse-applied",
            "A18",
            "SSEApplied of writes under the default SSE-S3, the default SSE-KMS, SSE-KMS, DSSE-KMS and SSE-C, and of "
            "the beginning of an upload under SSE-C",
            "Default_SSE_S3, Default_SSE_KMS, SSE_KMS, DSSE_KMS, SSE_C, SSE_C",
        ),
        _WRITES,
        _applied,
    ),
    Reading(
        _asks(
            "record-of-a-completion",
            "A21",
            "responseElements of CompleteMultipartUpload under SSE-KMS",
            "no encryption, no key",
        ),
        ("complete_multipart_upload_sse_kms",),
        _completed,
    ),
    Reading(
        _asks("spelling-of-keys", "A25", "Space, plus, percent and letters beyond ASCII in a key", "as sent"),
        tuple(KEYS),
        _spelling,
    ),
    Reading(
        _asks(
            "deleted-objects",
            "A27",
            "The records of DeleteObjects with two keys",
            "2 DeleteObject, 1 DeleteObjects",
        ),
        ("delete_objects",),
        _deletions,
    ),
    Reading(
        _asks(
            "identity-of-a-role",
            "A28",
            "userIdentity of a role's session",
            "assumed-role ARN, issuer's role ARN",
        ),
        ("put_object_denied",),
        _role,
    ),
    Reading(
        _asks("delay", "A35", "How long the slowest record took", f"within {_SLOWEST_SECONDS} s"),
        ("create_bucket", "put_object_default_sse_s3", "disable_key"),
        _delay,
    ),
    Reading(
        _asks(
            "key-of-a-key-call",
            "A40",
            "keyId and resources of DisableKey, called with the key's id",
            "keyId as sent, key's ARN in resources",
        ),
        ("disable_key",),
        _key_calls,
    ),
    Reading(
        _asks(
            "answers-of-key-calls",
            "A41",
            "responseElements of the calls that change a key",
            "keyId as ARN, deletionDate as text",
        ),
        _KEY_CALLS,
        _key_answers,
    ),
    Reading(
        _asks("form-upload", "A43", "The name of an upload by an HTML form", "PostObject"),
        ("post_object_by_form",),
        _form,
    ),
    Reading(
        _asks("record-without-tls", "A44", "tlsDetails of a request over plain HTTP", "no tlsDetails"),
        ("put_object_over_http",),
        _without_tls,
    ),
    Reading(
        _asks(
            "dsse-in-a-record",
            "B13",
            "responseElements of a PutObject under DSSE-KMS",
            "encryption, key's ARN",
        ),
        ("put_object_dsse_kms",),
        _dsse,
    ),
    Reading(
        _asks(
            "record-of-an-update",
            "D9",
            "requestParameters of UpdateObjectEncryption",
            "encryption, ObjectEncryption",
        ),
        ("update_object_encryption",),
        _update,
    ),
)
