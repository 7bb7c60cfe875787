"""The report's page in real Chromium, with 20,000 buckets."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.client.handle import REPOSITORY
from tests.browser.driver import BROWSER, DRIVER, HOW_TO_GET_IT, Browser, browser
from tests.browser.pages import a_page

pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason=HOW_TO_GET_IT)
BUCKETS = 20_000
MOST_LOAD_SECONDS, MOST_FILTER_MILLISECONDS = 4.0, 250.0
"""Twice the aims (2 s, 100 ms), for a machine that others use too."""

PATIENCE_SECONDS = 30.0
TAB, ENTER = "\ue004", "\ue007"
DESKTOP, PHONE = (1280, 900), (390, 844)
FILTER = """
const began = performance.now(), box = document.getElementById('find');
box.value = arguments[0]; box.dispatchEvent(new Event('input'));
return [performance.now() - began, document.getElementById('found').textContent];
"""
CHOOSE = """
const box = document.getElementById(arguments[0]);
box.value = arguments[1]; box.dispatchEvent(new Event('input'));
return document.getElementById('found').textContent;
"""
ROWS = "return [...document.querySelectorAll('#rows tbody tr')].map((row) => row.cells[0].textContent);"
CONTRAST = r"""
function luminance(color) {
  const parts = color.match(/[\d.]+/g).slice(0, 3).map(Number).map((value) => value / 255)
    .map((value) => value <= .03928 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4);
  return .2126 * parts[0] + .7152 * parts[1] + .0722 * parts[2];
}
function background(node) {
  for (let at = node; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if (!/, 0\)$/.test(color)) return color;
  }
  return 'rgb(255, 255, 255)';
}
return [...document.querySelectorAll('main *, header *')]
  .filter((node) => [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim()))
  .filter((node) => node.checkVisibility())
  .map(function (node) {
    const text = luminance(getComputedStyle(node).color), behind = luminance(background(node));
    return [node.outerHTML.slice(0, 80), (Math.max(text, behind) + .05) / (Math.min(text, behind) + .05)];
  }).filter(([, ratio]) => ratio < 4.5);
"""
UNNAMED = """
const named = (node) => (node.getAttribute('aria-label') || node.textContent.trim() ||
  (node.labels && [...node.labels].map((label) => label.textContent.trim()).join('')));
return [...document.querySelectorAll('button, input, select, svg, table')]
  .filter((node) => node.checkVisibility())
  .filter((node) => !named(node) && !node.getAttribute('aria-labelledby') && !node.closest('details'))
  .map((node) => node.outerHTML.slice(0, 100));
"""


AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then((found) => done(found.violations.map(
  (one) => [one.impact, one.id, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120))])));
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core."""
    (path,) = (REPOSITORY / ".venv" / "browser").glob("lib/*/site-packages/axe_playwright_python/axe.min.js")
    return path.read_text()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(a_page(BUCKETS))
    return path


def load(chromium: Browser, path: Path) -> float:
    """The seconds until the page is ready."""
    began = time.monotonic()
    chromium.open(path)
    while not chromium.run("return document.documentElement.dataset.ready"):
        assert time.monotonic() - began < PATIENCE_SECONDS
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture
def page(chromium: Browser, large: Path) -> Browser:
    chromium.resize(*DESKTOP)
    chromium.prefer("light")
    load(chromium, large)
    return chromium


def test_large_page_is_ready_and_filters_quickly(page: Browser, large: Path, record_property: Any) -> None:
    loaded = load(page, large)
    filtered = [page.run(FILTER, words)[0] for words in ("team-7", "team-7 sse-s3", "", "nothing like it")]

    record_property("load_seconds", round(loaded, 2))
    record_property("filter_milliseconds", round(max(filtered), 1))
    print(f"\n20,000 rows: loaded in {loaded:.2f} s, filtered in {max(filtered):.0f} ms")
    assert loaded < MOST_LOAD_SECONDS
    assert max(filtered) < MOST_FILTER_MILLISECONDS


def test_no_request_leaves_the_page_and_nothing_is_blocked(page: Browser, large: Path) -> None:
    page.log("performance")
    page.log("browser")
    load(page, large)

    events = [json.loads(entry["message"])["message"] for entry in page.log("performance")]
    requests = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert requests == [large.as_uri()]
    assert page.log("browser") == []


