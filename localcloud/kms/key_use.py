"""The use of a KMS key by a service on behalf of its caller.

S3 and SNS call KMS with the caller's own rights: the caller's policies and the key's policy decide together,
with `kms:ViaService` and `kms:CallerAccount` in the request (F12). In the key's own account a key policy
may admit a caller without IAM permissions; for a caller of another account both sides must allow.
"""

from dataclasses import dataclass, replace

from ministack.core import iam_evaluator, responses

from localcloud.kms import key_usage, kms_keys, shared_policies
from localcloud.kms.kms_keys import Key
from localcloud.request import caller_rights
from localcloud.request.calls import CURRENT, Caller
from localcloud.request.function_calls import SOURCE_FUNCTION


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a key cannot be used: a KMS error code and a message."""

    code: str
    message: str


def refusal(key: Key | None, reference: str, service: str, *actions: str) -> Refusal | None:
    """Why the caller of this request cannot do `actions` with the key through `service`; None if allowed."""
    arn = key["Arn"] if key else reference
    if key is None and not _is_foreign(arn):
        return Refusal("NotFoundException", f"Key '{reference}' does not exist")
    call = CURRENT.get()
    # MiniStack's own services may write without a call; then there is no caller to authorise.
    denied = (
        []
        if call is None
        else [action for action in actions if key is None or not allowed(call.caller, key, service, action)]
    )
    if call and denied:
        return Refusal(
            "AccessDenied",
            f"User: {call.caller.arn} is not authorized to perform: {denied[0]} "
            f"on resource: {arn} because no identity-based policy or key policy allows it",
        )
    if key is None:
        return None
    unusable = _unusable(key)
    if unusable is None:
        key_usage.note(key, actions[0].partition(":")[2])
    return unusable


def _unusable(key: Key) -> Refusal | None:
    """F9: KMS checks the state of a key after the permission to use it."""
    if key["KeyState"] == "Disabled":
        return Refusal("DisabledException", f"{key['Arn']} is disabled.")
    if key["KeyState"] != "Enabled":
        return Refusal("KMSInvalidStateException", f"{key['Arn']} is {key['KeyState']}.")
    if key["KeyUsage"] != "ENCRYPT_DECRYPT" or key["KeySpec"] != "SYMMETRIC_DEFAULT":
        return Refusal("InvalidKeyUsageException", f"{key['Arn']} cannot generate data keys.")
    return None


def allowed(caller: Caller, key: Key, service: str, action: str) -> bool:
    """Whether the caller's policies and the key's policy allow this action through the service."""
    region = kms_keys.region(key["Arn"])
    with responses.request_scope(caller.account, region):
        principal = iam_evaluator.resolve_principal(caller.access_key, caller.account)
    if isinstance(principal, iam_evaluator.AuthError):
        return False
    keys = {
        "kms:viaservice": f"{service}.{region}.amazonaws.com",
        "kms:calleraccount": principal.account,
    }
    # Whether the call of a service for its caller carries lambda:SourceFunctionArn is unconfirmed (H19).
    known = {name: value for name, value in principal.keys.items() if name != SOURCE_FUNCTION}
    principal = replace(principal, keys=known)
    context = caller_rights.context(principal, action, key["Arn"], region, keys)
    if principal.policies is None:  # the root user
        own = iam_evaluator.EvalResult("Allow")
    else:
        own = iam_evaluator.evaluate(context, principal.policies, *principal.limits)
    result = iam_evaluator.combine_resource_policy(
        own,
        context,
        shared_policies.in_force(key),
        kms_keys.owner(key["Arn"]),
        required=True,
        limits=tuple(principal.limits),
    )
    return bool(result.decision == "Allow")


def _is_foreign(arn: str) -> bool:
    return kms_keys.owner(arn) not in {"", responses.get_account_id()}
