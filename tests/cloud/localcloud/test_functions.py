"""Lambda functions run with their role, layers and queue, as on AWS."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud, LocalCloudError

OWN = "111122223333"
CODE = """
import json, os, time
import boto3, yaml

count = 0

def whoami(event): return boto3.client("sts").get_caller_identity()["Arn"]
def layer(event): return yaml.MARK
def environment(event): return sorted(name for name in os.environ if name in event["names"])
def create_bucket(event): boto3.client("s3").create_bucket(Bucket=event["bucket"])
def list_topics(event): return boto3.client("sns").list_topics()["Topics"]
def say(event): print("\\n".join(f"{event['mark']} {n}" for n in range(event["lines"])))
def sleep(event): time.sleep(event["seconds"])
def counted(event):
    global count
    count += 1
    return count

def handler(event, context):
    if "Records" not in event:
        print(json.dumps({"doing": event["do"]}))
        return globals()[event["do"]](event)
    table = boto3.client("sqs")
    failed = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        table.send_message(QueueUrl=body["report_to"], MessageBody=json.dumps(
            {"n": body["n"], "received": record["attributes"]["ApproximateReceiveCount"]}))
        if body["n"] == body["fails"]:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""
RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:CreateBucket", "sqs:*"], "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}

Invoke = Callable[..., Any]


def zipped(**files: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        for name, text in files.items():
            content.writestr(name.replace("__", "/") + ".py", text)
    return archive.getvalue()


@pytest.fixture(scope="module")
def functions(local_cloud: LocalCloud, user: Credentials) -> Any:
    return local_cloud.client("lambda", user)


@pytest.fixture(scope="module")
def function(local_cloud: LocalCloud, user: Credentials, functions: Any) -> str:
    """The name of a function, and also of its role."""
    name = f"function-{uuid.uuid4().hex[:8]}"
    iam = local_cloud.client("iam", user)
    role = iam.create_role(RoleName=name, Path="/service/", AssumeRolePolicyDocument=json.dumps(TRUST))[
        "Role"
    ]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=json.dumps(RIGHTS))
    layer = functions.publish_layer_version(
        LayerName=name, Content={"ZipFile": zipped(python__yaml="MARK = 'from the layer'")}
    )["LayerVersionArn"]
    local_cloud.client("logs", user).create_log_group(logGroupName=f"/reseal/{name}")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Timeout=10,
        Code={"ZipFile": zipped(app=CODE)},
        Layers=[layer],
        LoggingConfig={"LogGroup": f"/reseal/{name}"},
    )
    return name


@pytest.fixture
def invoke(functions: Any, function: str) -> Invoke:
    def call(do: str, **event: Any) -> Any:
        answer = functions.invoke(FunctionName=function, Payload=json.dumps({"do": do, **event}))
        payload = json.load(answer["Payload"])
        assert "FunctionError" not in answer, payload
        return payload

    return call


def test_function_acts_as_its_role(invoke: Invoke, function: str) -> None:
    assert invoke("whoami") == f"arn:aws:sts::{OWN}:assumed-role/{function}/{function}"


