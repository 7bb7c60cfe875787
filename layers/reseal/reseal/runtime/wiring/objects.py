"""Makes the object lane's adapters. A separate module, so that the bucket lane does not load them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.config import Config

from reseal.aws.s3.objects import S3Objects
from reseal.ports import ObjectServices, Services
from reseal.runtime.deadline import longest_attempt
from reseal.runtime.settings import ObjectSettings, read_object_settings
from reseal.runtime.wiring.clients import CALLS, Clients, services_of

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from reseal.runtime.deadline import Deadline

OBJECT_CALLS = CALLS.merge(
    Config(max_pool_connections=64)  # a batch runs in threads, and a copy in parts uses more of them
)
COPIES = OBJECT_CALLS.merge(
    Config(
        read_timeout=60,  # S3 answers only when the copy is done
        retries={"mode": "standard", "total_max_attempts": 3},
    )
)
"""The calls that copy: CopyObject, UploadPartCopy and CompleteMultipartUpload."""

SECONDS_TO_RECORD = 3 * longest_attempt(OBJECT_CALLS)
"""What a batch needs to open its entries: two reads of the ledger, and the call that opens."""

SECONDS_TO_END = 2 * longest_attempt(OBJECT_CALLS)
"""What a batch needs after its repairs: to close the ledger's entries, and to publish."""

SECONDS_FOR_ONE = longest_attempt(COPIES) + longest_attempt(OBJECT_CALLS)
"""What an object or a part needs: its copy, and the read after it or the abort of its upload."""


def wire_objects(
    environment: Mapping[str, str], logger: Logger, deadline: Deadline | None = None
) -> tuple[ObjectSettings, Services, ObjectServices]:
    """The settings and the services of the object lane. Raises SettingsError.

    With a `deadline`, a call that could outlast the invocation raises TransientError instead.
    """
    settings = read_object_settings(environment)
    base = settings.settings
    clients = Clients(base.region, calls=OBJECT_CALLS, deadline=deadline)
    services = services_of(base, clients, logger)
    objects = ObjectServices(
        objects=S3Objects(
            clients.of("s3"),
            base.account,
            logger,
            copying=clients.another("s3", COPIES),
            seconds_kept=SECONDS_FOR_ONE + SECONDS_TO_END,
        ),
    )
    return settings, services, objects
