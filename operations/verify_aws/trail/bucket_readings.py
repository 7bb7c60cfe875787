"""What the records of calls to buckets say."""

from __future__ import annotations

from operations.verify_aws.measurement import Reading
from operations.verify_aws.trail.records import OWN_ARN, Records, asks, detail, present, sent_with


def _parameters(records: Records) -> str:
    sent = sent_with(records, "put_bucket_encryption_sse_kms")
    return present(
        ("bucketName", "bucketName" in sent), ("Host", "Host" in sent), ("encryption", "encryption" in sent)
    )


def _body(records: Records) -> str:
    rule = (
        sent_with(records, "put_bucket_encryption_sse_kms")
        .get("ServerSideEncryptionConfiguration", {})
        .get("Rule")
    )
    default = rule.get("ApplyServerSideEncryptionByDefault", {}) if isinstance(rule, dict) else {}
    return present(
        ("one rule as an object", isinstance(rule, dict)),
        ("KMSMasterKeyID", OWN_ARN in str(default.get("KMSMasterKeyID"))),
        ("true as a boolean", isinstance(rule, dict) and rule.get("BucketKeyEnabled") is True),
        ("blocked types", isinstance(rule, dict) and "BlockedEncryptionTypes" in rule),
    )


def _children(records: Records) -> str:
    tags = sent_with(records, "put_bucket_tagging").get("Tagging", {}).get("TagSet", {}).get("Tag")
    return "a list" if isinstance(tags, list) else type(tags).__name__


def _created(records: Records) -> str:
    return present(("resources", "resources" in detail(records, "create_bucket")))


def _refused(records: Records) -> str:
    seen = []
    for name in ("put_bucket_encryption_denied", "put_object_denied", "put_object_default_sse_s3"):
        seen.append(str(detail(records, name).get("errorCode", "no errorCode")))
    return ", ".join(seen)


def _names(records: Records) -> str:
    calls = ("put_public_access_block", "put_bucket_encryption_sse_kms", "delete_bucket_encryption")
    return ", ".join(str(detail(records, name)["eventName"]) for name in calls)


def _region(records: Records) -> str:
    arrived = sorted({str(event["region"]) for event in records["create_bucket_in_another_region"]})
    named = sent_with(records, "create_bucket_in_another_region")["CreateBucketConfiguration"][
        "LocationConstraint"
    ]
    words = {"us-east-1": "that of the call", named: "that of the bucket"}
    return " and ".join(words.get(region, "another") for region in arrived)


READINGS = (
    Reading(
        asks(
            "parameters-of-a-bucket-call",
            "A7",
            "The requestParameters of PutBucketEncryption",
            "bucketName, Host, encryption",
        ),
        ("put_bucket_encryption_sse_kms",),
        _parameters,
    ),
    Reading(
        asks(
            "body-of-a-bucket-call",
            "A8",
            "The body of PutBucketEncryption in its record",
            "one rule as an object, KMSMasterKeyID, true as a boolean, blocked types",
        ),
        ("put_bucket_encryption_sse_kms",),
        _body,
    ),
    Reading(
        asks("several-children", "A8", "Two elements of one name in a record", "a list"),
        ("put_bucket_tagging",),
        _children,
    ),
    Reading(
        asks("create-bucket", "A9", "The resources of CreateBucket's record", "no resources"),
        ("create_bucket",),
        _created,
    ),
    Reading(
        asks(
            "refused-calls",
            "A10",
            "errorCode of a refused PutBucketEncryption, of a refused PutObject, of one that succeeded",
            "AccessDenied, AccessDenied, no errorCode",
        ),
        ("put_bucket_encryption_denied", "put_object_denied", "put_object_default_sse_s3"),
        _refused,
    ),
    Reading(
        asks(
            "names-of-calls",
            "A11",
            "The names of PutPublicAccessBlock, PutBucketEncryption and DeleteBucketEncryption",
            "PutBucketPublicAccessBlock, PutBucketEncryption, DeleteBucketEncryption",
        ),
        ("put_public_access_block", "put_bucket_encryption_sse_kms", "delete_bucket_encryption"),
        _names,
    ),
    Reading(
        asks(
            "region-of-create-bucket",
            "A13",
            "The Region that gets a CreateBucket sent to us-east-1 for another Region",
            "that of the call",
        ),
        ("create_bucket_in_another_region",),
        _region,
    ),
)
