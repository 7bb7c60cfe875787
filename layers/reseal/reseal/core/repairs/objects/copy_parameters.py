"""Step 5, act: the parameters that make a copy keep a property, or why it cannot be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from reseal.core.repairs.objects import acl
from reseal.core.state.s3_object import Original

Parameters = Mapping[str, Any]
REDIRECT = "WebsiteRedirectLocation"


def storage_class(original: Original) -> Parameters:
    """The storage class; a copy without one is STANDARD."""
    return {"StorageClass": original.head.storage_class}


def redirect(original: Original) -> Parameters:
    """The website redirect, if there is one."""
    location = original.head.website_redirect
    return {REDIRECT: location} if location else {}


def grants(original: Original) -> Parameters:
    """The grants of the ACL, if the bucket has ACLs."""
    return acl.grant_parameters(original.acl) if original.acl else {}


def ungrantable(original: Original) -> str | None:
    """Why a copy cannot set the same ACL; None if it can."""
    return acl.ungrantable(original.acl) if original.acl else None


def context(original: Original) -> Parameters:
    """The encryption context from the record."""
    return {"SSEKMSEncryptionContext": original.context} if original.context else {}


def checksum(original: Original) -> Parameters:
    """The algorithm of the checksum, if the object has one."""
    return {"ChecksumAlgorithm": original.head.checksum.algorithm} if original.head.checksum else {}


def checksum_of_parts(original: Original) -> Parameters:
    """Algorithm and type: only CRCs of parts can give a full-object checksum (S3, checking integrity)."""
    kept = original.head.checksum
    if kept is None:
        return {}
    whole = kept.algorithm.startswith("CRC") and kept.type == "FULL_OBJECT"
    return {"ChecksumAlgorithm": kept.algorithm, "ChecksumType": "FULL_OBJECT" if whole else "COMPOSITE"}


def lost_metadata(original: Original) -> str | None:
    """Why a copy in parts cannot send the user metadata; None if it can. Requests carry only ASCII (C37)."""
    head = original.head
    if head.lost_metadata:
        return f"S3 does not return {head.lost_metadata} of its metadata entries, so a copy would lose them"
    odd = any(not (name + value).isascii() for name, value in head.metadata.items())
    return "its metadata is not ASCII, and a copy cannot send it" if odd else None


def lost_headers(original: Original) -> str | None:
    """Why a copy in parts cannot send the content headers; None if it can."""
    if original.head.unreadable_expires:
        return "its Expires header is not an HTTP date, and a copy would change it"
    odd = ", ".join(name for name in original.head.unreadable_headers if name != REDIRECT)
    return f"it has headers that are not UTF-8 ({odd}), and a copy would change them" if odd else None


def lost_redirect(original: Original) -> str | None:
    """Why a copy cannot send the website redirect; None if it can."""
    odd = REDIRECT in original.head.unreadable_headers
    return "its website redirect is not UTF-8, and a copy would change it" if odd else None


def lost_annotations(original: Original) -> str | None:
    """Why the annotations cannot be kept: CreateMultipartUpload takes none. None if there are none."""
    return "a copy in parts would lose its annotations" if original.annotated else None


def locked(original: Original) -> str | None:
    """Why a version under Object Lock is not copied; None if nothing protects it."""
    held = original.head.lock.in_words
    if held is None:
        return None
    return f"{held} protects it: a copy would be an additional version and could not replace it"


def tagging(original: Original) -> Parameters:
    """The tags in the form of the request header."""
    return {"Tagging": urlencode(original.tags)} if original.tags else {}
