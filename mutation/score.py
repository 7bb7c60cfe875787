"""Mutate the lanes and adapters, run their tests on every mutant, print score and survivors."""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from mutation.operators import Mutant, mutants_of
from mutation.trial import survives

ROOT = Path(__file__).resolve().parent.parent
SOURCE = Path("layers/reseal/reseal")
LIMIT_SECONDS = 90

_FLOW = "unit/flow; unit/resources/bucket unit/resources/object"

_OBJECT_LANE = (
    "unit/resources/object/test_flow.py unit/resources/object/test_observe.py "
    "unit/resources/object/test_remediate.py unit/resources/object/test_takeover.py "
    "unit/resources/object/test_redelivery.py; "
    "unit/resources/object/test_alerts.py unit/functions/test_enforce_object.py"
)

_EVALUATOR = (
    "unit/core/access/test_operators.py unit/core/access/test_access_impact.py "
    "unit/core/access/test_guard_pairs.py unit/core/access/documented unit/core/access/test_statements.py; "
    "unit/core/guards unit/core/checks unit/core/repairs/objects/test_acl.py; unit/core/access/test_judge.py"
)

_SETS_OF_VALUES = (
    "unit/core/access/test_operators.py unit/core/access/test_statements.py; "
    "unit/core/access unit/core/guards unit/core/checks"
)

_TRANSIT = (
    "unit/core/transit/test_repair_cases.py unit/core/transit/test_unwritable.py "
    "unit/core/transit/test_http_users.py unit/core/checks/buckets/test_tls_only.py; unit/core/transit"
)

_BUCKET_POLICY = (
    "unit/core/state/test_bucket_policy.py unit/core/state/test_deny_insecure_transport.py; unit/core/transit"
)

