"""Mutate the lanes and the adapters, run their tests on every mutant, print score and survivors."""

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

_OBJECT_LANE = (
    "object_lane/test_flow.py object_lane/test_observation.py object_lane/test_repair.py "
    "object_lane/test_takeover.py object_lane/test_redelivery.py; "
    "object_lane/test_alerts.py functions/test_enforce_object.py"
)

TESTS = {
    "lanes/bucket/record.py": "bucket_lane",
    "lanes/bucket/lane.py": "bucket_lane",
    "lanes/bucket/observe.py": "bucket_lane",
    "lanes/bucket/remediate.py": "bucket_lane",
    "lanes/bucket/report.py": "bucket_lane",
    "lanes/object/lane.py": _OBJECT_LANE,
    "lanes/object/observe.py": _OBJECT_LANE,
    "lanes/object/remediate.py": _OBJECT_LANE,
    "lanes/object/resume.py": _OBJECT_LANE,
    "lanes/object/report.py": _OBJECT_LANE,
    "lanes/object/task.py": _OBJECT_LANE,
    "lanes/object/batch.py": _OBJECT_LANE,
    "core/guards/remediation_key.py": "core/guard core/objects; core bucket_lane object_lane",
    "core/calls/attribution.py": "core/objects; object_lane",
    "core/repairs/objects/evidence.py": "core/objects; object_lane",
    "core/guards/objects.py": "core/objects; object_lane",
    "core/repairs/objects/method.py": "core/objects; object_lane",
    "core/repairs/objects/parts.py": "core/objects",
    "core/repairs/objects/properties.py": "core/objects; object_lane",
    "core/repairs/bucket_plan.py": "core/test_remediation.py bucket_lane; core",
    "core/guards/buckets.py": "core/guard core/test_remediation.py bucket_lane; core",
    "runtime/clock.py": "adapters/test_clock.py",
    "aws/cloudtrail.py": "adapters/test_cloudtrail.py adapters/test_clients.py functions/test_check_trail.py",
    "aws/dynamodb/ledger.py": "adapters/test_requests.py adapters/test_error_texts.py; "
    "adapters/test_ledger_contract.py",
    "aws/errors.py": "adapters/test_failures.py adapters/test_error_texts.py; adapters/test_redirects.py",
    "aws/kms.py": "adapters/test_key_policy.py adapters/test_requests.py; "
    "adapters/test_keys_contract.py adapters/test_kms_faults.py",
    "aws/cache.py": "adapters/test_kms_faults.py adapters/test_exposure.py",
    "aws/s3/buckets.py": "adapters/test_s3_requests.py adapters/test_exposure_requests.py; "
    "adapters/test_redirects.py adapters/test_s3_faults.py adapters/test_buckets_contract.py "
    "adapters/test_exposure.py",
    "aws/s3/bucket_access.py": "adapters/test_exposure_requests.py; adapters/test_exposure.py",
    "runtime/settings.py": "adapters/test_settings.py adapters/test_brought_key.py "
    "adapters/test_error_texts.py; functions",
    "aws/sns.py": "adapters/test_requests.py adapters/test_error_texts.py; adapters/test_topic_contract.py",
    "runtime/telemetry.py": "adapters/test_telemetry.py adapters/test_log_reason.py",
    "runtime/trail_telemetry.py": "functions/test_check_trail.py",
    "runtime/sqs_batch.py": "adapters/test_batch.py functions",
    "aws/dynamodb/items.py": "adapters/test_requests.py adapters/test_object_ledger_requests.py "
    "adapters/test_error_texts.py; "
    "adapters/test_ledger_contract.py adapters/test_object_ledger_contract.py",
    "aws/dynamodb/batch_ledger.py": "adapters/test_object_ledger_requests.py; "
    "adapters/test_object_ledger_contract.py",
    "aws/dynamodb/window_items.py": "adapters/test_window_requests.py; adapters/test_windows_contract.py",
    "aws/dynamodb/alert_windows.py": "adapters/test_window_requests.py; adapters/test_windows_contract.py",
    "aws/s3/copies.py": "adapters/test_copies.py adapters/test_object_requests.py "
    "adapters/test_object_faults.py; "
    "adapters/test_objects_contract.py",
    "aws/s3/heads.py": "adapters/test_object_heads.py adapters/test_object_requests.py; "
    "adapters/test_objects_contract.py",
    "aws/s3/objects.py": "adapters/test_object_requests.py adapters/test_object_heads.py "
    "adapters/test_object_clients.py adapters/test_object_faults.py; "
    "adapters/test_objects_contract.py",
    "aws/s3/parts.py": "adapters/test_parts.py adapters/test_object_faults.py; "
    "adapters/test_objects_contract.py",
    "aws/s3/bucket_context.py": "adapters/test_surroundings.py; adapters/test_buckets_contract.py",
    "runtime/environment.py": "adapters/test_settings.py adapters/test_object_settings.py",
    "aws/sqs.py": "adapters/test_reminders.py",
    "aws/timestamps.py": "adapters/test_timestamps.py",
    "runtime/wiring.py": "adapters/test_clients.py adapters/test_timestamps.py functions",
    "runtime/wiring_objects.py": "adapters/test_object_clients.py functions",
}
"""The tests that know each module, the quick ones first; what survives these meets those after the `;`."""

_HEAVY = ["boto3", "botocore.stub", "moto", "hypothesis", "cachetools", "aws_lambda_powertools.metrics"]


def main() -> int:
    """Run it; the exit status is that of a report, never of a verdict."""
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of module paths, such as dynamodb")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        tree = _copied(Path(scratch))
        os.chdir(tree)
        paths = _modules(chosen.only)
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
    """The tree as it is now: what is edited meanwhile does not count. The environments are shared."""
    left_out = shutil.ignore_patterns(".venv", ".git", ".aws-sam", ".local", ".*_cache", "__pycache__")
    tree = Path(shutil.copytree(ROOT, scratch / "tree", ignore=left_out))
    (tree / ".venv").symlink_to(ROOT / ".venv")
    return tree


def _check(paths: Sequence[Path], pool: ProcessPoolExecutor) -> None:
    """A test that fails without a mutant would seem to kill every one."""
    real = [Mutant(path, 0, "nothing changed", path.read_text()) for path in paths]
    passes = zip(paths, pool.map(_judge, real), strict=True)
    if failed := [str(path) for path, passed in passes if not passed]:
        raise SystemExit(f"these tests fail as things are: those of {', '.join(failed)}")


def _modules(only: Sequence[str]) -> list[Path]:
    effects = {
        str(path.relative_to(SOURCE))
        for folder in ("aws", "runtime")
        for path in (SOURCE / folder).rglob("[!_]*.py")
    }
    if untested := sorted(effects - TESTS.keys()):
        raise SystemExit(f"mutation/score.py does not say which tests know {', '.join(untested)}")
    return [SOURCE / name for name in TESTS if not only or any(part in name for part in only)]


def _prepare(tree: Path) -> None:
    """Import once what every trial would import: each is a fork of this process."""
    os.chdir(tree)
    for name in _HEAVY:
        importlib.import_module(name)


def _judge(mutant: Mutant) -> bool:
    stages = TESTS[str(mutant.path.relative_to(SOURCE))].split(";")
    return all(
        survives(mutant, [f"tests/{name}" for name in stage.split()], LIMIT_SECONDS) for stage in stages
    )


def _judged(mutants: Sequence[Mutant], pool: ProcessPoolExecutor) -> Iterator[bool]:
    """Whether each survived. Survivors are told at once: a whole run takes its time."""
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
