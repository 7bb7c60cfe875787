"""Step 3, decide: the catalogue of checks, with everything that is particular to one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reseal.core.calls.keys.key_call import ALIAS_CALLS
from reseal.core.calls.look import Look
from reseal.core.calls.trigger import Trigger
from reseal.core.checks.buckets.bucket_key import decide_bucket_key
from reseal.core.checks.buckets.default_encryption import DEFAULT_ENCRYPTION, decide_default_encryption
from reseal.core.checks.buckets.intent import ENCRYPTION_CALLS, can_have_set
from reseal.core.checks.buckets.key_access import ACCESS_CALLS, KEY_ACCESS, decide_key_access
from reseal.core.checks.buckets.sse_c_block import SSE_C_BLOCK, decide_sse_c_block
from reseal.core.checks.buckets.tls_check import POLICY_CALLS, TLS_CONTROLS, TLS_ONLY, can_have_set_policy
from reseal.core.checks.keys.key_alias import KEY_ALIAS, decide_key_alias
from reseal.core.checks.keys.key_deletion import DELETES, KEY_DELETION, SCHEDULES, decide_key_deletion
from reseal.core.checks.keys.key_disabled import DISABLES, KEY_DISABLED, decide_key_disabled
from reseal.core.checks.keys.key_policy import CHANGES_POLICY, KEY_POLICY, decide_key_policy
from reseal.core.checks.keys.key_rotation import KEY_ROTATION, SWITCHES_OFF, decide_key_rotation
from reseal.core.checks.object_encryption import (
    OBJECT_CALLS,
    OBJECT_ENCRYPTION,
    can_have_written,
    decide_object_encryption,
)
from reseal.core.decision import CHECK_IS_OFF, Decision
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource
from reseal.core.state.setting import Setting, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One requirement: its id, its title and requirement in words, and the controls it supports.

    It judges resources of one kind, by one `setting`, which its remediations change. `calls` can set that.
    `decide` judges what was observed after a call. `is_set_by` says whether the call can have set the state
    that is judged; without it, a call of `calls` may have set it. Call, observation and state are of the
    check's own kind.
    """

    id: str
    title: str
    requires: Callable[[Requirements], str]
    controls: tuple[str, ...]
    resource: type[Resource]
    setting: Setting
    calls: frozenset[str]
    decide: Callable[[Requirements, Any, Any], Decision]
    is_set_by: Callable[[Any, Any], bool] | None = None

    @property
    def section(self) -> str:
        """The section of the runbook about this check."""
        return self.id.replace(".", "").lower()

    def set_by_call(self, call: Trigger, before: State | None) -> bool | None:
        """Whether the call can have set this state. False is certain; None means unknown."""
        if before is None or isinstance(call, Look):
            return None
        if self.is_set_by is not None:
            return self.is_set_by(call, before)
        return None if call.name in self.calls else False


def _decide_bucket_policy(requirements: Requirements, call: Any, observed: Any) -> Decision:
    """Loads what judges policies at the first judgement: the lanes of objects and keys never need it."""
    from reseal.core.checks.buckets.tls_only import decide_bucket_policy  # noqa: PLC0415

    return decide_bucket_policy(requirements, call, observed)


_AT_REST = (
    "NIST 800-53 r5 SC-12(2)",
    "NIST 800-53 r5 SC-13",
    "NIST 800-53 r5 SC-28",
    "NIST 800-53 r5 SC-28(1)",
    "PCI DSS 4.0.1 3.5.1",
    "GDPR Art. 32(1)(a)",
    "HIPAA 164.312(a)(2)(iv)",  # Prowler and Powerpipe agree on it
)

FRAMEWORKS = ("Security Hub", "CIS AWS", "NIST 800-53", "PCI DSS", "GDPR", "HIPAA", "SOC 2", "ISO 27001")
"""With the name of one of these each control begins."""

_TAKES_MATERIAL = ("DeleteImportedKeyMaterial", "DeleteExpiredKeyMaterial")
_LEAVES_DISABLED = ("CancelKeyDeletion",)  # F8

