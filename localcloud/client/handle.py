"""Start, use and stop a local cloud from another environment (standard library and boto3 only).

with LocalCloud.start(python=".venv/cloud/bin/python") as cloud:
    user = cloud.create_user("dev", {"Version": "2012-10-17", "Statement": []})
    cloud.client("s3", user).create_bucket(Bucket="example")
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from localcloud.client.clients import ACCOUNT, ROOT, Credentials, make_client
from localcloud.client.control_client import ControlEndpoints, LocalCloudError

__all__ = ["ACCOUNT", "REPOSITORY", "ROOT", "Credentials", "LocalCloud", "LocalCloudError"]

READY_WITHIN = 20.0
STOP_WITHIN = 5.0
LOG_TAIL = 3000
REPOSITORY = Path(__file__).resolve().parents[2]


class LocalCloud(ControlEndpoints):
    """A running local cloud. Create one with `start`; it is a context manager."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        *,
        port: int,
        plain_http: int,
        region: str,
        scratch: Path,
        log: Path,
    ) -> None:
        self._process = process
        self._scratch = scratch
        self._stopped = False
        self.log_path = log
        self.region = region
        self.port = port
        self.plain_http_endpoint = f"http://127.0.0.1:{plain_http}"
        super().__init__(f"http://127.0.0.1:{port}")

    @classmethod
    def start(
        cls,
        python: str | Path,
        *,
        port: int = 0,
        region: str = "us-east-1",
        log_path: str | Path | None = None,
        switches: Sequence[str] = (),
    ) -> Self:
        """Start a server on a free port, or on `port`; `switches` are added to its command line."""
        if not Path(python).exists():
            raise LocalCloudError(f"there is no interpreter with MiniStack at {python}")
        scratch = Path(tempfile.mkdtemp(prefix="localcloud-handle-"))
        log = Path(log_path) if log_path else scratch / "server.log"
        port = port or _free_port()
        plain = _free_port()
        options = ["--port", str(port), "--plain-http-port", str(plain), "--region", region]
        options += ["--account", ACCOUNT, "--until-stdin-closes"]
        command = [str(Path(python).absolute()), "-m", "localcloud", *options, *switches]
        process = _spawn(command, log, scratch)
        cloud = cls(process, port=port, plain_http=plain, region=region, scratch=scratch, log=log)
        cloud._wait_until_ready()
        return cloud

    def stop(self) -> None:
        """End the server and every Lambda worker it started; a second call does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_WITHIN)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # processes of its group that still run
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def client(
        self, service: str, credentials: Credentials | None = None, region: str | None = None, **config: Any
    ) -> Any:
        """A boto3 client, by default root's; `config` goes to botocore's Config."""
        return make_client(service, credentials or ROOT, self.endpoint, region or self.region, **config)

    def over_plain_http(self, service: str, credentials: Credentials | None = None) -> Any:
        """A boto3 client whose calls count as plain HTTP, by default root's."""
        return make_client(service, credentials or ROOT, self.plain_http_endpoint, self.region)

    def create_user(
        self, name: str, policy: dict[str, Any] | None = None, account: Credentials | None = None
    ) -> Credentials:
        """An IAM user with an access key and, if given, one inline policy."""
        iam = self.client("iam", account)
        iam.create_user(UserName=name)
        if policy is not None:
            iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    @staticmethod
    def account_root(account: str) -> Credentials:
        """The root user of another account, which exists as soon as it is used."""
        return Credentials(account, ROOT.secret_key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(LocalCloudError):
                if self.control("GET", "ready")["process"] == self._process.pid:
                    return
            time.sleep(0.05)
        tail = self.log_path.read_text(errors="replace")[-LOG_TAIL:]
        self.stop()
        raise LocalCloudError(f"the local cloud is not ready on {self.endpoint}; the end of its log:\n{tail}")


def _spawn(command: list[str], log: Path, scratch: Path) -> subprocess.Popen[bytes]:
    """Start the process as the leader of its own group, to which its Lambda workers will belong."""
    environment = os.environ | {"TMPDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"}
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - the interpreter that the caller chose
            command,
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
