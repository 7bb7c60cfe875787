"""Step 1, parse: who made an API call, and with which tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reseal.core.text.quoted import cut

UNKNOWN = "unknown"
_LONGEST_TEXT = 1024  # CloudTrail cuts the user agent there (A33)

# The first text found in the lower-case user agent names the tool. Order matters: OpenTofu runs
# Terraform's providers, and the CDK and Terraform also name the SDK that they are built on.
_TOOL_BY_USER_AGENT = (
    ("opentofu", "OpenTofu"),
    ("terraform", "Terraform"),
    ("pulumi", "Pulumi"),
    ("ansible", "Ansible"),
    ("crossplane", "Crossplane"),
    ("aws-controllers-k8s", "ACK"),
    ("aws-cdk", "CDK"),
    ("cloudformation.amazonaws.com", "CloudFormation"),
    ("s3console", "console"),
    ("console.amazonaws.com", "console"),
    ("aws-cli", "AWS CLI"),
    ("boto", "SDK"),
    ("aws-sdk", "SDK"),
)


TOOLS = frozenset({tool for _, tool in _TOOL_BY_USER_AGENT} | {"AWS service", UNKNOWN})
"""The tools that Reseal knows. All others are the names of AWS services, as the record has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The caller as CloudTrail names it.

    `who` is the ARN of a user or role, or the service, or `unknown`. `tool` comes from the user
    agent, which a caller can forge: it justifies no encryption, and it only keeps a bucket policy from being
    written, or is one condition of several for that.
    """

    who: str
    session: str | None
    account: str | None
    address: str | None
    tool: str

    def to_document(self) -> dict[str, str | None]:
        """The actor as JSON."""
        return {
            "who": self.who,
            "session": self.session,
            "account": self.account,
            "address": self.address,
            "tool": self.tool,
        }


def parse_actor(record: Mapping[str, Any]) -> Actor:
    """Read the actor of a CloudTrail record. The identity may be missing (A29)."""
    identity = _mapping(record.get("userIdentity"))
    issuer = _mapping(_mapping(identity.get("sessionContext")).get("sessionIssuer"))
    arn, invoked_by = _text(identity.get("arn")), _text(identity.get("invokedBy"))
    return Actor(
        who=_text(issuer.get("arn")) or arn or invoked_by or _text(identity.get("accountId")) or UNKNOWN,
        session=arn.rsplit("/", 1)[-1] if arn and ":assumed-role/" in arn else None,
        account=_text(identity.get("accountId")),
        address=_text(record.get("sourceIPAddress")),
        tool=_tool(record, identity, arn or "", invoked_by or ""),
    )


def _tool(record: Mapping[str, Any], identity: Mapping[str, Any], arn: str, invoked_by: str) -> str:
    if invoked_by == "cloudformation.amazonaws.com":
        return "CDK" if ":assumed-role/cdk-" in arn else "CloudFormation"
    if str(record.get("sessionCredentialFromConsole")).lower() == "true":
        return "console"
    if identity.get("type") == "AWSService" or invoked_by.endswith(".amazonaws.com"):
        return invoked_by or "AWS service"
    user_agent = (_text(record.get("userAgent")) or "").lower()
    return next((tool for mark, tool in _TOOL_BY_USER_AGENT if mark in user_agent), UNKNOWN)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    """The text, cut to fit a message; characters that UTF-8 cannot encode are replaced."""
    if not isinstance(value, str) or not value:
        return None
    return cut(value, _LONGEST_TEXT).encode("utf-8", "replace").decode()
