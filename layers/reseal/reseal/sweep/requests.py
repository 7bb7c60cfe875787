"""How often the objects of buckets without a Bucket Key are read and written. It stops no sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime

from reseal.core.errors import AccessDeniedError, RefusalError, TransientError
from reseal.core.kms_cost import Requests
from reseal.ports import RequestMetrics

NOT_CONFIGURED = "not known: the bucket has no request metrics without a filter"


def requests_of(
    buckets: Sequence[str], metrics: RequestMetrics, workers: Executor, until: datetime
) -> Mapping[str, Requests]:
    """The requests of the last 30 days of each bucket, or why they are not known. Raises nothing."""

    def filter_of(bucket: str) -> str | Requests:
        try:
            return metrics.filter_of(bucket) or Requests(unknown=NOT_CONFIGURED)
        except (RefusalError, TransientError) as error:
            return _unknown(error)

    found = dict(zip(buckets, workers.map(filter_of, buckets), strict=True))
    filters = {bucket: one for bucket, one in found.items() if isinstance(one, str)}
    known = {bucket: one for bucket, one in found.items() if isinstance(one, Requests)}
    return known | _counted(filters, metrics, until)


def _counted(filters: Mapping[str, str], metrics: RequestMetrics, until: datetime) -> dict[str, Requests]:
    try:
        counts = metrics.count(filters, until)
    except (RefusalError, TransientError) as error:
        return dict.fromkeys(filters, _unknown(error))
    return {bucket: Requests(count=count) for bucket, count in counts.items()}


def _unknown(error: RefusalError | TransientError) -> Requests:
    if isinstance(error, AccessDeniedError):
        return Requests(unknown=f"not looked at: {error.action} is denied")
    if isinstance(error, RefusalError):
        return Requests(unknown=f"not looked at: {error.action} answered {error.code}")
    return Requests(unknown="not looked at: AWS did not answer")
