"""What S3 refuses when an upload in parts begins or completes: wrong conditions, parts and checksums."""

from ministack.services import s3

from localcloud.request.calls import Response
from localcloud.s3 import checksums, preconditions, s3_errors
from localcloud.s3.stored_objects import Headers, Record
from localcloud.s3.writes.listed_parts import ListedPart, listed_parts
from localcloud.s3.writes.object_writes import WRITTEN

BEGUN, OVERWRITES = "localcloud_begun", "localcloud_overwrites"
WHOLE, COMPOSITE = "localcloud_whole_checksum", "checksum_algorithm"


def of_beginning(headers: Headers) -> Response | None:
    """A CRC64NVME is of the whole object only, a SHA only of parts; a type needs an algorithm."""
    algorithm, kind = checksums.asked_algorithm(headers), headers.get("x-amz-checksum-type", "").upper()
    if kind and not algorithm:
        return _invalid_request(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
        )
    no_composite = kind == checksums.COMPOSITE and algorithm == checksums.DEFAULT_ALGORITHM
    no_full_object = kind == checksums.FULL_OBJECT and (algorithm or "").startswith("SHA")
    if algorithm and (no_composite or no_full_object):
        return _invalid_request(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        )
    return None


def of_completion(upload: Record, body: bytes, headers: Headers, minimum: int) -> Response | None:
    """Why S3 refuses to complete the upload; None if it does not, or if MiniStack refuses it too."""
    parts = listed_parts(body)
    if refused := _by_condition(upload, headers):
        return refused
    if parts is None:
        return None  # MalformedXML
    return (
        _by_list(parts)
        or _by_checksum_type(upload, headers)
        or _by_part(upload, parts, minimum)
        or _by_whole_checksum(upload, parts, headers)
    )


def _by_condition(upload: Record, headers: Headers) -> Response | None:
    """A condition that holds is not enough if the key was written or deleted since the beginning (C19)."""
    current = s3._buckets[upload["bucket"]]["objects"].get(upload["key"])
    if refused := preconditions.refusal(headers, current):
        return refused
    if headers.get("if-match") and current[WRITTEN] > upload[BEGUN]:
        return preconditions.conflict("If-Match")
    if headers.get("if-none-match") and upload[OVERWRITES]:
        return preconditions.conflict("If-None-Match")
    return None


def _by_list(parts: list[ListedPart]) -> Response | None:
    numbers = [part.number for part in parts]
    if not numbers:
        return _invalid_request("You must specify at least one part")
    if numbers != sorted(numbers):
        return s3_errors.bad_request(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
        )
    return None


def _by_checksum_type(upload: Record, headers: Headers) -> Response | None:
    begun = checksums.FULL_OBJECT if upload[WHOLE] else checksums.COMPOSITE if upload[COMPOSITE] else ""
    if headers.get("x-amz-checksum-type", begun).upper() == begun:
        return None
    return _invalid_request(
        f"The upload was created using the {begun or 'null'} checksum mode. "
        "The complete request must use the same checksum mode."
    )


def _by_part(upload: Record, parts: list[ListedPart], minimum: int) -> Response | None:
    for part in parts:
        stored = upload["parts"].get(part.number)
        if stored is None:
            return None  # InvalidPart
        if refused := _by_part_checksum(upload, part):
            return refused
        if stored["size"] < minimum and part is not parts[-1]:  # C27
            return s3_errors.bad_request(
                "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"
            )
    return None


def _by_part_checksum(upload: Record, part: ListedPart) -> Response | None:
    """A composite needs the checksum of each part; an upload without an algorithm takes none."""
    algorithm = upload[COMPOSITE]
    if part.checksums and not (algorithm or upload[WHOLE]):
        return s3_errors.bad_request("InvalidPart", "One or more of the specified parts could not be found.")
    if not algorithm or algorithm in part.checksums:
        return None
    for other in part.checksums:
        return s3_errors.bad_request(
            "BadDigest",
            f"The {other.lower()} you specified for part {part.number} did not match what we received.",
        )
    return _invalid_request(
        f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the "
        f"checksum for each part. It was missing for part {part.number} in the request."
    )


def _by_whole_checksum(upload: Record, parts: list[ListedPart], headers: Headers) -> Response | None:
    algorithm = upload[WHOLE] or ""
    sent = headers.get(f"x-amz-checksum-{algorithm.lower()}")
    stored = [upload["parts"][part.number] for part in parts if part.number in upload["parts"]]
    if not sent or sent == s3._compute_s3_checksum(algorithm, b"".join(part["body"] for part in stored)):
        return None
    return s3_errors.bad_request(
        "BadDigest", f"The {algorithm} you specified did not match the calculated checksum."
    )


def _invalid_request(message: str) -> Response:
    return s3_errors.bad_request("InvalidRequest", message)
