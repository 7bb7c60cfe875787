"""`python -m operations.package --regions us-east-1 eu-west-1 [--upload]`: one template for many accounts.

Writes a plain template, its zips and the policies of the artefacts' buckets into a folder. With --upload it
also creates a bucket `<prefix>-<region>` in each Region, or uses the one of this account, and puts them
there. The policy lets every account of the organisation read, and nobody else.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations.artefacts import Artefact
from operations.plain_template import NotBuiltError, plain, read_built, transforms_in

REPOSITORY = Path(__file__).resolve().parents[1]
LARGEST_TEMPLATE = 1_000_000
"""CloudFormation, quotas: the bytes of a template that TemplateURL names; TemplateBody takes 51,200."""
_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{2,40}")
_ORGANISATION = re.compile(r"o-[a-z0-9]{10,32}")


class PackageError(Exception):
    """Why there is no package."""


@dataclass(frozen=True, slots=True)
class Package:
    """Everything to upload: the same objects into the bucket of each Region, by Region."""

    buckets: Mapping[str, str]
    template: Artefact
    artefacts: Sequence[Artefact]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns 1 if there is no package, else 0."""
    options = _options(arguments)
    try:
        package = packaged(options.build, options.prefix, options.regions)
        policies = {
            region: bucket_policy(bucket, region, options.organisation)
            for region, bucket in package.buckets.items()
            if options.organisation
        }
        _write(package, policies, options.target)
        if options.upload:
            _upload(package, policies)
    except (BotoCoreError, ClientError, NotBuiltError, PackageError) as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    _say(package, options.target, uploaded=options.upload)
    return 0


def packaged(build: Path, prefix: str, regions: Sequence[str]) -> Package:
    """The package of what `sam build` made. Raises NotBuiltError and PackageError."""
    if not _PREFIX.fullmatch(prefix):
        raise PackageError(f"{prefix!r:.60} cannot begin a bucket's name: 3 to 41 of a-z, 0-9 and '-'")
    known = _regions()
    if unknown := [region for region in regions if region not in known]:
        raise PackageError(f"unknown Regions: {', '.join(unknown)}")
    template, artefacts = read_built(build)
    buckets = {region: f"{prefix}-{region}" for region in regions}
    document = plain(template, buckets)
    if left := transforms_in(document):
        raise PackageError(f"StackSets would refuse the template because of {', '.join(left)}")
    content = json.dumps(document, indent=1).encode()
    if len(content) > LARGEST_TEMPLATE:
        raise PackageError(f"the template has {len(content)} bytes, CloudFormation takes {LARGEST_TEMPLATE}")
    name = f"reseal-{hashlib.sha256(content).hexdigest()[:32]}.template.json"
    return Package(buckets, Artefact(name, content), artefacts)


def bucket_policy(bucket: str, region: str, organisation: str) -> dict[str, Any]:
    """The bucket's policy: every principal of the organisation reads, over TLS. Raises PackageError."""
    if not _ORGANISATION.fullmatch(organisation):
        raise PackageError(f"{organisation!r:.60} is not the id of an organisation (o-...)")
    arn = f"arn:{_regions()[region]}:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadByAccountsOfTheOrganisation",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"{arn}/*",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": organisation}},
            },
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="package", description="Package one template for many accounts.")
    parser.add_argument("--regions", nargs="+", required=True, help="the Regions to deploy in")
    parser.add_argument("--prefix", default="reseal-artefacts", help="the buckets are <prefix>-<region>")
    parser.add_argument("--organisation", help="the id of your organisation (o-...): its accounts may read")
    parser.add_argument("--build", type=Path, default=REPOSITORY / ".aws-sam" / "build")
    parser.add_argument("--target", type=Path, default=REPOSITORY / ".local" / "release")
    parser.add_argument("--upload", action="store_true", help="create the buckets and upload")
    options = parser.parse_args(arguments)
    if options.upload and not options.organisation:
        parser.error("--upload needs --organisation: who may read the buckets")
    return options


def _regions() -> dict[str, str]:
    """The partition of every Region that the SDK knows."""
    session = boto3.Session()
    return {
        region: partition
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("s3", partition_name=partition)
    }


def _write(package: Package, policies: Mapping[str, Mapping[str, Any]], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for artefact in (package.template, *package.artefacts):
        (target / artefact.name).write_bytes(artefact.content)
    for region, policy in policies.items():
        (target / f"bucket-policy-{region}.json").write_text(json.dumps(policy, indent=1))


def _upload(package: Package, policies: Mapping[str, Mapping[str, Any]]) -> None:
    account = boto3.client("sts", region_name=next(iter(package.buckets))).get_caller_identity()["Account"]
    for region, bucket in package.buckets.items():
        s3 = boto3.client("s3", region_name=region)
        _make_bucket(s3, bucket, region)
        owned = {"Bucket": bucket, "ExpectedBucketOwner": account}
        s3.put_public_access_block(
            **owned,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,  # a policy by aws:PrincipalOrgID is not public
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
        s3.put_bucket_policy(**owned, Policy=json.dumps(policies[region]))
        for artefact in (package.template, *package.artefacts):
            s3.put_object(**owned, Key=artefact.name, Body=artefact.content)


def _make_bucket(s3: Any, bucket: str, region: str) -> None:
    """A new bucket, or the one that this account has already; another account's fails at the next call."""
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced", **where)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
            raise


def _say(package: Package, target: Path, *, uploaded: bool) -> None:
    print(f"{target}: a template of {len(package.template.content):,} bytes without transform")
    for region, bucket in package.buckets.items():
        done = "uploaded to" if uploaded else "not uploaded: put everything into"
        print(f"  {region}: {done} {bucket}")
        print(f"    TemplateURL {_url(bucket, region, package.template.name)}")


def _url(bucket: str, region: str, key: str) -> str:
    return f"{boto3.client('s3', region_name=region).meta.endpoint_url}/{bucket}/{key}"


if __name__ == "__main__":
    sys.exit(main())
