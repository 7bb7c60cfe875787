"""Step 5: what must be sent for a property so that a copy has it, or why nothing can carry it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from reseal.core.repairs.objects import acl
from reseal.core.state.s3_object import Original

Parameters = Mapping[str, Any]


def storage_class(original: Original) -> Parameters:
    """The storage class; a copy without one is STANDARD."""
    return {"StorageClass": original.head.storage_class}


def redirect(original: Original) -> Parameters:
    """The website redirect, where there is one."""
    location = original.head.website_redirect
    return {"WebsiteRedirectLocation": location} if location else {}


def grants(original: Original) -> Parameters:
    """The ACL's grants, where the bucket has ACLs."""
    return acl.grant_parameters(original.acl) if original.acl else {}


def ungrantable(original: Original) -> str | None:
    """Why the ACL cannot be stated anew."""
    return acl.ungrantable(original.acl) if original.acl else None


def context(original: Original) -> Parameters:
    """The encryption context that the record spelled out."""
    return {"SSEKMSEncryptionContext": original.context} if original.context else {}


def checksum(original: Original) -> Parameters:
    """The algorithm of the checksum, where the object has one."""
    return {"ChecksumAlgorithm": original.head.checksum.algorithm} if original.head.checksum else {}


def checksum_of_parts(original: Original) -> Parameters:
    """Only CRCs of parts can become the checksum of a whole object (S3, checking object integrity)."""
    kept = original.head.checksum
    if kept is None:
        return {}
    whole = kept.algorithm.startswith("CRC") and kept.type == "FULL_OBJECT"
    return {"ChecksumAlgorithm": kept.algorithm, "ChecksumType": "FULL_OBJECT" if whole else "COMPOSITE"}


def lost_metadata(original: Original) -> str | None:
    """Why the user metadata cannot be carried by hand."""
    lost = original.head.lost_metadata
    return f"S3 cannot show {lost} of its metadata entries to carry them" if lost else None


def lost_expires(original: Original) -> str | None:
    """Why the content headers cannot be carried by hand."""
    odd = original.head.unreadable_expires
    return "its Expires header is no HTTP date, and would not stay as it is" if odd else None


def lost_annotations(original: Original) -> str | None:
    """Why the annotations cannot be carried: CreateMultipartUpload takes none."""
    return "a copy in parts would lose its annotations" if original.annotated else None


def locked(original: Original) -> str | None:
    """Why a version under Object Lock is not copied."""
    held = original.head.lock.in_words
    if held is None:
        return None
    return f"{held} protects it: a copy would be a second object, and cannot take the first one's place"


def tagging(original: Original) -> Parameters:
    """The tags, as the header takes them."""
    return {"Tagging": urlencode(original.tags)} if original.tags else {}
