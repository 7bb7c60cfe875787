"""Step 1, parse: read the call on a KMS key, or what KMS itself did to it, from a queue message."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reseal.core.calls.actor import Actor, parse_actor
from reseal.core.calls.cloudtrail_record import (
    child_of,
    parse_json,
    parse_record,
    recipient_of,
    text_of,
    time_of,
)
from reseal.core.errors import MalformedEventError
from reseal.core.resource import KeyResource, Resource

_KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]+:key/[A-Za-z0-9-]+")
_KEY_ID = re.compile(r"[A-Za-z0-9-]{1,128}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_ALIAS = re.compile(r"alias/[A-Za-z0-9/_-]{1,250}")

BY_KMS: Mapping[str, str] = {
    "KMS CMK Deletion": "DeleteKey",
    "KMS Imported Key Material Expiration": "DeleteExpiredKeyMaterial",
}
"""What KMS reports on EventBridge without any trail, by detail-type, and CloudTrail's names for it (A40)."""

ALIAS_CALLS = frozenset({"CreateAlias", "UpdateAlias", "DeleteAlias"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCall:
    """One API call on one KMS key, as CloudTrail recorded it, or what KMS itself did to the key.

    `kms_key` is the key's ARN; of an alias that was moved it is the new key (A41). `alias` is the name of
    the alias that the call is about. `policy` is the key policy that the record states. `skipped_check`: the
    caller asked KMS not to check whether the policy locks the caller out.
    """

    event_id: str
    name: str
    time: datetime
    kms_key: str
    actor: Actor
    recipient: str | None = None
    alias: str | None = None
    policy: Mapping[str, Any] | None = None
    skipped_check: bool = False
    obstacle: str | None = None

    @property
    def resource(self) -> KeyResource:
        """The key."""
        return KeyResource(kms_key=self.kms_key)

    @property
    def owner(self) -> str:
        """The account that owns the key."""
        return self.kms_key.split(":")[4]

    def at(self, resource: Resource, /) -> KeyCall:
        """The call, with the key as KMS names it."""
        return replace(self, kms_key=resource.kms_key) if isinstance(resource, KeyResource) else self


def parse_key_call(body: str) -> KeyCall:
    """Read an EventBridge event with a CloudTrail record of KMS, or one that KMS itself sends (A40).

    Raises MalformedEventError, which names the field, if the text is not such an event.
    """
    event = parse_json(body)
    if event.get("detail-type") in BY_KMS:
        return _of_kms(event)
    record = parse_record(body)
    parameters = child_of(record, "requestParameters")
    return KeyCall(
        event_id=text_of(record, "eventID"),
        name=text_of(record, "eventName"),
        time=time_of(record),
        kms_key=_key_of(record, parameters),
        actor=parse_actor(record),
        recipient=recipient_of(record),
        alias=_alias(parameters),
        policy=_policy(parameters),
        skipped_check=parameters.get("bypassPolicyLockoutSafetyCheck") is True,
    )


def _of_kms(event: Mapping[str, Any]) -> KeyCall:
    """KMS may send an event again with another id; what happened to the key happened once."""
    name = BY_KMS[event["detail-type"]]
    time = time_of({"eventTime": event.get("time")})
    named = [arn for arn in _texts(event.get("resources")) if _KEY_ARN.fullmatch(arn)]
    key_id = child_of(event, "detail").get("key-id")
    kms_key = named[0] if named else _own_arn(key_id, event.get("region"), event.get("account"))
    if kms_key is None:
        raise MalformedEventError(f"detail.key-id is not the id of a KMS key: {key_id!r:.80}")
    once = name if name == "DeleteKey" else f"{name}-{time:%Y-%m-%d}"
    by_kms = Actor(who="kms.amazonaws.com", session=None, account=None, address=None, tool="AWS KMS")
    return KeyCall(
        event_id=f"{once}-{kms_key.rpartition('/')[2]}", name=name, time=time, kms_key=kms_key, actor=by_kms
    )


def _key_of(record: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    """The key's ARN: from `resources`, else from the response, else from the request (A41).

    An alias's record also lists the alias, before or after the key. Some records spell `ARN` otherwise.
    """
    for named in (*_listed_arns(record), *_named(child_of(record, "responseElements")), *_named(parameters)):
        if _KEY_ARN.fullmatch(named):
            return named
    bare = [named for named in _named(parameters) if _KEY_ID.fullmatch(named)]
    found = _own_arn(next(iter(bare), None), record.get("awsRegion"), record.get("recipientAccountId"))
    if found is None:
        raise MalformedEventError(f"the record names no KMS key: requestParameters {dict(parameters)!r:.80}")
    return found


def _own_arn(key_id: object, region: object, account: object) -> str | None:
    """The ARN of a key of this account and Region, which a bare id means.

    The partition is that of the Region's name: each other partition's names begin with its own word.
    """
    if not (isinstance(key_id, str) and _KEY_ID.fullmatch(key_id)):
        return None
    if not (isinstance(region, str) and _REGION.fullmatch(region)):
        return None
    if not (isinstance(account, str) and account.isdecimal()):
        return None
    return f"arn:{_partition(region)}:kms:{region}:{account}:key/{key_id}"


_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)


def _partition(region: str) -> str:
    return next((name for prefix, name in _PARTITIONS if region.startswith(prefix)), "aws")


def _listed_arns(record: Mapping[str, Any]) -> Iterator[str]:
    resources = record.get("resources")
    for resource in resources if isinstance(resources, list) else []:
        if isinstance(resource, Mapping):
            yield from _texts([resource.get("ARN", resource.get("arn"))])


def _named(elements: Mapping[str, Any]) -> list[str]:
    return _texts([elements.get("keyId"), elements.get("targetKeyId")])


def _texts(values: object) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _alias(parameters: Mapping[str, Any]) -> str | None:
    name = parameters.get("aliasName")
    return name if isinstance(name, str) and _ALIAS.fullmatch(name) else None


def _policy(parameters: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The policy is JSON in a text; some records leave it out."""
    try:
        policy = json.loads(parameters.get("policy") or "null")
    except (TypeError, ValueError, RecursionError):
        return None
    return policy if isinstance(policy, Mapping) else None
