"""What a run makes, found by its prefix and removed. Nothing else is removed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.verify_aws.bench import TAG, Clients

_PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 2.0
_SHORTEST_WAIT_DAYS = 7
_GOING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})
_KEY = "AWS::KMS::Key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of resource: what a run makes of it, what that costs, how it is found and removed."""

    service: str
    made: str
    cost: str
    find: Callable[[Any, str], Iterable[str]]
    remove: Callable[[Clients, str, str], None]
    in_both_regions: bool = False


def found(clients: Clients, prefix: str) -> list[str]:
    """All resources whose name begins with the prefix, each with its service."""
    return [
        f"{kind.service} {name}"
        for kind, region in _places(clients)
        for name in kind.find(clients(kind.service, region), prefix)
    ]


def remove_all(clients: Clients, prefix: str, say: Callable[[str], None]) -> list[str]:
    """Remove everything with the prefix; what could not be looked for or removed, and why."""
    left = []
    for kind, region in _places(clients):
        try:
            names = list(kind.find(clients(kind.service, region), prefix))
        except (BotoCoreError, ClientError) as error:
            left.append(f"{kind.service} was not searched: {error}")
            continue
        for name in names:
            say(f"removing {kind.service} {name}")
            try:
                kind.remove(clients, region, name)
            except (BotoCoreError, ClientError) as error:
                left.append(f"{kind.service} {name}: {error}")
    return left


def _places(clients: Clients) -> Iterator[tuple[Kind, str]]:
    """Each kind with each Region where a run makes it, in the order of removal."""
    for kind in KINDS:
        yield kind, clients.region
        if kind.in_both_regions:
            yield kind, clients.other_region


def _pages(client: Any, operation: str, key: str, **more: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**more):
        yield from page.get(key, [])


def _stacks(client: Any, prefix: str) -> Iterator[str]:
    for stack in _pages(client, "describe_stacks", "Stacks"):
        if stack["StackName"].startswith(prefix) and stack["StackStatus"] != "DELETE_COMPLETE":
            yield stack["StackName"]


def _remove_stack(clients: Clients, region: str, name: str) -> None:
    """A stack of Reseal keeps its key: that gets the tag by which keys of a run are found."""
    stacks, kms = clients("cloudformation", region), clients("kms", region)
    for resource in stacks.describe_stack_resources(StackName=name)["StackResources"]:
        key = resource.get("PhysicalResourceId")
        if resource["ResourceType"] != _KEY or not key:
            continue
        if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] not in _GOING:
            kms.tag_resource(KeyId=key, Tags=[{"TagKey": TAG, "TagValue": name}])
    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 900}
    )


def _trails(client: Any, prefix: str) -> Iterator[str]:
    return (
        trail["Name"] for trail in _pages(client, "list_trails", "Trails") if trail["Name"].startswith(prefix)
    )


def _remove_trail(clients: Clients, region: str, name: str) -> None:
    clients("cloudtrail", region).delete_trail(Name=name)


def _rules(client: Any, prefix: str) -> Iterator[str]:
    return (rule["Name"] for rule in _pages(client, "list_rules", "Rules", NamePrefix=prefix))


def _remove_rule(clients: Clients, region: str, name: str) -> None:
    events = clients("events", region)
    if targets := [target["Id"] for target in events.list_targets_by_rule(Rule=name)["Targets"]]:
        events.remove_targets(Rule=name, Ids=targets)
    events.delete_rule(Name=name)


def _queues(client: Any, prefix: str) -> Iterator[str]:
    return _pages(client, "list_queues", "QueueUrls", QueueNamePrefix=prefix)


def _remove_queue(clients: Clients, region: str, name: str) -> None:
    clients("sqs", region).delete_queue(QueueUrl=name)


def _roles(client: Any, prefix: str) -> Iterator[str]:
    return (
        role["RoleName"]
        for role in _pages(client, "list_roles", "Roles")
        if role["RoleName"].startswith(prefix)
    )


def _remove_role(clients: Clients, region: str, name: str) -> None:
    iam = clients("iam", region)
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def _buckets(client: Any, prefix: str) -> Iterator[str]:
    for bucket in client.list_buckets()["Buckets"]:
        if bucket["Name"].startswith(prefix):
            yield bucket["Name"]


