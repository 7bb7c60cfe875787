"""CloudFormation features that MiniStack lacks: trails, bucket encryption, table recovery."""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import cloudtrail, dynamodb, lambda_svc, s3
from ministack.services.cloudformation import provisioners

from localcloud.request.calls import Response
from localcloud.s3.bucket_encryption import DefaultEncryption, to_xml

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
OK = 200


class TrailNotCreatedError(ValueError):
    """CloudTrail refused the trail of a stack."""


def install() -> None:
    """Add the missing handlers, and the missing properties of existing ones."""
    trail = {"create": _create_trail, "update": _update_trail, "delete": _delete_trail}
    provisioners._RESOURCE_HANDLERS["AWS::CloudTrail::Trail"] = trail
    _also("AWS::Lambda::EventSourceMapping", _limit)
    _also("AWS::S3::Bucket", _encrypt)
    _also("AWS::DynamoDB::Table", _recover_and_expire)


def _also(kind: str, supply: Callable[[str, Properties], None]) -> None:
    """After MiniStack has created or updated a resource, apply the properties that it ignored."""
    handlers: dict[str, Any] = provisioners._RESOURCE_HANDLERS[kind]
    create, update = handlers["create"], handlers["update"]

    def creates(logical_id: str, properties: Properties, stack: str) -> Created:
        name, attributes = create(logical_id, properties, stack)
        supply(name, properties)
        return name, attributes

    def updates(name: str, old: Properties, new: Properties, *where: str) -> Created:
        name, attributes = update(name, old, new, *where)
        supply(name, new)
        return name, attributes

    handlers["create"], handlers["update"] = creates, updates


def _create_trail(logical_id: str, properties: Properties, stack: str) -> Created:
    name = properties.get("TrailName") or provisioners._physical_name(stack, logical_id)
    _expect_ok(cloudtrail._create_trail(_settings(name, properties)))
    _select_and_log(name, properties)
    return name, {"Arn": cloudtrail._trail_arn(name)}


def _update_trail(name: str, _old: Properties, new: Properties, *_where: str) -> Created:
    _expect_ok(cloudtrail._update_trail(_settings(name, new)))
    _select_and_log(name, new)
    return name, {"Arn": cloudtrail._trail_arn(name)}


def _settings(name: str, properties: Properties) -> Properties:
    """The properties as the API's parameters; a template's booleans may be texts."""
    booleans = {text: text == "true" for text in ("true", "false")}
    typed = {
        key: booleans.get(value, value) if isinstance(value, str) else value
        for key, value in properties.items()
    }
    return {**typed, "Name": name, "KmsKeyId": properties.get("KMSKeyId", "")}


def _expect_ok(response: Response) -> None:
    status, _, body = response
    if status != OK:
        raise TrailNotCreatedError(json.loads(body).get("message", ""))


def _select_and_log(name: str, properties: Properties) -> None:
    """Set the trail's selectors, and start or stop it."""
    kinds = ("EventSelectors", "AdvancedEventSelectors")
    selectors = {kind: properties[kind] for kind in kinds if properties.get(kind)}
    if selectors:
        _expect_ok(cloudtrail._put_event_selectors({"TrailName": name, **selectors}))
    logs = properties.get("IsLogging") in {True, "true"}
    (cloudtrail._start_logging if logs else cloudtrail._stop_logging)({"Name": name})


def _delete_trail(name: str, _properties: Properties) -> None:
    cloudtrail._delete_trail({"Name": name})


def _limit(mapping: str, properties: Properties) -> None:
    """A limit from a parameter is a text, which MiniStack's poller cannot compare with a number."""
    if limit := properties.get("ScalingConfig", {}).get("MaximumConcurrency"):
        lambda_svc._esms[mapping]["ScalingConfig"] = {"MaximumConcurrency": int(limit)}


def _encrypt(bucket: str, properties: Properties) -> None:
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    for rule in rules:
        default = rule.get("ServerSideEncryptionByDefault", {})
        blocked = rule.get("BlockedEncryptionTypes", {}).get("EncryptionType", [])
        s3._bucket_encryption[bucket] = to_xml(
            DefaultEncryption(
                algorithm=default.get("SSEAlgorithm", "AES256"),
                key=default.get("KMSMasterKeyID"),
                bucket_key=str(rule.get("BucketKeyEnabled", "")).lower() == "true",
                blocked=tuple(blocked) or None,
            )
        )


def _recover_and_expire(table: str, properties: Properties) -> None:
    if specification := properties.get("PointInTimeRecoverySpecification"):
        enabled = str(specification.get("PointInTimeRecoveryEnabled", "")).lower() == "true"
        dynamodb._update_continuous_backups(
            {"TableName": table, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": enabled}}
        )
    if expiry := properties.get("TimeToLiveSpecification"):
        enabled = str(expiry.get("Enabled", "")).lower() == "true"
        dynamodb._update_ttl({"TableName": table, "TimeToLiveSpecification": {**expiry, "Enabled": enabled}})
