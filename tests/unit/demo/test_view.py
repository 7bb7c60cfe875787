"""What the demo prints: whole words at any width, errors as they are, equal findings once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demo import view

TEXT = "reports the bucket and does not change it, because visitors do not sign requests"
WORDS = TEXT.split()


@pytest.fixture(params=[40, 80, 200])
def width(request: pytest.FixtureRequest) -> Iterator[int]:
    before = view.console.width
    view.console.width = request.param
    yield request.param
    view.console.width = before


def test_rows_are_wrapped_between_words(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    view.print_rows([("finding", TEXT)], indent=4)

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert " ".join(lines).split() == ["finding", *WORDS]


def test_wrapped_lines_stand_below_their_text(capsys: pytest.CaptureFixture[str]) -> None:
    view.console.width, before = 40, view.console.width
    view.print_rows([("finding", TEXT)])
    view.console.width = before

    first, *others = capsys.readouterr().out.splitlines()
    assert others
    assert {len(line) - len(line.lstrip()) for line in others} == {first.index(WORDS[0])}


@pytest.mark.parametrize("reason", ["no [/x] here", "[bold]", "a\n  b [/tmp/build-ResealLayer]"])
def test_error_is_printed_as_it_is(reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    view.show_error("It failed.", RuntimeError(reason))

    assert capsys.readouterr().out == f"It failed.\n{reason}\n"


def finding(**changes: Any) -> dict[str, Any]:
    return {
        "check": "c",
        "status": "MANUAL",
        "reason": "r",
        "recommendation": None,
        "severity": "LOW",
    } | changes


def test_findings_that_differ_only_in_severity_are_one_group() -> None:
    equal = [finding(), finding(severity="HIGH")]

    assert view.grouped(equal) == [equal]


@pytest.mark.parametrize("name", ["check", "status", "reason", "recommendation"])
def test_findings_with_other_words_are_apart(name: str) -> None:
    one, other = finding(), finding(**{name: "another"})

    assert view.grouped([one, other]) == [[one], [other]]
