"""What must hold after every case, whatever came between."""

from __future__ import annotations

import json

from reseal.core.decision import Applied
from reseal.core.finding import Status
from tests.objects.cases import Heard
from tests.objects.ground import VERSIONED
from tests.objects.oracle import is_right, not_to_be_moved, strength
from tests.objects.running import MAIN, Run, now_written
from tests.objects.seeing import KEPT, UNREADABLE, Seen, see
from tests.objects.wires import WRITES, Script
from tests.objects.writing import event

NEWER = "the object itself: a newer write was put under the key as well"


def check(run: Run) -> bool:
    """Every law. Whether the object was re-encrypted."""
    touched = _objects(run)
    _findings(run, touched=touched)
    _uploads(run)
    _ledger(run, touched=touched)
    _again(run)
    run.script.fault = None
    _publication(run)
    _newer_write(run)
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
        assert NEWER in told, f"a newer write was touched, and nobody told\n{was}\n{now}"
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
    outcomes = [handled.outcome for handled in run.of_event]
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


# --- what is told ------------------------------------------------------------------------------------


def _findings(run: Run, *, touched: bool) -> None:
    stack, keys, fault = run.case.stack, run.lanes.ground.keys, run.case.fault
    assert len({finding.id for finding in run.findings}) <= 1, "one violation, several finding ids"
    if MAIN in run.given_up:
        assert fault is not None, "given up, although nothing failed"
        return
    assert run.deliveries <= 5
    remediated = any(finding.status is Status.REMEDIATED for finding in run.findings)
    if run.expected.overwritten:
        return
    assert touched == remediated or (touched and _unverified(run)), (
        f"written: {touched}, told: {run.findings}"
    )
    if not is_right(stack, keys, run.before):
        assert run.findings, f"a violation of which nobody is told: {run.of_event}"
    elif fault is None or fault.kind != "denied":
        assert not run.findings, f"compliant, and yet told: {run.findings}"


def _unverified(run: Run) -> bool:
    """Whether the role was not let look at what it had written: that is told as a failure."""
    return any("it was written, but cannot be looked at again" in finding.reason for finding in run.findings)


def _publication(run: Run) -> None:
    """Each finding is in a message, or in the summary of its window, unless its refusal was told today."""
    if MAIN in run.given_up:
        return
    run.close_windows()
    told = [finding for message in run.messages for finding in json.loads(message.document)["findings"]]
    ids = {finding["id"] for finding in told}
    keys = {key for finding in told for key in (finding["occurrences"] or {"keys": ()})["keys"]}
    denied = any(getattr(handled.outcome, "denied_action", None) for handled in run.of_event)
    for finding in run.findings:
        assert denied or finding.id in ids or finding.resource.key in keys, f"untold: {finding.id}\n{told}"


# --- what is left --------------------------------------------------------------------------------------


def _uploads(run: Run) -> None:
    """None is left open, but by a death, and by faults that befell its abort, which are logged."""
    of, s3 = run.of, run.lanes.ground.s3
    if "CreateMultipartUpload" not in run.script.calls:
        return
    left = s3.list_multipart_uploads(Bucket=of.bucket, Prefix=of.key).get("Uploads", [])
    logged = run.lanes.outside(run.case.stack).log.left_behind
    died = run.case.fault is not None and run.case.fault.kind.startswith("dies")
    for upload in left:
        assert died or any(upload["UploadId"] == entry["upload_id"] for entry in logged), "an upload is left"
        s3.abort_multipart_upload(Bucket=of.bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def _ledger(run: Run, *, touched: bool) -> None:
    """Each write has its entry, and each entry of a handled event is closed with what came of it."""
    item = run.entry = run.lanes.ground.entry(run.event_id)
    if touched:
        assert item is not None, "written without evidence"
    if item is None or MAIN in run.given_up:
        return
    assert item["closed"]["BOOL"], "an entry is left open"
    entry = json.loads(item["entry"]["S"])
    if touched and not run.expected.overwritten:
        outcome = entry["outcome"]
        assert outcome["kind"] == "Applied" or _unverified(run), f"written, but its entry says {outcome}"
        assert entry["before"]["algorithm"] == run.before.algorithm


# --- what follows ---------------------------------------------------------------------------------------


def _again(run: Run) -> None:
    """A duplicate, half an hour later, changes nothing and tells the same; nor do records of our own writes.

    The rule drops those (H6): that nothing comes of them is why there is no loop.
    """
    if MAIN in run.given_up:
        return
    run.script.race = None
    if run.script.faulted is None or (run.script.fault and run.script.fault.kind != "denied"):
        run.script.fault = None
    was, handled, written = run.now, len(run.handled), len(run.script.writes)
    told = {finding.id for finding in run.findings}
    run.deliver_until_done({MAIN: run.main_message(), **_own_writes(run)}, 2)
    again = {finding.id for handled in run.handled[handled:] for finding in handled.findings}
    assert again <= told if run.expected.overwritten else again == told, f"told anew: {again} beside {told}"
    assert see(run.lanes.ground, run.of.bucket, run.of.key) == was
    assert [name for name, _ in run.script.writes[written:] if name in WRITES] == []


def _own_writes(run: Run) -> dict[str, str]:
    made = sorted({name for name, path in run.script.writes if name in WRITES and path.endswith(run.of.key)})
    if run.now is None or run.expected.overwritten:
        return {}
    of = now_written(run.now, run.of)
    return {name: event(of, Heard(), who="reseal", eventName=name) for name in made}


def _newer_write(run: Run) -> None:
    """Whoever came between has an event of his own: it is judged like any other."""
    newer = run.now
    if (
        newer is None
        or not run.expected.overwritten
        or is_right(run.case.stack, run.lanes.ground.keys, newer)
    ):
        return
    run.lanes.wires.script = Script()
    known = len(run.handled)
    given_up = run.deliver_until_done({"newer": event(now_written(newer, run.of), Heard(), who="other")}, 1)
    assert not given_up
    assert any(handled.findings for handled in run.handled[known:]), "the newer write was forgotten"
