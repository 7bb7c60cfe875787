"""The report's page: nothing injects into it, and it allows nothing but its own style and script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.sweep.html.page import page
from reseal.core.sweep.report import Report
from tests.unit.core.sweep.test_report import FIRST, SECOND, WRONG, a_bucket, a_report, key_seen

HOSTILE = """</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>"'&"""


class Parsed(HTMLParser):
    """The tags, the texts of script and style, and the visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": [], "": []}
        self._in = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag if tag in self.inside else ""
        if self._in:
            self.inside[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in:
            self.inside[self._in][-1] += data
        else:
            self.inside[""].append(data)

    @property
    def data(self) -> Any:
        return json.loads(self.inside["script"][0])


def parsed(report: Report) -> Parsed:
    return Parsed(page(report))


def test_policy_allows_exactly_the_pages_own_style_and_script() -> None:
    found = parsed(a_report(a_bucket()))
    (policy,) = [
        attributes["content"]
        for tag, attributes in found.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    hashes = [
        "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (found.inside["style"][0], found.inside["script"][1])
    ]

    assert policy == (
        f"default-src 'none'; style-src '{hashes[0]}'; script-src '{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_nothing_on_the_page_names_another_place() -> None:
    text = page(a_report(a_bucket(verdict=WRONG), progress=SECOND))

    assert re.findall(r"(?:https?:)?//[a-z]", text) == []
    assert not {"src", "href", "style", "onclick", "action"} & {
        name for _, attributes in parsed(a_report(a_bucket())).tags for name in attributes
    }


def tags_of(report: Report) -> list[str]:
    return [tag for tag, _ in parsed(report).tags]


@given(st.sampled_from([HOSTILE, "<b>"]) | st.text(min_size=1, max_size=30))
def test_no_text_of_others_makes_a_tag(text: str) -> None:
    def report(shown: str) -> Report:
        bucket = a_bucket(owner=shown, verdict=replace(WRONG, reason=shown))
        return a_report(bucket, a_bucket(shown, not_read=shown), progress=SECOND)

    assert tags_of(report(text)) == tags_of(report("harmless"))


def test_hostile_text_is_shown_as_it_is() -> None:
    found = parsed(a_report(a_bucket(owner=HOSTILE)))

    assert HOSTILE in found.data["texts"]


def test_rows_are_in_the_data_with_each_text_once() -> None:
    data = parsed(a_report(*(a_bucket(f"b{n}", WRONG) for n in range(3)), key_seen())).data

    assert len(data["rows"]) == 4
    assert len(data["texts"]) == len(set(data["texts"]))
    assert len(data["verdicts"]) == 1


def test_page_without_a_script_shows_counts_and_what_was_not_looked_at() -> None:
    text = " ".join(parsed(a_report(a_bucket(not_read="denied"), key_seen())).inside[""])

    assert "KMS key state: 1" in text
    assert "bucket payroll: denied" in text
    assert "The CSV and JSON Lines files have all rows" in text


def test_first_sweep_has_no_changes() -> None:
    assert "This is the first sweep." in page(a_report(progress=FIRST))


def test_trend_has_a_bar_and_a_row_for_each_sweep() -> None:
    tags = tags_of(a_report(a_bucket(verdict=WRONG), progress=SECOND))

    assert tags.count("rect") == 2


@pytest.mark.parametrize("theme", ["prefers-color-scheme: dark", "@media print", "max-width: 45rem"])
def test_page_has_a_style_for(theme: str) -> None:
    assert theme in parsed(a_report()).inside["style"][0]
