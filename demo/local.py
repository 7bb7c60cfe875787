"""`make local`: leave the local cloud running with Reseal deployed, and say how to play with it."""

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
            console.print(_how_to_play(stage), markup=False)
            signal.pause()
    except (DeployError, LocalCloudError) as error:
        console.print(f"[bold red]The local cloud could not start.[/] {error}")
        return 1
    except KeyboardInterrupt:
        console.print("\nstopped; nothing is left behind")
    return 0


def _how_to_play(stage: World) -> str:
    maria = stage.cloud.create_user(
        "you", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    )
    outputs = stage.stack.outputs
    return f"""
The local cloud is up at {stage.cloud.endpoint} with Reseal deployed. Paste into another terminal:

  export AWS_ENDPOINT_URL={stage.cloud.endpoint} AWS_DEFAULT_REGION={stage.cloud.region}
  export AWS_ACCESS_KEY_ID={maria.access_key} AWS_SECRET_ACCESS_KEY={maria.secret_key}

  aws s3api create-bucket --bucket mine
  aws s3api get-bucket-encryption --bucket mine        # SSE-S3; again after {SETTLE_SECONDS} s: SSE-KMS
  aws s3api delete-bucket-encryption --bucket mine     # try to take it away

  echo hello | aws s3 cp - s3://mine/hello.txt --sse AES256   # an object that is less than its bucket
  aws s3api head-object --bucket mine --key hello.txt         # AES256; a moment later aws:kms

  aws sqs receive-message --endpoint-url {stage.cloud.endpoint} --queue-url {stage.arrivals.inbox}
  aws logs tail {outputs["BucketFunctionLogs"]} --follow
  aws logs tail {outputs["ObjectFunctionLogs"]} --follow
  aws dynamodb scan --table-name {outputs["LedgerTable"]}

Ctrl-C takes everything down.
"""


if __name__ == "__main__":
    sys.exit(main())
