"""Makes the policy lane's adapters. A separate module, so that no other lane can write a bucket policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reseal.aws.s3.bucket_policies import ONCE, S3BucketPolicies
from reseal.ports import BucketPolicies, Services
from reseal.runtime.settings import Settings, read_policy_settings
from reseal.runtime.wiring.clients import CALLS, Clients, services_of

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from reseal.runtime.deadline import Deadline


def wire_policies(
    environment: Mapping[str, str], logger: Logger, deadline: Deadline | None = None
) -> tuple[Settings, Services, BucketPolicies]:
    """The settings and the services of the policy lane. Raises SettingsError.

    With a `deadline`, a call that could outlast the invocation raises TransientError instead.
    """
    settings = read_policy_settings(environment)
    clients = Clients(settings.region, deadline=deadline)
    policies = S3BucketPolicies(clients.another("s3", CALLS.merge(ONCE)), settings.account)
    return settings, services_of(settings, clients, logger), policies
