"""Asks KMS about a key that a bucket, an object or a record names. Raises TransientError."""

from __future__ import annotations

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.errors import RefusalError
from reseal.core.policy.requirements import Requirements
from reseal.core.state.kms_key import KeyDescription, KeyUnreadable, parse_key_reference
from reseal.ports import Keys


def describe_if_it_matters(
    requirements: Requirements, keys: Keys, key_id: str | None
) -> KeyDescription | None:
    """What KMS says of the key; None if no key is named or no answer changes a decision.

    Raises RefusalError.
    """
    if key_id is None or not requirements.must_describe(parse_key_reference(key_id)):
        return None
    return keys.describe(key_id)


def describe_for_record(requirements: Requirements, keys: Keys, key_id: str | None) -> KeyDescription | None:
    """The same of a key that a record names. A refusal leaves the key unreadable, and the rest is judged."""
    try:
        return describe_if_it_matters(requirements, keys, key_id)
    except RefusalError:
        return KeyUnreadable(named=key_id or "")


def read_key_policy(requirements: Requirements, keys: Keys, key_arn: str, *, max_age: float) -> KeyPolicy:
    """The key's policy, read at most `max_age` seconds ago."""
    return KeyPolicy.of(requirements, key_arn, keys.read_policy(key_arn, max_age=max_age))
