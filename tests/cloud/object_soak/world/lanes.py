"""The real lane with its real adapters, as the role that the template gives it."""

from __future__ import annotations

import json
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from localcloud.client.handle import ACCOUNT, Credentials
from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.objects.method import Methods
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.flow.flow import Flow
from reseal.ports import ObjectServices, Services
from reseal.runtime.wiring.objects import SECONDS_FOR_ONE, SECONDS_TO_END, SECONDS_TO_RECORD
from tests.cloud.object_soak.world.calls import Wires
from tests.cloud.object_soak.world.environment import ExecutionEnvironment, MovingClock
from tests.cloud.object_soak.world.resources import COPY_LIMIT, LARGEST_IN_PARTS, Resources
from tests.support.builders import DEFAULT_MODES, REGION
from tests.support.fakes.flows import an_invocation, object_flow
from tests.support.fakes.services import FakeBucketNotes, FakeKeyUses, FakePolicyWrites, FakeTelemetry
from tests.support.translated import enforcing

TRUSTS_US = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """How a stack is deployed. `listed` names the approved keys; None is account mode."""

    required: SseAlgorithm = SseAlgorithm.SSE_KMS
    listed: tuple[str, ...] | None = None
    replaces: bool = False
    enforces: bool = True
    prefers_in_place: bool = False
    window: int = 0


class Lanes:
    """The lane for every way to deploy a stack."""

    def __init__(self, resources: Resources) -> None:
        self.resources, self.wires, self.clock = resources, Wires(), MovingClock()
        self._environments: dict[tuple[Any, ...], ExecutionEnvironment] = {}

    @cached_property
    def _assuming(self) -> Any:
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        user = self.resources.cloud.create_user("lambda", {"Version": "2012-10-17", "Statement": [statement]})
        return self.resources.cloud.client("sts", user)

    def policy(self, stack: Stack) -> Policy:
        listed = (
            None if stack.listed is None else frozenset(self.resources.keys[name] for name in stack.listed)
        )
        mode = Mode.ENFORCE if stack.enforces else Mode.DETECT
        default = Requirements(
            account=ACCOUNT,
            region=REGION,
            required=stack.required,
            remediation_key=self.resources.keys["K"],
            listed_keys=listed,
            replace_unapproved=stack.replaces,
            exempts_log_deliveries=True,
            check_modes=DEFAULT_MODES | {OBJECT_ENCRYPTION: mode},
        )
        return Policy(default=default)

    def environment(self, stack: Stack) -> ExecutionEnvironment:
        """The execution environment of a stack's function, with the rights of its role."""
        rights = (stack.required, stack.listed, stack.enforces)
        if rights not in self._environments:
            credentials = self._role(f"EnforceObject{len(self._environments)}", stack)
            self._environments[rights] = ExecutionEnvironment(
                self.resources, self.wires, credentials, self.clock
            )
        return self._environments[rights]

    def flow(self, stack: Stack, workers: Executor) -> tuple[Flow[Any, Any, Any], FakeTelemetry]:
        environment, telemetry = self.environment(stack), FakeTelemetry()
        services = Services(
            buckets=environment.buckets,
            keys=environment.keys,
            ledger=environment.ledger,
            watchlist=environment.watchlist,
            windows=environment.windows,
            key_uses=FakeKeyUses(),
            bucket_notes=FakeBucketNotes(),
            policy_writes=FakePolicyWrites(),
            reminders=environment.published,
            topic=environment.published,
            telemetry=telemetry,
            clock=self.clock,
        )
        objects = ObjectServices(objects=environment.s3_objects)
        flow = object_flow(
            self.policy(stack),
            services,
            objects,
            methods=Methods(
                prefers_in_place=stack.prefers_in_place,
                largest_copy=COPY_LIMIT,
                largest_in_parts=LARGEST_IN_PARTS,
            ),
            window_seconds=stack.window,
            deadline=an_invocation(),
            workers=workers,
            seconds_to_record=SECONDS_TO_RECORD,
            seconds_for_one=SECONDS_FOR_ONE,
            seconds_to_end=SECONDS_TO_END,
        )
        return flow, telemetry

    def _role(self, name: str, stack: Stack) -> Credentials:
        self.resources.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUSTS_US))
        self.resources.iam.put_role_policy(
            RoleName=name, PolicyName="inline", PolicyDocument=json.dumps(self._rights(stack))
        )
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        answer = self._assuming.assume_role(RoleArn=arn, RoleSessionName="enforce-object")["Credentials"]
        return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])

    def _rights(self, stack: Stack) -> Any:
        """The policy of EnforceObjectRole, resolved as CloudFormation would for this stack."""
        parameters = {
            "RequiredEncryption": "DSSE-KMS" if stack.required is SseAlgorithm.DSSE_KMS else "SSE-KMS",
            "ObjectEncryptionMode": "enforce" if stack.enforces else "detect",
        }
        if stack.listed is not None:
            parameters["ApprovedKeys"] = ",".join(self.resources.keys[name] for name in stack.listed)
        role = enforcing(**parameters)["Resources"]["EnforceObjectRole"]
        real = {
            "RemediationKey": self.resources.keys["K"],
            "Ledger": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{self.resources.table}",
            "AlertTopic": self.resources.topic,
            "UrgentObjectQueue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:objects",
            "EnforceObjectLogs": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:none",
        }
        (inline,) = role["Properties"]["Policies"]
        return _with_real_arns(inline["PolicyDocument"], real)


def _with_real_arns(value: Any, real: dict[str, str]) -> Any:
    match value:
        case {"Fn::GetAtt": [str(name), _]} | {"Ref": str(name)}:
            return real.get(name, f"arn:aws:s3:::unused-{name}")
        case {"lambda:SourceFunctionArn": _}:
            return {}  # the lane runs in this process, not in a function
        case dict():
            return {key: _with_real_arns(item, real) for key, item in value.items()}
        case list():
            return [_with_real_arns(item, real) for item in value]
    return value
