"""Two checksums of S3 that the SDK computes only with a library of C."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

_POLYNOMIALS = {"CRC32C": (32, 0x82F63B78), "CRC64NVME": (64, 0x9A6C9329AC4BC9B5)}


def crc(name: str, body: bytes) -> str:
    """A reflected CRC in base64."""
    bits, polynomial = _POLYNOMIALS[name]
    table = list(_table(polynomial))
    value = mask = (1 << bits) - 1
    for byte in body:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return b64encode((value ^ mask).to_bytes(bits // 8, "big")).decode()


def _table(polynomial: int) -> Iterator[int]:
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)  # noqa: PLW2901
        yield value
