"""A short run through everything the object lane does. It returns the first step with a wrong result.

The deployed function is invoked as its poller would: rule and queue do not use the role's rights.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from aws_lambda_powertools import Logger

from reseal.aws.dynamodb.alert_windows import DynamoDbWindows
from reseal.core.calls.queue_message import CloseWindow, reminder_body
from reseal.flow.delivery import Delivery
from reseal.flow.flow import Flow
from reseal.runtime.wiring.objects import SECONDS_FOR_ONE, SECONDS_TO_END, SECONDS_TO_RECORD, wire_objects
from tests.gates.roles.bucket_battery import IncompleteError, expect
from tests.gates.roles.object_scenes import KEY, OTHER_USER, OWNED_BY, SSE_S3, Scene, Scenes
from tests.support.deployment import OTHER_ACCOUNT, Deployment
from tests.support.fakes.flows import an_invocation, object_flow
from tests.support.fakes.services import FakeTelemetry
from tests.support.workers import kill_workers

LARGEST_COPY = 100
ROLE = "*assumed-role/*EnforceObjectRole*"
_WRITER = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*"}],
}


class ObjectBattery:
    """Everything the function does: two batches for the function, and a copy in parts in this process."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._cloud = deployment, deployment.cloud
        self._outputs = deployment.stack.outputs
        writer = self._cloud.client("s3", self._cloud.create_user(f"writer-{uuid.uuid4().hex[:8]}", _WRITER))
        self._s3, self._scenes = writer, Scenes(deployment, writer)
        self._credentials = _session_of_the_function(deployment)

    def first_failure(self) -> str | None:
        """The message of the first failed step; None if all succeed."""
        actor = f"writer-{uuid.uuid4().hex[:8]}"  # so that each run has its own alert window
        try:
            with self._deployment.without_events():  # the bucket lane shall not change these buckets
                scenes, in_parts, stuck = self._scenes.all(), self._scenes.in_parts(), self._scenes.in_parts()
            self._all_scenes_have_their_results(scenes, actor)
            copied = scenes["copy with tags, annotations and grants"]
            self._copy_is_complete(copied)
            self._second_finding_is_suppressed_until_its_window_closes(copied, actor)
            self._parts_are_copied(in_parts, actor)
            self._parts_of_a_failed_copy_are_removed(stuck, actor)
        except IncompleteError as error:
            return str(error)
        return None

    # --- the steps -----------------------------------------------------------------------------

    def _all_scenes_have_their_results(self, scenes: Mapping[str, Scene], actor: str) -> None:
        messages = {name: scene.message(actor) for name, scene in scenes.items()}
        lines, findings = self._after(messages)
        for name, scene in scenes.items():
            said = [line["result"] for line in _lines_of(scene, lines)]
            said += [f"{f['status']} {f['action'] or ''}" for f in _findings_about(scene, findings)]
            expect(name, tuple(said), scene.expected)
        owners = {(f["managed_by"] or {}).get("stack") for f in findings}
        expect("owner's stack", owners - {None}, {OWNED_BY})
        locks = [
            f["reason"] for f in findings if "legal hold" in f["reason"] or "retention until" in f["reason"]
        ]
        expect("locks that are named", len(locks), 2)

    def _copy_is_complete(self, scene: Scene) -> None:
        of = {"Bucket": scene.bucket, "Key": KEY}
        grants = self._s3.get_object_acl(**of)["Grants"]
        expect("grants", OTHER_USER in {grant["Grantee"].get("ID") for grant in grants}, True)
        expect("tags", self._s3.get_object_tagging(**of)["TagSet"], [{"Key": "a", "Value": "b"}])
        expect("annotations", len(self._s3.list_object_annotations(**of)["Annotations"]), 1)

    def _second_finding_is_suppressed_until_its_window_closes(self, scene: Scene, actor: str) -> None:
        lines, findings = self._after({"again": scene.message(actor)}, received=2)
        found = [(line["result"], line["suppressed"]) for line in _lines_of(scene, lines)]
        expect("redelivered event", found, [("Applied", True)])
        expect("its findings", _findings_about(scene, findings), [])
        self._s3.put_object(Bucket=scene.bucket, Key=KEY, **SSE_S3)
        scene.event_id = str(uuid.uuid4())
        lines, findings = self._after({"second": scene.message(actor)})
        found = [(line["result"], line["suppressed"]) for line in _lines_of(scene, lines)]
        expect("second write", found, [("Applied", True)])
        expect("its findings", _findings_about(scene, findings), [])
        _, findings = self._after({"window": reminder_body(self._window_of(scene))})
        named = [finding["resource"]["name"] for finding in _findings_about(scene, findings)]
        expect("summary", named, [f"{scene.bucket}/{KEY}"])

    def _parts_are_copied(self, scene: Scene, actor: str) -> None:
        expect("copy in parts", self._in_this_process(scene, actor), scene.expected)

    def _parts_of_a_failed_copy_are_removed(self, scene: Scene, actor: str) -> None:
        fault = {"status": 403, "code": "AccessDenied", "times": None, "caller": ROLE}
        self._cloud.inject_fault("error", "s3", "UploadPartCopy", resource=f"*{scene.bucket}*", **fault)
        try:
            expect("copy in parts that failed", self._in_this_process(scene, actor)[0], "Failed")
        finally:
            self._cloud.clear_faults()
        expect("uploads left", self._s3.list_multipart_uploads(Bucket=scene.bucket).get("Uploads", []), [])

    # --- the means -----------------------------------------------------------------------------

    def _after(self, messages: Mapping[str, str], *, received: int = 1) -> tuple[list[Any], list[Any]]:
        """Invoke the function with a batch; returns the new log lines and findings."""
        arrivals = self._deployment.arrivals
        arrivals.poll()
        lines, findings = len(arrivals.lines), len(arrivals.findings)
        attributes = {"ApproximateReceiveCount": str(received)}
        records = [
            {"messageId": name, "eventSource": "aws:sqs", "attributes": attributes, "body": body}
            for name, body in messages.items()
        ]
        answer = self._cloud.client("lambda").invoke(
            FunctionName=self._outputs["ObjectFunction"], Payload=json.dumps({"Records": records})
        )
        expect("messages that go back", json.load(answer["Payload"]), {"batchItemFailures": []})
        arrivals.poll()
        return arrivals.lines[lines:], arrivals.findings[findings:]

    def _window_of(self, scene: Scene) -> CloseWindow:
        table = DynamoDbWindows(self._cloud.client("dynamodb"), self._outputs["LedgerTable"])
        window = table.read(scene.bucket)
        assert window is not None
        return CloseWindow(scope=window.scope, window_id=window.id)

    def _in_this_process(self, scene: Scene, actor: str) -> tuple[str, ...]:
        """Run the lane as the function wires it, with its role's rights, but a lower limit for one copy.

        The limit is 5 GiB in production (C10), and no parameter changes it.
        """
        telemetry = FakeTelemetry()
        delivery = Delivery(body=scene.message(actor), receive_count=1, invocation=str(uuid.uuid4()))
        with ThreadPoolExecutor() as workers, self._environment() as environment:
            failures = _flow(environment, workers, telemetry).run({"m": delivery})
        expect("messages that go back", dict(failures), {})
        (event_result,) = telemetry.recorded
        results = (f"{f.status.value} {f.written and f.written.action}" for f in event_result.findings)
        return (event_result.result.value, *results)

    @contextmanager
    def _environment(self) -> Iterator[Mapping[str, str]]:
        """Set the function's environment variables in this process meanwhile."""
        function = self._cloud.client("lambda").get_function_configuration(
            FunctionName=self._outputs["ObjectFunction"]
        )
        variables = {
            **function["Environment"]["Variables"],
            "AWS_REGION": self._cloud.region,
            "AWS_ENDPOINT_URL": self._cloud.endpoint,
            **self._credentials,
        }
        before = dict(os.environ)
        os.environ.update(variables)
        try:
            yield variables
        finally:
            os.environ.clear()
            os.environ.update(before)