def test_hostile_names_are_text(page: Browser) -> None:
    page.run(FILTER, "injected")

    assert page.run("return document.title").startswith("Reseal report")
    assert page.run("return document.querySelectorAll('img').length") == 0
    assert len(page.run(ROWS)) == 1


def test_script_that_is_not_the_pages_own_is_refused(page: Browser) -> None:
    page.run(
        "const made = document.createElement('script'); made.textContent = 'window.ran = 1';"
        "document.body.append(made);"
    )

    assert page.run("return window.ran === undefined")


def test_words_are_all_required(page: Browser) -> None:
    _, found = page.run(FILTER, "team-10-data sse-s3")

    number = int(found.split(" of ")[0])
    assert 0 < number < BUCKETS / 100


def test_filters_join(page: Browser) -> None:
    assert page.run(CHOOSE, "severity", "CRITICAL").startswith(f"{BUCKETS // 100} of ")
    assert page.run(CHOOSE, "status", "COMPLIANT").startswith("0 of ")
    page.run("document.querySelector('button[type=reset]').click()")
    time.sleep(0.2)
    assert page.run(CHOOSE, "type", "key").startswith("40 of ")


def test_bucket_that_was_not_read_is_found(page: Browser) -> None:
    page.run(CHOOSE, "status", "UNREAD")

    assert page.run(ROWS) == ["team-13-data-00013"]


def test_most_severe_rows_come_first(page: Browser) -> None:
    severities = page.run(
        "return [...document.querySelectorAll('#rows tbody tr')].map((row) => row.cells[2].textContent);"
    )

    assert set(severities) == {"CRITICAL"}


def test_rows_are_sorted_by_name_and_back(page: Browser) -> None:
    press = "document.querySelector('th[data-by=name] button').click();"
    up = page.run(press + ROWS)
    down = page.run(press + ROWS)

    assert up == sorted(up)
    assert down == sorted(down, reverse=True)
    assert (
        page.run("return document.querySelector('th[data-by=name]').getAttribute('aria-sort')")
        == "descending"
    )


def test_next_page_shows_other_rows(page: Browser) -> None:
    first = page.run(ROWS)
    second = page.run("document.getElementById('forth').click();" + ROWS)

    assert len(first) == len(second) == 100
    assert not set(first) & set(second)


def test_keyboard_reaches_filter_rows_and_details(page: Browser) -> None:
    page.run("document.getElementById('find').focus()")
    page.press(*"data-00007")
    reached = []
    for _ in range(25):
        page.press(TAB)
        reached.append(page.run("return document.activeElement.getAttribute('aria-label')"))
        if reached[-1] == "Details of team-7-data-00007":
            break
    page.press(ENTER)

    assert reached[-1] == "Details of team-7-data-00007"
    assert "S3.BucketKey" in page.run("return document.querySelector('.opened').textContent")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(page: Browser, axe: str, size: tuple[int, int], scheme: str) -> None:
    page.resize(*size)
    page.prefer(scheme)
    page.run(f"{axe}; window.axe = axe;")

    assert page.run_async(AXE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(page: Browser, scheme: str) -> None:
    page.prefer(scheme)

    assert page.run(CONTRAST) == []


def test_every_control_has_a_name_and_the_page_a_language(page: Browser) -> None:
    assert page.run(UNNAMED) == []
    assert page.run("return document.documentElement.lang") == "en"
    assert page.run("return document.querySelectorAll('h1').length") == 1


def test_nothing_is_wider_than_a_phone(page: Browser) -> None:
    page.resize(*PHONE)

    assert page.run("return document.documentElement.scrollWidth") <= PHONE[0]


def test_print_has_every_filtered_row(page: Browser) -> None:
    page.run(CHOOSE, "severity", "CRITICAL")

    pages = re.findall(rb"/Type\s*/Page[^s]", page.pdf())
    assert len(pages) > 3


@pytest.mark.parametrize(
    ("name", "size", "scheme"), [("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")]
)
def test_screenshots_are_made(
    page: Browser, tmp_path: Path, name: str, size: tuple[int, int], scheme: str
) -> None:
    page.resize(*size)
    page.prefer(scheme)

    path = tmp_path / f"{name}.png"
    path.write_bytes(page.screenshot())
    assert path.stat().st_size > 10_000
