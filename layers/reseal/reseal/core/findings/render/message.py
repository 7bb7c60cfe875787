"""Step 6, report: the one message with the findings of one event."""

from __future__ import annotations

from collections.abc import Sequence

from reseal.core.findings.finding import Finding
from reseal.core.findings.message import Message
from reseal.core.findings.render.email import subject_of, text_of
from reseal.core.findings.render.json import attributes_of, findings_document


def message_of(findings: Sequence[Finding]) -> Message:
    """The message for the findings of one event, most severe first. `findings` must not be empty."""
    ordered = sorted(findings, key=lambda finding: -finding.severity)
    return Message(
        subject=subject_of(ordered),
        email=text_of(ordered),
        document=findings_document(ordered),
        attributes=attributes_of(ordered),
    )