def _remove_bucket(clients: Clients, region: str, name: str) -> None:
    """Log files may still arrive for a while after their trail was removed."""
    s3 = clients("s3", region)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        _empty(s3, name)
        try:
            s3.delete_bucket(Bucket=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "BucketNotEmpty" or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _empty(s3: Any, bucket: str) -> None:
    for upload in _pages(s3, "list_multipart_uploads", "Uploads", Bucket=bucket):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            where = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
            try:
                s3.delete_object(**where)
            except ClientError:  # under legal hold
                s3.put_object_legal_hold(**where, LegalHold={"Status": "OFF"})
                s3.delete_object(**where)


def _aliases(client: Any, prefix: str) -> Iterator[str]:
    for alias in _pages(client, "list_aliases", "Aliases"):
        if alias["AliasName"].startswith(f"alias/{prefix}"):
            yield alias["AliasName"]


def _remove_alias(clients: Clients, region: str, name: str) -> None:
    clients("kms", region).delete_alias(AliasName=name)


def _keys(client: Any, prefix: str) -> Iterator[str]:
    for key in _pages(client, "list_keys", "Keys"):
        described = client.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if described["KeyManager"] == "AWS" or described["KeyState"] in _GOING:
            continue
        try:
            tags = client.list_resource_tags(KeyId=key["KeyId"]).get("Tags", [])
        except ClientError:  # another team's key, whose policy denies it
            continue
        if any(tag["TagKey"] == TAG and tag["TagValue"].startswith(prefix) for tag in tags):
            yield described["Arn"]


def _remove_key(clients: Clients, region: str, name: str) -> None:
    clients("kms", region).schedule_key_deletion(KeyId=name, PendingWindowInDays=_SHORTEST_WAIT_DAYS)


def _tables(client: Any, prefix: str) -> Iterator[str]:
    return (name for name in _pages(client, "list_tables", "TableNames") if name.startswith(prefix))


def _remove_table(clients: Clients, region: str, name: str) -> None:
    tables = clients("dynamodb", region)
    tables.update_table(TableName=name, DeletionProtectionEnabled=False)
    tables.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    tables.delete_table(TableName=name)


KINDS = (
    Kind(
        service="cloudformation",
        made="with --stack: Reseal in detect mode, as a stack with its queues, functions, alarms and roles",
        cost="two keys, alarms and requests: under USD 0.05 an hour",
        find=_stacks,
        remove=_remove_stack,
    ),
    Kind(
        service="cloudtrail",
        made="one trail of all Regions: write management events, and writes to the run's own objects",
        cost="USD 2 for 100,000 write management events of the account, if another trail logs them already; "
        "USD 0.10 for 100,000 object calls, of which there are fewer than 300",
        find=_trails,
        remove=_remove_trail,
    ),
    Kind(
        service="events",
        made="one rule in each of two Regions, and one that EventBridge should refuse",
        cost="none",
        find=_rules,
        remove=_remove_rule,
        in_both_regions=True,
    ),
    Kind(
        service="sqs",
        made="one queue in each of two Regions, and one for findings with --stack",
        cost="requests: under USD 0.01",
        find=_queues,
        remove=_remove_queue,
        in_both_regions=True,
    ),
    Kind(
        service="iam",
        made="one role that only this account may assume, with s3:* and kms:*, and one without rights",
        cost="none",
        find=_roles,
        remove=_remove_role,
    ),
    Kind(
        service="s3",
        made="about 60 buckets, each with a few objects of one byte",
        cost="requests: under USD 0.01",
        find=_buckets,
        remove=_remove_bucket,
    ),
    Kind(service="kms", made="three aliases", cost="none", find=_aliases, remove=_remove_alias),
    Kind(
        service="kms",
        made="six keys, whose deletion is scheduled in the end: they stay for seven days, without cost",
        cost="USD 1 a month each, by the hour: under USD 0.01 an hour",
        find=_keys,
        remove=_remove_key,
    ),
    Kind(
        service="dynamodb",
        made="with --stack: the stack's ledger",
        cost="under USD 0.01",
        find=_tables,
        remove=_remove_table,
    ),
)
"""In the order in which they are removed: what uses another comes before it."""
