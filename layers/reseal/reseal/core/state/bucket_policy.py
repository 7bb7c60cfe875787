"""Step 2, value: a bucket's policy as S3 stores it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reseal.core.state.policy_text import minified, parsed

_LISTED = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")
_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_OLDEST = "2008-10-17"


@dataclass(frozen=True, slots=True)
class BucketPolicy:
    """`text` is the policy as S3 returned it or as it is to be written; None if the bucket has no policy."""

    text: str | None = None

    @classmethod
    def of(cls, policy: str | Mapping[str, Any] | None) -> BucketPolicy:
        """A policy as text, or parsed, as CloudTrail records it."""
        return cls(json.dumps(policy) if isinstance(policy, Mapping) else policy)

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The parsed policy; None if there is none, or none that Reseal can read with certainty."""
        return None if self.text is None else parsed(self.text)

    @property
    def is_malformed(self) -> bool:
        """Whether there is a policy that Reseal cannot read with certainty."""
        return self.text is not None and self.document is None

    @property
    def statements(self) -> list[Mapping[str, Any]]:
        """Its statements; a single one need not be in a list."""
        found = (self.document or {}).get("Statement", [])
        return found if isinstance(found, list) else [found]

    @property
    def size(self) -> int:
        """Bytes as S3 counts them, without white space."""
        return len(minified(self.text or "").encode("utf-8", "surrogatepass"))

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of what the policy means: the same for each form in which S3 may return it."""
        meaning = json.dumps(_meaning(self), sort_keys=True)
        return hashlib.sha256(meaning.encode()).hexdigest()

    @property
    def in_words(self) -> str:
        """The policy in a few words; its text may have 20 KB."""
        if self.text is None:
            return "no bucket policy"
        if self.is_malformed:
            return f"a bucket policy of {self.size} bytes that Reseal cannot read"
        count = len(self.statements)
        statements = "1 statement" if count == 1 else f"{count} statements"
        return f"a bucket policy of {statements}, {self.size} bytes, fingerprint {self.fingerprint[:12]}"

    def equals(self, other: BucketPolicy) -> bool:
        """Whether both have the same statements in the same order, in whichever form they are written.

        S3 may return a list for a single value and `arn:...:root` for an account's number. The order of a
        list of values and the case of actions and condition keys have no meaning.
        """
        return self.fingerprint == other.fingerprint

    def meets(self, intended: BucketPolicy) -> bool:
        """Whether each statement of `intended` is in this policy; no policy meets none only."""
        if intended.document is None or self.document is None:
            return self.equals(intended)
        found = [meaning_of(statement) for statement in self.statements]
        same_version = _version(self.document) == _version(intended.document)
        return same_version and all(meaning_of(one) in found for one in intended.statements)

    def to_document(self) -> dict[str, Any]:
        """The policy as JSON, for the ledger."""
        return {"policy": self.text}

    def to_summary(self) -> dict[str, Any]:
        """The policy for the finding: its text, up to 20 KB, is in the ledger."""
        if self.text is None:
            return {"statements": 0, "bytes": 0, "fingerprint": None}
        return {"statements": len(self.statements), "bytes": self.size, "fingerprint": self.fingerprint}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> BucketPolicy:
        """The policy that `to_document` wrote."""
        return cls(document["policy"])


def meaning_of(statement: Mapping[str, Any], *, but: str = "") -> dict[str, Any]:
    """A statement in one form for all ways to write it, without the member `but`."""
    members = {"Sid": "", **statement}
    return {name: _member(name, value) for name, value in members.items() if name != but}


def _meaning(policy: BucketPolicy) -> Any:
    document = policy.document
    if document is None:
        return policy.text
    statements = [meaning_of(statement) for statement in policy.statements]
    return {**document, "Version": _version(document), "Statement": statements}


def _version(document: Mapping[str, Any]) -> str:
    return document.get("Version") or _OLDEST


def _member(name: str, value: Any) -> Any:
    if name in _LISTED:
        return _values(value, fold=name.endswith("Action"))
    if name in _PRINCIPALS:
        return _principal(value)
    if name == "Condition" and isinstance(value, dict):
        return sorted(_condition(operator, keys) for operator, keys in value.items())
    return value


def _principal(value: Any) -> Any:
    if value == "*":
        value = {"AWS": "*"}
    if not isinstance(value, dict):
        return value
    return {kind: _values(names, account=kind == "AWS") for kind, names in value.items()}


def _condition(operator: str, keys: Any) -> list[Any]:
    if not isinstance(keys, dict):
        return [operator, repr(keys)]
    return [operator, repr(sorted((key.lower(), _values(values)) for key, values in keys.items()))]


def _values(value: Any, *, fold: bool = False, account: bool = False) -> list[str]:
    """The values as a sorted list of texts without repetition; a JSON boolean is its text."""
    found = value if isinstance(value, list) else [value]
    texts = {one if isinstance(one, str) else json.dumps(one, sort_keys=True) for one in found}
    if account:
        texts = {_ROOT.sub(r"\1", text) for text in texts}
    return sorted(text.lower() if fold else text for text in texts)
