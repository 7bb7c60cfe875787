"""Makes the sweep's adapters. A separate module, so that the lanes do not load them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.config import Config

from reseal.aws.dynamodb.snapshot import DynamoDbSnapshot
from reseal.aws.dynamodb.sweep_state import DynamoDbSweepState
from reseal.aws.kms_management import KmsManagement
from reseal.aws.request_metrics import S3RequestMetrics
from reseal.aws.s3.listing import S3BucketList
from reseal.aws.s3.reports import S3Reports
from reseal.aws.sqs import SqsQueue
from reseal.ports import Services, SweepServices
from reseal.runtime.pacer import Pacer
from reseal.runtime.settings import SweepSettings, read_sweep_settings
from reseal.runtime.wiring.clients import CALLS, Clients, services_of

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from reseal.runtime.deadline import Deadline

THREADS = 32
"""Buckets at once: each mostly waits for S3, or for the pace."""

SWEEP_CALLS = CALLS.merge(Config(max_pool_connections=THREADS))
REPORTS = SWEEP_CALLS.merge(Config(read_timeout=60))
"""The calls that write the report: of 20,000 buckets it has some megabytes."""

PACED = ("s3", "s3control", "kms")
"""The services whose limits the account's own callers share."""


def wire_sweep(
    environment: Mapping[str, str], logger: Logger, deadline: Deadline
) -> tuple[SweepSettings, Services, SweepServices, Pacer]:
    """The settings and the services of the sweep. Raises SettingsError.

    A call that could outlast the invocation raises TransientError instead.
    """
    settings = read_sweep_settings(environment)
    base = settings.settings
    pacer = Pacer(settings.calls_per_second)
    clients = Clients(base.region, calls=SWEEP_CALLS, deadline=deadline)
    for service in PACED:
        pacer.guard(clients.of(service))
    dynamodb, sqs, table = clients.of("dynamodb"), clients.of("sqs"), settings.snapshot_table
    sweep = SweepServices(
        listing=S3BucketList(clients.of("s3"), base.region),
        sightings=lambda sweep: DynamoDbSnapshot(dynamodb, table, sweep=sweep),
        state=DynamoDbSweepState(dynamodb, table),
        own_queue=SqsQueue(sqs, base.account, settings.own_queue),
        bucket_looks=SqsQueue(sqs, base.account, settings.bucket_looks),
        key_looks=SqsQueue(sqs, base.account, settings.key_looks),
        key_management=KmsManagement(clients.of("kms")),
        metrics=S3RequestMetrics(clients.of("s3"), clients.later("cloudwatch"), base.account),
        # Not paced: a client of its own.
        reports=S3Reports(clients.another("s3", REPORTS), settings.report_bucket, base.account),
    )
    return settings, services_of(base, clients, logger), sweep, pacer
