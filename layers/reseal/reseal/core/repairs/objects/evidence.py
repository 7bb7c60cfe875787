"""Step 4, record: what the ledger stores about an object before its repair, and the comparison afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from reseal.core.repairs.objects.properties import changed, seen_of
from reseal.core.state.s3_object import Listed, ObjectAcl, ObservedObject, Original

Evidence = Mapping[str, str]


def evidence_of(original: Original) -> dict[str, str]:
    """The state before the repair, for people and for a later delivery that must compare it."""
    head = original.head
    kept = seen_of(head) | ({"ACL": _acl(original.acl)} if original.acl else {})
    return {
        "etag": head.etag,
        "last_modified": head.last_modified.isoformat(),
        "size": str(head.size),
        "storage_class": head.storage_class,
        "kept": json.dumps(kept),
    }


def keeps_acl(evidence: Evidence) -> bool:
    """Whether the evidence includes an ACL."""
    return "ACL" in _kept(evidence)


def changed_since(evidence: Evidence, after: ObservedObject, acl: ObjectAcl | None) -> tuple[str, ...]:
    """The properties that should be the same and are not. `acl` is the current ACL, if one was stored."""
    kept = _kept(evidence)
    differs = changed(kept, after)
    return (*differs, "ACL") if acl and kept.get("ACL") != _acl(acl) else differs


def is_another(evidence: Evidence, after: ObservedObject) -> bool:
    """Whether a write replaced the object: its ETag or its last-modified time differs.

    A change in place keeps both (D3). A write of equal bytes keeps the ETag (C20).
    """
    written = datetime.fromisoformat(evidence["last_modified"])
    return after.listed != Listed(etag=evidence["etag"], last_modified=written)


def _kept(evidence: Evidence) -> dict[str, str]:
    kept: dict[str, str] = json.loads(evidence.get("kept", "{}"))  # entries of earlier versions have none
    return kept


def _acl(acl: ObjectAcl) -> str:
    grants = sorted(f"{grant.grantee} {grant.permission}" for grant in acl.grants)
    return json.dumps([acl.owner, sorted(acl.owner_permissions), grants])