@pytest.fixture
def only_for_the_function(
    local_cloud: LocalCloud, user: Credentials, functions: Any, function: str
) -> Iterator[str]:
    """The ARN of the function, while its role may list topics only for its code."""
    arn = functions.get_function_configuration(FunctionName=function)["FunctionArn"]
    statement = {"Effect": "Allow", "Action": "sns:ListTopics", "Resource": "*"}
    statement["Condition"] = {"ArnEquals": {"lambda:SourceFunctionArn": arn}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = local_cloud.client("iam", user)
    iam.put_role_policy(RoleName=function, PolicyName="own", PolicyDocument=document)
    yield arn
    iam.delete_role_policy(RoleName=function, PolicyName="own")


@pytest.mark.usefixtures("only_for_the_function")
def test_call_of_the_functions_code_names_its_function(invoke: Invoke) -> None:
    assert isinstance(invoke("list_topics"), list)


def test_session_that_the_control_endpoint_gives_is_the_functions_own(
    local_cloud: LocalCloud, only_for_the_function: str
) -> None:
    session = local_cloud.function_session(only_for_the_function)

    credentials = Credentials(
        session["AWS_ACCESS_KEY_ID"], session["AWS_SECRET_ACCESS_KEY"], session["AWS_SESSION_TOKEN"]
    )
    assert "Topics" in local_cloud.client("sns", credentials).list_topics()


def test_use_of_a_key_through_s3_does_not_name_the_function(
    local_cloud: LocalCloud, user: Credentials, function: str, only_for_the_function: str
) -> None:
    allow = {"Effect": "Allow", "Action": ["s3:PutObject", "kms:*"], "Resource": "*"}
    allow["Condition"] = {"ArnEquals": {"lambda:SourceFunctionArn": only_for_the_function}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    local_cloud.client("iam", user).put_role_policy(
        RoleName=function, PolicyName="own", PolicyDocument=document
    )
    session = local_cloud.function_session(only_for_the_function)
    own = Credentials(
        session["AWS_ACCESS_KEY_ID"], session["AWS_SECRET_ACCESS_KEY"], session["AWS_SESSION_TOKEN"]
    )
    key = local_cloud.client("kms", user).create_key()["KeyMetadata"]["KeyId"]
    local_cloud.client("s3", user).create_bucket(Bucket=function)
    s3, named = local_cloud.client("s3", own), {"Bucket": function, "Key": "k", "Body": b""}

    s3.put_object(**named)
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        s3.put_object(**named, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)


def test_session_of_an_unknown_function_is_refused(local_cloud: LocalCloud) -> None:
    with pytest.raises(LocalCloudError, match="there is no function"):
        local_cloud.function_session(f"arn:aws:lambda:us-east-1:{OWN}:function:unknown")


@pytest.mark.usefixtures("only_for_the_function")
def test_somebody_else_in_the_functions_role_does_not_name_the_function(
    local_cloud: LocalCloud, user: Credentials, function: str
) -> None:
    iam = local_cloud.client("iam", user)
    arn = iam.get_role(RoleName=function)["Role"]["Arn"]
    trusts = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [*TRUST["Statement"], trusts]}
    iam.update_assume_role_policy(RoleName=function, PolicyDocument=json.dumps(document))
    given = local_cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName=function)["Credentials"]
    other = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    with pytest.raises(ClientError, match="sns:ListTopics"):
        local_cloud.client("sns", other).list_topics()


def test_layer_comes_before_ministacks_own_packages(invoke: Invoke) -> None:
    assert invoke("layer") == "from the layer"


def test_developers_aws_variables_do_not_reach_the_function(invoke: Invoke) -> None:
    assert invoke("environment", names=["AWS_PROFILE", "PYTHONPATH", "AWS_REGION"]) == ["AWS_REGION"]


def test_worker_stays_warm(invoke: Invoke) -> None:
    assert invoke("counted") + 1 == invoke("counted")


def test_two_invocations_run_at_once(invoke: Invoke) -> None:
    invoke("sleep", seconds=0)
    started = time.monotonic()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: invoke("sleep", seconds=4), range(3)))

    assert time.monotonic() - started < 12  # sequential invocations would take longer


def test_log_lines_go_to_the_configured_group(
    local_cloud: LocalCloud, user: Credentials, invoke: Invoke, function: str
) -> None:
    invoke("whoami")

    found = local_cloud.client("logs", user).filter_log_events(logGroupName=f"/reseal/{function}")["events"]

    assert any("whoami" in event["message"] for event in found)


