"""The file of a run, which the next run goes on from."""

from __future__ import annotations

from pathlib import Path

from operations.verify_aws.report import Row
from operations.verify_aws.state import State, give_up, unfinished


def state(folder: Path, *, finished: bool = False) -> State:
    made = State(
        folder=folder, account="111122223333", region="eu-west-1", prefix=folder.name, finished=finished
    )
    made.rows["one"] = Row(name="one", fact="E5", question="Q", expected="kept", seen=None, problem="no")
    made.requests["put_object_sse_kms"] = "id"
    made.save()
    return made


def test_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    saved = state(tmp_path / "run")

    assert State.load(tmp_path / "run") == saved


def test_newest_run_that_has_not_ended_comes_first(tmp_path: Path) -> None:
    state(tmp_path / "reseal-verify-1")
    state(tmp_path / "reseal-verify-2")
    state(tmp_path / "reseal-verify-3", finished=True)

    assert [found.prefix for found in unfinished(tmp_path)] == ["reseal-verify-2", "reseal-verify-1"]


def test_there_is_nothing_to_resume_where_every_run_has_ended(tmp_path: Path) -> None:
    state(tmp_path / "reseal-verify-1", finished=True)

    assert unfinished(tmp_path) == []


def test_run_whose_resources_were_removed_is_not_resumed(tmp_path: Path) -> None:
    state(tmp_path / "reseal-verify-1")

    give_up(tmp_path, "444455556666")
    of_another_account = unfinished(tmp_path)
    give_up(tmp_path, "111122223333")

    assert (len(of_another_account), unfinished(tmp_path)) == (1, [])
