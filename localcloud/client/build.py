"""Build the repository's template with the real SAM CLI, unless nothing changed since the last build.

The layer's packages are downloaded once and kept, so that only a change of the requirements needs PyPI again.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from localcloud.client.handle import REPOSITORY
from localcloud.client.sam import DeployError, run_sam, tail

BUILD = REPOSITORY / ".aws-sam" / "build"
_STAMP = BUILD / "built-from"  # `sam build` empties its folder first, so no other build leaves the stamp
_LAYER = REPOSITORY / "layers" / "reseal"
_WHEELS = REPOSITORY / ".local" / "wheels"
_SOURCES = ("template.yaml", "functions", "layers", "requirements/sam.txt")
_REQUIREMENTS = ("requirements.txt", "Makefile")
_REMEDY = (
    "They are needed once, from PyPI or the index that PIP_INDEX_URL names. Behind a proxy, set HTTPS_PROXY. "
    "Then run the command again."
)


def is_built() -> bool:
    """Whether the last build was made from the files as they are now."""
    return _STAMP.is_file() and _STAMP.read_text() == digest(REPOSITORY, _SOURCES)


def build() -> None:
    """`sam build` of the repository, into its own `.aws-sam`. Raises DeployError."""
    if is_built():
        return
    sources = digest(REPOSITORY, _SOURCES)
    packages = fetched_packages(_WHEELS)
    kept = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": packages.as_uri()}  # pip splits a plain path at its spaces
    run_sam(["build"], {"AWS_DEFAULT_REGION": "us-east-1", **kept})
    _STAMP.write_text(sources)


def fetched_packages(store: Path) -> Path:
    """The folder in `store` with the wheels of the layer's requirements; downloaded if it is not there.

    Raises DeployError.
    """
    wanted = store / digest(_LAYER, _REQUIREMENTS)[:16]
    if wanted.is_dir():
        return wanted
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=store) as scratch:
        options = [f"WHEELS={scratch}", f"PYTHON={sys.executable}"]
        finished = subprocess.run(  # noqa: S603  # the layer's Makefile, a list of arguments, no shell
            ["make", "--silent", "-C", str(_LAYER), "wheels", *options],  # noqa: S607  # make is required
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode:
            raise DeployError(
                f"pip could not download the packages of the layer:\n{tail(finished.stderr)}\n{_REMEDY}"
            )
        shutil.copytree(scratch, wanted)
    return wanted


def digest(root: Path, names: Sequence[str]) -> str:
    """A hash of the names, modes and contents of these files of `root`, and of all files in its folders."""
    whole = hashlib.sha256()
    for path in (root / name for name in names):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                status = file.stat()
                name = file.relative_to(root).as_posix()
                whole.update(f"{name} {status.st_mode:o} {status.st_size}\n".encode())
                whole.update(file.read_bytes())
    return whole.hexdigest()


if __name__ == "__main__":
    try:
        print("nothing changed since the last build" if is_built() else "building", flush=True)
        build()
    except DeployError as error:
        sys.exit(str(error))
