"""Whatever happens to a run, nothing of it is left in the end."""

from __future__ import annotations

import signal
import subprocess

from tests.cloud.verify_aws.sandbox import Sandbox


def interrupted(account: Sandbox, what: signal.Signals, at: str) -> tuple[int, str]:
    """Start a run and send it a signal when it says `at`; its exit status and all that it said."""
    said = []
    with account.start() as process:
        assert process.stdout
        for line in process.stdout:
            said.append(line)
            if at in line:
                process.send_signal(what)
                break
        said += process.stdout.readlines()
    return process.returncode, "".join(said)


def test_ctrl_c_removes_everything_and_reports_what_was_seen(fresh: Sandbox) -> None:
    status, said = interrupted(fresh, signal.SIGINT, "measuring 12 of")

    assert status == 2
    assert "stopped by the user" in said
    assert fresh.left() == []
    seen = [row for row in fresh.rows().values() if row["seen"] is not None]
    assert len(seen) in (11, 12)


def test_what_a_killed_run_left_is_removed_by_the_next(fresh: Sandbox) -> None:
    status, _ = interrupted(fresh, signal.SIGKILL, "measuring 8 of")
    left = fresh.left()

    asked = fresh.run(yes=False)
    still = fresh.left()
    cleaned = fresh.run("--clean")

    assert status == -signal.SIGKILL
    assert any("-log-files-" in name for name in left)
    assert (asked.returncode, "An earlier run" in asked.stdout, still) == (2, True, left)
    assert (cleaned.returncode, fresh.left()) == (0, [])


def test_nothing_is_made_without_agreement(fresh: Sandbox) -> None:
    done: subprocess.CompletedProcess[str] = fresh.run(yes=False)

    assert done.returncode == 2
    assert "there is nobody to ask" in done.stderr
    assert fresh.left() == []
    assert {call["operation"] for call in fresh.cloud.journal(service="s3")} <= {"ListBuckets"}


def test_there_is_nothing_to_resume_at_first(fresh: Sandbox) -> None:
    done = fresh.run("--resume")

    assert (done.returncode, "there is no run to resume" in done.stderr) == (2, True)
