"""Policies after AWS's documents, each as a pair: somebody would be locked out, and a twin where nobody is.

A row is (name, the bucket's statement or statements, the key's statement that stops, the key's that does not).
Where the bucket decides, the row has two buckets and one key instead: see `BUCKETS`.
"""

from __future__ import annotations

from typing import Any

from tests.unit.core.access.cases import ACCOUNT, OBJECTS, PARTNER, REGION, allow

ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
THIRD = "777788889999"
K = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-00000000000k"
GET, PUT = "s3:GetObject", "s3:PutObject"
READ, WRITE = ["kms:Decrypt"], ["kms:GenerateDataKey*", "kms:Decrypt"]
NOT_TRUSTED = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1", "aws:PrincipalAccount": PARTNER}}
TLS = {"Bool": {"aws:SecureTransport": "false"}}
Statement = dict[str, Any]


def bucket(
    principal: Any, *actions: str, when: Any = None, on: Any = OBJECTS, effect: str = "Allow"
) -> Statement:
    return allow(principal, *actions, on=on, effect=effect, **({"Condition": when} if when else {}))


def key(
    principal: Any, actions: list[str], when: Any = None, on: str = "*", effect: str = "Allow"
) -> Statement:
    return allow(principal, *actions, on=on, effect=effect, **({"Condition": when} if when else {}))


def all_but(principal: Any, *actions: str) -> Statement:
    return {"Effect": "Allow", "Principal": principal, "NotAction": list(actions), "Resource": "*"}


def of(service: str) -> dict[str, str]:
    return {"Service": f"{service}.amazonaws.com"}


def iam(account: str, rest: str = "root") -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account}:{rest}"}


def equals(name: str, *values: str) -> dict[str, Any]:
    return {"StringEquals": {name: list(values)}}


