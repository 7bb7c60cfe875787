from __future__ import annotations

from dataclasses import replace

import pytest

from reseal.core.state.bucket_encryption import NEVER_CONFIGURED, BucketEncryption
from reseal.core.state.change import EncryptionChange
from tests.support.builders import DSSE_KMS, SSE_KMS, SSE_S3, TEAM_KEY, K, encryption

TEAM_RULE = encryption(SSE_KMS, TEAM_KEY, bucket_key=True, blocked=("SSE-X",))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(EncryptionChange(), TEAM_RULE, id="nothing"),
        pytest.param(
            EncryptionChange(key_arn=K),
            encryption(SSE_KMS, K, bucket_key=True, blocked=("SSE-X",)),
            id="the key",
        ),
        pytest.param(
            EncryptionChange(bucket_key=False),
            encryption(SSE_KMS, TEAM_KEY, blocked=("SSE-X",)),
            id="the Bucket Key",
        ),
        pytest.param(
            EncryptionChange(block_sse_c=True),
            encryption(SSE_KMS, TEAM_KEY, bucket_key=True, blocked=("SSE-X", "SSE-C")),
            id="the block list",
        ),
        pytest.param(
            EncryptionChange(algorithm=DSSE_KMS),
            encryption(DSSE_KMS, TEAM_KEY, blocked=("SSE-X",)),
            id="the algorithm, and the Bucket Key that DSSE-KMS has not",
        ),
    ],
)
def test_what_a_change_does_not_mention_stays(change: EncryptionChange, expected: BucketEncryption) -> None:
    result = change.applied_to(TEAM_RULE)

    assert result == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, ("SSE-C",)),
        ((), ("SSE-C",)),
        (("NONE",), ("SSE-C",)),
        (("SSE-C",), ("SSE-C",)),
        (("SSE-C", "SSE-X"), ("SSE-X", "SSE-C")),
        (("SSE-X", "NONE"), ("SSE-X", "SSE-C")),
    ],
    ids=str,
)
def test_blocking_sse_c_keeps_every_other_block(
    before: tuple[str, ...] | None, after: tuple[str, ...]
) -> None:
    result = EncryptionChange(block_sse_c=True).applied_to(encryption(blocked=before))

    assert result.blocked == after


@pytest.mark.parametrize(
    ("found", "intended", "satisfied"),
    [
        pytest.param(TEAM_RULE, TEAM_RULE, True, id="equal"),
        pytest.param(encryption(blocked=None), encryption(blocked=("NONE",)), True, id="absent and NONE"),
        pytest.param(encryption(blocked=None), encryption(blocked=()), True, id="absent and empty"),
        pytest.param(
            encryption(blocked=("A", "B")), encryption(blocked=("B", "A")), True, id="another order"
        ),
        pytest.param(encryption(blocked=None), encryption(), False, id="SSE-C not blocked"),
        pytest.param(encryption(), encryption(blocked=None), False, id="SSE-C blocked"),
        pytest.param(encryption(SSE_KMS), encryption(SSE_S3), False, id="algorithm"),
        pytest.param(encryption(SSE_KMS, K), encryption(SSE_KMS, TEAM_KEY), False, id="key"),
        pytest.param(encryption(SSE_KMS, K), encryption(SSE_KMS, K, bucket_key=True), False, id="Bucket Key"),
    ],
)
def test_a_rule_equals_another_that_means_the_same(
    found: BucketEncryption, intended: BucketEncryption, satisfied: bool
) -> None:
    result = found.equals(intended)

    assert result is satisfied


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (encryption(blocked=None), "SSE-S3"),
        (encryption(), "SSE-S3, SSE-C blocked"),
        (encryption(SSE_S3, bucket_key=True, blocked=None), "SSE-S3 with Bucket Key"),
        (encryption(SSE_KMS, blocked=None), "SSE-KMS under aws/s3"),
        (encryption(DSSE_KMS, K, blocked=None), f"DSSE-KMS under {K}"),
        (encryption(SSE_KMS, K, bucket_key=True), f"SSE-KMS under {K} with Bucket Key, SSE-C blocked"),
        (encryption("aws:fsx", "x", blocked=None), "'aws:fsx' under 'x'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_reads_well(rule: BucketEncryption, words: str) -> None:
    assert rule.in_words == words


def test_a_whole_rule_becomes_a_whole_request() -> None:
    request = encryption(SSE_KMS, K, bucket_key=True, blocked=("SSE-C",)).to_s3()

    assert request == {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": K},
                "BucketKeyEnabled": True,
                "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
            }
        ]
    }


@pytest.mark.parametrize("blocked", [None, ()], ids=["no list", "an empty list"])
def test_a_request_says_nothing_of_what_s3_did_not_state(blocked: tuple[str, ...] | None) -> None:
    request = replace(NEVER_CONFIGURED, blocked=blocked).to_s3()

    assert request == {
        "Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
        ]
    }


@pytest.mark.parametrize(
    ("blocked", "blocks"),
    [(None, False), ((), False), (("NONE",), False), (("SSE-C",), True), (("SSE-X", "SSE-C"), True)],
    ids=str,
)
def test_only_a_named_sse_c_is_blocked(blocked: tuple[str, ...] | None, blocks: bool) -> None:
    assert encryption(blocked=blocked).blocks_sse_c is blocks
