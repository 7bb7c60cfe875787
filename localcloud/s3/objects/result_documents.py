"""The XML result of a copy or a completed upload, corrected to match the stored object."""

import re

from localcloud.s3 import checksums
from localcloud.s3.stored_objects import Record

_ETAG = re.compile(rb"<ETag>[^<]*</ETag>")
_CHECKSUM = re.compile(rb"<Checksum\w+>[^<]*</Checksum\w+>")
_END = re.compile(rb"(</\w+>)\s*$")


def describing(document: bytes, record: Record) -> bytes:
    """The document with the ETag and the checksums of the record."""
    document = _ETAG.sub(b"<ETag>" + record["etag"].encode() + b"</ETag>", document)
    return _END.sub(checksums.elements(record) + rb"\1", _CHECKSUM.sub(b"", document))
