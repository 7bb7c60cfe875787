"""The products measured with objects. Imports no product before `load` is called."""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.objects.bare import BARE_CALLS, load_bare
from benchmarks.objects.world import BUCKET, an_event, notification_of
from benchmarks.products import Context, import_app, message_of
from benchmarks.world import World

EventOf = Callable[[str, str], dict[str, Any]]
Stage = Callable[[Sequence[str]], Callable[[], None]]
"""Takes the written keys; returns the function to time."""

RESEAL, RESEAL_AGAIN, S3CRYPT, ENCRYPT_KEYS = "reseal", "reseal again", "s3crypt", "encrypt-keys"
PART = 5 << 20
CUSTODIANS_LARGEST = PART + (1 << 20)
"""Cloud Custodian's parts are a MiB smaller than the largest copy."""


def load(
    product: str, world: World, app: Path, state: str, *, large: bool = False, bucket: str = BUCKET
) -> Stage:
    """Import and prepare a product. `large` makes it copy objects larger than `PART` in parts."""

    def event_of(key: str, actor: str) -> dict[str, Any]:
        return an_event(world, state, key, actor=actor, bucket=bucket)

    if product in BARE_CALLS:
        return load_bare(product, world)
    if product == S3CRYPT:
        return load_s3crypt()
    if product == ENCRYPT_KEYS:
        return load_encrypt_keys(event_of, large=large)
    return load_reseal(app, event_of, large=large, many_actors=product == RESEAL)


def load_reseal(app: Path, event_of: EventOf, *, large: bool, many_actors: bool) -> Stage:
    """The Lambda handler, called with one batch; with `many_actors` each has another actor.

    The alert window of the bucket is then ended before a batch, so that its finding opens a new one.
    """
    module = import_app(app)
    flow = module.flow()
    if large:
        methods = replace(flow.kind.methods, largest_copy=PART)
        flow.kind.objects.objects._parts._part_size = PART
        flow = replace(flow, kind=replace(flow.kind, methods=methods))
        module.flow = lambda: flow

    def stage(keys: Sequence[str]) -> Callable[[], None]:
        actor = str(uuid.uuid4()) if many_actors else "writer"
        if many_actors:
            end_window(flow.reporter.services.windows)
        records = [message_of(event_of(key, actor)) for key in keys]

        def act() -> None:
            answer = module.handler({"Records": records}, Context())
            if answer["batchItemFailures"]:
                raise RuntimeError(f"Reseal returned {len(answer['batchItemFailures'])} of {len(keys)}")

        return act

    return stage


def end_window(windows: Any) -> None:
    """End the bucket's alert window if there is one."""
    window = windows.read(BUCKET)
    if window and not windows.replace(replace(window, ended=True)):
        raise RuntimeError("another process changed the alert window")


def load_s3crypt() -> Stage:
    """Cloud Custodian's function for objects, with an explicit call of `init`, which its package lacks."""
    from c7n.ufuncs import s3crypt  # type: ignore[import-not-found]  # noqa: PLC0415  # of its environment

    s3crypt.init()

    def stage(keys: Sequence[str]) -> Callable[[], None]:
        events = [notification_of([key]) for key in keys]  # S3 sends one record in each notification

        def act() -> None:
            with redirect_stdout(sys.stderr):
                for event in events:
                    s3crypt.process_event(event, None)

        return act

    return stage


def load_encrypt_keys(event_of: EventOf, *, large: bool) -> Stage:
    """Cloud Custodian's scan of a bucket, started by one event through its handler."""
    from c7n import handler  # type: ignore[import-not-found]  # noqa: PLC0415  # of its environment
    from c7n.resources import s3  # type: ignore[import-not-found]  # noqa: PLC0415  # the same

    logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))  # as Lambda's runtime does
    if large:
        s3.MAX_COPY_SIZE = CUSTODIANS_LARGEST

    def stage(keys: Sequence[str]) -> Callable[[], None]:
        event = event_of(keys[0], "writer")

        def act() -> None:
            if not handler.dispatch_event(event, None):
                raise RuntimeError("Cloud Custodian did not accept the event")

        return act

    return stage
