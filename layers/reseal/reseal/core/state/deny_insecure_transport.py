"""Step 3, value: the change that makes a bucket policy deny plain HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from reseal.core.state.bucket_policy import BucketPolicy, meaning_of
from reseal.core.state.policy_text import with_statement
from reseal.core.state.setting import Setting

SID = "ResealDenyInsecureTransport"


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyInsecureTransport:
    """One statement that denies every request over plain HTTP to a bucket and its objects.

    `Bool`, not `BoolIfExists`: S3 withholds aws:SecureTransport from requests of AWS services, which the
    second would deny (S3 User Guide, "Bucket policy examples using condition keys").
    """

    bucket_arn: str
    setting: str = Setting.BUCKET_POLICY

    @property
    def key_arn(self) -> str | None:
        """This change brings no key."""
        return None

    def statement(self, sid: str = SID) -> dict[str, Any]:
        """The statement under a given Sid."""
        return {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [self.bucket_arn, f"{self.bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }

    def applied_to(self, found: BucketPolicy) -> BucketPolicy:
        """The policy to write: `found`, minified, with the statement at its end, unless it has it already.

        All else stays as it is written. Raises ValueError if Reseal cannot read `found`.
        """
        if found.is_malformed:
            raise ValueError("a policy that cannot be read is not changed")
        if self.is_in(found):
            return found
        taken = {str(statement.get("Sid")) for statement in found.statements}
        names = (f"{SID}{number}" if number > 1 else SID for number in count(1))
        statement = self.statement(next(sid for sid in names if sid not in taken))
        if found.text is None:
            return BucketPolicy(_json({"Version": "2012-10-17", "Statement": [statement]}))
        return BucketPolicy(with_statement(found.text, _json(statement)))

    def is_in(self, policy: BucketPolicy) -> bool:
        """Whether the policy has this statement, under any Sid."""
        return any(self.is_this(statement) for statement in policy.statements)

    def is_this(self, statement: Mapping[str, Any]) -> bool:
        """Whether a statement is this one, under any Sid and in any form."""
        return meaning_of(statement, but="Sid") == meaning_of(self.statement(), but="Sid")

    def to_document(self) -> dict[str, Any]:
        """The change as JSON, for the ledger."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> DenyInsecureTransport:
        """The change that `to_document` wrote."""
        return cls(**document)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
