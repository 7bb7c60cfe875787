"""Starting and stopping: independent of the caller's environment, and nothing is left behind."""

import io
import json
import os
import signal
import subprocess
import tempfile
import zipfile
from pathlib import Path

import pytest

from localcloud.client.handle import REPOSITORY, LocalCloud, LocalCloudError


@pytest.fixture
def neutral_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and temporary directory, and AWS variables that the local cloud must ignore."""
    for name in ("home", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    for name, value in {
        "HOME": str(tmp_path / "home"),
        "AWS_PROFILE": "nobody",
        "AWS_REGION": "mars-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "AKIANOBODY",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "AWS_SESSION_TOKEN": "stale",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def files_under(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def processes_of_group(group: int) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "pgid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if line.split(maxsplit=1)[0] == str(group)]


def start_a_worker(cloud: LocalCloud) -> None:
    """Invoke a function; its process then stays warm."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("app.py", "def handler(event, context): return 1")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    role = cloud.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))
    functions = cloud.client("lambda")
    functions.create_function(
        FunctionName="function",
        Runtime="python3.13",
        Handler="app.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": archive.getvalue()},
    )
    assert functions.invoke(FunctionName="function")["Payload"].read() == b"1"


def test_stop_leaves_no_process_and_no_file(neutral_folder: Path, cloud_python: str) -> None:

    before = files_under(REPOSITORY / "localcloud")
    cloud = LocalCloud.start(python=cloud_python)
    group = os.getpgid(cloud._process.pid)
    start_a_worker(cloud)
    assert len(processes_of_group(group)) > 1

    cloud.stop()
    cloud.stop()

    assert processes_of_group(group) == []
    assert files_under(neutral_folder) == []
    assert files_under(REPOSITORY / "localcloud") == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_server_exits_cleanly_on_a_signal(cloud_python: str, number: signal.Signals) -> None:
    with LocalCloud.start(python=cloud_python) as cloud:
        cloud._process.send_signal(number)

        assert cloud._process.wait(5) == 0
        assert cloud.log_path.read_text() == ""


def test_server_stops_with_the_process_that_started_it(cloud_python: str) -> None:
    with LocalCloud.start(python=cloud_python) as cloud:
        assert cloud._process.stdin is not None
        cloud._process.stdin.close()  # as the system does for a process that dies

        assert cloud._process.wait(5) == 0


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads the kernel's table of sockets")
def test_only_the_loopback_address_is_bound(local_cloud: LocalCloud) -> None:
    listening = Path("/proc/net/tcp").read_text().split("\n")[1:]
    addresses = {line.split()[1] for line in listening if line and line.split()[3] == "0A"}

    assert {address for address in addresses if address.endswith(f":{local_cloud.port:04X}")} == {
        f"0100007F:{local_cloud.port:04X}"
    }


def test_failed_start_shows_the_end_of_the_log(cloud_python: str) -> None:
    with pytest.raises(LocalCloudError, match="unrecognized arguments"):
        LocalCloud.start(python=cloud_python, switches=["--no-such-switch"])


def test_start_on_a_taken_port_fails(cloud_python: str, local_cloud: LocalCloud) -> None:
    with pytest.raises(LocalCloudError, match="in use"):
        LocalCloud.start(python=cloud_python, port=local_cloud.port)


def test_missing_anchor_stops_the_start_with_its_name(cloud_python: str, tmp_path: Path) -> None:
    program = (
        "from ministack.services import s3; del s3._resolve_sse_write_headers; "
        "from localcloud.request import anchors; anchors.check()"
    )
    checked = subprocess.run(
        [cloud_python, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        env=os.environ | {"STATE_DIR": str(tmp_path)},
    )

    assert "services.s3._resolve_sse_write_headers missing; pin ministack==" in checked.stderr
