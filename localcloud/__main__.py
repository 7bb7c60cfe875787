"""`python -m localcloud`: prepare the process, then start the server."""

import importlib
import os
import shutil
import sys
import tempfile

from localcloud.settings import ROOT_KEY, Settings, parse_settings

MINISTACK = {
    "AUTH": "true",  # verify signatures, evaluate policies
    "AWS_ACCESS_KEY_ID": ROOT_KEY,
    "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "BIND_HOST": "127.0.0.1",
    "IOT_MTLS_ENABLED": "0",
    "LOG_LEVEL": "WARNING",
    "MINISTACK_HOST": "127.0.0.1",
    "NO_PROXY": "127.0.0.1,localhost",
    "PYTHONDONTWRITEBYTECODE": "1",
    "SFTP_ENABLED": "0",
}


def prepare_environment(settings: Settings, scratch: str) -> None:
    """Give this process, and the Lambda workers that inherit from it, a known environment.

    A developer's own AWS variables would leak into the deployed functions, and MiniStack reads its settings
    when it is imported. PYTHONPATH is removed too: a function must find only its own code and layers.
    """
    for name in [name for name in os.environ if name.startswith("AWS_") or name == "PYTHONPATH"]:
        del os.environ[name]
    os.environ |= MINISTACK | {
        "AWS_DEFAULT_REGION": settings.region,
        "GATEWAY_PORT": str(settings.port),
        "MINISTACK_ACCOUNT_ID": settings.account,
        "MINISTACK_REGION": settings.region,
        **dict.fromkeys(("HOME", "STATE_DIR", "TMPDIR"), scratch),
    }
    tempfile.tempdir = scratch


def main() -> None:
    """Serve until SIGTERM or SIGINT, then remove every file."""
    settings = parse_settings()
    scratch = tempfile.mkdtemp(prefix="localcloud-")
    try:
        prepare_environment(settings, scratch)
        server = importlib.import_module("localcloud.server")  # only now: it imports MiniStack
        os.environ.pop("LOG_LEVEL")  # MiniStack has read it; a function must not inherit it
        status = server.run(settings)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.stderr.flush()
    os._exit(status)  # MiniStack's pollers are threads that may sleep for minutes


if __name__ == "__main__":
    main()
