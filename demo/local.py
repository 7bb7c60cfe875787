"""`make local`: leave the local cloud running with Reseal deployed, and print commands to try."""

from __future__ import annotations

import signal
import sys

from demo.view import console, step
from demo.world import SETTLE_SECONDS, World, world
from localcloud.client.deploy import DeployError
from localcloud.client.handle import LocalCloudError


def main() -> int:
    """Run until Ctrl-C; the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with world(step) as stage:
            console.print(_instructions(stage), markup=False)
            signal.pause()
    except (DeployError, LocalCloudError) as error:
        console.print(f"[bold red]The local cloud could not start.[/] {error}")
        return 1
    except KeyboardInterrupt:
        console.print("\nstopped; the local cloud and its files were removed")
    return 0


def _instructions(stage: World) -> str:
    user = stage.cloud.create_user(
        "you", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    )
    outputs = stage.stack.outputs
    return f"""
The local cloud runs at {stage.cloud.endpoint} with Reseal deployed. Paste this into another terminal:

  export AWS_ENDPOINT_URL={stage.cloud.endpoint} AWS_DEFAULT_REGION={stage.cloud.region}
  export AWS_ACCESS_KEY_ID={user.access_key} AWS_SECRET_ACCESS_KEY={user.secret_key}

  aws s3api create-bucket --bucket mine
  aws s3api get-bucket-encryption --bucket mine        # SSE-S3; after {SETTLE_SECONDS} s: SSE-KMS
  aws s3api delete-bucket-encryption --bucket mine     # Reseal restores it

  echo hello | aws s3 cp - s3://mine/hello.txt --sse AES256   # weaker than the bucket's default
  aws s3api head-object --bucket mine --key hello.txt         # AES256; a few seconds later: aws:kms

  aws sqs receive-message --endpoint-url {stage.cloud.endpoint} --queue-url {stage.arrivals.inbox}
  aws logs tail {outputs["BucketFunctionLogs"]} --follow
  aws logs tail {outputs["ObjectFunctionLogs"]} --follow
  aws dynamodb scan --table-name {outputs["LedgerTable"]}

Ctrl-C stops the local cloud and removes it.
"""


if __name__ == "__main__":
    sys.exit(main())
