"""`make audit`: what Reseal would find and repair in this account, without a stack. It writes nothing to AWS.

Needs the read permissions of the sweep's role (docs/sweep.md). The checks, the guards and the report are
those of the deployed sweep. Exit code: 0 nothing found, 1 violations, 2 the audit failed.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from operations.planned_key import WithPlannedKey, planned_key
from reseal import __version__
from reseal.aws.kms_management import KmsManagement
from reseal.aws.request_metrics import S3RequestMetrics
from reseal.aws.s3.listing import S3BucketList
from reseal.core.checks.catalogue import CHECKS
from reseal.core.decision import Severity
from reseal.core.errors import ResealError
from reseal.core.kms_cost import pays_for_each_request
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.snapshot import BucketSeen, KeySeen, joined
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.core.sweep.progress import Progress
from reseal.core.sweep.report import Report, report_of
from reseal.core.sweep.rows import Rows, severities
from reseal.runtime.pacer import Pacer
from reseal.runtime.settings import Settings
from reseal.runtime.wiring.clients import Clients, services_of
from reseal.runtime.wiring.sweep import PACED, SWEEP_CALLS
from reseal.sweep.examine import Examined, Examiner
from reseal.sweep.finish import FORMS
from reseal.sweep.keys import KeyExaminer, users_of
from reseal.sweep.requests import requests_of

PAGE, THREADS = 200, 20
ADVICE = "a deployed stack in mode enforce would repair this"
CLEAN, FOUND, BROKEN = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the audit. Returns its exit code."""
    options = _options(arguments)
    try:
        report, rows = _audit(options)
    except (ResealError, BotoCoreError, ClientError) as error:
        print(f"audit: {error}", file=sys.stderr)
        return BROKEN
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    for form, (render, _) in FORMS.items():
        (folder / f"report.{form}").write_text(render(report), encoding="utf-8")
    found = severities(rows)
    if options.json:
        print(json.dumps(report.head, indent=2))
    else:
        _print_summary(report, rows, folder)
    least = Severity[options.fail_on]
    return FOUND if any(count for severity, count in found.items() if severity >= least) else CLEAN


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="audit", description="What Reseal would find in this account.")
    parser.add_argument("--region", help="the Region (default: that of your AWS settings)")
    parser.add_argument(
        "--key", help="the ARN of the remediation key (default: one that a stack would create)"
    )
    parser.add_argument(
        "--approved-keys", default="", help="ARNs, by comma (default: every key of the account)"
    )
    parser.add_argument("--dsse", action="store_true", help="require DSSE-KMS")
    parser.add_argument("--rate", type=float, default=50, help="most calls per second (default: %(default)s)")
    parser.add_argument("--output", default="audit", help="folder of the report (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the head of the report as JSON")
    severities_ = [severity.name for severity in Severity]
    parser.add_argument(
        "--fail-on", choices=severities_, default="LOW", help="least severity for exit code 1"
    )
    return parser.parse_args(arguments)


def _audit(options: argparse.Namespace) -> tuple[Report, Rows]:
    session = boto3.Session(region_name=options.region)
    identity = session.client("sts").get_caller_identity()
    partition, account, region = identity["Arn"].split(":")[1], identity["Account"], session.region_name
    planned = planned_key(partition, region, account)
    required = _required(options, account, region, planned.arn)
    pacer, clients = Pacer(options.rate), Clients(region, calls=SWEEP_CALLS)
    for service in PACED:
        pacer.guard(clients.of(service))
    policy = Policy(default=required)
    settings = Settings(
        account=account,
        region=region,
        policy=policy,
        topic_arn="",
        ledger_table="",
        ledger_kept=timedelta(0),
        window_seconds=0,
        queue_url="",
    )
    services = services_of(settings, clients, Logger(service="audit"))
    suffix = session.client("s3").meta.endpoint_url.partition("amazonaws.")[2].rstrip("/")
    keys = WithPlannedKey(services.keys, planned, f"amazonaws.{suffix or 'com'}")
    sweep = f"audit-{uuid.uuid4()}"
    examiner = Examiner(policy=policy, services=replace(services, keys=keys), look_id=sweep, advice=ADVICE)
    started = datetime.now(UTC)
    names = list(_names(S3BucketList(clients.of("s3"), region)))
    metrics = S3RequestMetrics(clients.of("s3"), clients.of("cloudwatch"), account)
    key_examiner = KeyExaminer(
        policy=policy,
        services=examiner.services,
        management=KmsManagement(clients.of("kms")),
        look_id=sweep,
        advice=ADVICE,
    )
    buckets = _with_requests(_look(examiner, names), metrics, started)
    rows = Rows.of(
        [*buckets, *_look_at_keys(key_examiner, users_of(_names_of_keys(buckets), required), planned.arn)]
    )
    progress = Progress(sweep=sweep, started_at=started, saved_at=started, listed=len(names))
    ended = datetime.now(UTC)
    return report_of(required, progress, rows, version=__version__, ended_at=ended), rows