def test_log_group_that_is_deleted_is_not_made_again(
    local_cloud: LocalCloud, user: Credentials, invoke: Invoke, function: str
) -> None:
    logs, group = local_cloud.client("logs", user), f"/reseal/{function}"
    logs.delete_log_group(logGroupName=group)

    invoke("whoami")

    left = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    logs.create_log_group(logGroupName=group)
    assert left == []


def test_log_is_complete_when_a_busy_machine_answers_the_invocation(
    local_cloud: LocalCloud, user: Credentials, invoke: Invoke, function: str
) -> None:
    marks = [uuid.uuid4().hex for _ in range(60)]

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda mark: invoke("say", mark=mark, lines=5_000), marks))

    pages = local_cloud.client("logs", user).get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=f"/reseal/{function}", filterPattern="4999")
    said = {event["message"] for page in found for event in page["events"]}
    assert {f"{mark} 4999" for mark in marks} - said == set()


def test_functions_own_call_is_delivered_with_its_role(
    invoke: Invoke, trail_events: Any, function: str
) -> None:
    invoke("create_bucket", bucket=f"made-by-{function}")

    (event,) = trail_events.receive_json()

    identity = event["detail"]["userIdentity"]
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert (identity["type"], identity["arn"]) == (
        "AssumedRole",
        f"arn:aws:sts::{OWN}:assumed-role/{function}/{function}",
    )
    assert issuer == {
        "type": "Role",
        "principalId": issuer["principalId"],
        "accountId": OWN,
        "userName": function,
        "arn": f"arn:aws:iam::{OWN}:role/service/{function}",
    }
    assert identity["principalId"] == f"{issuer['principalId']}:{function}"


def test_journal_shows_the_functions_calls_by_role(
    local_cloud: LocalCloud, invoke: Invoke, function: str
) -> None:
    invoke("whoami")

    callers = f"arn:aws:sts::{OWN}:assumed-role/{function}/*"
    assert local_cloud.journal(service="sts", caller=callers)[-1]["operation"] == "GetCallerIdentity"


@pytest.fixture
def source(
    sqs: Any, functions: Any, function: str, make_queue: Callable[[], Any]
) -> Iterator[tuple[str, Any]]:
    """The URL of a queue that feeds the function, and its dead-letter queue."""
    dead_letters, queue = make_queue(), make_queue()
    redrive = json.dumps({"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": 2})
    sqs.set_queue_attributes(
        QueueUrl=queue.url,
        Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "1", "SqsManagedSseEnabled": "true"},
    )
    mapping = functions.create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=queue.arn,
        BatchSize=10,
        ScalingConfig={"MaximumConcurrency": 2},
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    yield queue.url, dead_letters
    functions.delete_event_source_mapping(UUID=mapping["UUID"])


def test_only_the_failed_message_is_redelivered_and_then_dead_lettered(
    sqs: Any, source: tuple[str, Any], make_queue: Callable[[], Any]
) -> None:
    url, dead_letters = source
    reports = make_queue()
    entries = [
        {"Id": str(n), "MessageBody": json.dumps({"n": n, "fails": 2, "report_to": reports.url})}
        for n in (1, 2, 3)
    ]

    sqs.send_message_batch(QueueUrl=url, Entries=entries)

    assert [letter["n"] for letter in dead_letters.receive_json()] == [2]
    seen = {(report["n"], report["received"]) for report in reports.receive_json(5, within=0.5)}
    assert seen >= {(1, "1"), (2, "1"), (2, "2"), (3, "1")}
    assert dead_letters.receive_json(within=0.5) == []


def test_delayed_message_is_handled_after_its_delay(
    sqs: Any, source: tuple[str, Any], make_queue: Callable[[], Any]
) -> None:
    url, _ = source
    reports = make_queue()

    sqs.send_message(
        QueueUrl=url, DelaySeconds=3, MessageBody=json.dumps({"n": 1, "fails": 0, "report_to": reports.url})
    )

    assert reports.receive(within=1.0) == []
    assert len(reports.receive()) == 1
