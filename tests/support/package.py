"""The built template, packed once for the whole run and deployed through CloudFormation's own API.

`sam deploy` packs and uploads for every stack, which takes ten seconds. CloudFormation gets the same:
the template of `sam build` with the locations of the code filled in
(tests/cloud/e2e/test_sam_deploy.py compares).

The zips contain bytecode too: the local cloud unpacks the layer for each worker of a function, and without
bytecode each cold start would compile hundreds of files.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from localcloud.client.deploy import Stack, describe
from localcloud.client.handle import REPOSITORY, LocalCloud
from operations.artefacts import zipped

BUILD = REPOSITORY / ".aws-sam" / "build"
PACKAGE = REPOSITORY / ".local" / "package"
BUCKET = "artefacts"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.1
_TEMPLATE = "template.yaml"
_LOCATION = re.compile(r"^(?P<key> +(?:CodeUri|ContentUri): )(?P<folder>.+)$", re.MULTILINE)


def pack(python: Path) -> None:
    """Zip what was built, and write the template with the locations of the zips.

    `python` is the interpreter that runs the functions on the local cloud.
    """
    PACKAGE.mkdir(parents=True, exist_ok=True)
    template = (BUILD / _TEMPLATE).read_text()
    for found in _LOCATION.finditer(template):
        folder = (BUILD / found["folder"]).resolve()
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(shutil.copytree(folder, Path(scratch) / folder.name))
            _compile(python, copy)
            (PACKAGE / f"{folder.name}.zip").write_bytes(zipped(copy))
    (PACKAGE / _TEMPLATE).write_text(_LOCATION.sub(_uploaded_to, template))


def deploy(cloud: LocalCloud, name: str, **parameters: object) -> Stack:
    """A new stack called `name`, with the template's defaults for all other parameters."""
    _upload(cloud)
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{cloud.endpoint}/{BUCKET}/{_TEMPLATE}",
        Parameters=[{"ParameterKey": key, "ParameterValue": str(value)} for key, value in parameters.items()],
        Capabilities=CAPABILITIES,
    )
    patience = {"Delay": _POLL_SECONDS, "MaxAttempts": int(PATIENCE_SECONDS / _POLL_SECONDS)}
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=patience)
    return describe(cloud, name)


def _uploaded_to(found: re.Match[str]) -> str:
    return f"{found['key']}s3://{BUCKET}/{Path(found['folder']).name}.zip"


def _compile(python: Path, folder: Path) -> None:
    """Add bytecode that is valid whatever the date of its source, which unpacking changes."""
    options = ["-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([str(python), "-m", "compileall", *options, str(folder)], check=True)


def _upload(cloud: LocalCloud) -> None:
    """Upload once for each cloud: a second upload would send events to the stacks that are already there."""
    s3 = cloud.client("s3")
    if BUCKET in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        return
    s3.create_bucket(Bucket=BUCKET)
    for file in PACKAGE.iterdir():
        s3.put_object(Bucket=BUCKET, Key=file.name, Body=file.read_bytes())
