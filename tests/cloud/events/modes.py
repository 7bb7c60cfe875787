"""The parameters that change what the object rule matches, and the keys they approve."""

from __future__ import annotations

from localcloud.client.handle import ACCOUNT

OTHER = "444455556666"


def key(number: int, account: str = ACCOUNT, region: str = "us-east-1") -> str:
    return f"arn:aws:kms:{region}:{account}:key/{number:08x}-8f27-4b63-a5c0-71e2d3f4b5a6"


OWN = key(99)
FOREIGN = key(98, OTHER)
SUPPLIED = key(97, OTHER)
AWS_S3 = key(96)
LISTED = [key(1), key(2, OTHER), *(key(number) for number in range(3, 9))]
"""Eight keys; a pattern names four. The second belongs to another account."""

ACCOUNT_MODE, LIST, LONG_LIST, DSSE = "account", "list", "long list", "dsse"
MODES: dict[str, dict[str, str]] = {
    ACCOUNT_MODE: {},
    LIST: {"ApprovedKeys": ",".join(LISTED[:2])},
    LONG_LIST: {
        "ApprovedKeys": ",".join(LISTED),
        "KmsKeyArn": SUPPLIED,
        "ExemptLogDeliveries": "false",
        "ObjectBuckets": "*",
    },
    DSSE: {"RequiredEncryption": "DSSE-KMS", "KmsKeyArn": SUPPLIED, "AwsManagedKeyArn": AWS_S3},
}
EVERY_MODE = frozenset(MODES)
NO_MODE: frozenset[str] = frozenset()
