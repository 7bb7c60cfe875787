"""KMS's answers and errors, in MiniStack's envelope."""

import json
from typing import Any

from ministack.core import responses

from localcloud.request.calls import Response

OK, BAD_REQUEST = 200, 400


def success(members: dict[str, Any] | None = None) -> Response:
    """A 200 with these members."""
    answer: Response = responses.json_response(members or {})
    return answer


def error(code: str, message: str) -> Response:
    """A KMS error, always a 400."""
    answer: Response = responses.error_response_json(code, message, BAD_REQUEST)
    return answer


def not_found(reference: object) -> Response:
    """The refusal of a key that does not exist, or that the operation does not take."""
    return error("NotFoundException", f"Invalid keyId '{reference}'")


def members(answer: Response) -> dict[str, Any]:
    """The members of a KMS answer or request body; none if it is not a JSON object."""
    return parse(answer[2])


def parse(body: bytes | str) -> dict[str, Any]:
    """A JSON object, or an empty one in place of anything else."""
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
