"""The zips of what `sam build` made: the same bytes on every machine, named by their content."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

_PERMISSIONS = 0o100755 << 16  # what the SAM CLI gives every file
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Artefact:
    """A zip and its name, which changes with its content: CloudFormation then sees that the code changed."""

    name: str
    content: bytes


def artefact_of(folder: Path) -> Artefact:
    """The zip of a folder."""
    content = zipped(folder)
    return Artefact(f"{folder.name}-{hashlib.sha256(content).hexdigest()[:32]}.zip", content)


def zipped(folder: Path) -> bytes:
    """The files of a folder as a zip, in the order of their names and without their dates."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _DATE)
            entry.external_attr = _PERMISSIONS
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
