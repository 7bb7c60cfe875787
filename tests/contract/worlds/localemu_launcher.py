"""Run by the interpreter of `.venv/localemu`: LocalEmu, on the loopback and nowhere else.

LocalEmu 1.3.2 listens on every address whatever GATEWAY_LISTEN says, keeps objects in one folder of /tmp
whatever TMPDIR says, and wants `warnings.deprecated`, which Python has since 3.13.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import warnings
from typing import Any

import typing_extensions
from twisted.internet import endpoints

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def stay_on_the_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    """Whatever LocalEmu means to do: it opens no port and no connection to anywhere else."""
    if event in {"socket.bind", "socket.connect"}:
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise PermissionError(f"{event} {address}: not on the loopback")


def end_with_whoever_started_it() -> None:
    """Also where he was killed."""
    sys.stdin.buffer.read()
    os._exit(0)


sys.addaudithook(stay_on_the_loopback)
threading.Thread(target=end_with_whoever_started_it, daemon=True).start()
endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")
if not hasattr(warnings, "deprecated"):
    warnings.deprecated = typing_extensions.deprecated

from localemu.runtime.main import main  # noqa: E402 - after what it needs has been put right
from localemu.services.s3 import provider  # noqa: E402

provider.DEFAULT_S3_TMP_DIR = None  # a new folder in TMPDIR
sys.exit(main())
