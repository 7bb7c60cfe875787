"""The built layer, and the shared stack with a user that acts on its buckets."""

from __future__ import annotations

from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from localcloud.client.arrivals import Arrivals
from localcloud.client.deploy import Stack
from localcloud.client.handle import LocalCloud
from tests.support.deployment import Deployment

STORAGE_ONLY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


@pytest.fixture(scope="session")
def deployment(cloud: LocalCloud, stack: Stack) -> Deployment:
    s3 = cloud.client("s3", cloud.create_user("gatekeeper", STORAGE_ONLY))
    return Deployment(cloud, stack, Arrivals(cloud, stack), s3)


@pytest.fixture(scope="session")
def layer(built: Path) -> Path:
    """The layer as `sam build` made it."""
    template = yaml_parse((built / "template.yaml").read_text())
    return (built / template["Resources"]["ResealLayer"]["Properties"]["ContentUri"]).resolve()
