"""Cloud Custodian's policy for the same job, in the forms that are measured."""

from __future__ import annotations

from typing import Any

from benchmarks.world import ACCOUNT, KEY_ALIAS, REGION, World

AS_DOCUMENTED, TUNED, NOTIFYING = "as documented", "tuned", "tuned, notifies"


def policy_document(form: str, world: World) -> dict[str, Any]:
    """The `config.json` of the function: SSE-KMS under the key, on the same three API calls.

    Tuned means that it reads nothing of the bucket except what the filter itself reads.
    """
    policy: dict[str, Any] = {
        "name": "s3-default-encryption",
        "resource": "aws.s3",
        "mode": {
            "type": "cloudtrail",
            "role": f"arn:aws:iam::{ACCOUNT}:role/custodian",
            "memory": 512,
            "events": ["CreateBucket", _call("PutBucketEncryption"), _call("DeleteBucketEncryption")],
        },
        "filters": [{"type": "bucket-encryption", "state": False, "crypto": "aws:kms", "key": KEY_ALIAS}],
        "actions": [
            {"type": "set-bucket-encryption", "crypto": "aws:kms", "key": KEY_ALIAS, "bucket-key": True}
        ],
    }
    if form != AS_DOCUMENTED:
        policy["query"] = [{"augment-keys": "none"}]
    if form == NOTIFYING:
        transport = {"type": "sns", "topic": world.topic_arn, "region": REGION}
        policy["actions"].append({"type": "notify", "to": ["security@example.com"], "transport": transport})
    return {"execution-options": {"account_id": ACCOUNT}, "policies": [policy]}


def _call(name: str) -> dict[str, str]:
    return {"source": "s3.amazonaws.com", "event": name, "ids": "requestParameters.bucketName"}
