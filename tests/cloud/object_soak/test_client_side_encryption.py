"""What a client encrypted before S3 saw it, the client can still decrypt after Reseal re-encrypted it.

The envelope stands in the object's metadata, or in an instruction file beside it, which is an object of its
own and re-encrypted like one. The client for Python reads instruction files and writes none; here one is
made of an envelope as the format says: content cipher, commitment and message id stay with the object.
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
from tests.cloud.object_soak.cases.cases import Case, Heard
from tests.cloud.object_soak.cases.races import Expected
from tests.cloud.object_soak.cases.snapshot import see
from tests.cloud.object_soak.cases.writing import AGE, Write
from tests.cloud.object_soak.run.run import Run, play
from tests.cloud.object_soak.world.calls import Script
from tests.cloud.object_soak.world.lanes import Lanes, Stack
from tests.cloud.object_soak.world.resources import COPY_LIMIT

PLAIN = b"what only the client may read"
SUFFIX = ".instruction"
WITH_THE_OBJECT = frozenset({"x-amz-c", "x-amz-d", "x-amz-i"})


@dataclass(frozen=True, slots=True)
class Way:
    """A way of re-encrypting, by what brings it about."""

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
    """The client as its users make it, with the team's key."""
    keyring = KmsKeyring(lanes.ground.cloud.client("kms"), lanes.ground.keys["team"])
    return S3EncryptionClient(lanes.ground.cloud.client("s3"), S3EncryptionClientConfig(keyring=keyring))


def reencrypt(lanes: Lanes, stack: Stack, bucket: str, key: str) -> Run:
    """Have the lane hear of the object's write."""
    lanes.ground.cloud.make_older(bucket, key, AGE)
    lanes.outside(stack).forget()
    found = see(lanes.ground, bucket, key)
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
    run = Run(lanes, Case(heard=Heard(), stack=stack), of, found, Expected(current=found), script=Script())
    play(run)
    return run


def in_metadata(lanes: Lanes, client: Any, bucket: str, key: str, body: bytes) -> list[str]:
    client.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"department": "payroll"})
    return [key]


def in_an_instruction_file(lanes: Lanes, client: Any, bucket: str, key: str, body: bytes) -> list[str]:
    in_metadata(lanes, client, bucket, key, body)
    s3 = lanes.ground.writer
    raw = s3.get_object(Bucket=bucket, Key=key)
    envelope = {name: value for name, value in raw["Metadata"].items() if name.startswith("x-amz-")}
    kept = {name: value for name, value in raw["Metadata"].items() if name not in envelope}
    kept |= {name: value for name, value in envelope.items() if name in WITH_THE_OBJECT}
    s3.put_object(Bucket=bucket, Key=key, Body=raw["Body"].read(), Metadata=kept)
    instructions = {name: value for name, value in envelope.items() if name not in WITH_THE_OBJECT}
    mark = {"x-amz-crypto-instr-file": ""}
    s3.put_object(Bucket=bucket, Key=key + SUFFIX, Body=json.dumps(instructions).encode(), Metadata=mark)
    return [key, key + SUFFIX]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("way", WAYS, ids=[way.call for way in WAYS])
@pytest.mark.parametrize("put", [in_metadata, in_an_instruction_file])
def test_client_decrypts_what_was_re_encrypted(
    lanes: Lanes, client: Any, put: Callable[..., list[str]], way: Way
) -> None:
    bucket, key = lanes.ground.buckets[way.bucket], f"envelope/{uuid.uuid4()}"
    body = PLAIN.ljust(way.size, b".")
    keys = put(lanes, client, bucket, key, body)

    runs = [reencrypt(lanes, way.stack, bucket, each) for each in keys]

    assert way.call in runs[0].script.calls
    for run in runs:
        after = see(lanes.ground, bucket, run.of.key)
        assert after is not None
        assert after.key_arn == lanes.ground.keys["K"]
        assert (after.metadata, after.content) == (run.before.metadata, run.before.content)
    assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == body


@pytest.mark.usefixtures("impatient")
def test_object_whose_envelope_is_lost_cannot_be_decrypted(lanes: Lanes, client: Any) -> None:
    """The twin: what the test above sees is not true of whatever is read."""
    bucket, key = lanes.ground.buckets["plain"], f"envelope/{uuid.uuid4()}"
    in_metadata(lanes, client, bucket, key, PLAIN)
    source = {"Bucket": bucket, "Key": key}
    lanes.ground.s3.copy_object(Bucket=bucket, Key=key, CopySource=source, MetadataDirective="REPLACE")

    with pytest.raises(Exception, match=r"(?i)instruction|metadata|encrypt"):
        client.get_object(Bucket=bucket, Key=key)
