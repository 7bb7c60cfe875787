"""What must hold for findings, messages, ledger entries, uploads and later events of a case."""

from __future__ import annotations

import json

from reseal.core.findings.event_result import Result
from reseal.core.findings.finding import Finding, Status
from reseal.core.state.object_encryption import CUSTOMER_KEY
from tests.cloud.object_soak.cases.cases import Arrival
from tests.cloud.object_soak.cases.records import event
from tests.cloud.object_soak.cases.snapshot import see
from tests.cloud.object_soak.laws.oracle import is_right
from tests.cloud.object_soak.run.run import MAIN, Run, now_written
from tests.cloud.object_soak.world.calls import WRITES, Script

# --- what is published -------------------------------------------------------------------------------


def check_findings(run: Run, *, touched: bool) -> None:
    stack, keys, fault = run.case.stack, run.lanes.resources.keys, run.case.fault
    assert len({finding.id for finding in run.findings}) <= 1, "one violation, several finding ids"
    if MAIN in run.given_up:
        assert fault is not None, "given up, although nothing failed"
        return
    assert run.deliveries <= 5
    remediated = any(finding.status is Status.REMEDIATED for finding in run.findings)
    if run.expected.overwritten:
        return
    assert touched == remediated or (touched and unverified(run)), f"written: {touched}, {run.findings}"
    if not is_right(stack, keys, run.before):
        assert run.findings, f"a violation without a finding: {run.of_event}"
    elif fault is None or fault.kind != "denied":
        assert not run.findings, f"compliant, but with findings: {run.findings}"


def unverified(run: Run) -> bool:
    """Whether the role was denied reading back its own write, which is a failed finding."""
    return any("it was written, but could not be verified" in finding.reason for finding in run.findings)


def check_publication(run: Run) -> None:
    """Each finding is in a message or in its window's summary, unless its refusal was published today."""
    run.close_windows()
    if MAIN in run.given_up:
        return
    published = [finding for message in run.messages for finding in json.loads(message.document)["findings"]]
    ids = {finding["id"] for finding in published}
    keys = {key for finding in published for key in (finding["occurrences"] or {"keys": ()})["keys"]}
    denied = any(getattr(event_result.outcome, "denied_action", None) for event_result in run.of_event)
    for finding in run.findings:
        assert denied or finding.id in ids or finding.resource.object_key in keys, (
            f"not published: {finding.id}\n{published}"
        )


# --- what is left --------------------------------------------------------------------------------------


def check_uploads(run: Run) -> None:
    """No upload stays open unless the invocation died, or its start or abort failed, which is logged."""
    of, s3 = run.of, run.lanes.resources.s3
    if "CreateMultipartUpload" not in run.script.calls:
        return
    left = s3.list_multipart_uploads(Bucket=of.bucket, Prefix=of.key).get("Uploads", [])
    logged = [entry.get("upload_id") for entry in run.lanes.environment(run.case.stack).log.left_behind]
    died = run.case.fault is not None and run.case.fault.kind.startswith("dies")
    for upload in left:
        named = {"Bucket": of.bucket, "Key": upload["Key"], "UploadId": upload["UploadId"]}
        of_lost_answer = None in logged and not s3.list_parts(**named).get("Parts")
        assert died or of_lost_answer or upload["UploadId"] in logged, "an upload is left"
        s3.abort_multipart_upload(**named)


def check_ledger(run: Run, *, touched: bool) -> None:
    """Each write has its entry, and each entry of a handled event is closed with its outcome."""
    item = run.entry = run.lanes.resources.entry(run.entry_id)
    if touched:
        assert item is not None, "written without evidence"
    if item is None or MAIN in run.given_up:
        return
    assert item["closed"]["BOOL"], "an entry is left open"
    entry = json.loads(item["entry"]["S"])
    if touched and not run.expected.overwritten:
        outcome = entry["outcome"]
        assert outcome["kind"] == "Applied" or unverified(run), f"written, but its entry says {outcome}"
        assert entry["before"]["algorithm"] == run.before.algorithm


# --- what follows ---------------------------------------------------------------------------------------


def check_again(run: Run) -> None:
    """A duplicate after half an hour changes nothing and publishes the same; own writes change nothing.

    The rule drops records of own writes (H6). Because they also change nothing, there is no loop.
    """
    if MAIN in run.given_up:
        return
    run.script.race = None
    if not _was_denied(run):
        run.script.fault = None
    was, event_result, written = run.now, len(run.event_result), len(run.script.writes)
    before = {finding.id for finding in run.findings}
    run.deliver_until_done({MAIN: run.main_message(), **_own_writes(run)}, 2)
    findings = [
        finding for event_result in run.event_result[event_result:] for finding in event_result.findings
    ]
    again = {finding.id for finding in findings if not _of_newer_version(run, finding)}
    assert again <= before if run.expected.overwritten else again == before, f"{again} instead of {before}"
    assert see(run.lanes.resources, run.of.bucket, run.of.key) == was
    assert [name for name, _ in run.script.writes[written:] if name in WRITES] == []


def _was_denied(run: Run) -> bool:
    """Whether an action is denied permanently and this event's own call was denied.

    If the event ended Compliant or Skipped, only another event of its batch was denied: a denial of its own
    call is a finding.
    """
    denied = run.script.fault is not None and run.script.faulted and run.script.fault.kind == "denied"
    undisturbed = {Result.COMPLIANT, Result.SKIPPED}
    return bool(denied) and any(event_result.result not in undisturbed for event_result in run.of_event)


def _of_newer_version(run: Run, finding: Finding) -> bool:
    """Decision 13: a record without a version means the object key, so also a version of the same second.

    For an object under SSE-C neither time nor version is known: if the record names no version, as in a
    bucket without versions, a finding is published.
    """
    unnamed = not run.case.arrival.names_version or run.of.version_id is None
    of_another = finding.before == CUSTOMER_KEY or finding.resource.version_id != run.of.version_id
    return run.expected.overwritten and unnamed and of_another


def _own_writes(run: Run) -> dict[str, str]:
    made = sorted({name for name, path in run.script.writes if name in WRITES and path.endswith(run.of.key)})
    if (
        run.now is None or run.expected.overwritten or run.script.fault
    ):  # a role without rights publishes that
        return {}
    of = now_written(run.now, run.of)
    return {name: event(of, Arrival(), who="reseal", eventName=name) for name in made}


def check_newer_write(run: Run) -> None:
    """The write of another writer has its own event, which is judged like any other."""
    newer = run.now
    if (
        newer is None
        or not run.expected.overwritten
        or is_right(run.case.stack, run.lanes.resources.keys, newer)
    ):
        return
    run.lanes.wires.script = Script()
    known = len(run.event_result)
    given_up = run.deliver_until_done({"newer": event(now_written(newer, run.of), Arrival(), who="other")}, 1)
    assert not given_up
    assert any(event_result.findings for event_result in run.event_result[known:]), (
        "the newer write has no finding"
    )
