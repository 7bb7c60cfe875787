"""The package for many accounts: a plain template, its artefacts, and who may read them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from operations.artefacts import artefact_of
from operations.package import PackageError, bucket_policy, main, packaged
from operations.plain_template import NotBuiltError, transforms_in
from reseal.core.access.callers import Caller, Kind
from reseal.core.access.evaluator import RESOURCE, answer_of
from reseal.core.access.patterns import exact
from reseal.core.access.ranges import Range, always
from reseal.core.access.requests import Requests

ORGANISATION = "o-exampleorg1"
BUILT = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Layer:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: makefile}
    Properties: {ContentUri: Layer, CompatibleRuntimes: [python3.13]}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: Function
      Handler: app.handler
      Runtime: python3.13
      Role: arn:aws:iam::111122223333:role/r
      Layers: [!Ref Layer]
"""


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """What `sam build` leaves."""
    folder = tmp_path / "build"
    for name, module in {"Layer": "library.py", "Function": "app.py"}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / module).write_text(f"# {name}")
    (folder / "template.yaml").write_text(BUILT)
    return folder


def properties(template: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [resource for resource in template["Resources"].values() if resource["Type"] == kind]
    return dict(found["Properties"])


def test_template_is_plain_and_chooses_its_artefacts_by_the_region(build: Path) -> None:
    package = packaged(build, "acme", ["us-east-1", "eu-west-1"])

    template = json.loads(package.template.content)
    by_region = {"Fn::FindInMap": ["ArtefactBuckets", {"Ref": "AWS::Region"}, "Name"]}
    code = properties(template, "AWS::Lambda::Function")["Code"]
    content = properties(template, "AWS::Lambda::LayerVersion")["Content"]
    assert transforms_in(template) == []
    assert (code["S3Bucket"], content["S3Bucket"]) == (by_region, by_region)
    assert {code["S3Key"], content["S3Key"]} == {artefact.name for artefact in package.artefacts}
    assert template["Mappings"]["ArtefactBuckets"] == {
        "us-east-1": {"Name": "acme-us-east-1"},
        "eu-west-1": {"Name": "acme-eu-west-1"},
    }


def test_artefact_has_the_files_and_is_named_by_its_content(build: Path) -> None:
    artefact = artefact_of(build / "Function")

    with zipfile.ZipFile(io.BytesIO(artefact.content)) as archive:
        assert archive.read("app.py") == b"# Function"
    assert artefact.name == f"Function-{hashlib.sha256(artefact.content).hexdigest()[:32]}.zip"
    (build / "Function" / "app.py").write_text("# changed")
    assert artefact_of(build / "Function").name != artefact.name


@pytest.mark.parametrize(
    ("prefix", "regions", "fault"),
    [
        ("Acme", ["us-east-1"], "'Acme' cannot begin a bucket's name"),
        ("a" * 42, ["us-east-1"], "cannot begin a bucket's name"),
        ("acme", ["us-east-1", "mars-1"], "unknown Regions: mars-1"),
    ],
)
def test_wrong_input_is_named(build: Path, prefix: str, regions: list[str], fault: str) -> None:
    with pytest.raises(PackageError, match=fault):
        packaged(build, prefix, regions)


def test_missing_build_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotBuiltError, match="run `make build` first"):
        packaged(tmp_path, "acme", ["us-east-1"])


@pytest.mark.parametrize(
    ("template", "left"),
    [
        ({"Transform": "AWS::LanguageExtensions", "Resources": {}}, ["Transform"]),
        ({"Resources": {"A": {"Type": "AWS::CloudFormation::Stack"}}}, ["AWS::CloudFormation::Stack"]),
        ({"Resources": {"A": {"Type": "AWS::Serverless::Function"}}}, ["AWS::Serverless::Function"]),
        ({"Resources": {"A": {"Type": "T", "P": [{"Fn::Transform": {}}]}}}, ["Fn::Transform"]),
        ({"Resources": {"A": {"Type": "T", "Fn::ForEach::Loop": []}}}, ["Fn::ForEach"]),
        ({"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}, []),
    ],
)
def test_what_a_stack_set_refuses_is_found(template: dict[str, Any], left: list[str]) -> None:
    assert transforms_in(template) == left


def requests(organisation: Range, *, tls: str = "true") -> Requests:
    return Requests(
        caller=Caller(Kind.SIGNED, "*"),
        ranges={
            "aws:principalorgid": organisation,
            "aws:securetransport": always(tls),
            RESOURCE: Range(present=True, within=(exact("arn:aws:s3:::acme-us-east-1/code.zip"),)),
        },
    )


@pytest.mark.parametrize(
    ("asked", "action", "allowed"),
    [
        (requests(always(ORGANISATION)), "s3:GetObject", True),
        (requests(always(ORGANISATION), tls="false"), "s3:GetObject", False),
        (requests(always(ORGANISATION)), "s3:PutObject", False),
        (requests(always("o-another0rg")), "s3:GetObject", False),
        (requests(Range(present=False)), "s3:GetObject", False),
    ],
)
def test_only_principals_of_the_organisation_read_the_artefacts(
    asked: Requests, action: str, allowed: bool
) -> None:
    policy = bucket_policy("acme-us-east-1", "us-east-1", ORGANISATION)

    assert answer_of(policy, asked, action).holds is allowed


@pytest.mark.parametrize(
    ("region", "arn"),
    [("cn-north-1", "arn:aws-cn:s3:::b"), ("us-gov-west-1", "arn:aws-us-gov:s3:::b")],
)
def test_policy_is_of_the_regions_partition(region: str, arn: str) -> None:
    policy = bucket_policy("b", region, ORGANISATION)

    assert policy["Statement"][1]["Resource"] == [arn, f"{arn}/*"]


def test_policy_without_an_organisation_is_refused() -> None:
    with pytest.raises(PackageError, match="not the id of an organisation"):
        bucket_policy("b", "us-east-1", "*")


def test_command_writes_the_package_and_says_where_it_belongs(
    build: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "release"
    arguments = ["--build", str(build), "--target", str(target), "--organisation", ORGANISATION]

    status = main(["--regions", "us-east-1", "eu-west-1", "--prefix", "acme", *arguments])

    kinds = sorted(path.name.split("-")[0] for path in target.iterdir())
    assert (status, kinds) == (0, ["Function", "Layer", "bucket", "bucket", "reseal"])
    said = capsys.readouterr().out
    assert "eu-west-1: not uploaded: put everything into acme-eu-west-1" in said
    assert "/acme-us-east-1/reseal-" in said


def test_command_names_what_is_wrong(build: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--regions", "mars-1", "--build", str(build)])

    assert status == 1
    assert capsys.readouterr().err == "package: unknown Regions: mars-1\n"


def test_upload_needs_to_know_who_may_read(build: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--regions", "us-east-1", "--build", str(build), "--upload"])

    assert "--upload needs --organisation" in capsys.readouterr().err
