"""The table of the access-impact guard: who must not be locked out, each beside a twin that is not in the way.

A case is a bucket and a key; `stops` is a word of the sentence that says who would be locked out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reseal.core.state.bucket_access import AclGrant, BucketAccess, ReplicationRule
from reseal.core.state.bucket_encryption import SseAlgorithm
from tests.support.builders import ACCOUNT, REGION

PARTNER = "444455556666"
OBJECTS, BUCKET = "arn:aws:s3:::payroll/*", "arn:aws:s3:::payroll"
VIA_S3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:*"
FOR_OWN_LOGS = {
    "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": LOGS}}
}

THE_STACKS_KEY = [
    {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": ["kms:DescribeKey", "kms:PutKeyPolicy"],
        "Resource": "*",
    },
    {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT, **VIA_S3}},
    },
]


@dataclass(frozen=True)
class Situation:
    """A bucket and what the key's policy says besides what the stack's key says."""

    access: BucketAccess = field(default_factory=BucketAccess)
    key: tuple[dict[str, Any], ...] = ()
    key_is_readable: bool = True
    algorithm: SseAlgorithm = SseAlgorithm.SSE_KMS


@dataclass(frozen=True)
class Pair:
    name: str
    stopped: Situation
    stops: str
    twin: Situation


def allow(
    principal: Any, *actions: str, on: Any = OBJECTS, effect: str = "Allow", **more: Any
) -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": list(actions), "Resource": on, **more}


def lets(principal: Any, *actions: str, **more: Any) -> BucketAccess:
    """A bucket whose policy lets `principal` do `actions`."""
    return BucketAccess(policy={"Version": "2012-10-17", "Statement": [allow(principal, *actions, **more)]})


def admits(principal: Any, *actions: str, **more: Any) -> tuple[dict[str, Any], ...]:
    """A statement of the key's policy."""
    return (allow(principal, *(f"kms:{action}" for action in actions), on="*", **more),)


def service(name: str) -> dict[str, str]:
    return {"Service": f"{name}.amazonaws.com"}


def equals(**keys: str | list[str]) -> dict[str, Any]:
    return {"Condition": {"StringEquals": {key.replace("__", ":"): value for key, value in keys.items()}}}


def aws(arn_or_account: str) -> dict[str, str]:
    return {"AWS": arn_or_account}


def role(account: str, name: str = "etl") -> dict[str, str]:
    return aws(f"arn:aws:iam::{account}:role/{name}")


def root(account: str) -> dict[str, str]:
    return aws(f"arn:aws:iam::{account}:root")


GET, PUT = "s3:GetObject", "s3:PutObject"
OWN = lets(role(ACCOUNT), GET, PUT)
READ, WRITE = ("Decrypt",), ("GenerateDataKey", "Decrypt")
LOG_DELIVERY_GROUP = "http://acs.amazonaws.com/groups/s3/LogDelivery"
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
ALL_SIGNED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


def acl(grantee: str, permission: str) -> BucketAccess:
    return BucketAccess(acl=(AclGrant(grantee=grantee, permission=permission),))


def replication(*, enabled: bool, takes_kms_objects: bool) -> BucketAccess:
    return BucketAccess(
        replication=(ReplicationRule(id="to-dr", enabled=enabled, takes_kms_objects=takes_kms_objects),)
    )


def unserved(writer: str, *, even_admitted: bool = False) -> Situation:
    """A service that may write to the bucket and that the key does not admit, or cannot help."""
    key = admits(service(writer), "GenerateDataKey*", "Decrypt") if even_admitted else ()
    return Situation(lets(service(writer), PUT), key)


def served(writer: str, *actions: str) -> Situation:
    return Situation(lets(service(writer), PUT), admits(service(writer), *actions))


