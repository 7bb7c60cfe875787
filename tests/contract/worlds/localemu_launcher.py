"""Starts LocalEmu on the loopback only. Run by the interpreter of `.venv/localemu`.

LocalEmu 1.3.2 ignores GATEWAY_LISTEN and listens on every address, ignores TMPDIR and keeps objects in one
folder of /tmp, and needs `warnings.deprecated`, which exists from Python 3.13 on.
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
    """An audit hook that forbids ports and connections outside the loopback."""
    if event in {"socket.bind", "socket.connect"}:
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise PermissionError(f"{event} {address}: not on the loopback")


def end_with_the_parent_process() -> None:
    """Exit when the parent process ends, even if it was killed."""
    sys.stdin.buffer.read()
    os._exit(0)


sys.addaudithook(stay_on_the_loopback)
threading.Thread(target=end_with_the_parent_process, daemon=True).start()
endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")
if not hasattr(warnings, "deprecated"):
    warnings.deprecated = typing_extensions.deprecated

from localemu.runtime.main import main  # noqa: E402 - needs the changes above
from localemu.services.s3 import provider  # noqa: E402

provider.DEFAULT_S3_TMP_DIR = None  # a new folder in TMPDIR
sys.exit(main())
