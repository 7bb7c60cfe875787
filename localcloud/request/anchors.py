"""The names inside MiniStack that the local cloud calls or replaces, checked before it serves.

MiniStack publishes often and these names are private, so the version is pinned and the
server does not start if a name is missing.
"""

import functools
import importlib.metadata
import pkgutil
from collections.abc import Callable
from typing import Any

VERSION = "1.5.33"
NAMES: dict[str, tuple[str, ...]] = {
    "app": (
        "app",
        "_dispatch_service_request",
        "_encode_header_value",
        "_routing_params",
        "pin_request_origin",
    ),
    "core.arn": ("parse_arn",),
    "core.iam_actions": (
        "extract_iam_action",
        "extract_resource_arn",
        "s3_additional_checks",
        "s3_service_context",
        "_s3_batch_delete_targets",
        "_S3_OBJECT_QUERY_ACTIONS",
    ),
    "core.iam_evaluator": (
        "AuthError",
        "CredentialResolutionError",
        "EvalContext",
        "EvalResult",
        "_principal_keys",
        "_principal_org_id",
        "_role_name_from_assumed_arn",
        "combine_resource_policy",
        "enforce",
        "evaluate",
        "evaluate_resource_policy",
        "resolve_credential",
        "resolve_principal",
        "_resource_policy",
    ),
    "core.lambda_runtime": ("execution_credentials", "reset"),
    "core.lambda_runtime.Worker": ("_drain_stderr", "_drain_stderr_bounded"),
    "core.responses": (
        "error_response_json",
        "get_account_id",
        "get_region",
        "get_request_client_ip",
        "json_response",
        "request_scope",
    ),
    "core.router": ("detect_service", "extract_access_key_id"),
    "services.cloudformation.provisioners": ("_RESOURCE_HANDLERS", "_physical_name"),
    "services.cloudwatch": ("record_metric",),
    "services.cloudwatch_logs": ("_log_groups",),
    "services.cloudtrail": (
        "_create_trail",
        "_delete_trail",
        "_event_selectors",
        "_put_event_selectors",
        "_start_logging",
        "_stop_logging",
        "_trail_arn",
        "_trails",
        "_update_trail",
    ),
    "services.dynamodb": ("_update_continuous_backups", "_update_ttl"),
    "services.eventbridge": (
        "_dispatch_to_sqs",
        "_invoke_target",
        "_matches_alternative",
        "_matches_alternatives",
        "_put_events",
        "_UNSATISFIABLE",
    ),
    "services.iam": ("_roles", "_users"),
    "services.kms": (
        "_aliases",
        "_alias_arn",
        "_check_key_state",
        "_create_key",
        "_grants",
        "_key_material_id",
        "_key_metadata",
        "_keys",
        "_replicate_key",
        "_resolve_key",
        "_schedule_key_deletion",
        "handle_request",
        "key_policy_for_arn",
    ),
    "services.s3": (
        "_acl_grants",
        "_annotation_checksum",
        "_apply_object_lock_from_headers",
        "_ARCHIVE_STORAGE_CLASSES",
        "_bucket_default_sse_headers",
        "_bucket_encryption",
        "_bucket_owner_account",
        "_bucket_owner_enforced",
        "_bucket_policies",
        "_bucket_versioning",
        "_bucket_websites",
        "_buckets",
        "_build_object_record",
        "_canned_acl_policy_xml",
        "_CANNED_OBJECT_ACLS",
        "_canonical_owner_id",
        "_check_put_preconditions",
        "_complete_multipart_upload",
        "_completed_multipart_uploads",
        "_compute_s3_checksum",
        "_copy_object",
        "_create_multipart_upload",
        "_delete_bucket_encryption",
        "_delete_marker_404_headers",
        "_delete_marker_read_refused",
        "_dispatch",
        "_error",
        "_fire_s3_event_async",
        "_foreign_bucket_allows",
        "_get_bucket_encryption",
        "_get_bucket_policy",
        "_get_object",
        "_get_object_data",
        "_grant_headers_acl",
        "_head_object",
        "_invalid_object_state",
        "_multipart_uploads",
        "_object_acl",
        "_object_annotations",
        "_object_legal_hold",
        "_object_record_from_version",
        "_object_response_headers",
        "_object_retention",
        "_parse_multipart_form",
        "_object_tagging_count_header",
        "_object_tags",
        "_object_versions",
        "_policy_is_public",
        "_public_access_blocked",
        "_public_acl_refused",
        "_put_bucket_encryption",
        "_put_bucket_policy",
        "_qp",
        "_record_object_version",
        "_resolve_sse_write_headers",
        "_S3_CHECKSUM_HEADERS",
        "_SSE_STORED_HEADERS",
        "_upload_part_copy",
    ),
    "services.lambda_svc": ("_emit_lambda_logs", "_esms", "_functions"),
    "services.organizations": ("_accounts",),
    "services.sns": ("SnsPublishError", "_error", "_get_topic", "publish_internal"),
    "services.sqs": (
        "_act_send_message",
        "_Err",
        "_get_q",
        "_HANDLERS",
        "_md5_msg_attrs",
        "_queue_by_arn",
        "queue_policy_allows",
    ),
    "services.sts": ("_sessions",),
}


class AnchorError(RuntimeError):
    """The installed MiniStack is not the version that this package needs."""


def check() -> None:
    """Raise AnchorError unless every anchor exists."""
    installed = importlib.metadata.version("ministack")
    missing = [
        f"{owner}.{name}"
        for owner, names in NAMES.items()
        for name in names
        if not hasattr(_owner(owner), name)
    ]
    if missing or installed != VERSION:
        lacking = f" {', '.join(missing)} missing;" if missing else ""
        raise AnchorError(
            f"MiniStack {VERSION} expected, {installed} found:{lacking} pin ministack=={VERSION}"
        )


def replace(anchor: str, replacement: Callable[..., Any]) -> None:
    """Replace an anchor such as `services.s3._dispatch` by `replacement(original, *arguments)`."""
    owner, _, name = anchor.rpartition(".")
    if name not in NAMES.get(owner, ()):
        raise AnchorError(f"{anchor} is replaced but not listed in localcloud.request.anchors.NAMES")
    original = getattr(_owner(owner), name)

    @functools.wraps(original)
    def replaced(*arguments: Any, **named: Any) -> Any:  # a function, so that it becomes a method in a class
        return replacement(original, *arguments, **named)

    setattr(_owner(owner), name, replaced)


def _owner(name: str) -> Any:
    return pkgutil.resolve_name(f"ministack.{name}")