PUBLIC = [
    Pair("anybody may read", Situation(lets("*", GET)), "signature",
         Situation(lets("*", GET, **equals(aws__PrincipalAccount=ACCOUNT)))),
    Pair("AWS star may read", Situation(lets(aws("*"), GET)), "signature",
         Situation(lets(aws("*"), GET, Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}}))),
    Pair("a list of stars may read", Situation(lets({"AWS": ["*"]}, GET)), "signature",
         Situation(lets({"AWS": ["*"]}, "s3:ListBucket", on=BUCKET))),
    Pair("anybody may read over TLS", Situation(lets("*", GET, Condition={"Bool": {"aws:SecureTransport": "true"}})),
         "signature", Situation(lets("*", "s3:*", effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}))),
    Pair("anybody in a VPC may read", Situation(lets("*", GET, **equals(aws__SourceVpce="vpce-1"))), "signature",
         Situation(lets("*", GET, **equals(aws__SourceVpce="vpce-1", aws__PrincipalAccount=ACCOUNT)))),
    Pair("anybody at an address may read", Situation(lets("*", GET, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
         "signature", Situation(lets("*", GET, effect="Deny", Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))),
    Pair("everybody but one may read",
         Situation(BucketAccess(policy={"Statement": {"Effect": "Allow", "NotPrincipal": role(ACCOUNT), "Action": GET, "Resource": OBJECTS}})),
         "signature",
         Situation(BucketAccess(policy={"Statement": {"Effect": "Deny", "NotPrincipal": role(ACCOUNT), "Action": GET, "Resource": OBJECTS}}))),
    Pair("anybody may do everything but one thing",
         Situation(BucketAccess(policy={"Statement": [{"Effect": "Allow", "Principal": "*", "NotAction": "s3:DeleteObject", "Resource": OBJECTS}]})),
         "signature",
         Situation(BucketAccess(policy={"Statement": [{"Effect": "Allow", "Principal": "*", "NotAction": ["s3:Get*", "s3:Put*", "s3:Replicate*"], "Resource": OBJECTS}]}))),
    Pair("anybody may read everything but one prefix",
         Situation(BucketAccess(policy={"Statement": [{"Effect": "Allow", "Principal": "*", "Action": GET, "NotResource": f"{BUCKET}/private/*"}]})),
         "signature", Situation(lets("*", GET, on=BUCKET))),
    Pair("anybody may do all of S3", Situation(lets("*", "s3:*")), "signature",
         Situation(lets("*", "s3:GetBucketLocation", on=BUCKET))),
    Pair("anybody may read old versions", Situation(lets("*", "s3:getobjectversion")), "signature",
         Situation(lets("*", "s3:GetObjectTagging"))),
    Pair("anybody may write", Situation(lets("*", PUT)), "signature",
         Situation(lets("*", PUT, **equals(aws__PrincipalAccount=ACCOUNT)))),
    Pair("S3 calls the policy public", Situation(BucketAccess(policy={"Statement": []}, policy_is_public=True)), "public",
         Situation(BucketAccess(policy={"Statement": []}))),
    Pair("visitors of a website", Situation(BucketAccess(serves_website=True)), "website", Situation(BucketAccess(serves_website=False))),
    Pair("everybody in the ACL", Situation(acl(EVERYBODY, "READ")), "public", Situation()),
    Pair("all signed callers in the ACL", Situation(acl(ALL_SIGNED, "WRITE")), "public", Situation()),
]  # fmt: skip

CLOUDFRONT = [
    Pair("origin access identity",
         Situation(lets(aws("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2"), GET)),
         "origin access identity",
         Situation(lets(service("cloudfront"), GET), admits(service("cloudfront"), *READ))),
    Pair("origin access identity as a canonical user", Situation(lets({"CanonicalUser": "79a5"}, GET)), "79a5",
         Situation(lets(aws("AIDACKCEVSQ6C2EXAMPLE"), GET))),
    Pair("origin access control", Situation(lets(service("cloudfront"), GET)), "cloudfront",
         Situation(lets(service("cloudfront"), GET, **equals(aws__SourceArn=DISTRIBUTION)),
                   admits(service("cloudfront"), *READ, **equals(aws__SourceArn=DISTRIBUTION)))),
    Pair("origin access control of another distribution",
         Situation(lets(service("cloudfront"), GET, **equals(aws__SourceArn=DISTRIBUTION)),
                   admits(service("cloudfront"), *READ, **equals(aws__SourceArn=f"{DISTRIBUTION}2"))), "cloudfront",
         Situation(lets(service("cloudfront"), GET, **equals(aws__SourceArn=DISTRIBUTION)),
                   admits(service("cloudfront"), *READ, **equals(aws__SourceAccount=ACCOUNT)))),
    Pair("origin access control of two distributions, one admitted",
         Situation(lets(service("cloudfront"), GET, **equals(aws__SourceArn=[DISTRIBUTION, f"{DISTRIBUTION}2"])),
                   admits(service("cloudfront"), *READ, **equals(aws__SourceArn=DISTRIBUTION))), "cloudfront",
         Situation(lets(service("cloudfront"), GET, **equals(aws__SourceArn=[DISTRIBUTION, f"{DISTRIBUTION}2"])),
                   admits(service("cloudfront"), *READ, **equals(aws__SourceArn=[f"{DISTRIBUTION}2", DISTRIBUTION])))),
    Pair("origin access control of two distributions, the other admitted",
         Situation(lets(service("cloudfront"), GET, **equals(aws__SourceArn=[DISTRIBUTION, f"{DISTRIBUTION}2"])),
                   admits(service("cloudfront"), *READ, **equals(aws__SourceArn=f"{DISTRIBUTION}2"))), "cloudfront",
         Situation(lets(service("cloudfront"), GET, **equals(aws__SourceArn=DISTRIBUTION)),
                   admits(service("cloudfront"), *READ, **equals(aws__SourceArn=[DISTRIBUTION, f"{DISTRIBUTION}2"])))),
    Pair("uploads through CloudFront",
         Situation(lets(service("cloudfront"), GET, PUT), admits(service("cloudfront"), *READ)), "read and write",
         Situation(lets(service("cloudfront"), GET, PUT), admits(service("cloudfront"), *WRITE))),
]  # fmt: skip

ACCOUNTS = [
    Pair("another account reads", Situation(lets(root(PARTNER), GET)), PARTNER,
         Situation(lets(root(PARTNER), GET), admits(root(PARTNER), *READ))),
    Pair("another account's role writes", Situation(lets(role(PARTNER), PUT)), "could not write",
         Situation(lets(role(PARTNER), PUT), admits(role(PARTNER), *WRITE))),
    Pair("another account writes and may only decrypt", Situation(lets(root(PARTNER), PUT), admits(root(PARTNER), *READ)),
         PARTNER, Situation(lets(root(PARTNER), PUT), admits(root(PARTNER), "GenerateDataKey*", "Decrypt"))),
    Pair("another account by its number", Situation(lets(aws(PARTNER), GET)), PARTNER, Situation(lets(aws(ACCOUNT), GET))),
    Pair("another role of the admitted account", Situation(lets(role(PARTNER), GET), admits(role(PARTNER, "other"), *READ)),
         PARTNER, Situation(lets(role(PARTNER), GET), admits(aws(PARTNER), *READ))),
    Pair("another account, admitted and denied",
         Situation(lets(root(PARTNER), GET), admits(root(PARTNER), *READ) + admits(root(PARTNER), *READ, effect="Deny")), PARTNER,
         Situation(lets(root(PARTNER), GET), admits(root(PARTNER), *READ) + admits(root(PARTNER), "ScheduleKeyDeletion", effect="Deny"))),
    Pair("another account, admitted through another service",
         Situation(lets(root(PARTNER), GET), admits(root(PARTNER), *READ, **equals(kms__ViaService=f"sqs.{REGION}.amazonaws.com"))),
         PARTNER,
         Situation(lets(root(PARTNER), GET), admits(root(PARTNER), *READ, **equals(kms__ViaService=f"s3.{REGION}.amazonaws.com")))),
    Pair("another account, admitted on a condition unknown to us",
         Situation(lets(root(PARTNER), GET), admits(root(PARTNER), *READ, **equals(kms__EncryptionContext="x"))), PARTNER,
         Situation(lets(root(PARTNER), GET), admits("*", *READ, **equals(kms__CallerAccount=PARTNER)))),
    Pair("the whole organisation reads", Situation(lets("*", GET, **equals(aws__PrincipalOrgID="o-1"))), "o-1", Situation(OWN)),
    Pair("callers of another account by condition", Situation(lets("*", GET, **equals(aws__PrincipalAccount=PARTNER))), PARTNER,
         Situation(lets("*", GET, **equals(aws__PrincipalAccount=PARTNER)), admits(root(PARTNER), *READ))),
    Pair("callers of another account by condition, admitted by ARN",
         Situation(lets("*", GET, **equals(aws__PrincipalAccount=PARTNER)),
                   admits("*", *READ, Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:*"}})), PARTNER,
         Situation(lets("*", GET, **equals(aws__PrincipalAccount=PARTNER)),
                   admits("*", *READ, Condition={"ArnLike": {"aws:PrincipalArn": f"arn:*:*::{PARTNER}:*"}}))),
    Pair("another account, admitted in another Region", Situation(lets(root(PARTNER), GET), admits(root(PARTNER), *READ, **equals(aws__RequestedRegion="x"))),
         PARTNER, Situation(lets(root(PARTNER), GET), admits(root(PARTNER), *READ, **equals(aws__RequestedRegion=REGION)))),
    Pair("another account, admitted to its own keys", Situation(lets(root(PARTNER), GET), admits(root(PARTNER), *READ, **equals(aws__ResourceAccount=PARTNER))),
         PARTNER, Situation(lets(root(PARTNER), GET), admits(root(PARTNER), *READ, **equals(aws__ResourceAccount=ACCOUNT)))),
    Pair("a federated principal", Situation(lets({"Federated": "cognito-identity.amazonaws.com"}, GET)), "cognito", Situation(OWN)),
    Pair("a principal in an unknown form", Situation(lets(aws("unknown-form"), GET)), "unknown-form", Situation(OWN)),
    Pair("another account writes by ACL", Situation(acl("canonical-of-partner", "WRITE")), "canonical-of-partner",
         Situation(acl("canonical-of-partner", "READ_ACP"))),
    Pair("another account reads by ACL", Situation(acl("canonical-of-partner", "READ")), "canonical-of-partner",
         Situation(acl("canonical-of-partner", "WRITE_ACP"))),
    Pair("another account, and a key whose policy is hidden", Situation(lets(root(PARTNER), GET), key_is_readable=False),
         "does not say for certain", Situation(OWN, key_is_readable=False)),
    Pair("a database's export role of another account", Situation(lets(role(PARTNER, "rds-export"), PUT)), "rds-export",
         Situation(lets(role(ACCOUNT, "rds-export"), PUT))),
]  # fmt: skip

SERVICES = [
    Pair("S3 server access logs", unserved("logging.s3"), "server access logs", served("delivery.logs", "GenerateDataKey*", "Decrypt")),
    Pair("S3 server access logs, admitted in vain", unserved("logging.s3", even_admitted=True), "server access logs",
         Situation(lets(service("logging.s3"), "s3:GetBucketAcl", on=BUCKET))),
    Pair("S3 log delivery group", Situation(acl(LOG_DELIVERY_GROUP, "WRITE")), "log delivery", Situation(acl(LOG_DELIVERY_GROUP, "READ_ACP"))),
    Pair("application load balancer logs", unserved("logdelivery.elasticloadbalancing", even_admitted=True), "load balancer",
         Situation(lets(service("logdelivery.elasticloadbalancing"), "s3:GetBucketAcl", on=BUCKET))),
    Pair("load balancer logs on Outposts", unserved("logdelivery.elb", even_admitted=True), "load balancer",
         served("delivery.logs", "GenerateDataKey", "Decrypt")),
    Pair("load balancer logs from AWS's own account", Situation(lets(root("127311923021"), PUT), admits(root("127311923021"), *WRITE)),
         "load balancer", Situation(lets(root(PARTNER), PUT), admits(root(PARTNER), *WRITE))),
    Pair("classic load balancer logs from AWS's own account, by number", Situation(lets(aws("054676820928"), PUT)), "load balancer",
         Situation(lets(aws(ACCOUNT), PUT))),
    Pair("network load balancer logs", unserved("delivery.logs"), "delivery.logs",
         served("delivery.logs", "Encrypt", "Decrypt", "ReEncrypt*", "GenerateDataKey*", "DescribeKey")),
    # VPC User Guide, "Publish flow logs to Amazon S3": ArnLike. StringEquals would take the `*` literally (IAM, operators).
    Pair("VPC flow logs",
         Situation(lets(service("delivery.logs"), PUT, **FOR_OWN_LOGS),
                   admits(service("delivery.logs"), "GenerateDataKey*", "Decrypt", **equals(aws__SourceAccount=ACCOUNT, aws__SourceArn=LOGS))),
         "delivery.logs",
         Situation(lets(service("delivery.logs"), PUT, **FOR_OWN_LOGS),
                   admits(service("delivery.logs"), "GenerateDataKey*", "Decrypt", **FOR_OWN_LOGS))),
    Pair("CloudFront's standard logs under a Bucket Key", served("delivery.logs", "GenerateDataKey*"), "delivery.logs",
         served("delivery.logs", "GenerateDataKey*", "Decrypt")),
    Pair("S3 Inventory", unserved("s3"), "s3.amazonaws.com", served("s3", "GenerateDataKey")),
    # AWS Config Developer Guide, "Permissions for the KMS Key for the AWS Config Delivery Channel": both actions.
    Pair("AWS Config", served("config", "GenerateDataKey*"), "config", served("config", "GenerateDataKey*", "Decrypt")),
    Pair("CloudTrail", unserved("cloudtrail"), "cloudtrail", served("cloudtrail", "GenerateDataKey*", "DescribeKey")),
    Pair("CloudTrail that may not describe the key", served("cloudtrail", "GenerateDataKey*"), "cloudtrail",
         served("cloudtrail", "GenerateDataKey", "DescribeKey")),
    Pair("cost and usage reports", unserved("billingreports"), "billingreports",
         Situation(lets(service("billingreports"), "s3:GetBucketAcl", "s3:GetBucketPolicy", on=BUCKET))),
    Pair("Redshift's audit logs", unserved("redshift", even_admitted=True), "Redshift",
         Situation(lets(service("redshift"), "s3:GetBucketAcl", on=BUCKET))),
    Pair("Firehose", unserved("firehose"), "firehose", Situation(lets(role(ACCOUNT, "firehose"), PUT))),
    Pair("a service that is not known yet", unserved("quantumledger"), "quantumledger", served("quantumledger", "GenerateDataKey")),
    Pair("CloudWatch Logs exports to DSSE-KMS",
         Situation(lets(service(f"logs.{REGION}"), PUT), admits(service(f"logs.{REGION}"), "GenerateDataKey", "Decrypt"),
                   algorithm=SseAlgorithm.DSSE_KMS),
         "DSSE-KMS", served(f"logs.{REGION}", "GenerateDataKey", "Decrypt")),
    Pair("CloudWatch Logs exports, uploaded in parts", served(f"logs.{REGION}", "GenerateDataKey"), "kms:Decrypt",
         served(f"logs.{REGION}", "GenerateDataKey", "Decrypt")),
]  # fmt: skip

SPARES_SERVICES = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
OF_THE_ACCOUNT = {"StringNotEqualsIfExists": {"aws:PrincipalAccount": ACCOUNT}}
OF_ITS_RESOURCES = {"StringNotEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}
BY_CLOUDFRONT = "cloudfront.amazonaws.com"


def perimeter(*denies: dict[str, Any], on: str = "s3:*", **allowed: Any) -> Situation:
    """A bucket that lets everybody in, under `allowed`, and denies `on` where these conditions hold."""
    lets_in = allow("*", GET, **({"Condition": allowed} if allowed else {}))
    denied = (allow("*", on, effect="Deny", Condition=one) for one in denies)
    return Situation(BucketAccess(policy={"Version": "2012-10-17", "Statement": [lets_in, *denied]}))


def spares(principal: Any, *more: dict[str, Any]) -> Situation:
    """A bucket that lets everybody in and denies everything to all but these."""
    deny = {"Effect": "Deny", "NotPrincipal": principal, "Action": "s3:*", "Resource": OBJECTS}
    return Situation(
        BucketAccess(policy={"Version": "2012-10-17", "Statement": [allow("*", GET), deny, *more]})
    )


SERVICES_UNDER_A_STAR = [
    Pair("a perimeter that spares services", perimeter(OF_THE_ACCOUNT | SPARES_SERVICES), "an AWS service",
         perimeter(OF_THE_ACCOUNT, {"Bool": {"aws:PrincipalIsAWSService": "true"}})),
    Pair("a perimeter that spares services, by a JSON boolean",
         perimeter(OF_THE_ACCOUNT | {"BoolIfExists": {"aws:PrincipalIsAWSService": False}}), "an AWS service",
         perimeter(OF_THE_ACCOUNT, {"Null": {"aws:PrincipalServiceName": "false"}})),
    Pair("a perimeter that spares services for one name",
         perimeter(OF_THE_ACCOUNT | {"StringNotEqualsIfExists": {"aws:PrincipalServiceName": BY_CLOUDFRONT}}),
         "service", perimeter(OF_THE_ACCOUNT, {"StringNotEquals": {"aws:PrincipalServiceName": "x"}})),
    Pair("a perimeter that spares services that work for the account",
         perimeter(OF_THE_ACCOUNT | SPARES_SERVICES, OF_ITS_RESOURCES | {"Bool": {"aws:PrincipalIsAWSService": "true"}}),
         "an AWS service", perimeter(OF_THE_ACCOUNT)),
    Pair("a perimeter that spares services, for other actions only",
         perimeter(OF_THE_ACCOUNT | SPARES_SERVICES, on="s3:Get*"), "an AWS service",
         perimeter(OF_THE_ACCOUNT, on="s3:*", StringEquals={"aws:PrincipalAccount": ACCOUNT})),
    Pair("services of any name", perimeter(Bool={"aws:PrincipalIsAWSService": "true"}), "an AWS service",
         perimeter(Bool={"aws:PrincipalIsAWSService": "false"}, StringEquals={"aws:PrincipalAccount": ACCOUNT})),
    Pair("services that work for the account", perimeter(StringEquals={"aws:SourceAccount": ACCOUNT}), "an AWS service",
         perimeter(StringEquals={"aws:SourceAccount": ACCOUNT, "aws:PrincipalAccount": ACCOUNT})),
    Pair("services that work for the organization", perimeter(StringEquals={"aws:SourceOrgID": "o-1"}), "an AWS service",
         perimeter(StringEquals={"aws:SourceOrgID": "o-1"}, Null={"aws:PrincipalIsAWSService": "true"})),
    Pair("services that work for a part of the organization",
         perimeter(**{"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-1/r-1/*"}}), "an AWS service",
         perimeter(**{"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-1/r-1/*"}, "StringLike": {"aws:PrincipalAccount": ACCOUNT}})),
    Pair("services that work for one resource", perimeter(ArnLike={"aws:SourceArn": DISTRIBUTION}), "an AWS service",
         perimeter(ArnLike={"aws:SourceArn": DISTRIBUTION}, Null={"aws:PrincipalServiceName": "true"})),
    Pair("a service by its name", perimeter(StringEquals={"aws:PrincipalServiceName": BY_CLOUDFRONT}), "the service 'cloudfront",
         Situation(perimeter(StringEquals={"aws:PrincipalServiceName": BY_CLOUDFRONT}).access, admits(service("cloudfront"), *READ))),
    Pair("one of two services by name, one admitted",
         Situation(perimeter(StringEquals={"aws:PrincipalServiceName": [BY_CLOUDFRONT, "x.amazonaws.com"]}).access,
                   admits(service("cloudfront"), *READ)), "the service 'x.amazonaws.com'",
         Situation(perimeter(StringEquals={"aws:PrincipalServiceName": [BY_CLOUDFRONT, "x.amazonaws.com"]}).access,
                   admits({"Service": [BY_CLOUDFRONT, "x.amazonaws.com"]}, *READ))),
    Pair("services whatever their name, with a key that admits one",
         Situation(perimeter(Bool={"aws:PrincipalIsAWSService": "true"}).access, admits(service("cloudfront"), *READ)),
         "an AWS service", Situation(OWN, admits(service("cloudfront"), *READ))),
    Pair("a service spared by NotPrincipal", spares({"Service": BY_CLOUDFRONT}), "an AWS service",
         spares({"Service": BY_CLOUDFRONT}, allow("*", GET, effect="Deny", Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}}))),
    Pair("any service by a star", Situation(lets({"Service": "*"}, GET), admits({"Service": "*"}, *READ)), "an AWS service",
         Situation(lets({"Service": "*"}, GET, **equals(aws__PrincipalAccount=ACCOUNT)))),
]  # fmt: skip

REPLICATION = [
    # E20: a replica keeps its source's type of encryption; its role never uses the bucket's default key.
    Pair("a partner that replicates into the bucket and writes to it", Situation(lets(role(PARTNER), "s3:ReplicateObject", PUT)),
         "could not write", Situation(lets(role(PARTNER), "s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags",
                                           "s3:ObjectOwnerOverrideToBucketOwner", "s3:GetBucketVersioning"))),
    Pair("a partner with every right to replicate and to read versions",
         Situation(lets(role(PARTNER), "s3:Replicate*", "s3:GetObjectVersion*")), "could not read",
         Situation(lets(role(PARTNER), "s3:Replicate*"))),
    Pair("replication that leaves KMS objects behind", Situation(replication(enabled=True, takes_kms_objects=False)), "to-dr",
         Situation(replication(enabled=True, takes_kms_objects=True))),
    Pair("replication, switched off", Situation(replication(enabled=True, takes_kms_objects=False)), "without an error",
         Situation(replication(enabled=False, takes_kms_objects=False))),
]  # fmt: skip

PAIRS = [*PUBLIC, *CLOUDFRONT, *ACCOUNTS, *SERVICES, *SERVICES_UNDER_A_STAR, *REPLICATION]