def _flow(
    environment: Mapping[str, str], workers: ThreadPoolExecutor, telemetry: FakeTelemetry
) -> Flow[Any, Any, Any]:
    settings, services, objects = wire_objects(environment, Logger(service="gates", level="CRITICAL"))
    return object_flow(
        settings.settings.policy,
        replace(services, telemetry=telemetry),
        objects,
        methods=replace(settings.methods, largest_copy=LARGEST_COPY),
        window_seconds=0,
        deadline=an_invocation(),
        workers=workers,
        seconds_to_record=SECONDS_TO_RECORD,
        seconds_for_one=SECONDS_FOR_ONE,
        seconds_to_end=SECONDS_TO_END,
    )


@contextmanager
def remediation_key_admits_another_account(deployment: Deployment) -> Iterator[None]:
    """Admit a reader of another account in K's key policy, as an operator would."""
    kms = deployment.cloud.client("kms")
    named = {"KeyId": deployment.key, "PolicyName": "default"}
    before = kms.get_key_policy(**named)["Policy"]
    reader = {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}
    admits = {"Effect": "Allow", "Principal": reader, "Action": "kms:Decrypt", "Resource": "*"}
    policy = json.loads(before)
    kms.put_key_policy(**named, Policy=json.dumps(policy | {"Statement": [*policy["Statement"], admits]}))
    kill_workers(deployment.cloud)  # their cached policy of K is out of date
    try:
        yield
    finally:
        kms.put_key_policy(**named, Policy=before)


def _session_of_the_function(deployment: Deployment) -> dict[str, str]:
    """A session of somebody else who assumed the role would lack lambda:SourceFunctionArn."""
    name = deployment.stack.outputs["ObjectFunction"]
    function = deployment.cloud.client("lambda").get_function_configuration(FunctionName=name)
    return deployment.cloud.function_session(function["FunctionArn"])


def _lines_of(scene: Scene, lines: list[Any]) -> list[Any]:
    return [line for line in lines if line.get("event_id") == scene.event_id]


def _findings_about(scene: Scene, findings: list[Any]) -> list[Any]:
    return [f for f in findings if f["resource"]["name"].startswith(f"{scene.bucket}/")]
