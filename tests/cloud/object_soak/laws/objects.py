"""What must hold for the objects after every case, whatever another writer did meanwhile."""

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
from tests.cloud.object_soak.laws.oracle import is_right, must_not_be_moved, strength
from tests.cloud.object_soak.run.run import Run
from tests.cloud.object_soak.world.resources import VERSIONED

NEWER_WRITE_CHANGED = "the object itself (a newer write was re-encrypted too)"


def check(run: Run) -> bool:
    """Check everything; returns whether the object was re-encrypted."""
    touched = _objects(run)
    check_findings(run, touched=touched)
    check_uploads(run)
    check_ledger(run, touched=touched)
    check_again(run)
    run.script.fault = None
    check_publication(run)
    check_newer_write(run)
    run.close_windows()  # a window that stays open would take the messages of later cases
    return touched


# --- the objects -----------------------------------------------------------------------------------


def _objects(run: Run) -> bool:
    """The object is as it was written, except for its encryption."""
    of, expected = run.of, run.expected
    run.now = see(run.lanes.resources, of.bucket, of.key)
    touched = _same_but_for_encryption(run, expected.current, run.now, overwritten=expected.overwritten)
    if expected.version is not None:
        version = see(run.lanes.resources, of.bucket, of.key, of.version_id)
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
    published = _published_changes(run)
    assert differing <= published | _unseen(run), f"not published: {differing - published}\n{was}\n{now}"
    if not overwritten:
        assert published <= differing | _changed_by_another(run), (
            f"published as changed, but unchanged: {published - differing}\n{was}\n{now}"
        )
    else:
        assert NEWER_WRITE_CHANGED in published or unverified(run) or run.given_up, (
            f"a newer write was changed and this was not published\n{was}\n{now}"
        )
    _rightly_touched(run, was, now, overwritten=overwritten)
    return True


def _differences(was: Seen, now: Seen) -> set[str]:
    differing = {name for field, name in KEPT.items() if getattr(was, field) != getattr(now, field)}
    if was.content is None or now.content is None:  # the test cannot read it: compare size and checksums
        differing -= {"bytes"} if was.size == now.size else set()
    if now.tags == {UNREADABLE: str(len(was.tags))}:
        differing -= {"tags"}
    if "checksum" in differing and _same_sums(was, now):
        differing.remove("checksum")
    return differing


def _same_sums(was: Seen, now: Seen) -> bool:
    """Checksums of the whole object are comparable; the algorithm stays, or is S3's own if there was none."""
    (old_type, *old), (new_type, *new) = was.checksum, now.checksum
    algorithms = [bool(value) for value in old] == [bool(value) for value in new]
    if old_type is None or was.content is None:
        return True
    return algorithms and "COMPOSITE" in {old_type, new_type}


def _published_changes(run: Run) -> set[str]:
    outcomes = [event_result.outcome for event_result in run.of_event]
    return {name for outcome in outcomes if isinstance(outcome, Applied) for name in outcome.changed}


def _unseen(run: Run) -> set[str]:
    """Decision 14: an ACL can change unseen between the last read and the write, tags until parts complete.

    The encryption context of an upload in parts is only in the record of its start, which no rule matches.
    """
    written, race, before = run.case.written, run.case.race, run.script.raced_before
    unknown = {"encryption context"} if written.in_parts and written.context else set()
    if race is None:
        return unknown
    windows = {"acl": {"CopyObject", "CompleteMultipartUpload"}, "tags": {"CompleteMultipartUpload"}}
    names = {"acl": "ACL", "tags": "tags"}
    return unknown | ({names[race.kind]} if before in windows.get(race.kind, ()) else set())


def _changed_by_another(run: Run) -> set[str]:
    """What another writer changed in the object: the finding rightly lists it as changed."""
    return {KEPT[run.case.race.kind]} if run.case.race and run.case.race.kind in KEPT else set()


def _rightly_touched(run: Run, was: Seen, now: Seen, *, overwritten: bool) -> None:
    stack, keys = run.case.stack, run.lanes.resources.keys
    assert stack.enforces, "written, although the check only detects"
    assert overwritten or not is_right(stack, keys, was), "it was compliant before"
    assert is_right(stack, keys, now), f"written, but still not compliant: {now.encryption}"
    assert strength(now) >= strength(was), "its encryption was lowered"
    assert now.key_arn in {keys["K"], was.key_arn}, f"moved to the wrong key {now.key_arn}"
    assert now.version_id == was.version_id, "another version was made"
    assert now.bucket_key == (run.case.written.bucket == "with-a-team-default" and now.algorithm == "aws:kms")
    assert overwritten or not must_not_be_moved(run.case.written, was, now), "a reader lost access"
    if run.case.written.bucket in {*VERSIONED, "notifying"} or was.storage_class in {
        "GLACIER",
        "DEEP_ARCHIVE",
    }:
        assert now.etag == was.etag, "copied although a copy does harm"
    if was.context and not run.case.written.in_parts:
        assert overwritten or now.etag != was.etag, "changed in place, although its context could be lost"
