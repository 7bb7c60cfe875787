"""Notes which buckets use which keys: the key lane reports who needs a key that is disabled or doomed."""

from __future__ import annotations

from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KeyDescription, KmsKey, parse_key_reference
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.setting import State
from reseal.ports import Services


def note_use(services: Services, bucket: str, encryption: State, key: KeyDescription | None = None) -> None:
    """Note the key of an encryption that was seen in the bucket, and the alias by which the bucket names it.

    `key` is what KMS says of the key, if it was asked. Raises TransientError.
    """
    if not isinstance(encryption, BucketEncryption | ObjectEncryption) or encryption.key_id is None:
        return
    named, now = parse_key_reference(encryption.key_id), services.clock.now()
    if named.is_aws_managed or (isinstance(key, KmsKey) and key.is_aws_managed):
        return
    if named.is_own_alias:
        services.key_uses.note(named.text, bucket, now)
    if isinstance(key, KmsKey):
        services.key_uses.note(key.arn, bucket, now)
    elif named.is_well_formed_key_arn:
        services.key_uses.note(named.text, bucket, now)
