"""The built layer and function, their interpreters, and the deployed function's rights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from localcloud.client.deploy import Stack
from localcloud.client.handle import LocalCloud
from tests.gates.artefact import interpreters
from tests.gates.artefact.runtime_api import Runtime
from tests.support.environments import environment_python

INTERPRETERS = interpreters.found()
Start = Callable[[dict[str, str]], Runtime]


@pytest.fixture(scope="session")
def layer(built: Path) -> Path:
    return _location(built, "ResealLayer", "ContentUri")


@pytest.fixture(scope="session")
def function(built: Path) -> Path:
    return _location(built, "EnforceBucketFunction", "CodeUri")


def _location(built: Path, resource: str, where: str) -> Path:
    """The location of an artefact in the built template."""
    template = yaml_parse((built / "template.yaml").read_text())
    return (built / template["Resources"][resource]["Properties"][where]).resolve()


@pytest.fixture(scope="session", params=INTERPRETERS)
def python(request: pytest.FixtureRequest) -> Path:
    environment_python("ric")
    return interpreters.environment(INTERPRETERS[request.param])


@pytest.fixture
def start(python: Path, function: Path, layer: Path, tmp_path: Path) -> Start:
    """Returns a function that starts the built function on its layer with given variables."""

    def start(environment: dict[str, str]) -> Runtime:
        return Runtime(
            python, function, "app.handler", layers=[layer], environment=environment, scratch=tmp_path
        )

    return start


@pytest.fixture(scope="session")
def deployed_environment(cloud: LocalCloud, stack: Stack) -> dict[str, str]:
    """The variables of the deployed function, and the credentials of its code."""
    name = stack.outputs["BucketFunction"]
    function = cloud.client("lambda").get_function_configuration(FunctionName=name)
    return {
        **function["Environment"]["Variables"],
        **cloud.function_session(function["FunctionArn"]),
        "AWS_ENDPOINT_URL": cloud.endpoint,
    }


@pytest.fixture
def deployed_rule_off(cloud: LocalCloud, stack: Stack) -> Iterator[None]:
    """Disable the deployed function's rule, so that only the function under test acts."""
    events, rule = cloud.client("events"), stack.outputs["BucketRuleName"]
    events.disable_rule(Name=rule)
    yield
    events.enable_rule(Name=rule)
