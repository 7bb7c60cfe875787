"""Every account of an organization has its id as `aws:PrincipalOrgID`; in MiniStack only the managing one."""

from collections.abc import Callable

from ministack.services import organizations

from localcloud.request import anchors


def install() -> None:
    """Wrap the look-up of a caller's organization."""
    anchors.replace("core.iam_evaluator._principal_org_id", _principal_org_id)


def _principal_org_id(original: Callable[[str], str | None], account: str) -> str | None:
    managing = [owner for owner, member in list(organizations._accounts._data) if member == account]
    return original(managing[0] if managing else account)
