"""boto3 clients of a local cloud that use nothing of the developer's environment or files."""

import functools
import os
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

ACCOUNT = "111122223333"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys that sign a call."""

    access_key: str
    secret_key: str
    session_token: str | None = None


ROOT = Credentials("test", "test")


def make_client(service: str, credentials: Credentials, endpoint: str, region: str, **config: Any) -> Any:
    """A client without retries, unless `config` asks for them, so that a test sees each response."""
    settings: dict[str, Any] = {"retries": {"total_max_attempts": 1}, "proxies": {}, **config}
    return _isolated_session().client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.session_token,
        config=Config(**settings),
    )


@functools.cache
def _isolated_session() -> Any:
    """A session that reads neither AWS_PROFILE nor any file; shared, because it loads the service models."""
    nothing = (None, None, os.devnull, None)
    variables: dict[str, Any] = {
        "profile": (None, None, None, None),
        "config_file": nothing,
        "credentials_file": nothing,
    }
    return boto3.Session(botocore_session=botocore.session.Session(session_vars=variables))