TESTS = {
    "flow/batch.py": _FLOW,
    "flow/delivery.py": _FLOW,
    "flow/flow.py": _FLOW,
    "flow/judge.py": _FLOW,
    "flow/report.py": f"{_FLOW} unit/resources",
    "flow/result.py": _FLOW,
    "flow/resume.py": _FLOW,
    "resources/bucket/kind.py": "unit/resources/bucket",
    "resources/bucket/observe.py": "unit/resources/bucket",
    "resources/bucket/write.py": "unit/resources/bucket",
    "resources/object/kind.py": _OBJECT_LANE,
    "resources/object/observe.py": _OBJECT_LANE,
    "resources/object/plan.py": _OBJECT_LANE,
    "resources/object/recorded.py": f"{_OBJECT_LANE}; scenarios/test_findings_bounded.py",
    "resources/object/superseded.py": _OBJECT_LANE,
    "resources/object/write.py": _OBJECT_LANE,
    "core/guards/remediation_key.py": "unit/core/guards; unit/resources",
    "core/guards/access_impact.py": "unit/core/access unit/core/guards; unit/resources",
    "core/guards/guarded.py": "unit/core/guards; unit/resources",
    "core/guards/guards.py": "unit/core/guards; unit/resources",
    "core/access/callers.py": _EVALUATOR,
    "core/access/evaluator.py": _EVALUATOR,
    "core/access/grantees.py": _EVALUATOR,
    "core/access/iam_policy.py": _EVALUATOR,
    "core/access/impact.py": _EVALUATOR,
    "core/access/key_policy.py": _EVALUATOR,
    "core/access/logic.py": _SETS_OF_VALUES,
    "core/access/object_acl.py": "unit/core/repairs/objects/test_acl.py; unit/core/checks",
    "core/access/operators.py": _SETS_OF_VALUES,
    "core/access/patterns.py": _SETS_OF_VALUES,
    "core/access/ranges.py": _SETS_OF_VALUES,
    "core/access/requests.py": _SETS_OF_VALUES,
    "core/guards/encryption_context.py": "unit/core/guards; unit/resources/bucket",
    "core/guards/denied_write.py": (
        "unit/core/guards unit/core/access/test_guard_pairs.py; unit/resources/bucket"
    ),
    "core/checks/buckets/key_access.py": (
        "unit/core/checks unit/core/access/test_statements.py; unit/resources/bucket"
    ),
    "core/transit/requests_over.py": _TRANSIT,
    "core/transit/verdict.py": _TRANSIT,
    "core/transit/http_users.py": _TRANSIT,
    "core/transit/unwritable.py": _TRANSIT,
    "core/transit/snippets.py": "unit/core/transit/test_http_users.py",
    "core/transit/facts.py": _TRANSIT,
    "aws/dynamodb/bucket_notes.py": "contract/policies/test_notes_contract.py",
    "aws/dynamodb/shared_items.py": "unit/aws/dynamodb/test_shared_items.py",
    "aws/dynamodb/policy_writes.py": "contract/policies/test_notes_contract.py",
    "aws/s3/bucket_policies.py": "contract/policies/test_policies_contract.py",
    "runtime/wiring/policies.py": "scenarios/test_tls_only.py",
    "core/transit/noted.py": "unit/core/transit/test_noted.py; unit/resources/bucket_policy",
    "core/transit/lost_update.py": "unit/core/transit/test_lost_update.py",
    "core/repairs/policy_writes.py": "unit/core/repairs/test_policy_writes.py; unit/resources/bucket_policy",
    "resources/bucket_policy/kind.py": "unit/resources/bucket_policy",
    "resources/bucket_policy/observe.py": "unit/resources/bucket_policy",
    "resources/bucket_policy/write.py": "unit/resources/bucket_policy",
    "core/checks/buckets/tls_check.py": "unit/core/checks/buckets/test_tls_only.py",
    "core/checks/buckets/tls_only.py": (
        "unit/core/checks/buckets/test_tls_only.py unit/core/transit/test_repair_cases.py"
    ),
    "core/guards/tls_impact.py": "unit/core/guards/test_tls_impact.py unit/core/transit/test_repair_cases.py",
    "core/state/bucket_policy.py": _BUCKET_POLICY,
    "core/state/policy_text.py": _BUCKET_POLICY,
    "core/state/deny_insecure_transport.py": _BUCKET_POLICY,
    "aws/s3/public_access.py": "unit/aws/s3/test_bucket_access.py; contract/aws/test_bucket_access.py",
    "resources/key/kind.py": "unit/resources/key",
    "resources/key/observe.py": "unit/resources/key",
    "resources/key/watch.py": "unit/resources/key",
    "resources/key/write.py": "unit/resources/key",
    "resources/kms_keys.py": "unit/resources/bucket; unit/resources/object",
    "resources/uses.py": "unit/resources/key/test_uses.py",
    "core/calls/keys/key_call.py": "unit/core/calls/test_key_call.py",
    "core/calls/keys/key_message.py": "unit/core/calls/test_key_call.py",
    "core/checks/keys/by_record.py": "unit/core/checks/keys; unit/resources/key",
    "core/checks/keys/key_alias.py": "unit/core/checks/keys",
    "core/checks/keys/key_deletion.py": "unit/core/checks/keys; unit/resources/key",
    "core/checks/keys/key_disabled.py": "unit/core/checks/keys; unit/resources/key",
    "core/checks/keys/key_policy.py": "unit/core/checks/keys",
    "core/checks/keys/key_rotation.py": "unit/core/checks/keys; unit/resources/key",
    "core/checks/keys/observed_key.py": "unit/core/checks/keys; unit/resources/key",
    "core/state/key_settings.py": "unit/core/state/test_key_settings.py",
    "aws/dynamodb/key_uses.py": "unit/aws/dynamodb/test_key_items.py",
    "aws/dynamodb/known_keys.py": "unit/aws/dynamodb/test_key_items.py",
    "aws/request_metrics.py": "unit/aws/test_request_metrics.py",
    "aws/kms_management.py": "unit/aws/test_kms_management.py; contract/keys/test_key_management_contract.py",
    "core/calls/attribution.py": "unit/core/calls; unit/resources/object",
    "core/repairs/objects/evidence.py": "unit/core/repairs/objects; unit/resources/object",
    "core/repairs/objects/method.py": "unit/core/repairs/objects; unit/resources/object",
    "core/repairs/objects/parts.py": "unit/core/repairs/objects",
    "core/repairs/objects/properties.py": "unit/core/repairs/objects; unit/resources/object",
    "core/repairs/repair.py": "unit/core/repairs/test_repair.py unit/resources/bucket; unit/core",
    "core/snapshot.py": "unit/core/test_snapshot.py; unit/sweep",
    "core/sweep/caps.py": "unit/core/sweep; unit/sweep",
    "core/sweep/files.py": "unit/core/sweep",
    "core/sweep/html/page.py": "unit/core/sweep",
    "core/sweep/pace.py": "unit/core/sweep; unit/runtime/test_pacer.py",
    "core/sweep/progress.py": "unit/core/sweep; unit/sweep",
    "core/sweep/report.py": "unit/core/sweep; unit/sweep",
    "core/sweep/rows.py": "unit/core/sweep; unit/sweep",
    "core/sweep/summary.py": "unit/core/sweep; unit/sweep",
    "core/sweep/verdicts.py": "unit/core/sweep; unit/sweep",
    "aws/dynamodb/snapshot.py": "unit/aws/dynamodb/test_snapshot.py; contract/sweep",
    "aws/dynamodb/sweep_state.py": "unit/aws/dynamodb/test_snapshot.py; contract/sweep",
    "aws/s3/listing.py": "unit/aws/s3/test_sweep.py",
    "aws/s3/reports.py": "unit/aws/s3/test_sweep.py",
    "resources/bucket/seen.py": "unit/sweep",
    "runtime/pacer.py": "unit/runtime/test_pacer.py",
    "runtime/wiring/sweep.py": "unit/functions/test_sweep.py",
    "sweep/engine.py": "unit/sweep",
    "sweep/examine.py": "unit/sweep",
    "sweep/finish.py": "unit/sweep",
    "runtime/clock.py": "unit/runtime/test_clock.py",
    "aws/cloudtrail.py": "unit/aws/test_cloudtrail.py unit/aws/test_clients.py "
    "unit/functions/test_check_trail.py",
    "aws/dynamodb/ledger.py": "unit/aws/dynamodb/test_ledger.py; contract/aws/test_ledger_contract.py",
    "aws/dynamodb/watchlist.py": "unit/aws/dynamodb/test_markers.py; contract/aws/test_markers_contract.py",
    "aws/errors.py": "unit/aws/test_errors.py unit/aws/test_error_texts.py; unit/aws/s3/test_redirects.py",
    "aws/kms.py": "unit/aws/test_kms.py unit/aws/test_requests.py; "
    "contract/aws/test_keys_contract.py contract/faults/test_kms_faults.py",
    "aws/cache.py": "contract/faults/test_kms_faults.py contract/aws/test_bucket_access.py",
    "aws/s3/buckets.py": "unit/aws/s3/test_buckets.py unit/aws/s3/test_bucket_access.py; "
    "unit/aws/s3/test_redirects.py contract/faults/test_s3_faults.py contract/aws/test_buckets_contract.py "
    "contract/aws/test_bucket_access.py",
    "aws/s3/bucket_access.py": "unit/aws/s3/test_bucket_access.py; contract/aws/test_bucket_access.py",
    "runtime/settings.py": "unit/runtime/test_settings.py unit/runtime/test_customer_supplied_key.py "
    "unit/aws/test_error_texts.py; unit/functions",
    "aws/sns.py": "unit/aws/test_requests.py unit/aws/test_error_texts.py; "
    "contract/aws/test_topic_contract.py",
    "runtime/telemetry.py": "unit/runtime/test_telemetry.py unit/runtime/test_log_reason.py",
    "runtime/wiring/keys.py": "unit/functions/test_enforce_key.py",
    "runtime/deadline.py": "unit/runtime/test_deadline.py",
    "runtime/trail_telemetry.py": "unit/functions/test_check_trail.py",
    "runtime/sqs_batch.py": "unit/runtime/test_sqs_batch.py unit/functions",
    "aws/dynamodb/items.py": "unit/aws/dynamodb; contract/aws/test_ledger_contract.py",
    "aws/dynamodb/alert_windows.py": "unit/aws/dynamodb/test_alert_windows.py; "
    "contract/aws/test_windows_contract.py",
    "aws/s3/copies.py": "unit/aws/s3/test_copies.py unit/aws/s3/test_objects.py "
    "contract/faults/test_object_faults.py; "
    "contract/aws/test_objects_contract.py",
    "aws/s3/heads.py": "unit/aws/s3/test_heads.py unit/aws/s3/test_objects.py; "
    "contract/aws/test_objects_contract.py",
    "aws/s3/objects.py": "unit/aws/s3/test_objects.py unit/aws/s3/test_heads.py "
    "unit/aws/s3/test_object_clients.py contract/faults/test_object_faults.py; "
    "contract/aws/test_objects_contract.py",
    "aws/s3/parts.py": "unit/aws/s3/test_parts.py contract/faults/test_object_faults.py; "
    "contract/aws/test_objects_contract.py",
    "aws/s3/bucket_context.py": "unit/aws/s3/test_bucket_context.py; contract/aws/test_buckets_contract.py",
    "runtime/environment.py": "unit/runtime/test_settings.py unit/runtime/test_object_settings.py",
    "aws/sqs.py": "contract/aws/test_reminders_contract.py",
    "aws/timestamps.py": "unit/aws/test_timestamps.py",
    "runtime/wiring/clients.py": "unit/aws/test_clients.py unit/aws/test_timestamps.py unit/functions",
    "runtime/wiring/buckets.py": "unit/functions",
    "runtime/wiring/objects.py": "unit/aws/s3/test_object_clients.py unit/functions",
}
"""The tests of each module. Those after a `;` are slower; they run only for survivors of the first."""

