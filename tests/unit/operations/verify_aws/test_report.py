"""The report: verdicts, exit status, text and JSON."""

from __future__ import annotations

import pytest

from operations.verify_aws.report import Row, as_document, as_text, exit_code


def row(seen: str | None, name: str = "one") -> Row:
    return Row(
        name=name, fact="E5", question="Q", expected="kept", seen=seen, problem="AccessDenied at PutObject"
    )


KEPT, DROPPED, UNSEEN = row("kept"), row("dropped"), row(None)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([KEPT], 0),
        ([KEPT, DROPPED], 1),
        ([KEPT, UNSEEN], 2),
        ([UNSEEN, DROPPED], 1),
        ([], 2),
    ],
)
def test_exit_status_says_the_most_important_of_what_was_seen(rows: list[Row], expected: int) -> None:
    assert exit_code(rows) == expected


def test_text_begins_with_what_is_otherwise_and_ends_with_what_is_expected() -> None:
    text = as_text([KEPT, UNSEEN, DROPPED])

    assert text.index("OTHERWISE: 1") < text.index("NOT SEEN: 1") < text.index("AS EXPECTED: 1")
    assert "expected: kept\n    seen:     dropped" in text
    assert "seen:     not seen: AccessDenied at PutObject" in text


def test_document_has_fact_expected_seen_and_verdict() -> None:
    document = as_document([DROPPED], region="eu-west-1", day="2026-11-27", software="botocore 1")

    (found,) = document["rows"]
    assert (found["fact"], found["expected"], found["seen"], found["verdict"]) == (
        "E5",
        "kept",
        "dropped",
        "otherwise",
    )
