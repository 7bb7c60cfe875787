"""`python -m operations.sample_finding` on a deployed stack, as an operator with the rights that it names."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from localcloud.client.deploy import Stack
from localcloud.client.handle import REPOSITORY, Credentials, LocalCloud

ACTIONS = ["cloudformation:DescribeStacks", "sts:GetCallerIdentity", "sns:Publish"]


@pytest.fixture(scope="module")
def operator(cloud: LocalCloud) -> Credentials:
    rights = {"Effect": "Allow", "Action": ACTIONS, "Resource": "*"}
    return cloud.create_user("publisher", {"Version": "2012-10-17", "Statement": [rights]})


def publish(cloud: LocalCloud, credentials: Credentials, *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "operations.sample_finding", *arguments],
        cwd=REPOSITORY,
        env=inherited
        | {
            "PYTHONPATH": "layers/reseal",
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_DEFAULT_REGION": cloud.region,
            "AWS_ENDPOINT_URL": cloud.endpoint,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_sample_reaches_e_mail_subscribers_of_the_stacks_topic(
    cloud: LocalCloud, stack: Stack, operator: Credentials
) -> None:
    done = publish(cloud, operator)

    assert done.returncode == 0, done.stderr
    sent = [email for email in cloud.emails() if email["topic"] == stack.outputs["TopicArn"]]
    assert "this is a sample" in sent[-1]["text"]


def test_missing_stack_is_reported_in_one_line(
    cloud: LocalCloud, stack: Stack, operator: Credentials
) -> None:
    done = publish(cloud, operator, "--stack", "nowhere")

    assert done.returncode == 1
    assert done.stderr.startswith("sample-finding: nothing was published: ")
    assert "Traceback" not in done.stderr
