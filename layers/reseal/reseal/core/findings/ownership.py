"""Step 6, report: buckets that an infrastructure-as-code tool manages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reseal.core.text.quoted import cut_or_none, named

_STACK_NAME, _STACK_ID = "aws:cloudformation:stack-name", "aws:cloudformation:stack-id"
_TOOL_BY_NAME = (
    (re.compile(r"cf-templates-.*"), "CloudFormation"),
    (re.compile(r"cdk-.*-assets-.*"), "CDK"),
    (re.compile(r"aws-sam-cli-managed-default-.*"), "SAM CLI"),
    (re.compile(r"aws-controltower-.*"), "Control Tower"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """The tool that manages a bucket, and its stack if the bucket's tags name one (E19)."""

    tool: str
    stack: str | None

    def to_document(self) -> dict[str, str | None]:
        """The owner as JSON."""
        return {"tool": self.tool, "stack": cut_or_none(self.stack)}

    @property
    def advice(self) -> str:
        """How to prevent the tool's next deployment from undoing a repair or repeating a violation."""
        where = f"in stack {named(self.stack)}" if self.stack else "where the bucket is defined"
        return f"{self.tool} manages the bucket: correct it {where}, or the next deployment reverts it"


def owner_of(bucket: str, tags: Mapping[str, str]) -> Ownership | None:
    """The owner by the bucket's stack tags, which only CloudFormation can write, or by its name."""
    stack = tags.get(_STACK_NAME) or tags.get(_STACK_ID)
    named = next((tool for pattern, tool in _TOOL_BY_NAME if pattern.fullmatch(bucket)), None)
    if stack is None and named is None:
        return None
    return Ownership(tool=named or "CloudFormation", stack=stack)