_HEAVY = ["boto3", "botocore.stub", "moto", "hypothesis", "cachetools", "aws_lambda_powertools.metrics"]


def main() -> int:
    """Run it; the exit status is 0 even if mutants survive."""
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of module paths, such as dynamodb")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        tree = _copied(Path(scratch))
        os.chdir(tree)
        paths = modules(chosen.only)
        mutants = [mutant for path in paths for mutant in mutants_of(path)]
        if chosen.list:
            print("\n".join(str(mutant) for mutant in mutants))
            return 0
        started = time.monotonic()
        with ProcessPoolExecutor(chosen.workers, get_context("spawn"), _prepare, (tree,)) as pool:
            _check(paths, pool)
            survived = list(_judged(mutants, pool))
        _report(mutants, survived, time.monotonic() - started)
        os.chdir(ROOT)
    return 0


def _copied(scratch: Path) -> Path:
    """Copy the tree, so that edits during the run have no effect. The environments are shared."""
    left_out = shutil.ignore_patterns(".venv", ".git", ".aws-sam", ".local", ".*_cache", "__pycache__")
    tree = Path(shutil.copytree(ROOT, scratch / "tree", ignore=left_out))
    (tree / ".venv").symlink_to(ROOT / ".venv")
    return tree


def _check(paths: Sequence[Path], pool: ProcessPoolExecutor) -> None:
    """Check that the tests pass without a mutant: a failing test would kill every mutant."""
    real = [Mutant(path, 0, "nothing changed", path.read_text()) for path in paths]
    passes = zip(paths, pool.map(_judge, real), strict=True)
    if failed := [str(path) for path, passed in passes if not passed]:
        raise SystemExit(f"the tests of these modules fail without a mutant: {', '.join(failed)}")


