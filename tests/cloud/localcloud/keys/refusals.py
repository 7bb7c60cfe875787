"""How a call is refused."""

from collections.abc import Callable

from botocore.exceptions import ClientError


def refusal(act: Callable[[], object]) -> str | None:
    """The error code of the call; None if it succeeds."""
    try:
        act()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None
