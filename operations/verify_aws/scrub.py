"""Records without what belongs to an account, in the shape of `events/`.

Every text of an event is either one of CloudTrail's own words, which stay; or has a known form (an ARN, a
host), whose parts are replaced; or is replaced as a whole. So what remains does not depend on the names of an
account: two accounts that make the same calls give the same file (tests/unit/operations/verify_aws).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

UNKNOWN = "EXAMPLE"
"""Stands for a text that is neither known to be harmless nor of a known form."""

_OWN_ACCOUNT, _OTHER_ACCOUNTS = "111122223333", "444455556666"
_ADDRESS = "198.51.100.24"
_LARGE = 10**9
"""CloudTrail turns texts of digits into numbers (A8), so a large one may be an account's."""

_KEPT = frozenset(
    {
        "AuthenticationMethod",
        "CipherSuite",
        "EncryptionType",
        "Effect",
        "Action",
        "LocationConstraint",
        "Permission",
        "SSEAlgorithm",
        "SSEApplied",
        "SignatureVersion",
        "Status",
        "Version",
        "apiVersion",
        "aws:SecureTransport",
        "awsRegion",
        "cipherSuite",
        "detail-type",
        "deletionDate",
        "errorCode",
        "eventCategory",
        "eventName",
        "eventSource",
        "eventTime",
        "eventType",
        "eventVersion",
        "key",
        "keyState",
        "mfaAuthenticated",
        "region",
        "source",
        "time",
        "tlsVersion",
        "type",
        "version",
        "x-amz-acl",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-bucket-key-enabled",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-storage-class",
        "xmlns",
        "x-id",
    }
)
"""Fields whose texts are words of AWS, times, or object keys, which this command names itself."""

_ARN = re.compile(
    r"arn:(?P<partition>aws[\w-]*):(?P<service>[\w-]*):(?P<region>[\w-]*):(?P<account>\d*):(?P<rest>.*)",
    re.DOTALL,
)
_HOST = re.compile(r"(?P<bucket>[^/]*\.)?(?P<service>s3|kms)[.-](?P<rest>[a-z0-9.-]*amazonaws\.com(?:\.cn)?)")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?")
_AGENT = re.compile(r"\[?(Boto3|Botocore|aws-cli|aws-sdk-[a-z]+)/(\d+(?:\.\d+)*)")


class Scrubber:
    """Replaces the names of one event. Equal names become equal, in the order in which they come."""

    def __init__(self, account: str) -> None:
        self._accounts = {account: _OWN_ACCOUNT}
        self._names: dict[tuple[str, str], str] = {}
        self._fields: Mapping[str, Callable[[str], str]] = {
            "account": self._account,
            "accountId": self._account,
            "recipientAccountId": self._account,
            "arn": self._arn,
            "ARN": self._arn,
            "ARNPrefix": self._arn,
            "bucketName": self._bucket,
            "Host": self._host,
            "clientProvidedHostHeader": self._host,
            "sourceIPAddress": _address,
            "invokedBy": _service,
            "userAgent": _agent,
            "keyId": self._key,
            "targetKeyId": self._key,
            "aliasName": self._alias,
            "KMSMasterKeyID": self._key,
            "KMSKeyArn": self._key,
            "x-amz-server-side-encryption-aws-kms-key-id": self._key,
            "x-amz-copy-source": self._copy_source,
            "accessKeyId": lambda _: "AKIAEXAMPLEACCESSKEY",
            "principalId": lambda _: "AIDAEXAMPLEPRINCIPAL",
            "userName": lambda _: "example",
            "policy": self._document,
            "Principal": self._pattern,
            "Resource": self._pattern,
        }

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The event without names."""
        return {name: self._value(name, value) for name, value in event.items()}

    def _value(self, field: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._value(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._value(field, inner) for inner in value]
        if isinstance(value, str):
            return self._text(field, value)
        return 0 if isinstance(value, int | float) and abs(value) >= _LARGE else value

    def _text(self, field: str, text: str) -> str:
        if field in self._fields:
            return self._fields[field](text)
        if not text or field in _KEPT:
            return text
        if _ARN.fullmatch(text):
            return self._arn(text)
        return UNKNOWN

    def _account(self, account: str) -> str:
        known = f"{int(_OTHER_ACCOUNTS) + len(self._accounts) - 1:012}"
        return self._accounts.setdefault(account, known)

    def _name(self, kind: str, name: str, made: Callable[[int], str]) -> str:
        number = sum(of == kind for of, _ in self._names) + 1
        return self._names.setdefault((kind, name), made(number))

    def _bucket(self, name: str) -> str:
        if _ARN.fullmatch(name):
            return self._arn(name)
        return self._name("bucket", name, lambda number: f"reseal-example-{number}")

    def _key(self, key: str) -> str:
        if _ARN.fullmatch(key):
            return self._arn(key)
        if key.startswith("alias/"):
            return self._alias(key)
        return self._key_id(key)

    def _key_id(self, key: str) -> str:
        prefix = "mrk-" if key.startswith("mrk-") else ""
        return self._name("key", key, lambda number: f"{prefix}0d9a4c1e-8f27-4b63-a5c0-{number:012}")

    def _alias(self, alias: str) -> str:
        if alias.startswith("alias/aws/"):
            return alias
        return self._name("alias", alias, lambda number: f"alias/example-{number}")

    def _host(self, host: str) -> str:
        found = _HOST.fullmatch(host)
        if found is None:
            return UNKNOWN
        return f"{'reseal-example-1.' if found['bucket'] else ''}{found['service']}.{found['rest']}"

    def _copy_source(self, source: str) -> str:
        slash = "/" if source.startswith("/") else ""
        bucket, _, key = source.removeprefix("/").partition("/")
        return f"{slash}{self._bucket(bucket)}/{key.partition('?')[0]}"

    def _document(self, text: str) -> str:
        """A policy in a text; the marker of a sub-resource is empty."""
        try:
            document = json.loads(text)
        except ValueError:
            return UNKNOWN if text else text
        return json.dumps(self._value("policy document", document))

    def _pattern(self, text: str) -> str:
        return text if text == "*" else self._arn(text)

    def _arn(self, arn: str) -> str:
        found = _ARN.fullmatch(arn)
        if found is None:
            return UNKNOWN
        account = self._account(found["account"]) if found["account"] else ""
        rest = self._resource(found["service"], found["rest"])
        return f"arn:{found['partition']}:{found['service']}:{found['region']}:{account}:{rest}"

    def _resource(self, service: str, rest: str) -> str:
        kind, slash, name = rest.partition("/")
        if service == "s3":
            return f"{self._bucket(kind)}{slash}{name}"
        if service == "kms":
            return self._alias(rest) if kind == "alias" else f"{kind}/{self._key_id(name)}"
        if rest == "root":
            return rest
        known = {
            "user": "user/example",
            "role": "role/example",
            "assumed-role": "assumed-role/example/example",
        }
        return known.get(kind, UNKNOWN)


def scrubbed(event: Mapping[str, Any], account: str) -> dict[str, Any]:
    """The event without names, numbers and addresses of accounts; `account` is the run's own."""
    return Scrubber(account).event(event)


def _address(address: str) -> str:
    return _service(address) if _SERVICE.fullmatch(address) else _ADDRESS


def _service(name: str) -> str:
    return name if _SERVICE.fullmatch(name) else UNKNOWN


def _agent(agent: str) -> str:
    found = _AGENT.match(agent)
    return f"[{found[1]}/{found[2]}]" if found else _service(agent)
