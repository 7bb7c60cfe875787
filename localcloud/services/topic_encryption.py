"""Publishing to a topic encrypted with a customer key needs the permission to use that key through SNS."""

from collections.abc import Callable
from typing import Any

from ministack.services import sns

from localcloud.kms import key_use, kms_keys
from localcloud.request import anchors
from localcloud.request.calls import Response

BAD_REQUEST = 400
MANAGED_KEY = "alias/aws/sns"
CODES = {
    "AccessDenied": "KMSAccessDenied",
    "NotFoundException": "KMSNotFound",
    "DisabledException": "KMSDisabled",
    "KMSInvalidStateException": "KMSInvalidState",
    "InvalidKeyUsageException": "KMSInvalidState",
}


def install() -> None:
    """Wrap the function in which SNS looks up the topic of a call."""
    anchors.replace("services.sns._get_topic", _get_topic)


def _get_topic(
    original: Callable[..., tuple[Any, Response | None]], arn: str, action: str | None = None
) -> tuple[Any, Response | None]:
    """The publisher needs kms:GenerateDataKey and kms:Decrypt on the topic's key."""
    topic, error = original(arn, action)
    reference = (topic or {}).get("attributes", {}).get("KmsMasterKeyId", "")
    if action != "sns:Publish" or not reference or reference.endswith(MANAGED_KEY):
        return topic, error
    key = kms_keys.find_key(reference)
    refusal = key_use.refusal(key, reference, "sns", "kms:GenerateDataKey", "kms:Decrypt")
    if refusal is None:
        return topic, error
    return None, sns._error(CODES[refusal.code], refusal.message, BAD_REQUEST)