def modules(only: Sequence[str] = ()) -> list[Path]:
    """The modules to mutate. Ends the run if one with effects has no tests here."""
    effects = {
        str(path.relative_to(SOURCE))
        for folder in ("aws", "runtime")
        for path in (SOURCE / folder).rglob("[!_]*.py")
    }
    if untested := sorted(effects - TESTS.keys()):
        raise SystemExit(f"mutation/score.py names no tests for {', '.join(untested)}")
    return [SOURCE / name for name in TESTS if not only or any(part in name for part in only)]


def _prepare(tree: Path) -> None:
    """Import common modules once: every trial is a fork of this process."""
    os.chdir(tree)
    for name in _HEAVY:
        importlib.import_module(name)


def _judge(mutant: Mutant) -> bool:
    stages = TESTS[str(mutant.path.relative_to(SOURCE))].split(";")
    return all(
        survives(mutant, [f"tests/{name}" for name in stage.split()], LIMIT_SECONDS) for stage in stages
    )


def _judged(mutants: Sequence[Mutant], pool: ProcessPoolExecutor) -> Iterator[bool]:
    """Whether each survived. Survivors are printed at once, because a full run takes long."""
    for mutant, lives in zip(mutants, pool.map(_judge, mutants), strict=True):
        if lives:
            print(f"survived  {mutant}", flush=True)
        yield lives


def _report(mutants: Sequence[Mutant], survived: Sequence[bool], seconds: float) -> None:
    alive = [mutant for mutant, lives in zip(mutants, survived, strict=True) if lives]
    print(
        f"{len(mutants)} mutants, {len(mutants) - len(alive)} killed, {len(alive)} survived; {seconds:.0f} s"
    )
    for path in dict.fromkeys(mutant.path for mutant in mutants):
        of, living = ([m for m in some if m.path == path] for some in (mutants, alive))
        print(f"{len(of) - len(living):5} of {len(of):3}  {path}")