def _required(options: argparse.Namespace, account: str, region: str, planned: str) -> Requirements:
    listed = frozenset(filter(None, options.approved_keys.split(",")))
    return Requirements(
        account=account,
        region=region,
        required=SseAlgorithm.DSSE_KMS if options.dsse else SseAlgorithm.SSE_KMS,
        remediation_key=options.key or planned,
        listed_keys=listed or None,
        callers_may_use_key=False,
        mode=Mode.ENFORCE,
        check_modes={check.id: Mode.ENFORCE for check in CHECKS},
    )


def _names(listing: S3BucketList) -> Iterator[str]:
    token: str | None = None
    while True:
        names, token = listing.page(token, PAGE)
        yield from names
        if token is None:
            return


def _look(examiner: Examiner, names: Sequence[str]) -> list[BucketSeen]:
    seen: list[BucketSeen] = []
    with ThreadPoolExecutor(THREADS) as workers:
        for number, one in enumerate(workers.map(examiner.bucket, names), start=1):
            seen.append(joined(one.seen, None))
            _show_progress(number, len(names), one)
    return seen


def _with_requests(
    seen: Sequence[BucketSeen], metrics: S3RequestMetrics, until: datetime
) -> list[BucketSeen]:
    """The same, with how often those buckets are read and written that a Bucket Key would make cheaper."""
    paying = [one.bucket for one in seen if pays_for_each_request(one.encryption)]
    with ThreadPoolExecutor(THREADS) as workers:
        known = requests_of(paying, metrics, workers, until)
    return [replace(one, requests=known.get(one.bucket)) for one in seen]


def _look_at_keys(examiner: KeyExaminer, users: Mapping[str, Sequence[str]], planned: str) -> list[KeySeen]:
    """The keys that buckets name or that are approved; the planned one does not exist."""
    arns = sorted(arn for arn in users if arn != planned)
    with ThreadPoolExecutor(THREADS) as workers:
        looks = workers.map(lambda arn: examiner.key(arn, users[arn]), arns)
        return [joined(one.seen, None) for one in looks]


def _names_of_keys(seen: Iterable[BucketSeen]) -> Iterator[tuple[str, str]]:
    return ((one.bucket, one.kms_key) for one in seen if one.kms_key)


def _show_progress(number: int, total: int, one: Examined) -> None:
    if sys.stderr.isatty():
        bar = "#" * (30 * number // total)
        end = "\n" if number == total else ""
        print(f"\r[{bar:<30}] {number} of {total}  {one.seen.bucket[:40]:<40}", end=end, file=sys.stderr)


def _print_summary(report: Report, rows: Rows, folder: Path) -> None:
    took = (report.ended_at - report.started_at).total_seconds()
    print(f"Account {report.account}, {report.region}: {len(rows.buckets)} buckets in {took:.0f} s\n")
    for check, found in report.counts.items():
        print(f"  {check:<28} " + ", ".join(f"{count} {status}" for status, count in sorted(found.items())))
    print()
    for severity, count in sorted(severities(rows).items(), reverse=True):
        print(f"  {severity.name:<14} {count}")
    print(f"\nNot read: {len(rows.not_read)} buckets. Nothing was changed.")
    print(f"Report: {folder / 'report.html'}, report.csv, report.jsonl")


if __name__ == "__main__":
    sys.exit(main())
