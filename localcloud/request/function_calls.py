"""What a function's own code calls carries `lambda:SourceFunctionArn` (H19).

Not so what AWS itself does with the function's role, nor a call by anybody else who assumed it.
"""

from collections.abc import Callable
from typing import Any

from ministack.core import lambda_runtime, responses
from ministack.core.arn import parse_arn
from ministack.services import lambda_svc

from localcloud.request import anchors

SOURCE_FUNCTION = "lambda:sourcefunctionarn"
_FUNCTIONS: dict[str, str] = {}
"""The ARN of the function by the access key that its code signs with."""


def install() -> None:
    """Remember whose credentials are whose, and add the condition key to the caller's."""
    anchors.replace("core.lambda_runtime.execution_credentials", _credentials)
    anchors.replace("core.iam_evaluator._principal_keys", _principal_keys)


def session_of(function: str) -> dict[str, str]:
    """The credentials that the code of a function has, as environment variables; by the function's ARN.

    Raises ValueError if there is no such function.
    """
    arn = parse_arn(function)
    with responses.request_scope(arn.account_id, arn.region):
        found = lambda_svc._functions.get(function.rpartition(":")[2])
        if found is None:
            raise ValueError(f"there is no function {function}")
        return dict(lambda_runtime.execution_credentials(found["config"]))


def _credentials(original: Callable[..., dict[str, str]], config: dict[str, Any]) -> dict[str, str]:
    variables = original(config)
    _FUNCTIONS[variables["AWS_ACCESS_KEY_ID"]] = str(config.get("FunctionArn", ""))
    return variables


def _principal_keys(original: Callable[..., dict[str, Any]], credential: Any) -> dict[str, Any]:
    keys = original(credential)
    function = _FUNCTIONS.get(credential.access_key_id)
    return keys | {SOURCE_FUNCTION: function} if function else keys
