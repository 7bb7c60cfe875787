"""The retained resources: a renamed logical id would create a second one and leave the first behind."""

from __future__ import annotations

from tests.support.translated import translated

RETAINED = {
    "RemediationKey",
    "RemediationKeyAlias",
    "Ledger",
    "TrailKey",
    "TrailBucket",
    "TrailBucketPolicy",
    "ReportBucket",
    "ReportBucketPolicy",
}


def test_stack_retains_these_resources_under_these_names() -> None:
    kept = {
        name
        for name, resource in translated()["Resources"].items()
        if resource.get("UpdateReplacePolicy") == "Retain"
    }

    assert kept == RETAINED
