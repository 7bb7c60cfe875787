"""Step 4: what the ledger keeps of an object that is to be re-encrypted, and what differs from it later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from reseal.core.repairs.objects.properties import changed, seen_of
from reseal.core.state.s3_object import Listed, ObjectAcl, ObservedObject, Original

Evidence = Mapping[str, str]


def evidence_of(original: Original) -> dict[str, str]:
    """What was: for people, and for whoever must compare when the writer of the entry is dead."""
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
    """Whether an ACL was there to be kept."""
    return "ACL" in _kept(evidence)


def changed_since(evidence: Evidence, after: ObservedObject, acl: ObjectAcl | None) -> tuple[str, ...]:
    """What should be as it was and is not. `acl` is today's, where one was kept."""
    kept = _kept(evidence)
    differs = changed(kept, after)
    return (*differs, "ACL") if acl and kept.get("ACL") != _acl(acl) else differs


def is_another(evidence: Evidence, after: ObservedObject) -> bool:
    """Whether another write made it: a change in place keeps both (D3), and equal bytes keep one (C20)."""
    written = datetime.fromisoformat(evidence["last_modified"])
    return after.listed != Listed(etag=evidence["etag"], last_modified=written)


def _kept(evidence: Evidence) -> dict[str, str]:
    kept: dict[str, str] = json.loads(evidence.get("kept", "{}"))  # none of before an update
    return kept


def _acl(acl: ObjectAcl) -> str:
    grants = sorted(f"{grant.grantee} {grant.permission}" for grant in acl.grants)
    return json.dumps([acl.owner, sorted(acl.owner_permissions), grants])
