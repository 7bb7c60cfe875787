"""Step 6, report: the one message with the findings of one event."""

from __future__ import annotations

from collections.abc import Sequence

from reseal.core.findings.finding import Finding
from reseal.core.findings.message import Message
from reseal.core.findings.render.email import subject_of, text_of
from reseal.core.findings.render.json import attributes_of, finding_document, findings_document


def messages_of(findings: Sequence[Finding]) -> tuple[Message, ...]:
    """The messages for the findings of one event: one, or as many as SNS needs to accept them all."""
    messages: list[Message] = []
    together: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: -finding.severity):
        larger = message_of([*together, finding])
        if together and larger.fits:
            messages[-1] = larger
            together.append(finding)
        else:
            messages.append(message_of([finding]))
            together = [finding]
    return tuple(messages)


def message_of(findings: Sequence[Finding]) -> Message:
    """One message with these findings, most severe first. `findings` must not be empty. One always fits."""
    ordered = sorted(findings, key=lambda finding: -finding.severity)
    documents = [finding_document(finding) for finding in ordered]
    return Message(
        subject=subject_of(ordered),
        email=text_of(ordered),
        document=findings_document(documents),
        attributes=attributes_of(documents),
    )
