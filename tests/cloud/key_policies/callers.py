"""The four keys, and the callers that use them, each with its own credentials."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore import UNSIGNED

from localcloud.client.deploy import Stack
from localcloud.client.handle import ACCOUNT, Credentials, LocalCloud
from tests.cloud.key_policies.statements import USE, allow, aws, policy, root
from tests.support.deployment import OTHER_ACCOUNT

Client = Callable[[str], Any]


def keys(cloud: LocalCloud, stack: Stack) -> dict[str, str]:
    """The ARNs of the four keys: two of the stack, two of the account's own."""
    resources = cloud.client("cloudformation").describe_stack_resources(StackName=stack.name)[
        "StackResources"
    ]
    made = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    kms = cloud.client("kms")
    default = allow("kms:*", **aws(root(ACCOUNT)))  # AWS's default policy of a new key
    shared = policy(default, allow(USE, **aws(root(OTHER_ACCOUNT))))
    ids = {
        "K": made["RemediationKey"],
        "alerts key": made["AlertsKey"],
        "customer-supplied key": kms.create_key(Policy=json.dumps(policy(default)))["KeyMetadata"]["KeyId"],
        "shared key": kms.create_key(Policy=json.dumps(shared))["KeyMetadata"]["KeyId"],
    }
    return {name: kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"] for name, key in ids.items()}


def callers(cloud: LocalCloud, stack: Stack) -> dict[str, Client]:
    """By name, the function with which each caller makes a client of a service."""
    storage = policy(allow(["s3:*", "sns:Publish"]))
    everything = policy(allow(["s3:*", "sns:*", "kms:*"]))
    signed = {
        "writer without KMS rights": cloud.create_user("keys-writer", storage),
        "administrator": cloud.create_user("keys-administrator", everything),
        "role of another account": _role_of_another_account(cloud, everything),
        "Reseal's function": _role_of_the_function(cloud, stack),
    }
    clients = {name: _clients(cloud, credentials) for name, credentials in signed.items()}
    return clients | {"anonymous": lambda service: cloud.client(service, signature_version=UNSIGNED)}


def _clients(cloud: LocalCloud, credentials: Credentials) -> Client:
    return lambda service: cloud.client(service, credentials)


def _role_of_another_account(cloud: LocalCloud, rights: dict[str, Any]) -> Credentials:
    owner = cloud.account_root(OTHER_ACCOUNT)
    iam = cloud.client("iam", owner)
    trust = json.dumps(policy(_trust(root(OTHER_ACCOUNT))))
    arn = iam.create_role(RoleName="keys-visitor", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="keys-visitor", PolicyName="all", PolicyDocument=json.dumps(rights))
    return _session(cloud, owner, arn)


def _role_of_the_function(cloud: LocalCloud, stack: Stack) -> Credentials:
    """The session of the function's own code: no other of its role carries lambda:SourceFunctionArn."""
    function = cloud.client("lambda").get_function_configuration(FunctionName=stack.outputs["BucketFunction"])
    session = cloud.function_session(function["FunctionArn"])
    return Credentials(
        session["AWS_ACCESS_KEY_ID"], session["AWS_SECRET_ACCESS_KEY"], session["AWS_SESSION_TOKEN"]
    )


def _trust(arn: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}


def _session(cloud: LocalCloud, owner: Credentials, role: str) -> Credentials:
    answer = cloud.client("sts", owner).assume_role(RoleArn=role, RoleSessionName="keys")["Credentials"]
    return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
