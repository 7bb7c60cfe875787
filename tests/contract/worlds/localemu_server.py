"""LocalEmu in its own process: an independent S3, KMS, DynamoDB, SNS and SQS."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from localcloud.client.handle import REPOSITORY

PYTHON = REPOSITORY / ".venv" / "localemu" / "bin" / "python"
LAUNCHER = Path(__file__).with_name("localemu_launcher.py")
READY_WITHIN = 180.0
LOG_TAIL = 3000
SETTINGS = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "DISABLE_EVENTS": "1",
    "DNS_ADDRESS": "0",
    "OVERRIDE_IN_DOCKER": "0",
    "S3_SKIP_KMS_KEY_VALIDATION": "0",
}


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The endpoint of a new server. Its data and processes are removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="localemu-", ignore_cleanup_errors=True) as scratch:
        port, log = _free_port(), Path(scratch) / "log"
        process = _spawn(port, Path(scratch), log)
        try:
            _wait_until_ready(process, f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # it keeps no data, and a clean stop takes 5 seconds
            process.communicate()


def _spawn(port: int, scratch: Path, log: Path) -> subprocess.Popen[bytes]:
    """A process in its own group, without this environment's variables and with its files in `scratch`."""
    environment = SETTINGS | {"GATEWAY_LISTEN": f"127.0.0.1:{port}", "PATH": os.defpath}
    environment |= {"HOME": str(scratch), "TMPDIR": str(scratch)}
    with log.open("wb") as output:
        return subprocess.Popen(
            [str(PYTHON), "-P", str(LAUNCHER)],  # -P: it cannot import modules of this folder
            cwd=scratch,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _wait_until_ready(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{endpoint}/_localemu/health").close()
            return
        time.sleep(0.1)
    tail = log.read_text(errors="replace")[-LOG_TAIL:]
    raise RuntimeError(f"LocalEmu is not ready on {endpoint}; the end of its log:\n{tail}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
