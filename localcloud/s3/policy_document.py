"""What S3 refuses in the text of a bucket policy (E25)."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from ministack.core import responses
from ministack.services import iam

Document = dict[str, Any]
MOST_BYTES = 20_480
VERSIONS = frozenset({"2008-10-17", "2012-10-17"})
ARN_PARTS = 6
_ACTION = re.compile(r"\*|s3:[A-Za-z*?]+", re.IGNORECASE)
_ACCOUNT = re.compile(r"\d{12}")
_ENTITY = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):(root|(?:user|role)/[^*?]+)")
_SESSION = re.compile(r"arn:aws[\w-]*:sts::\d{12}:(?:assumed-role|federated-user)/[^*?]+")
_DISTRIBUTION = re.compile(r"arn:aws[\w-]*:iam::cloudfront:user/CloudFront Origin Access Identity \w+")
_SERVICE = re.compile(r"[\w.-]+\.amazonaws\.com(?:\.cn)?")


class MalformedPolicyError(ValueError):
    """S3 answers MalformedPolicy with this message."""


def check(text: bytes, bucket: str) -> Document:
    """The policy as parsed JSON. Raises MalformedPolicyError."""
    document = _parse(text)
    if len(minified(document).encode()) > MOST_BYTES:
        raise MalformedPolicyError("Policy exceeds the maximum allowed document size.")
    if document.get("Version", "2008-10-17") not in VERSIONS:
        raise MalformedPolicyError("The policy must contain a valid version string")
    found = list(statements(document))
    if not found:
        raise MalformedPolicyError("Could not parse the policy: Statement is empty!")
    for statement in found:
        _check_statement(statement, bucket)
    return document


def minified(document: Document) -> str:
    """The text without white space: what S3 counts."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def statements(document: Document) -> Iterator[Any]:
    """Its statements, also of a policy whose only one is no list."""
    found = document.get("Statement", [])
    yield from found if isinstance(found, list) else [found]


def listed(value: Any) -> list[Any]:
    """One or several values as a list."""
    return value if isinstance(value, list) else [value]


def entity(arn: str) -> dict[str, Any] | None:
    """The IAM user or role with this ARN, whatever account it belongs to."""
    match = _ENTITY.fullmatch(arn)
    if match is None or match[2] == "root":
        return None
    kind, _, name = match[2].partition("/")
    kept = iam._users if kind == "user" else iam._roles
    found: dict[str, Any] | None = kept.get_scoped(match[1], None, name.rpartition("/")[2])
    return found if found and found["Arn"] == arn else None


def _parse(text: bytes) -> Document:
    try:
        document = json.loads(text) if text.startswith(b"{") else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise MalformedPolicyError("Policies must be valid JSON and the first byte must be '{'")
    return document


def _check_statement(statement: Any, bucket: str) -> None:
    if not isinstance(statement, dict):
        raise MalformedPolicyError("Policy has invalid statement")
    if statement.get("Effect") not in {"Allow", "Deny"}:
        raise MalformedPolicyError(f"Invalid effect : {statement.get('Effect')}")
    if not isinstance(statement.get("Sid", ""), str):
        raise MalformedPolicyError("Invalid Sid")
    actions = _required(statement, "Action")
    if not all(isinstance(action, str) and _ACTION.fullmatch(action) for action in actions):
        raise MalformedPolicyError("Policy has invalid action")
    if not _exists(_principal(statement)):
        raise MalformedPolicyError("Invalid principal in policy")
    if not all(_is_of(bucket, resource) for resource in _required(statement, "Resource")):
        raise MalformedPolicyError("Policy has invalid resource")


def _required(statement: Document, name: str) -> list[Any]:
    """The values of an element or of its negation."""
    for element in (name, f"Not{name}"):
        if element in statement:
            return listed(statement[element])
    raise MalformedPolicyError(f"Missing required field {name}")


def _principal(statement: Document) -> Any:
    found = statement.get("Principal", statement.get("NotPrincipal"))
    if found is None:
        raise MalformedPolicyError("Missing required field Principal")
    return found


def _is_of(bucket: str, resource: Any) -> bool:
    """Whether a resource pattern can be the bucket or an object in it."""
    if resource == "*":
        return True
    parts = str(resource).split(":", ARN_PARTS - 1)
    if len(parts) != ARN_PARTS or parts[0] != "arn" or parts[2] != "s3" or parts[3] or parts[4]:
        return False
    return fnmatchcase(bucket, parts[5].partition("/")[0].replace("[", "[[]"))


def _exists(principal: Any) -> bool:
    if not isinstance(principal, dict) or not principal:
        return bool(principal == "*")
    checks = {"AWS": _is_aws, "Service": _is_service, "CanonicalUser": _is_text, "Federated": _is_text}
    return all(
        kind in checks and all(isinstance(name, str) and checks[kind](name) for name in listed(names))
        for kind, names in principal.items()
    )


def _is_aws(name: str) -> bool:
    """A user or role must exist, unless its account has none here; a bare id is that of a deleted one."""
    if name == "*" or _ACCOUNT.fullmatch(name) or _SESSION.fullmatch(name) or _DISTRIBUTION.fullmatch(name):
        return True
    match = _ENTITY.fullmatch(name)
    if match is None:
        return False
    return match[2] == "root" or entity(name) is not None or not _is_known(match[1])


def _is_known(account: str) -> bool:
    kept = [*iam._users._data, *iam._roles._data]
    return account == responses.get_account_id() or any(owner == account for owner, _ in kept)


def _is_service(name: str) -> bool:
    return bool(_SERVICE.fullmatch(name))


def _is_text(name: str) -> bool:
    return bool(name)
