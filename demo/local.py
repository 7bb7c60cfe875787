"""`make local`: leave the local cloud running with Reseal deployed, and show each finding as an e-mail."""

from __future__ import annotations

import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.view import console, show_error, step
from demo.world import SETTLE_SECONDS, World, world
from localcloud.client.handle import REPOSITORY, LocalCloud, LocalCloudError
from localcloud.client.sam import DeployError

_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_POLL_SECONDS = 0.5


def main() -> int:
    """Run until Ctrl-C; the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with world(step) as stage, _environment_file(stage.cloud) as file:
            console.print(_instructions(stage, file), markup=False, soft_wrap=True)
            _show_emails(stage.cloud)
    except (DeployError, LocalCloudError) as error:
        show_error("The local cloud could not run.", error)
        return 1
    except KeyboardInterrupt:
        console.print("\nstopped; the local cloud and its files were removed")
    return 0


def settings_for_shells(variables: dict[str, str]) -> str:
    """A file for a POSIX shell: these variables, and nothing of the shell's other AWS settings."""
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    return (
        "# The local cloud of `make local`, for one shell: no other AWS setting of the shell is kept.\n"
        "for name in $(env | sed -n 's/^\\(AWS_[A-Za-z0-9_]*\\)=.*/\\1/p'); do unset \"$name\"; done\n"
        + exports
    )


@contextmanager
def _environment_file(cloud: LocalCloud) -> Iterator[Path]:
    """The file that a shell reads to use the cloud; its name has the port, for there may be two clouds."""
    user = cloud.create_user("you", _EVERYTHING)
    file = REPOSITORY / ".local" / f"env-{cloud.port}"
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        settings_for_shells(
            {
                "AWS_ACCESS_KEY_ID": user.access_key,
                "AWS_SECRET_ACCESS_KEY": user.secret_key,
                "AWS_REGION": cloud.region,
                "AWS_DEFAULT_REGION": cloud.region,
                "AWS_ENDPOINT_URL": cloud.endpoint,
                "AWS_CONFIG_FILE": "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_PAGER": "",
                "NO_PROXY": "127.0.0.1,localhost",
            }
        )
    )
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def _instructions(stage: World, file: Path) -> str:
    outputs = stage.stack.outputs
    return f"""
The local cloud runs at {stage.cloud.endpoint} with Reseal deployed.
In another terminal, with a POSIX shell and AWS CLI version 2:

  . {shlex.quote(str(file))}

  aws s3api create-bucket --bucket mine
  aws s3api get-bucket-encryption --bucket mine        # SSE-S3; after {SETTLE_SECONDS} s: SSE-KMS
  aws s3api delete-bucket-encryption --bucket mine     # Reseal restores it

  echo hello | aws s3 cp - s3://mine/hello.txt --sse AES256   # weaker than the bucket's default
  aws s3api head-object --bucket mine --key hello.txt         # AES256; a few seconds later: aws:kms

  make -C {shlex.quote(str(REPOSITORY))} sample               # a finding that means nothing, to see one
  aws lambda invoke --function-name {outputs["TrailCheckFunction"]} /dev/stderr >/dev/null
  aws logs tail {outputs["BucketFunctionLogs"]} --follow
  aws logs tail {outputs["ObjectFunctionLogs"]} --follow
  aws dynamodb scan --table-name {outputs["LedgerTable"]}

Here `aws logs` ignores filter patterns, and `aws cloudtrail lookup-events` finds nothing.
Ctrl-C stops the local cloud and removes it. Findings, as their e-mails, as they arrive:
"""


def _show_emails(cloud: LocalCloud) -> None:
    """Print each finding as an e-mail subscriber would read it, until Ctrl-C."""
    seen = 0
    while True:
        for email in cloud.emails(seen):
            seen = email["sequence"]
            console.print(f"\n[bold]{time.strftime('%H:%M:%S')}[/]  ", end="")
            console.print(email["subject"], markup=False, style="bold", soft_wrap=True)
            console.print(email["text"], markup=False, soft_wrap=True, end="")
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
