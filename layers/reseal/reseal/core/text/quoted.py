"""Values: text that others chose, as Reseal shows it: quoted, on one line, and of a bounded length.

Lengths are counted in the characters of the text as JSON in ASCII: so much does it need in a message.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence

LONGEST = 320
"""The longest text that is shown whole: the longest name of a key, an alias ARN, has 310 characters."""

LONGEST_KEY = 2100
"""An object key, of 1,024 bytes at most, is whole unless most of it are control characters."""

SHORT = 80
"""The longest text that is shown where only its beginning matters."""

MOST = 10
"""How many texts of a list are shown."""

_PLAIN = re.compile(
    r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{0,12}:[A-Za-z0-9/_+=,@*-]+"
    r"|[0-9]{12}|aws(-[a-z]+){0,3}|[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}"
)
"""ARNs, account ids, partitions, Regions. An ARN with a dot or a colon in its resource could hold a link."""

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_COMBINING = frozenset({"Mn", "Mc", "Me"})
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that Unicode calls characters or symbols, and that show nothing."""


def quoted(text: str, longest: int = LONGEST) -> str:
    """The text as a Python literal, cut after `longest` characters; then its length follows the quotes.

    Characters that are invisible, or change how others are shown, are escaped.
    """
    shown = _beginning(text, longest, _cost_in_quotes)
    return _literal(shown) + _mark(text, shown)


def named(text: str, longest: int = LONGEST) -> str:
    """What AWS calls something: an ordinary ARN, account id or Region as it is, everything else quoted."""
    return text if len(text) <= longest and _PLAIN.fullmatch(text) else quoted(text, longest)


def cut(text: str, longest: int = LONGEST) -> str:
    """The text as it is, cut after `longest` characters; its length then follows. For fields of JSON."""
    shown = _beginning(text, longest, _cost)
    return shown + _mark(text, shown)


def cut_or_none(text: str | None, longest: int = LONGEST) -> str | None:
    """The text as `cut` shows it; None if there is none."""
    return None if text is None else cut(text, longest)


def some_of(texts: Sequence[str], *, separator: str = ", ", longest: int = 1000) -> str:
    """The first texts of a list, at least one and at most ten, and the number of the others.

    The texts must be bounded themselves: the first is shown whatever its length.
    """
    shown: list[str] = []
    for text in texts[:MOST]:
        shown.append(text)
        if shown[1:] and _cost(separator.join(shown)) > longest:
            shown.pop()
            break
    more = len(texts) - len(shown)
    return separator.join([*shown, f"and {more} more"] if more else shown)


def _beginning(text: str, longest: int, cost: Callable[[str], int]) -> str:
    if text.isascii() and text.isprintable() and not set("'\"\\") & set(text):
        return text[:longest]  # each character is spelled as itself
    left = longest
    for number, character in enumerate(text[: longest + 1]):
        left -= cost(character)
        if left < 0:
            return text[:number]
    return text


def _mark(text: str, shown: str) -> str:
    return "" if shown == text else f"... ({len(text)} characters)"


def _literal(text: str) -> str:
    return "".join(character if _is_visible(character) else _escaped(character) for character in repr(text))


def _is_visible(character: str) -> bool:
    """Whether the character shows itself, and shows nothing else otherwise than it is."""
    if character.isascii():
        return True
    return (
        unicodedata.bidirectional(character) not in _RIGHT_TO_LEFT
        and unicodedata.category(character) not in _COMBINING
        and character not in _BLANK
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _cost(text: str) -> int:
    return len(json.dumps(text)) - 2


def _cost_in_quotes(character: str) -> int:
    """What the character needs within a literal; a quote may need a backslash, which JSON doubles."""
    return 3 if character in "'\"" else _cost(_literal(character)[1:-1])
