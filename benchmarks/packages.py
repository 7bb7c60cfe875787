"""The package of each product, unpacked for a fresh interpreter: sources only.

Of Reseal's layer and of boto3 there is also a compiled copy, with bytecode as a release build has it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.policies import AS_DOCUMENTED, NOTIFYING, TUNED, policy_document
from benchmarks.world import REPOSITORY, World

CUSTODIAN_PYTHON = REPOSITORY / ".venv" / "custodian" / "bin" / "python"
_BOTO3 = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
_SOURCES_ONLY = shutil.ignore_patterns("__pycache__", "*.pyc")


class PackageError(RuntimeError):
    """A package is missing or could not be made; the message names the command to run."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a package: bytes zipped, bytes unpacked, and the number of files."""

    zipped: int
    unzipped: int
    files: int

    def __add__(self, other: Size) -> Size:
        return Size(self.zipped + other.zipped, self.unzipped + other.unzipped, self.files + other.files)


@dataclass(frozen=True, slots=True)
class Packages:
    """The paths below `home`."""

    home: Path

    @staticmethod
    def compiled(package: Path) -> Path:
        """The copy of a package that has bytecode beside its sources."""
        return package.with_name(f"{package.name}-compiled")

    @property
    def layer(self) -> Path:
        """A copy of Reseal's layer, so that another build cannot change it during the run."""
        return self.home / "layer"

    @property
    def app(self) -> Path:
        """Reseal's function for buckets."""
        return self.home / "function" / "app.py"

    @property
    def object_app(self) -> Path:
        """Reseal's function for objects."""
        return self.home / "object-function" / "app.py"

    @property
    def boto3(self) -> Path:
        """A whole boto3 of the layer's version, as the Lambda runtime would provide it."""
        return self.home / "boto3"

    @property
    def custodian(self) -> Path:
        """Cloud Custodian's package, unpacked."""
        return self.home / "custodian"

    def policy_directory(self, form: str) -> Path:
        """The working directory of Cloud Custodian's function with this form of the policy."""
        return self.home / form.replace(" ", "-")

    def reseal_size(self) -> Size:
        """Layer and function."""
        return _size(_zip(self.layer)) + _size(_zip(self.app.parent))

    def boto3_size(self) -> Size:
        """What Cloud Custodian's package expects from the runtime."""
        return _size(_zip(self.boto3))

    def custodian_size(self) -> Size:
        """The package as Cloud Custodian itself zips it."""
        return _size(self.home / "custodian.zip")


def lay_out(home: Path, world: World) -> Packages:
    """Copy and make every package. Raises PackageError."""
    if not CUSTODIAN_PYTHON.exists():
        raise PackageError(f"{CUSTODIAN_PYTHON.relative_to(REPOSITORY)} is missing: run `make bench`")
    packages = Packages(home)
    lay_out_reseal(packages, REPOSITORY)
    _copy_boto3(packages.boto3)
    _compile(packages.boto3, packages.compiled(packages.boto3))
    _make_custodian(packages, world)
    return packages


def lay_out_reseal(packages: Packages, checkout: Path) -> None:
    """Copy Reseal's layer and functions as they are built in a checkout. Raises PackageError."""
    layer = checkout / ".aws-sam" / "build" / "ResealLayer" / "python"
    if not layer.is_dir():
        raise PackageError(f"{layer} is missing: run `make build` in {checkout}")
    shutil.copytree(layer, packages.layer, ignore=_SOURCES_ONLY)
    functions = {"enforce_bucket": packages.app, "enforce_object": packages.object_app}
    for function, app in functions.items():
        shutil.copytree(checkout / "functions" / function, app.parent, ignore=_SOURCES_ONLY)
    _compile(packages.layer, packages.compiled(packages.layer))


def _copy_boto3(target: Path) -> None:
    site = Path(sysconfig.get_path("purelib"))
    target.mkdir()
    for name in _BOTO3:
        source = site / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=_SOURCES_ONLY)
        else:
            shutil.copy(source, target)


def _compile(package: Path, target: Path) -> None:
    """As `layers/reseal/Makefile` compiles the layer: the bytecode is never compared with its source."""
    shutil.copytree(package, target)
    options = ["-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([sys.executable, "-m", "compileall", *options, str(target)], check=True)  # noqa: S603


def _make_custodian(packages: Packages, world: World) -> None:
    archive = packages.home / "custodian.zip"
    document = json.dumps(policy_document(AS_DOCUMENTED, world))
    command = [str(CUSTODIAN_PYTHON), "-m", "benchmarks.custodian_archive", document, str(archive)]
    made = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode:
        raise PackageError(f"Cloud Custodian could not make its package:\n{made.stderr[-2000:]}")
    with zipfile.ZipFile(archive) as package:
        package.extractall(packages.custodian)
    for form in (AS_DOCUMENTED, TUNED, NOTIFYING):
        packages.policy_directory(form).mkdir()
        (packages.policy_directory(form) / "config.json").write_text(json.dumps(policy_document(form, world)))


def _zip(directory: Path) -> Path:
    return Path(shutil.make_archive(str(directory), "zip", directory))


def _size(archive: Path) -> Size:
    with zipfile.ZipFile(archive) as package:
        files = [entry for entry in package.infolist() if not entry.is_dir()]
    return Size(archive.stat().st_size, sum(entry.file_size for entry in files), len(files))
