"""Reseal itself in detect mode: deployed as a stack, three scenes played, what it publishes received."""

from __future__ import annotations

import json
import subprocess  # nosec B404
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.verify_aws.bench import Bench
from operations.verify_aws.measurement import Expectation, NotSeenError
from operations.verify_aws.report import Row, row_of
from operations.verify_aws.trail.collector import queue_policy

REPOSITORY = Path(__file__).resolve().parents[2]
_SAM = REPOSITORY / ".venv" / "sam" / "bin" / "sam"
_BUILD = REPOSITORY / ".aws-sam" / "build"
"""Without a samconfig.toml, whose bucket for the code would stay."""

_PARAMETERS = ("Mode=detect", "SettleSeconds=0", "AlertWindowSeconds=0")
_LAST_LINES = 1500


@dataclass(frozen=True, slots=True)
class Scene:
    """A call of somebody, and the check that must see it."""

    asks: Expectation
    check: str
    play: Callable[[Bench, str], object]


def _nothing(bench: Bench, bucket: str) -> None:
    """The bucket was created, with SSE-S3 as its default."""


def _unblock(bench: Bench, bucket: str) -> None:
    bench.default(bucket, "AES256", BlockedEncryptionTypes={"EncryptionType": ["NONE"]})


def _write(bench: Bench, bucket: str) -> None:
    bench.s3.put_object(Bucket=bucket, Key="report.csv", Body=b"x", ServerSideEncryption="AES256")


def _scene(name: str, check: str, question: str, play: Callable[[Bench, str], object]) -> Scene:
    asks = Expectation(name=name, fact="stack", question=question, expected="DETECTED")
    return Scene(asks, check, play)


SCENES = (
    _scene(
        "scene-new-bucket",
        "S3.BucketDefaultEncryption",
        "Reseal's finding about a new bucket under SSE-S3",
        _nothing,
    ),
    _scene(
        "scene-sse-c", "S3.BucketSseCBlock", "Reseal's finding about a bucket that allows SSE-C", _unblock
    ),
    _scene("scene-object", "S3.ObjectEncryption", "Reseal's finding about an object under SSE-S3", _write),
)


def prove(bench: Bench, seconds: float, pause: float, say: Callable[[str], None]) -> list[Row]:
    """Deploy, play the scenes, and say what Reseal found. The runner removes the stack.

    Raises NotSeenError if the stack cannot be deployed, and ClientError.
    """
    name = f"{bench.prefix}-stack"
    say("deploying Reseal in detect mode")
    _deploy(bench, name)
    outputs = _outputs(bench, name)
    inbox = _subscribe(bench, outputs["TopicArn"])
    buckets = {}
    for scene in SCENES:
        say(f"playing: {scene.asks.question}")
        buckets[scene.asks.name] = bucket = bench.bucket("scene")
        scene.play(bench, bucket)
    found = _await_findings(bench, inbox, buckets, seconds, pause, say)
    return [row_of(scene.asks, found.get(scene.asks.name), "no finding arrived") for scene in SCENES]


def _deploy(bench: Bench, name: str) -> None:
    command = [
        str(_SAM),
        "deploy",
        "--template-file",
        "template.yaml",
        "--stack-name",
        name,
        "--region",
        bench.clients.region,
    ]
    command += ["--s3-bucket", bench.bucket("code"), "--capabilities", "CAPABILITY_IAM", "--no-progressbar"]
    command += ["--parameter-overrides", *_PARAMETERS]
    done = subprocess.run(command, cwd=_BUILD, capture_output=True, text=True, check=False)  # noqa: S603  # nosec B603
    if done.returncode:
        raise NotSeenError(f"sam deploy failed: {(done.stdout + done.stderr)[-_LAST_LINES:]}")


def _outputs(bench: Bench, name: str) -> dict[str, str]:
    stack = bench.clients("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _subscribe(bench: Bench, topic: str) -> str:
    """A queue that gets the findings, in the name of the run."""
    sqs = bench.clients("sqs")
    url = str(sqs.create_queue(QueueName=f"{bench.prefix}-findings")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    admitted = queue_policy(arn, "sns.amazonaws.com", topic)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": admitted})
    bench.clients("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def _await_findings(
    bench: Bench,
    inbox: str,
    buckets: dict[str, str],
    seconds: float,
    pause: float,
    say: Callable[[str], None],
) -> dict[str, str]:
    """The status of each scene's finding, by the scene's name."""
    found: dict[str, str] = {}
    deadline = time.monotonic() + seconds
    while len(found) < len(SCENES) and time.monotonic() < deadline:
        for finding in _received(bench, inbox):
            for scene in SCENES:
                if finding["check"] == scene.check and buckets[scene.asks.name] in json.dumps(
                    finding["resource"]
                ):
                    found[scene.asks.name] = str(finding["status"])
        say(f"waiting for findings: {len(found)} of {len(SCENES)}")
        time.sleep(pause)
    return found


def _received(bench: Bench, inbox: str) -> list[Any]:
    sqs, findings = bench.clients("sqs"), []
    while messages := sqs.receive_message(QueueUrl=inbox, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            findings += json.loads(json.loads(message["Body"])["Message"])["findings"]
            sqs.delete_message(QueueUrl=inbox, ReceiptHandle=message["ReceiptHandle"])
    return findings
