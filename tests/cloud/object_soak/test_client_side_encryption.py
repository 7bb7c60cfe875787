"""A client-side encrypted object can still be decrypted by its client after Reseal re-encrypted it.

The envelope is in the object's metadata, or in an instruction file, which is a separate object and is
re-encrypted as one. The client for Python reads instruction files but writes none, so the test makes one
as the format says: content cipher, commitment and message id stay with the object.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import pytest
from s3_encryption import S3EncryptionClient, S3EncryptionClientConfig
from s3_encryption.materials.kms_keyring import KmsKeyring

from reseal.core.state.bucket_encryption import SseAlgorithm
from tests.cloud.object_soak.cases.cases import Arrival, Case
from tests.cloud.object_soak.cases.races import Expected
from tests.cloud.object_soak.cases.snapshot import see
from tests.cloud.object_soak.cases.writing import AGE, Write
from tests.cloud.object_soak.run.run import Run, run_case
from tests.cloud.object_soak.world.calls import Script
from tests.cloud.object_soak.world.lanes import Lanes, Stack
from tests.cloud.object_soak.world.resources import COPY_LIMIT

PLAIN = b"what only the client may read"
SUFFIX = ".instruction"
WITH_THE_OBJECT = frozenset({"x-amz-c", "x-amz-d", "x-amz-i"})


@dataclass(frozen=True, slots=True)
class Way:
    """A method of re-encryption, and the case that leads to it."""

    call: str
    bucket: str = "plain"
    size: int = len(PLAIN)
    required: SseAlgorithm = SseAlgorithm.SSE_KMS

    @property
    def stack(self) -> Stack:
        return Stack(required=self.required)


WAYS = [
    Way("CopyObject"),
    Way("UpdateObjectEncryption", bucket="notifying"),
    Way("CompleteMultipartUpload", size=2 * COPY_LIMIT, required=SseAlgorithm.DSSE_KMS),
]


@pytest.fixture(scope="module")
def client(lanes: Lanes) -> Any:
    """The client with the team's key, made as its users make it."""
    keyring = KmsKeyring(lanes.resources.cloud.client("kms"), lanes.resources.keys["team"])
    return S3EncryptionClient(lanes.resources.cloud.client("s3"), S3EncryptionClientConfig(keyring=keyring))


def reencrypt(lanes: Lanes, stack: Stack, bucket: str, key: str) -> Run:
    """Deliver the event of the object's write to the lane."""
    lanes.resources.cloud.make_older(bucket, key, AGE)
    lanes.environment(stack).forget()
    found = see(lanes.resources, bucket, key)
    assert found is not None
    of = Write(
        bucket=bucket,
        key=key,
        call="PutObject",
        version_id=found.version_id,
        sent={},
        algorithm=found.algorithm,
        key_arn=found.key_arn,
        at=found.modified.astimezone(UTC),
    )
    run = Run(
        lanes, Case(arrival=Arrival(), stack=stack), of, found, Expected(current=found), script=Script()
    )
    run_case(run)
    return run


def in_metadata(lanes: Lanes, client: Any, bucket: str, key: str, body: bytes) -> list[str]:
    client.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"department": "payroll"})
    return [key]


def in_an_instruction_file(lanes: Lanes, client: Any, bucket: str, key: str, body: bytes) -> list[str]:
    in_metadata(lanes, client, bucket, key, body)
    s3 = lanes.resources.writer
    raw = s3.get_object(Bucket=bucket, Key=key)
    envelope = {name: value for name, value in raw["Metadata"].items() if name.startswith("x-amz-")}
    kept = {name: value for name, value in raw["Metadata"].items() if name not in envelope}
    kept |= {name: value for name, value in envelope.items() if name in WITH_THE_OBJECT}
    s3.put_object(Bucket=bucket, Key=key, Body=raw["Body"].read(), Metadata=kept)
    instructions = {name: value for name, value in envelope.items() if name not in WITH_THE_OBJECT}
    mark = {"x-amz-crypto-instr-file": ""}
    s3.put_object(Bucket=bucket, Key=key + SUFFIX, Body=json.dumps(instructions).encode(), Metadata=mark)
    return [key, key + SUFFIX]


@pytest.mark.usefixtures("without_retry_pauses")
@pytest.mark.parametrize("way", WAYS, ids=[way.call for way in WAYS])
@pytest.mark.parametrize("put", [in_metadata, in_an_instruction_file])
def test_client_decrypts_the_re_encrypted_object(
    lanes: Lanes, client: Any, put: Callable[..., list[str]], way: Way
) -> None:
    bucket, key = lanes.resources.buckets[way.bucket], f"envelope/{uuid.uuid4()}"
    body = PLAIN.ljust(way.size, b".")
    keys = put(lanes, client, bucket, key, body)

    runs = [reencrypt(lanes, way.stack, bucket, each) for each in keys]

    assert way.call in runs[0].script.calls
    for run in runs:
        after = see(lanes.resources, bucket, run.of.key)
        assert after is not None
        assert after.key_arn == lanes.resources.keys["K"]
        assert (after.metadata, after.content) == (run.before.metadata, run.before.content)
    assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == body


@pytest.mark.usefixtures("without_retry_pauses")
def test_client_cannot_decrypt_an_object_without_its_envelope(lanes: Lanes, client: Any) -> None:
    """The counter-test: the test above would notice a lost envelope."""
    bucket, key = lanes.resources.buckets["plain"], f"envelope/{uuid.uuid4()}"
    in_metadata(lanes, client, bucket, key, PLAIN)
    source = {"Bucket": bucket, "Key": key}
    lanes.resources.s3.copy_object(Bucket=bucket, Key=key, CopySource=source, MetadataDirective="REPLACE")

    with pytest.raises(Exception, match=r"(?i)instruction|metadata|encrypt"):
        client.get_object(Bucket=bucket, Key=key)
