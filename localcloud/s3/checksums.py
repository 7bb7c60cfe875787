"""The checksums that S3 keeps with an object (C35, C40): a copy always has a full-object checksum."""

from collections.abc import Callable
from typing import Any

from ministack.services import s3

from localcloud.request import anchors
from localcloud.s3.stored_objects import Headers, Record

DEFAULT_ALGORITHM = "CRC64NVME"
COMPUTED_BELOW = 1024 * 1024  # MiniStack's CRC-64 takes a second for 8 MB and blocks the server
FULL_OBJECT, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
COMPUTED, REFUSED = ("sha512", "md5", "xxhash64"), ("xxhash3", "xxhash128")


def install() -> None:
    """Let MiniStack read the headers of the newer algorithms; it refuses what it cannot compute."""
    s3._S3_CHECKSUM_HEADERS = (*s3._S3_CHECKSUM_HEADERS, *COMPUTED, *REFUSED)
    anchors.replace("services.s3._compute_s3_checksum", _compute)


def asked_algorithm(headers: Headers) -> str | None:
    """The algorithm a CopyObject or CreateMultipartUpload names."""
    name = headers.get("x-amz-checksum-algorithm") or headers.get("x-amz-sdk-checksum-algorithm") or ""
    return name.upper().replace("_", "") or None


def upload_type(headers: Headers, algorithm: str) -> str:
    """How the parts of an upload are combined: CRC64NVME supports full-object checksums only."""
    default = FULL_OBJECT if algorithm == DEFAULT_ALGORITHM else COMPOSITE
    return headers.get("x-amz-checksum-type", default).upper()


def of_copy(copy: Record, asked: str | None) -> dict[str, Any]:
    """The fields of a copy: the source's checksum, or the requested algorithm; never a composite one."""
    kept = copy["checksums"]
    if kept and not asked and not any("-" in value for value in kept.values()):
        return {"checksum_type": FULL_OBJECT}
    return full_object(copy, [asked] if asked else list(kept))


def of_upload(record: Record) -> dict[str, Any]:
    """The fields of an object uploaded in one piece, which may lack a checksum."""
    return {"checksum_type": FULL_OBJECT} if record["checksums"] else full_object(record, [])


def headers(record: Record) -> Headers:
    """The checksums as headers of an answer."""
    found = {f"x-amz-checksum-{name.lower()}": value for name, value in record["checksums"].items()}
    return found | {"x-amz-checksum-type": str(record.get("checksum_type"))} if found else {}


def full_object(record: Record, algorithms: list[str]) -> dict[str, Any]:
    """The fields of a record with these full-object checksums, or with S3's default if the list is empty.

    Large objects without a checksum get none, to save time.
    """
    body = record["body"]
    if not algorithms and len(body) > COMPUTED_BELOW:
        return {"checksums": {}, "checksum_type": None}
    values = {name: s3._compute_s3_checksum(name, body) for name in algorithms or [DEFAULT_ALGORITHM]}
    return {"checksums": values, "checksum_type": FULL_OBJECT}


def elements(record: Record) -> bytes:
    """The checksums as elements of an S3 result document."""
    found = "".join(
        f"<Checksum{name}>{value}</Checksum{name}>" for name, value in record["checksums"].items()
    )
    kind = record.get("checksum_type")
    return f"{found}<ChecksumType>{kind}</ChecksumType>".encode() if found and kind else found.encode()


def _compute(original: Callable[[str, bytes], str | None], algorithm: str, body: bytes) -> str | None:
    """MiniStack computes three of the newer algorithms, for annotations only."""
    value = original(algorithm, body)
    if value is None and (algorithm or "").lower() in COMPUTED:
        value = s3._annotation_checksum(algorithm, body)
    return value
