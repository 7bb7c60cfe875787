"""`python -m operations.sample_finding --stack reseal`: publish a sample finding to a stack's topic.

It goes the way of every finding, through the topic and its key to each subscriber, so that a subscription, a
filter or a ticket system can be tried. It says in every form that nothing happened. Needs
`cloudformation:DescribeStacks`, `sts:GetCallerIdentity`, and `sns:Publish` on the topic.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations.messages import NotResealError
from operations.queues import Queues
from reseal.aws.sns import SnsTopic
from reseal.core.calls.actor import Actor
from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.buckets.default_encryption import DEFAULT_ENCRYPTION
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Severity
from reseal.core.errors import TransientError
from reseal.core.findings.finding import Finding, Status
from reseal.core.findings.message import Message
from reseal.core.findings.render.message import message_of
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_encryption import SseAlgorithm

BUCKET = "reseal-sample-finding"


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish one sample; the exit status."""
    parser = argparse.ArgumentParser(prog="sample-finding", description="Publish a sample finding.")
    parser.add_argument("--stack", default="reseal", help="the stack's name (default: %(default)s)")
    parser.add_argument("--region", help="the stack's Region (default: that of your AWS settings)")
    options = parser.parse_args(arguments)
    try:
        topic, message = _publish(boto3.Session(region_name=options.region), options.stack)
    except (BotoCoreError, ClientError, NotResealError, TransientError) as error:
        print(f"sample-finding: nothing was published: {error}", file=sys.stderr)
        return 1
    print(f"Published to {topic}: {message.subject}")
    return 0


def _publish(session: boto3.Session, stack: str) -> tuple[str, Message]:
    outputs = Queues(session).outputs(stack)
    if not {"TopicArn", "RemediationKeyArn"} <= outputs.keys():
        raise NotResealError("the stack has no outputs TopicArn and RemediationKeyArn: is it a Reseal stack?")
    topic = outputs["TopicArn"]
    message = sample(
        session.client("sts").get_caller_identity()["Arn"], outputs["RemediationKeyArn"], datetime.now(UTC)
    )
    SnsTopic(session.client("sns"), topic).publish(message)
    return topic, message


def sample(caller: str, stack_key: str, now: datetime) -> Message:
    """The message of a finding that means nothing, in the account and Region of the stack's key."""
    _, _, _, region, account, _ = stack_key.split(":", 5)
    check, partition = CHECK_BY_ID[DEFAULT_ENCRYPTION], stack_key.split(":")[1]
    required = Requirements(
        account=account,
        region=region,
        required=SseAlgorithm.SSE_KMS,
        remediation_key=stack_key,
        check_modes={},
    )
    call = BucketCall(
        event_id=str(uuid.uuid4()),
        name="CreateBucket",
        time=now.replace(microsecond=0),
        bucket=BUCKET,
        owner=account,
        actor=Actor(who=caller, session=None, account=account, address=None, tool="sample-finding"),
        stated=None,
    )
    finding = Finding(
        check=check,
        severity=Severity.INFORMATIONAL,
        status=Status.MANUAL,
        call=call,
        account=account,
        region=region,
        resource_arn=call.resource.arn(partition),
        required=check.requires(required),
        runbook=f"{required.runbook}#{check.section}",
        reason="this is a sample: no such bucket was created, and nothing was changed",
        recommendation="do nothing; this message shows that findings reach you",
    )
    return message_of([finding])


if __name__ == "__main__":
    sys.exit(main())
