"""One product, one way, one scene on the local cloud: the result for each property. JSON in, JSON out."""

from __future__ import annotations

import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any

from benchmarks.objects.products import PART, load
from benchmarks.objects.scenes import (
    KEY,
    RACE,
    compare,
    look,
    make_object,
    once_before,
    put_newer,
)
from benchmarks.world import VIOLATING, World

_WRITES = frozenset({"CopyObject", "CompleteMultipartUpload"})
_IN_PARTS = 2 * PART + 1000


def run(order: dict[str, Any], world: World) -> dict[str, str]:
    """Run the scene in its own bucket."""
    scene = order["scene"]
    from botocore.session import get_session  # noqa: PLC0415  # the product's own

    s3: Any = get_session().create_client("s3")
    bucket = f"survival-{uuid.uuid4()}"
    make_object(s3, bucket, scene, _IN_PARTS if order["large"] else 1000)
    before = look(s3, bucket)
    stage = load(order["product"], world, Path(order["app"]), VIOLATING, large=order["large"], bucket=bucket)
    writes = _WRITES if scene == RACE else frozenset[str]()
    with once_before(writes, lambda: put_newer(s3, bucket, world.key_arn)):
        stage([KEY])()
    after = look(s3, bucket)
    s3.delete_object(Bucket=bucket, Key=KEY)
    return compare(scene, before, after)


def main() -> None:
    """Run the scene; the products' output is captured, and shown if they fail."""
    order = json.load(sys.stdin)
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    json.dump(run(order, World(**order["world"])), results)
    results.close()
    os._exit(0)  # products' thread pools need not be waited for


if __name__ == "__main__":
    main()
