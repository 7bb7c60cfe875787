"""CloudTrail records of the KMS calls that change something (A40, A41), in the shapes that AWS documents.

Records since 2022-12 name the key in `responseElements` also where the call itself answers nothing.
"""

import time
from dataclasses import dataclass
from typing import Any

from ministack.services import kms

from localcloud.cloudtrail import trail_record
from localcloud.kms import kms_answers, kms_keys
from localcloud.request.calls import Call, Response

Record = dict[str, Any]
ALIASES = frozenset({"CreateAlias", "DeleteAlias", "UpdateAlias"})
NAME_THE_KEY = ALIASES | {
    "CreateGrant",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "ImportKeyMaterial",
}
SHOW_THE_ANSWER = frozenset(
    {
        "CancelKeyDeletion",
        "CreateKey",
        "DeleteImportedKeyMaterial",
        "ReplicateKey",
        "RotateKeyOnDemand",
        "ScheduleKeyDeletion",
    }
)
SHOW_NOTHING = frozenset(
    {
        "PutKeyPolicy",
        "RetireGrant",
        "RevokeGrant",
        "TagResource",
        "UntagResource",
        "UpdateKeyDescription",
        "UpdatePrimaryRegion",
    }
)
RECORDED = NAME_THE_KEY | SHOW_THE_ANSWER | SHOW_NOTHING
SECRETS = frozenset({"EncryptedKeyMaterial", "GrantToken", "GrantTokens", "ImportToken"})
DATES = frozenset({"CreationDate", "DeletionDate", "ValidTo"})
OF_THE_CALLER = frozenset({"EncryptionContextEquals", "EncryptionContextSubset"})  # names not KMS's own
DEFAULTS: dict[str, Record] = {
    "CreateKey": {
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "description": "",
        "keySpec": "SYMMETRIC_DEFAULT",
        "keyUsage": "ENCRYPT_DECRYPT",
        "multiRegion": False,
        "origin": "AWS_KMS",
    },
    "PutKeyPolicy": {"bypassPolicyLockoutSafetyCheck": False, "policyName": "default"},
    "ReplicateKey": {"bypassPolicyLockoutSafetyCheck": False, "description": ""},
}


def is_recorded(call: Call) -> bool:
    """Whether the call is a write; rules as Reseal's do not see the reads (A3)."""
    return call.service == "kms" and call.operation in RECORDED


@dataclass(frozen=True, slots=True)
class Concerned:
    """What a call concerns, before it acts: ARNs of key and alias in the documented order, and a grant."""

    arns: tuple[str, ...] = ()
    grant: str = ""

    @property
    def key(self) -> str:
        """The key's ARN; empty if the call names none that exists."""
        return next((arn for arn in self.arns if ":key/" in arn), "")

    @property
    def owner(self) -> str | None:
        """The account of the key or alias."""
        return kms_keys.owner(self.arns[0]) if self.arns else None


def concerned(call: Call) -> Concerned:
    """What the call concerns."""
    data = kms_answers.parse(call.body)
    if call.operation == "RetireGrant":
        grant = next((found for found in kms._grants.values() if _is_named(found, data)), None)
        return Concerned((grant["KeyId"],), grant["GrantId"]) if grant else Concerned()
    alias = kms._alias_arn(data.get("AliasName", "")) if call.operation in ALIASES else ""
    key = kms_keys.find_key(str(data.get("KeyId") or data.get("TargetKeyId") or alias))
    arns = [name for name in (alias, key["Arn"] if key else "") if name]
    return Concerned(tuple(reversed(arns) if call.operation == "CreateAlias" else arns))


def record(call: Call, response: Response, about: Concerned, ended: float) -> Record:
    """The record of a call that has ended."""
    data, answer = kms_answers.parse(call.body), kms_answers.members(response)
    if "KeyMetadata" in answer:
        about = Concerned((answer["KeyMetadata"]["Arn"],))
    succeeded, grant = response[0] == kms_answers.OK, about.grant or answer.get("GrantId")
    return {
        **trail_record.of_any_call(call, response, ended),
        "eventSource": "kms.amazonaws.com",
        "eventName": call.operation,
        "userAgent": call.headers.get("user-agent", ""),
        "requestParameters": _parameters(call.operation, data),
        "responseElements": _elements(call.operation, answer, about.key) if succeeded else None,
        **({"additionalEventData": {"grantId": grant}} if grant else {}),
        "readOnly": False,
        "resources": [_resource(arn) for arn in about.arns],
        "managementEvent": True,
        "eventCategory": "Management",
    }


def in_the_new_primary_region(record: Record, key: str) -> Record:
    """UpdatePrimaryRegion's second record: without resources, by the user through KMS."""
    region = record["requestParameters"]["primaryRegion"]
    changed = {
        "awsRegion": region,
        "requestParameters": {
            "keyId": key.replace(kms_keys.region(key), region, 1),
            "primaryRegion": region,
        },
        "userIdentity": record["userIdentity"] | {"invokedBy": "kms.amazonaws.com"},
    }
    return {name: value for name, value in (record | changed).items() if name != "resources"}


def _is_named(grant: dict[str, Any], data: Record) -> bool:
    return data.get("GrantToken") in grant["_tokens"] or data.get("GrantId") == grant["GrantId"]


def _parameters(operation: str, data: Record) -> Record | None:
    """RetireGrant has none."""
    return None if operation == "RetireGrant" else DEFAULTS.get(operation, {}) | _shown(data)


def _elements(operation: str, answer: Record, key: str) -> Record | None:
    if operation in SHOW_NOTHING:
        return None
    return _shown(answer) | ({"keyId": key} if operation in NAME_THE_KEY else {})


def _shown(members: Record) -> Record:
    return {_lower(name): _value(name, value) for name, value in members.items() if name not in SECRETS}


def _value(name: str, value: Any) -> Any:
    if name in DATES:
        return _date(value)
    if isinstance(value, dict) and name not in OF_THE_CALLER:
        return _shown(value)
    return [_value("", item) for item in value] if isinstance(value, list) else value


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _date(moment: float) -> str:
    """Such as `Oct 21, 2024, 2:25:29 PM`."""
    at = time.gmtime(float(moment))
    return f"{time.strftime('%b', at)} {at.tm_mday}, {at.tm_year}, {at.tm_hour % 12 or 12}" + time.strftime(
        ":%M:%S %p", at
    )


def _resource(arn: str) -> Record:
    return {"accountId": kms_keys.owner(arn), "type": "AWS::KMS::Key", "ARN": arn}
