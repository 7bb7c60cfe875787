"""A deployed stack that is changed and deleted through CloudFormation, as an operator would."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from localcloud.client import deploy
from localcloud.client.arrivals import Arrivals
from tests.support.deployment import Deployment

PATIENCE_SECONDS = 120.0
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackLife:
    """The current stack, and the key that it created first."""

    deployment: Deployment
    first_key: str

    @property
    def outputs(self) -> Mapping[str, str]:
        return self.deployment.stack.outputs

    def after_update(self, template: Callable[[str], str] = str, **parameters: str) -> Self:
        """The stack after an update with these parameters or an edited template."""
        status = self.update(template, **parameters)
        assert status == "UPDATE_COMPLETE", status
        return self._with_stack(self.deployment.stack.name)

    def update(self, template: Callable[[str], str] = str, **parameters: str) -> str:
        """Update the stack; returns the final status."""
        name, known = self.deployment.stack.name, self._stack()["Parameters"]
        changed = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        kept = [
            {"ParameterKey": parameter["ParameterKey"], "UsePreviousValue": True}
            for parameter in known
            if parameter["ParameterKey"] not in parameters
        ]
        self._cloudformation.update_stack(
            StackName=name,
            TemplateURL=self._uploaded(template(self._template())),
            Parameters=[*changed, *kept],
            Capabilities=CAPABILITIES,
        )
        return self._ended(name)

    def after_deletion_and_creation(self, name: str, **parameters: str) -> Self:
        """Another stack of the same template, created after this one is deleted."""
        template = self._template()
        self.delete()
        self._cloudformation.create_stack(
            StackName=name,
            TemplateURL=self._uploaded(template),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=CAPABILITIES,
        )
        assert self._ended(name) == "CREATE_COMPLETE"
        return self._with_stack(name)

    def delete(self) -> None:
        name = self.deployment.stack.name
        self._cloudformation.delete_stack(StackName=name)
        waiter = self._cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": int(PATIENCE_SECONDS)})

    def state_of_first_key(self) -> tuple[str, str]:
        """Its key state and key spec."""
        return self.state_of(self.first_key)

    def state_of(self, key: str) -> tuple[str, str]:
        """The key's state and spec."""
        described = self.deployment.cloud.client("kms").describe_key(KeyId=key)["KeyMetadata"]
        return described["KeyState"], described["KeySpec"]

    @property
    def _cloudformation(self) -> Any:
        return self.deployment.cloud.client("cloudformation")

    def _stack(self, name: str | None = None) -> Any:
        named = name or self.deployment.stack.name
        return self._cloudformation.describe_stacks(StackName=named)["Stacks"][0]

    def _template(self) -> str:
        named = self.deployment.stack.name
        answer = self._cloudformation.get_template(StackName=named, TemplateStage="Original")
        return str(answer["TemplateBody"])

    def _uploaded(self, template: str) -> str:
        """Upload it, as SAM does, because a call takes at most 51,200 characters. Its URL."""
        cloud = self.deployment.cloud
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket="templates")
        s3.put_object(Bucket="templates", Key="template.yaml", Body=template.encode())
        return f"{cloud.endpoint}/templates/template.yaml"

    def _ended(self, name: str) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (status := str(self._stack(name)["StackStatus"])).endswith("_IN_PROGRESS"):
            assert time.monotonic() < deadline, status
            time.sleep(0.1)
        return status

    def _with_stack(self, name: str) -> Self:
        cloud = self.deployment.cloud
        stack = deploy.describe(cloud, name)
        return replace(
            self, deployment=replace(self.deployment, stack=stack, arrivals=Arrivals(cloud, stack))
        )
