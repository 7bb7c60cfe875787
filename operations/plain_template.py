"""The template of `sam build` as plain CloudFormation, for StackSets: service-managed ones run no transform.

One template serves every Region: Lambda takes code only from a bucket of its own Region, so the template
chooses the bucket by the Region it is deployed in.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from operations.artefacts import Artefact, artefact_of

Template = dict[str, Any]
LOCATIONS = ("CodeUri", "ContentUri")
_BUCKETS = "ArtefactBuckets"
_PLACEHOLDER = "placeholder"


class NotBuiltError(Exception):
    """There is no output of `sam build` in the folder."""


def read_built(build: Path) -> tuple[Template, list[Artefact]]:
    """The template of `sam build` with its code located on S3, and the zips to put there.

    Raises NotBuiltError.
    """
    path = build / "template.yaml"
    if not path.is_file():
        raise NotBuiltError(f"there is no {path}: run `make build` first")
    template: Template = yaml_parse(path.read_text())
    artefacts: dict[str, Artefact] = {}
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for location in set(LOCATIONS) & properties.keys():
            artefact = artefact_of((build / properties[location]).resolve())
            artefacts[artefact.name] = artefact
            properties[location] = f"s3://{_PLACEHOLDER}/{artefact.name}"
    return template, list(artefacts.values())


def plain(template: Template, buckets: Mapping[str, str]) -> Template:
    """The template without transform; `buckets` are those of the artefacts by Region."""
    session = boto3.Session(region_name=next(iter(buckets)))
    translated: Template = Translator({}, Parser(), boto_session=session).translate(
        copy.deepcopy(template), {}
    )
    translated.setdefault("Mappings", {})[_BUCKETS] = {
        region: {"Name": bucket} for region, bucket in buckets.items()
    }
    for resource in translated["Resources"].values():
        resource.pop("Metadata", None)  # the SAM CLI's
    chosen = {"Fn::FindInMap": [_BUCKETS, {"Ref": "AWS::Region"}, "Name"]}
    located: Template = _located(translated, chosen)
    return located


def transforms_in(template: Template) -> Sequence[str]:
    """What in a template only a transform or a nested stack could resolve."""
    resources = template["Resources"].values()
    kinds = {str(resource["Type"]) for resource in resources}
    refused = {kind for kind in kinds if kind.startswith(("AWS::Serverless::", "AWS::CloudFormation::"))}
    text = json.dumps(template)
    macros = {macro for macro in ("Fn::Transform", "Fn::ForEach") if f'"{macro}' in text}
    return sorted(refused | ({"Transform"} & template.keys()) | macros)


def _located(value: Any, bucket: Any) -> Any:
    """The value with the artefacts' bucket instead of the placeholder."""
    if isinstance(value, dict):
        return {
            key: bucket if key == "S3Bucket" and item == _PLACEHOLDER else _located(item, bucket)
            for key, item in value.items()
        }
    return [_located(item, bucket) for item in value] if isinstance(value, list) else value
