"""Direct KMS calls are authorised on the key itself, with the condition keys KMS always supplies."""

from dataclasses import replace
from typing import Any

from ministack.core import responses

from localcloud.kms import kms_keys, shared_policies
from localcloud.request import evaluation
from localcloud.request.evaluation import Asked


def install() -> None:
    """Take part in the evaluation of policies."""
    evaluation.take_part(complete=_on_the_key, refuse=_refused_to_foreign_root)


def _on_the_key(asked: Asked) -> Asked:
    """An alias is evaluated as the key it points to; kms:CallerAccount is the caller's account."""
    if asked.service != "kms":
        return asked
    key = kms_keys.find_key(asked.resource)
    keys = asked.keys | {"kms:calleraccount": responses.get_account_id()}
    return replace(asked, resource=key["Arn"] if key else asked.resource, keys=keys)


def _refused_to_foreign_root(asked: Asked) -> Any:
    """Another account's root user needs the key's policy too."""
    key = kms_keys.find_key(asked.resource) if asked.service == "kms" else None
    if key is None or kms_keys.owner(key["Arn"]) == responses.get_account_id():
        return None
    if (root := asked.root_user) is None:
        return None
    answer = asked.answer_of(shared_policies.in_force(key), root)
    return None if answer.decision == "Allow" else answer