def source(account: str, arn: str) -> dict[str, Any]:
    return {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": arn}}


def logs(account: str) -> str:
    return f"arn:aws:logs:*:{account}:*"


THIRTY = [f"{number:012d}" for number in range(1, 31)]
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/org"
DIST = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
CLOUDTRAIL = ["kms:GenerateDataKey*", "kms:DescribeKey"]
DELIVERY, CONFIG, CLOUDFRONT = of("delivery.logs"), of("config"), of("cloudfront")
P, ETL, ANN = iam(PARTNER), iam(PARTNER, "role/etl"), iam(PARTNER, "user/ann")
TRUSTED = bucket("*", "s3:*", when=NOT_TRUSTED, effect="Deny")
VIA = equals("kms:ViaService", f"s3.{REGION}.amazonaws.com")

KEYS: list[tuple[str, Statement | list[Statement], list[Statement], list[Statement]]] = [
    # CloudWatch Logs User Guide, "Logs sent to Amazon S3"
    ("vended logs of two accounts", bucket(DELIVERY, PUT, when=equals("aws:SourceAccount", ACCOUNT, PARTNER)),
     [key(DELIVERY, WRITE, equals("aws:SourceAccount", ACCOUNT))],
     [key(DELIVERY, WRITE, equals("aws:SourceAccount", ACCOUNT)), key(DELIVERY, WRITE, equals("aws:SourceAccount", PARTNER))]),
    ("vended logs by source ARN", bucket(DELIVERY, PUT, when=source(PARTNER, logs(PARTNER))),
     [key(DELIVERY, WRITE, source(PARTNER, logs(ACCOUNT)))], [key(DELIVERY, WRITE, source(PARTNER, logs(PARTNER)))]),
    ("vended logs of one Region in the key", bucket(DELIVERY, PUT, when=source(ACCOUNT, logs(ACCOUNT))),
     [key(DELIVERY, WRITE, source(ACCOUNT, f"arn:aws:logs:{REGION}:{ACCOUNT}:*"))], [key(DELIVERY, WRITE, source(ACCOUNT, "arn:aws:logs:*:*:*"))]),
    ("vended logs, each account by a statement", [bucket(DELIVERY, PUT, when=source(ACCOUNT, logs(ACCOUNT))), bucket(DELIVERY, PUT, when=source(PARTNER, logs(PARTNER)))],
     [key(DELIVERY, WRITE, source(ACCOUNT, logs(ACCOUNT)))], [key(DELIVERY, WRITE, source(one, logs(one))) for one in (ACCOUNT, PARTNER)]),
    ("vended logs of accounts and ARNs in lists", bucket(DELIVERY, PUT, when={"StringEquals": {"aws:SourceAccount": [ACCOUNT, PARTNER]}, "ArnLike": {"aws:SourceArn": [logs(ACCOUNT), logs(PARTNER)]}}),
     [key(DELIVERY, WRITE, source(PARTNER, logs(PARTNER)))], [key(DELIVERY, WRITE, source(one, logs(one))) for one in (ACCOUNT, PARTNER)]),
    ("vended logs, case folded", bucket(DELIVERY, PUT, when=source(ACCOUNT, logs(ACCOUNT))),
     [key(DELIVERY, WRITE, {"StringEquals": {"aws:SourceArn": logs(ACCOUNT)}})], [key(DELIVERY, WRITE, {"StringEqualsIgnoreCase": {"aws:SourceAccount": ACCOUNT}})]),
    # AWS Config Developer Guide, "Permissions for the KMS Key for the AWS Config Delivery Channel"
    ("Config of the own account", bucket(CONFIG, PUT, when=equals("aws:SourceAccount", ACCOUNT)),
     [key(CONFIG, ["kms:GenerateDataKey"], equals("aws:SourceAccount", ACCOUNT))], [key(CONFIG, WRITE, equals("aws:SourceAccount", ACCOUNT))]),
    ("Config of a member", bucket(CONFIG, PUT, when=equals("aws:SourceAccount", PARTNER)),
     [key(CONFIG, WRITE, equals("aws:SourceAccount", ACCOUNT))], [key(CONFIG, WRITE)]),
    ("Config of the organisation", bucket(CONFIG, PUT, when=equals("aws:SourceOrgID", "o-1")),
     [key(CONFIG, WRITE, equals("aws:SourceOrgID", "o-2"))], [key(CONFIG, WRITE, equals("aws:SourceOrgID", "o-1"))]),
    ("Config of the organisation, one account", bucket(CONFIG, PUT, when=equals("aws:SourceOrgID", "o-1")),
     [key(CONFIG, WRITE, equals("aws:SourceAccount", ACCOUNT))], [key(CONFIG, WRITE, {"Null": {"aws:SourceOrgID": "false"}})]),
    # CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail"
    ("a trail by its ARN", bucket(of("cloudtrail"), PUT, when=equals("aws:SourceArn", TRAIL)),
     [key(of("cloudtrail"), CLOUDTRAIL, equals("aws:SourceArn", f"{TRAIL}2"))], [key(of("cloudtrail"), CLOUDTRAIL, equals("aws:SourceArn", TRAIL))]),
    ("a trail, no description", bucket(of("cloudtrail"), PUT), [key(of("cloudtrail"), WRITE)], [key(of("cloudtrail"), CLOUDTRAIL)]),
    ("a trail by the account of its ARN", bucket(of("cloudtrail"), PUT, when=equals("aws:SourceArn", TRAIL)),
     [key(of("cloudtrail"), CLOUDTRAIL, equals("aws:SourceAccount", PARTNER))], [key(of("cloudtrail"), CLOUDTRAIL, equals("aws:SourceAccount", ACCOUNT))]),
    ("a trail by a pattern", bucket(of("cloudtrail"), PUT, when=equals("aws:SourceArn", TRAIL)),
     [key(of("cloudtrail"), CLOUDTRAIL, {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:*"}})],
     [key(of("cloudtrail"), CLOUDTRAIL, {"StringLike": {"aws:SourceArn": "arn:aws:cloudtrail:*"}})]),
    # S3 User Guide, "Configuring Amazon S3 Inventory"
    ("Inventory of a bucket", bucket(of("s3"), PUT, when=source(ACCOUNT, "arn:aws:s3:::src")),
     [key(of("s3"), ["kms:GenerateDataKey"], source(ACCOUNT, "arn:aws:s3:::other"))], [key(of("s3"), ["kms:GenerateDataKey"], source(ACCOUNT, "arn:aws:s3:::src"))]),
    ("Inventory of any bucket of the account", bucket(of("s3"), PUT, when=source(ACCOUNT, "arn:aws:s3:::*")),
     [key(of("s3"), ["kms:GenerateDataKey"], source(ACCOUNT, "arn:aws:s3:::src"))], [key(of("s3"), ["kms:GenerateDataKey"], equals("aws:SourceAccount", ACCOUNT))]),
    # CloudFront Developer Guide, "Restrict access to an Amazon S3 origin" (SSE-KMS)
    ("CloudFront by distribution", bucket(CLOUDFRONT, GET, when=equals("aws:SourceArn", DIST)),
     [key(CLOUDFRONT, READ, equals("aws:SourceArn", f"{DIST}2"))], [key(CLOUDFRONT, READ, equals("aws:SourceArn", DIST))]),
    ("CloudFront by any distribution", bucket(CLOUDFRONT, GET, when={"ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"}}),
     [key(CLOUDFRONT, READ, equals("aws:SourceArn", DIST))], [key(CLOUDFRONT, READ, {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:*"}})]),
    ("CloudFront, denied for one", bucket(CLOUDFRONT, GET, when=equals("aws:SourceArn", DIST)),
     [key(CLOUDFRONT, READ), key(CLOUDFRONT, READ, equals("aws:SourceArn", DIST), effect="Deny")],
     [key(CLOUDFRONT, READ), key(CLOUDFRONT, READ, equals("aws:SourceArn", f"{DIST}2"), effect="Deny")]),
    ("CloudFront beside callers only", bucket(CLOUDFRONT, GET), [key({"AWS": "*"}, READ, VIA)], [key(CLOUDFRONT, READ, VIA)]),
    ("SES by rule", bucket(of("ses"), PUT, when=equals("aws:SourceAccount", ACCOUNT)), [key(of("ses"), ["kms:Encrypt"])], [key(of("ses"), ["kms:Encrypt", "kms:GenerateDataKey*"])]),
    ("two services, one admitted", bucket({"Service": ["ses.amazonaws.com", "s3.amazonaws.com"]}, PUT), [key(of("ses"), WRITE)], [key({"Service": ["s3.amazonaws.com", "ses.amazonaws.com"]}, WRITE)]),
    # S3 User Guide, "Bucket owner granting cross-account bucket permissions"; KMS, "Allowing users in other accounts to use a KMS key"
    ("a partner's account", bucket(P, GET), [key(ETL, READ)], [key(P, READ)]),
    ("a partner's account by number", bucket({"AWS": PARTNER}, GET, PUT), [key({"AWS": PARTNER}, READ)], [key({"AWS": PARTNER}, WRITE)]),
    ("a partner's role", bucket(ETL, GET), [key(ANN, READ)], [key(ETL, READ)]),
    ("a partner's user", bucket(ANN, PUT), [key(ANN, ["kms:GenerateDataKey"])], [key(ANN, WRITE)]),
    ("a partner's role, its session in the key", bucket(ETL, GET), [key({"AWS": f"arn:aws:sts::{PARTNER}:assumed-role/etl/s"}, READ)], [key({"AWS": [PARTNER]}, READ)]),
    ("two partners", bucket({"AWS": [PARTNER, THIRD]}, GET), [key({"AWS": THIRD}, READ)], [key({"AWS": [THIRD, PARTNER]}, READ)]),
    ("a partner by condition in the key", bucket(P, GET), [key("*", READ, equals("kms:CallerAccount", THIRD))], [key("*", READ, equals("aws:PrincipalAccount", PARTNER))]),
    ("a partner through S3", bucket(P, GET), [key(P, READ, {"StringLike": {"kms:ViaService": "s3.eu-*.amazonaws.com"}})], [key(P, READ, VIA)]),
    ("a partner, not through S3", bucket(P, GET), [key(P, READ), key(P, READ, VIA, effect="Deny")], [key(P, READ), key(P, READ, {"StringNotEquals": VIA["StringEquals"]}, effect="Deny")]),
    ("a partner, another key", bucket(P, GET), [key(P, READ, on=f"{K}2")], [key(P, READ, on=K)]),
    ("a partner, any key of the Region", bucket(P, GET), [key(P, READ, on="arn:aws:kms:eu-west-1:*:key/*")], [key(P, READ, on=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*")]),
    ("a partner's roles by pattern", bucket(ETL, GET), [key("*", READ, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/x*"}})],
     [key("*", READ, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/*"}})]),
    ("a partner's roles by a string", bucket(ETL, GET), [key("*", READ, {"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/*"}})],
     [key("*", READ, {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/*"}})]),
    ("a partner, all but some actions", bucket(P, GET), [all_but(P, "kms:D*")], [all_but(P, "kms:Put*", "kms:Schedule*")]),
    ("a partner with a tag", bucket(P, GET), [key(P, READ, equals("aws:PrincipalTag/team", "a"))], [key(P, READ, {"StringEqualsIfExists": {"aws:SourceAccount": "1"}})]),
    ("a partner until a date", bucket(P, GET), [key(P, READ, {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}})], [key(P, READ, {"Null": {"kms:ViaService": False}})]),
    ("a partner by a variable", bucket(P, GET), [key(P, READ, equals("kms:CallerAccount", "${aws:ResourceAccount}"))], [key(P, READ, equals("kms:CallerAccount", "${aws:PrincipalAccount}"))]),
    ("a partner and the network", bucket(P, GET), [key(P, READ), key("*", READ, {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, effect="Deny")],
     [key(P, READ), key("*", READ, {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "Bool": {"aws:ViaAWSService": "false"}}, effect="Deny")]),
    ("a partner and addresses", bucket(P, GET), [key(P, READ, {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})],
     [key(P, READ), key("*", READ, {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:ViaAWSService": False}}, effect="Deny")]),
    ("a partner over TLS", bucket(P, GET), [key(P, READ, TLS)], [key(P, READ), key("*", ["kms:*"], TLS, effect="Deny")]),
    ("a partner and strangers to the organisation", bucket(P, GET), [key(P, READ), key("*", READ, {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, effect="Deny")],
     [key(P, READ), key("*", READ, {"StringNotEquals": {"aws:PrincipalAccount": [ACCOUNT, PARTNER]}}, effect="Deny")]),
    ("a partner's role, another denied", bucket(ETL, GET), [key(P, READ), key({"AWS": PARTNER}, ["kms:D*"], effect="Deny")], [key(P, READ), key(ANN, ["kms:*"], effect="Deny")]),
    ("a partner's account, a role denied", bucket(P, GET), [key(P, READ), key(ETL, READ, effect="Deny")], [key(P, READ), key(iam(THIRD, "role/etl"), READ, effect="Deny")]),
    ("a partner, writes denied", bucket(P, GET, PUT), [key(P, WRITE), key(P, ["kms:Generate*"], effect="Deny")], [key(P, WRITE), key(P, ["kms:Schedule*", "kms:Put*"], effect="Deny")]),
    # S3 User Guide, "Amazon S3 Bucket Keys" (the encryption context is the bucket's ARN)
    ("a partner by objects", bucket(P, GET), [key(P, READ, {"StringLike": {"kms:EncryptionContext:aws:s3:arn": OBJECTS}})],
     [key(P, READ, {"StringLike": {"kms:EncryptionContext:aws:s3:arn": [OBJECTS, OBJECTS[:-2]]}})]),
    # S3 User Guide, "Granting permissions to an organization"; IAM, "aws:PrincipalOrgID"
    ("the organisation", bucket("*", GET, when=ORG), [key("*", READ, equals("aws:PrincipalOrgID", "o-2"))], [key("*", READ, ORG)]),
    ("the organisation, by account", bucket("*", GET, when=ORG), [key({"AWS": PARTNER}, READ, ORG)], [key({"AWS": "*"}, READ, VIA)]),
    ("the organisation, in another case", bucket("*", GET, when=ORG), [key("*", READ, equals("aws:PrincipalOrgID", "O-1"))], [key("*", READ, {"StringEqualsIgnoreCase": {"aws:PrincipalOrgID": "O-1"}})]),
    ("an organisational unit", bucket("*", GET, when={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-1/*"}}),
     [key("*", READ, {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-2/*"}})], [key("*", READ, {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}})]),
    ("two accounts by condition", bucket("*", GET, when=equals("aws:PrincipalAccount", PARTNER, THIRD)), [key(P, READ)], [key(P, READ), key(iam(THIRD), READ)]),
    # IAM User Guide, "Set operators for multivalued context keys": ForAllValues needs a Null check beside it
    ("a part of the organisation, for all values", bucket("*", GET, when={"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}, "Null": {"aws:PrincipalOrgPaths": "false"}}),
     [key("*", READ, {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-2/*"}, "Null": {"aws:PrincipalOrgPaths": "false"}})],
     [key("*", READ, {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}})]),
    ("a part of the organisation, by its id", bucket("*", GET, when={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1/r-1/ou-1/*", "o-1/r-1/ou-2/*"]}}),
     [key("*", READ, equals("aws:PrincipalOrgID", "o-2"))], [key("*", READ, ORG)]),
    ("parts of two organisations, by id", bucket("*", GET, when={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1/r-1/*", "o-2/r-2/*"]}}),
     [key("*", READ, ORG)], [key("*", READ, equals("aws:PrincipalOrgID", "o-1", "o-2"))]),
    ("organisations by a pattern, by id", bucket("*", GET, when={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1*/r-1/*"}}),
     [key("*", READ, ORG)], [key("*", READ, VIA)]),
    ("Config of a part of the organisation, by its id", bucket(CONFIG, PUT, when={"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-1/r-1/*"}}),
     [key(CONFIG, WRITE, equals("aws:SourceOrgID", "o-2"))], [key(CONFIG, WRITE, equals("aws:SourceOrgID", "o-1"))]),
    # S3 User Guide, bucket policies: a role by its ARN in a condition outlives the deletion of the role
    ("a partner's role by condition", bucket(P, GET, when={"ArnEquals": {"aws:PrincipalArn": ETL["AWS"]}}), [key(ANN, READ)], [key(ETL, READ)]),
    ("a partner's roles by condition", bucket(P, GET, when={"ArnEquals": {"aws:PrincipalArn": [ETL["AWS"], ANN["AWS"]]}}),
     [key(ETL, READ)], [key({"AWS": [ANN["AWS"], ETL["AWS"]]}, READ)]),
    ("a partner's role, the others denied", [bucket(P, GET), bucket("*", "s3:*", when={"StringNotEquals": {"aws:PrincipalArn": ETL["AWS"]}}, effect="Deny")],
     [key(ETL, READ), key(P, READ, effect="Deny")], [key(ETL, READ)]),
    ("CloudFront by a string", bucket(CLOUDFRONT, GET, when={"StringLike": {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"}}),
     [key(CLOUDFRONT, READ, equals("aws:SourceAccount", PARTNER))], [key(CLOUDFRONT, READ, equals("aws:SourceAccount", ACCOUNT))]),
    ("CloudFront by a string that may cross a colon", bucket(CLOUDFRONT, GET, when={"StringLike": {"aws:SourceArn": f"arn:aws:*:{ACCOUNT}:*"}}),
     [key(CLOUDFRONT, READ, equals("aws:SourceAccount", ACCOUNT))], [key(CLOUDFRONT, READ, {"StringLike": {"aws:SourceArn": "arn:aws:*"}})]),
    ("central logs of thirty accounts", bucket(DELIVERY, PUT, when={"StringEquals": {"aws:SourceAccount": THIRTY}, "ArnLike": {"aws:SourceArn": [logs(one) for one in THIRTY]}}),
     [key(DELIVERY, WRITE, source(one, logs(one))) for one in THIRTY[1:]], [key(DELIVERY, WRITE, source(one, logs(one))) for one in THIRTY]),
    # KMS Developer Guide, "kms:GrantIsForAWSResource": only requests for grants have it
    ("a partner, and grants", bucket(P, GET), [key(P, READ), key("*", ["kms:*"], {"BoolIfExists": {"kms:GrantIsForAWSResource": "false"}}, effect="Deny")],
     [key(P, READ), key("*", ["kms:*"], {"Bool": {"kms:GrantIsForAWSResource": "false"}}, effect="Deny")]),
    ("a partner for any bucket's objects", bucket(P, GET, on="*"), [key(P, READ, {"StringLike": {"kms:EncryptionContext:aws:s3:arn": OBJECTS}})],
     [key(P, READ, {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::*"}})]),
    # AWS's data perimeter policy examples: the organisation, and accounts outside it that are trusted
    ("the organisation or a trusted account", [bucket("*", GET), TRUSTED], [key("*", READ, ORG)], [key("*", READ, ORG), key(P, READ)]),
    ("a trusted account or the organisation", [bucket("*", GET), TRUSTED], [key(P, READ)], [key("*", READ, equals("aws:PrincipalAccount", PARTNER)), key({"AWS": "*"}, READ, ORG)]),
    ("the organisation or a trusted account, many times", [bucket("*", GET), *[TRUSTED] * 12], [key("*", READ, ORG)], [key("*", READ)]),
]  # fmt: skip

DENY_OTHERS = bucket("*", "s3:*", when={"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}, effect="Deny")
BUCKETS: list[tuple[str, list[Statement], list[Statement]]] = [
    # S3 User Guide, "Setting up permissions for replication" (replicas in another account's bucket); E20
    ("replicas of a partner", [bucket(iam(PARTNER, "role/replica"), "s3:ReplicateObject", PUT)], [bucket(iam(PARTNER, "role/replica"), "s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags", "s3:ObjectOwnerOverrideToBucketOwner")]),
    # S3 User Guide, "Examples of Amazon S3 bucket policies"; "Controlling access from VPC endpoints"
    ("everybody, and a Deny for strangers", [bucket("*", GET)], [bucket("*", GET), DENY_OTHERS]),
    ("a partner, denied after all", [bucket(P, GET)], [bucket(P, GET), DENY_OTHERS]),
    ("a partner, denied over plain HTTP only", [bucket(P, GET), bucket("*", "s3:*", when=TLS, effect="Deny")], [bucket(iam(ACCOUNT), GET), bucket("*", "s3:*", when=TLS, effect="Deny")]),
    ("a partner, denied elsewhere", [bucket(P, GET), bucket(P, "s3:*", on=f"{OBJECTS[:-1]}a/*", effect="Deny")], [bucket(P, GET, on=f"{OBJECTS[:-1]}a/b/*"), bucket(P, "s3:*", on=f"{OBJECTS[:-1]}a/*", effect="Deny")]),
    ("an endpoint for everybody", [bucket("*", GET, when=equals("aws:SourceVpce", "vpce-1"))], [bucket("*", GET, when=equals("aws:SourceVpce", "vpce-1") | {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:*"}})]),
    ("everybody by a wild account", [bucket("*", GET, when={"StringLike": {"aws:PrincipalAccount": "1*"}})], [bucket("*", GET, when={"StringLike": {"aws:PrincipalAccount": ACCOUNT}})]),
    ("everybody but the own account", [bucket("*", GET, when={"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}})], [bucket("*", GET, when={"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}})]),
    ("writes with a header", [bucket(P, PUT, when=equals("s3:x-amz-acl", "bucket-owner-full-control"))], [bucket(P, PUT, when=equals("s3:x-amz-server-side-encryption", "AES256"))]),
    ("a service, denied for others", [bucket(of("ses"), PUT)], [bucket(of("ses"), PUT), bucket("*", "s3:*", when={"Bool": {"aws:PrincipalIsAWSService": "true"}}, effect="Deny")]),
]  # fmt: skip
