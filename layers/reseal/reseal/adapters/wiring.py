"""Every adapter on its client, made once per execution environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from reseal.adapters.clock import SystemClock
from reseal.adapters.dynamodb import DynamoDbLedger
from reseal.adapters.kms import KmsKeys
from reseal.adapters.s3 import S3Buckets
from reseal.adapters.settings import read_settings
from reseal.adapters.sns import SnsTopic
from reseal.adapters.telemetry import PowertoolsTelemetry
from reseal.core.policy import Policy
from reseal.ports import Services

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

_CALLS = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=3,
    read_timeout=5,
)


def wire(environment: Mapping[str, str], logger: Logger) -> tuple[Policy, Services]:
    """The policy and the services of this deployment. Raises SettingsError."""
    settings = read_settings(environment)
    policy, session, clock = settings.policy, boto3.Session(region_name=settings.policy.region), SystemClock()
    services = Services(
        buckets=S3Buckets(session.client("s3", config=_CALLS), policy.account, clock),
        keys=KmsKeys(session.client("kms", config=_CALLS), clock),
        ledger=DynamoDbLedger(
            session.client("dynamodb", config=_CALLS), settings.ledger_table, settings.ledger_kept
        ),
        topic=SnsTopic(session.client("sns", config=_CALLS), settings.topic_arn),
        telemetry=PowertoolsTelemetry(logger),
        clock=clock,
    )
    return policy, services
