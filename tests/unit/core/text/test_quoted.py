"""How text that others chose is shown: in quotes, unambiguous, on one line, and bounded."""

from __future__ import annotations

import ast
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reseal.core.text.quoted import LONGEST, MOST, cut, cut_or_none, named, quoted, some_of
from tests.support.builders import K

TEXTS = st.text(st.characters(exclude_categories=()))
SHORT_TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
LENGTHS = st.integers(min_value=1, max_value=400)
MARK = len("... (1114112 characters)")

IN_A_MESSAGE = 2
"""The quotes, which JSON can spell with a backslash each."""


def spelled(text: str) -> int:
    return len(json.dumps(text)) - 2


@given(SHORT_TEXTS)
@example("it's")
@example('"it\'s"')
@example("\\u202e")
@example("\u202e")
def test_literal_of_a_short_text_is_that_text_again(text: str) -> None:
    assert ast.literal_eval(quoted(text, 1000)) == text


@given(SHORT_TEXTS, SHORT_TEXTS)
def test_two_short_texts_never_look_the_same(one: str, other: str) -> None:
    assert (quoted(one, 1000) == quoted(other, 1000)) is (one == other)


@given(TEXTS, LENGTHS)
def test_quoted_text_is_bounded_as_a_message_spells_it(text: str, longest: int) -> None:
    assert spelled(quoted(text, longest)) <= longest + 2 * IN_A_MESSAGE + MARK


@given(TEXTS, LENGTHS)
def test_cut_text_is_bounded_as_a_message_spells_it(text: str, longest: int) -> None:
    assert spelled(cut(text, longest)) <= longest + MARK


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        pytest.param("\n", r"\n", id="line feed"),
        pytest.param("\u2028", r"\u2028", id="line separator"),
        pytest.param("\x1b", r"\x1b", id="terminal escape"),
        pytest.param("\x7f", r"\x7f", id="delete"),
        pytest.param("\u202e", r"\u202e", id="right-to-left override"),
        pytest.param("\u2066", r"\u2066", id="isolate"),
        pytest.param("\u200b", r"\u200b", id="zero width"),
        pytest.param("\ufeff", r"\ufeff", id="byte order mark"),
        pytest.param("\u05d0", r"\u05d0", id="Hebrew letter"),
        pytest.param("\u0627", r"\u0627", id="Arabic letter"),
        pytest.param("\u0301", r"\u0301", id="combining accent"),
        pytest.param("\u3164", r"\u3164", id="blank letter"),
        pytest.param("\u00a0", r"\xa0", id="no-break space"),
        pytest.param("\ud83d", r"\ud83d", id="half of a surrogate pair"),
        pytest.param("\U000e0041", r"\U000e0041", id="tag"),
    ],
)
def test_character_that_hides_or_moves_others_is_escaped(character: str, shown: str) -> None:
    assert quoted(f"a{character}b") == f"'a{shown}b'"


@pytest.mark.parametrize("text", ["ordinary text", "Gehälter.csv", "給与.csv", "a=b&c", "😀"])
def test_ordinary_text_stays_readable(text: str) -> None:
    assert quoted(text) == f"'{text}'"


def test_long_text_is_cut_with_its_length_outside_the_quotes() -> None:
    assert quoted("x" * 45_000, 5) == "'xxxxx'... (45000 characters)"


def test_text_cannot_imitate_that_it_was_cut() -> None:
    assert quoted("x'... (9 characters)") == '"x\'... (9 characters)"'


@pytest.mark.parametrize(
    "name",
    [
        K,
        "arn:aws:iam::444455556666:root",
        "arn:aws-us-gov:iam::444455556666:role/teams/Payroll_x+y=z,@1",
        "arn:aws:s3:::bucket/*",
        "444455556666",
        "eu-west-1",
        "us-gov-west-1",
        "aws-cn",
    ],
)
def test_ordinary_name_of_aws_is_shown_as_it_is(name: str) -> None:
    assert named(name) == name


@pytest.mark.parametrize(
    "text",
    [
        "alias/team",
        "logs.amazonaws.com",
        "http://evil.example/",
        "arn:aws:iam::444455556666:saml-provider/http://evil.example",
        "arn:aws:iam::444455556666:user/www.evil.example",
        "arn:aws:iam::444455556666:role/x y",
        f"{K}\n",
        f"{K[:-1]}\u0430",
        "٤٤٤٤٥٥٥٥٦٦٦٦",
        "",
    ],
)
def test_every_other_name_is_quoted(text: str) -> None:
    assert named(text) == quoted(text)


def test_name_beyond_the_longest_is_quoted_and_cut() -> None:
    name = "arn:aws:iam::444455556666:role/" + "x" * LONGEST

    assert named(name) == quoted(name)
    assert named(name).endswith(f"'... ({len(name)} characters)")


@given(TEXTS)
def test_name_is_quoted_or_of_a_plain_alphabet(text: str) -> None:
    shown = named(text)

    assert shown[0] in "'\"" or re.fullmatch(r"[A-Za-z0-9:/_+=,@*-]+", shown, re.ASCII)


def test_short_field_is_whole_and_a_long_one_cut() -> None:
    assert (cut("abc", 3), cut("abcd", 3)) == ("abc", "abc... (4 characters)")


def test_missing_field_stays_missing() -> None:
    assert (cut_or_none(None), cut_or_none("abc")) == (None, "abc")


def test_short_list_is_whole() -> None:
    assert some_of(["a", "b"], separator="; ") == "a; b"


def test_empty_list_is_empty() -> None:
    assert some_of([]) == ""


def test_long_list_is_cut_with_the_number_of_the_others() -> None:
    assert some_of([str(number) for number in range(47)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 37 more"


def test_list_of_long_texts_is_cut_earlier() -> None:
    assert some_of(["x" * 60, "y" * 60, "z"], longest=100) == f"{'x' * 60}, and 2 more"


@given(st.lists(st.text("ab", max_size=50), min_size=1), LENGTHS)
def test_list_shows_the_first_texts_and_counts_all(texts: list[str], longest: int) -> None:
    *shown, last = some_of(texts, longest=longest).split(", ")
    more = re.fullmatch(r"and (\d+) more", last)
    shown = shown if more else [*shown, last]

    assert 1 <= len(shown) <= MOST
    assert shown == texts[: len(shown)]
    assert len(shown) + int(more[1] if more else 0) == len(texts)
