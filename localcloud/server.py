"""The server process: MiniStack with this package's extensions, on 127.0.0.1."""

import asyncio
import logging
import signal
import sys
import threading
from collections.abc import Callable

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack_app
from ministack.core import lambda_runtime

from localcloud import control, gateway
from localcloud.cloudtrail.trail import Trail
from localcloud.cloudtrail.trail_data import Variants
from localcloud.faults.faults import Faults
from localcloud.kms import (
    key_deletion,
    key_operations,
    key_policies,
    key_rotation,
    key_states,
    kms_keys,
    multi_region,
    shared_policies,
)
from localcloud.request import anchors, function_calls, not_principal, root_denials, transport
from localcloud.request.journal import Journal
from localcloud.s3 import (
    bucket_encryption,
    bucket_owner,
    bucket_policies,
    checksums,
    code_of_others,
    policy_status,
    preconditions,
    websites,
)
from localcloud.s3.objects import (
    customer_keys,
    encryption_contexts,
    missing_objects,
    object_acls,
    object_encryption,
    object_key_use,
    object_lock,
    object_permissions,
    object_state,
    object_tag_count,
)
from localcloud.s3.reads import listed_times, request_metrics, tag_conditions, version_ids
from localcloud.s3.writes import (
    multipart,
    object_copy,
    object_owners,
    object_update,
    object_writes,
    upload_checksums,
    write_conditions,
)
from localcloud.services import (
    event_patterns,
    function_logs,
    organizations,
    queue_messages,
    queue_policies,
    stack_resources,
    topic_encryption,
)
from localcloud.services.topic_messages import Emails
from localcloud.settings import Settings


def install(settings: Settings) -> tuple[Journal, Faults, Trail, Emails]:
    """Extend MiniStack. If two extensions wrap one function, the later one is called first."""
    anchors.check()
    journal, faults, emails = Journal(), Faults(), Emails()
    trail = Trail(delay=settings.trail_delay, variants=_variants(settings))
    transport.install()
    root_denials.install()
    not_principal.install()
    _install_keys()
    bucket_encryption.install(
        new_buckets_block_sse_c=not settings.new_buckets_allow_sse_c,
        put_drops_sse_c_block=settings.put_drops_sse_c_block,
    )
    _install_objects(settings)
    bucket_policies.install(get_normalises=settings.get_bucket_policy_normalises)
    policy_status.install()
    request_metrics.install()
    bucket_owner.install()
    code_of_others.install()
    event_patterns.install()
    topic_encryption.install()
    emails.install()
    queue_messages.install()
    queue_policies.install()
    stack_resources.install()
    function_calls.install()
    function_logs.install()
    organizations.install()
    gateway.install(journal, faults, trail)
    return journal, faults, trail, emails


def _variants(settings: Settings) -> Variants:
    return Variants(
        complete_upload_shows_encryption=settings.complete_upload_record_shows_encryption,
        show_bucket_key=settings.records_show_bucket_key,
        url_encode_keys=settings.records_url_encode_keys,
        update_is_bare=settings.update_encryption_record_is_bare,
    )


def _install_keys() -> None:
    kms_keys.install()
    key_states.install()
    key_rotation.install()
    key_deletion.install()
    multi_region.install()
    shared_policies.install()
    key_operations.install()
    key_policies.install()


def _install_objects(settings: Settings) -> None:
    customer_keys.install()
    missing_objects.install()
    object_acls.install()
    object_encryption.install()
    object_lock.install()
    object_permissions.install()
    object_state.install()
    object_tag_count.install()
    object_writes.install()
    checksums.install()
    upload_checksums.install()
    preconditions.install()
    object_copy.install(limit=settings.copy_object_limit)
    multipart.install(minimum_part_size=settings.minimum_part_size)
    encryption_contexts.install()
    object_key_use.install()
    object_update.install()
    write_conditions.install()
    object_owners.install()
    version_ids.install()
    tag_conditions.install()
    listed_times.install()


def run(settings: Settings) -> int:
    """Serve until stopped; the exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    journal, faults, trail, emails = install(settings)
    served = websites.with_websites(ministack_app.app, settings.account)
    served = transport.with_plain_http(served, settings.plain_http_port)
    application = control.with_control(served, journal, faults, trail, emails)
    try:
        asyncio.run(_serve(application, settings))
    finally:
        trail.close()
        lambda_runtime.reset()  # ends the functions' worker processes
    return 0


async def _serve(application: control.Application, settings: Settings) -> None:
    config = Config()
    config.bind = [f"127.0.0.1:{port}" for port in (settings.port, settings.plain_http_port) if port]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5  # a long poll of SQS would delay the exit by 20 s
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.until_stdin_closes:
        _when_stdin_closes(lambda: loop.call_soon_threadsafe(stop.set))
    await serve(application, config, shutdown_trigger=stop.wait)


def _when_stdin_closes(act: Callable[[], object]) -> None:
    def wait() -> None:
        sys.stdin.read()
        act()

    threading.Thread(target=wait, daemon=True, name="stdin").start()
