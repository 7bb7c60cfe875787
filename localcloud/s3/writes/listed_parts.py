"""The parts that a CompleteMultipartUpload lists."""

from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, fromstring

CHECKSUM = "Checksum"


class ListedPart(NamedTuple):
    """The number of a part, and its checksums by algorithm."""

    number: int
    checksums: dict[str, str]


def listed_parts(body: bytes) -> list[ListedPart] | None:
    """The parts to join, in the order of the document; None if it is not a document."""
    try:
        root = fromstring(body)  # noqa: S314 - a local test's request
    except ParseError:
        return None
    parts = [
        {_local(child): child.text for child in element if child.text}
        for element in root
        if _local(element) == "Part"
    ]
    return [
        ListedPart(int(part["PartNumber"]), _checksums(part))
        for part in parts
        if part.get("PartNumber", "").isdigit()
    ]


def _checksums(part: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix(CHECKSUM): value for name, value in part.items() if name.startswith(CHECKSUM)}


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
