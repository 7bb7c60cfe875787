"""What must hold of the objects after every case, whatever came between."""

from __future__ import annotations

from reseal.core.outcome import Applied
from tests.cloud.object_soak.cases.snapshot import KEPT, UNREADABLE, Seen, see
from tests.cloud.object_soak.laws.evidence import (
    check_again,
    check_findings,
    check_ledger,
    check_newer_write,
    check_publication,
    check_uploads,
    unverified,
)
from tests.cloud.object_soak.laws.oracle import is_right, not_to_be_moved, strength
from tests.cloud.object_soak.run.run import Run
from tests.cloud.object_soak.world.resources import VERSIONED

NEWER = "the object itself (a newer write was re-encrypted too)"


def check(run: Run) -> bool:
    """Every law. Whether the object was re-encrypted."""
    touched = _objects(run)
    check_findings(run, touched=touched)
    check_uploads(run)
    check_ledger(run, touched=touched)
    check_again(run)
    run.script.fault = None
    check_publication(run)
    check_newer_write(run)
    return touched


# --- the objects -----------------------------------------------------------------------------------


def _objects(run: Run) -> bool:
    """What is there is what was written, but for its encryption."""
    of, expected = run.of, run.expected
    run.now = see(run.lanes.ground, of.bucket, of.key)
    touched = _same_but_for_encryption(run, expected.current, run.now, overwritten=expected.overwritten)
    if expected.version is not None:
        version = see(run.lanes.ground, of.bucket, of.key, of.version_id)
        touched |= _same_but_for_encryption(run, expected.version, version, overwritten=False)
    return touched


def _same_but_for_encryption(run: Run, was: Seen | None, now: Seen | None, *, overwritten: bool) -> bool:
    if was is None:
        assert now is None, "a deleted object is back"
        return False
    assert now is not None, "the object is lost"
    differing = _differences(was, now)
    if (was.encryption, was.etag, was.modified) == (now.encryption, now.etag, now.modified):
        assert not differing, f"nothing was written, yet these differ: {differing}"
        return False
    told = _told_changes(run)
    assert differing <= told | _unseen(run), f"changed and not told: {differing - told}\n{was}\n{now}"
    if not overwritten:
        assert told <= differing | _changed_by_another(run), (
            f"told as changed, and is not: {told - differing}\n{was}\n{now}"
        )
    else:
        assert NEWER in told or unverified(run) or run.given_up, (
            f"a newer write was touched, and nobody told\n{was}\n{now}"
        )
    _rightly_touched(run, was, now, overwritten=overwritten)
    return True


def _differences(was: Seen, now: Seen) -> set[str]:
    differing = {name for field, name in KEPT.items() if getattr(was, field) != getattr(now, field)}
    if was.content is None or now.content is None:  # nobody here can read it: its size and sums must do
        differing -= {"bytes"} if was.size == now.size else set()
    if now.tags == {UNREADABLE: str(len(was.tags))}:
        differing -= {"tags"}
    if "checksum" in differing and _same_sums(was, now):
        differing.remove("checksum")
    return differing


def _same_sums(was: Seen, now: Seen) -> bool:
    """Sums compare where both are of the whole object; the algorithm stays, or is S3's own where none was."""
    (old_type, *old), (new_type, *new) = was.checksum, now.checksum
    algorithms = [bool(value) for value in old] == [bool(value) for value in new]
    if old_type is None or was.content is None:
        return True
    return algorithms and "COMPOSITE" in {old_type, new_type}


def _told_changes(run: Run) -> set[str]:
    outcomes = [event_result.outcome for event_result in run.of_event]
    return {name for outcome in outcomes if isinstance(outcome, Applied) for name in outcome.changed}


def _unseen(run: Run) -> set[str]:
    """Decision 14: between the last look and the write an ACL can change unseen, and tags before parts end.

    That an upload in parts has an encryption context is told by the record of its start, which nobody hears.
    """
    written, race, before = run.case.written, run.case.race, run.script.raced_before
    untold = {"encryption context"} if written.in_parts and written.context else set()
    if race is None:
        return untold
    windows = {"acl": {"CopyObject", "CompleteMultipartUpload"}, "tags": {"CompleteMultipartUpload"}}
    names = {"acl": "ACL", "tags": "tags"}
    return untold | ({names[race.kind]} if before in windows.get(race.kind, ()) else set())


def _changed_by_another(run: Run) -> set[str]:
    """What the other writer changed in the object as it was: that it is not as before is true."""
    return {KEPT[run.case.race.kind]} if run.case.race and run.case.race.kind in KEPT else set()


def _rightly_touched(run: Run, was: Seen, now: Seen, *, overwritten: bool) -> None:
    stack, keys = run.case.stack, run.lanes.ground.keys
    assert stack.enforces, "written, although the check only reports"
    assert overwritten or not is_right(stack, keys, was), "it was right as it was"
    assert is_right(stack, keys, now), f"written, and still not right: {now.encryption}"
    assert strength(now) >= strength(was), "its encryption was lowered"
    assert now.key_arn in {keys["K"], was.key_arn}, f"swapped to {now.key_arn}"
    assert now.version_id == was.version_id, "another version was made"
    assert now.bucket_key == (run.case.written.bucket == "with-a-team-default" and now.algorithm == "aws:kms")
    assert overwritten or not not_to_be_moved(run.case.written, was, now), "somebody was locked out"
    if run.case.written.bucket in {*VERSIONED, "notifying"} or was.storage_class in {
        "GLACIER",
        "DEEP_ARCHIVE",
    }:
        assert now.etag == was.etag, "copied where a copy does harm"
    if was.context and not run.case.written.in_parts:
        assert overwritten or now.etag != was.etag, "changed in place, where its context could be lost"