CHECKS = (
    Check(
        id=DEFAULT_ENCRYPTION,
        title="default encryption",
        requires=lambda requirements: f"{requirements.required.in_words} or stronger, under an approved key",
        controls=("Security Hub S3.17", *_AT_REST),
        resource=BucketResource,
        setting=Setting.BUCKET_ENCRYPTION,
        calls=ENCRYPTION_CALLS,
        decide=decide_default_encryption,
        is_set_by=can_have_set,
    ),
    Check(
        id="S3.BucketKey",
        title="Bucket Key",
        requires=lambda _: "the Bucket Key on, under SSE-KMS",
        controls=(),
        resource=BucketResource,
        setting=Setting.BUCKET_ENCRYPTION,
        calls=ENCRYPTION_CALLS,
        decide=decide_bucket_key,
    ),
    Check(
        id=SSE_C_BLOCK,
        title="SSE-C block",
        requires=lambda _: "SSE-C among the bucket's blocked encryption types",
        controls=("NIST 800-53 r5 SC-12(2)",),
        resource=BucketResource,
        setting=Setting.BUCKET_ENCRYPTION,
        calls=ENCRYPTION_CALLS,
        decide=decide_sse_c_block,
    ),
    Check(
        id=KEY_ACCESS,
        title="key access",
        requires=lambda _: "everyone with access to the bucket can use its KMS key",
        controls=(),
        resource=BucketResource,
        setting=Setting.BUCKET_ENCRYPTION,
        calls=ACCESS_CALLS,
        decide=decide_key_access,
    ),
    Check(
        id=TLS_ONLY,
        title="TLS only",
        requires=lambda _: "a bucket policy that denies every request over plain HTTP",
        controls=TLS_CONTROLS,
        resource=BucketResource,
        setting=Setting.BUCKET_POLICY,
        calls=POLICY_CALLS,
        decide=_decide_bucket_policy,
        is_set_by=can_have_set_policy,
    ),
    Check(
        id=OBJECT_ENCRYPTION,
        title="object encryption",
        requires=lambda requirements: f"{requirements.required.in_words} or stronger, under an approved key",
        controls=_AT_REST,
        resource=ObjectResource,
        setting=Setting.OBJECT_ENCRYPTION,
        calls=OBJECT_CALLS,
        decide=decide_object_encryption,
        is_set_by=can_have_written,
    ),
    Check(
        id=KEY_ROTATION,
        title="key rotation",
        requires=lambda _: "rotation by KMS, for keys that can rotate",
        controls=("Security Hub KMS.4", "CIS AWS 5.0.0 3.6", "NIST 800-53 r5 SC-12", "PCI DSS 4.0.1 3.7.4"),
        resource=KeyResource,
        setting=Setting.KEY_ROTATION,
        calls=frozenset({SWITCHES_OFF}),
        decide=decide_key_rotation,
        is_set_by=lambda call, _: call.name == SWITCHES_OFF,
    ),
    Check(
        id=KEY_DELETION,
        title="key deletion",
        requires=lambda _: "no deletion of a key that is in use",
        controls=("Security Hub KMS.3", "NIST 800-53 r5 SC-12(2)"),
        resource=KeyResource,
        setting=Setting.KEY_STATE,
        calls=frozenset({SCHEDULES, DELETES}),
        decide=decide_key_deletion,
        is_set_by=lambda call, _: call.name in (SCHEDULES, DELETES),
    ),
    Check(
        id=KEY_DISABLED,
        title="usable key",
        requires=lambda _: "a key that is in use is enabled and has its key material",
        controls=("NIST 800-53 r5 SC-12(1)",),
        resource=KeyResource,
        setting=Setting.KEY_STATE,
        calls=frozenset({DISABLES, *_TAKES_MATERIAL, *_LEAVES_DISABLED}),
        decide=decide_key_disabled,
    ),
    Check(
        id=KEY_POLICY,
        title="key policy",
        requires=lambda _: "the account administers the key, and no stranger is admitted",
        controls=("Security Hub KMS.5", "NIST 800-53 r5 AC-3"),
        resource=KeyResource,
        setting=Setting.KEY_STATE,
        calls=frozenset({CHANGES_POLICY}),
        decide=decide_key_policy,
    ),
    Check(
        id=KEY_ALIAS,
        title="key alias",
        requires=lambda _: "an alias that a bucket names keeps its key",
        controls=(),
        resource=KeyResource,
        setting=Setting.KEY_STATE,
        calls=ALIAS_CALLS,
        decide=decide_key_alias,
    ),
)

CHECK_BY_ID: Mapping[str, Check] = {check.id: check for check in CHECKS}


def checks_of(kind: type[Resource]) -> tuple[Check, ...]:
    """The checks that judge resources of this kind."""
    return tuple(check for check in CHECKS if check.resource is kind)


Decisions = Mapping[str, Decision]
"""The decision of each check, by check id."""


def decisions_of(requirements: Requirements, call: Trigger, observed: Any) -> Decisions:
    """Run every check of the call's kind of resource, except those whose mode is `off`.

    `observed` is what the checks of that kind judge.
    """
    return {
        check.id: CHECK_IS_OFF
        if requirements.mode_of(check.id) is Mode.OFF
        else check.decide(requirements, call, observed)
        for check in checks_of(type(call.resource))
    }
