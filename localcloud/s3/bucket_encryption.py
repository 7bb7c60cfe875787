"""Put, Get and DeleteBucketEncryption as S3 documents them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from xml.etree.ElementTree import Element, ParseError, SubElement, fromstring, tostring

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.calls import Response
from localcloud.s3 import s3_errors

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
ALGORITHMS = frozenset({"AES256", "aws:kms", "aws:kms:dsse"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultEncryption:
    """The one rule of a bucket's default encryption (E4); `key` is kept as it was sent (E10)."""

    algorithm: str = "AES256"
    key: str | None = None
    bucket_key: bool = False
    blocked: tuple[str, ...] | None = None

    @property
    def blocks_sse_c(self) -> bool:
        """Whether SSE-C writes are refused (E6)."""
        return "SSE-C" in (self.blocked or ())


class MalformedConfigurationError(ValueError):
    """The document is not a ServerSideEncryptionConfiguration with exactly one rule."""


_initial = DefaultEncryption()


def install(*, new_buckets_block_sse_c: bool, put_drops_sse_c_block: bool) -> None:
    """Replace MiniStack's three calls."""
    global _initial  # noqa: PLW0603 - chosen once, at launch
    _initial = DefaultEncryption(blocked=("SSE-C",) if new_buckets_block_sse_c else None)
    anchors.replace("services.s3._get_bucket_encryption", _get)
    anchors.replace("services.s3._put_bucket_encryption", partial(_put, drops_block=put_drops_sse_c_block))
    anchors.replace("services.s3._delete_bucket_encryption", _delete)


def default_encryption(bucket: str) -> DefaultEncryption:
    """The effective rule: the stored one, or that of a bucket that was never configured (E2)."""
    stored = s3._bucket_encryption.get(bucket)
    return parse(stored) if stored else _initial


def parse(document: str | bytes) -> DefaultEncryption:
    """Read a ServerSideEncryptionConfiguration; a rule that only blocks encryption types is valid (E6)."""
    try:
        root = fromstring(document)  # noqa: S314 - a local test's request
    except ParseError as error:
        raise MalformedConfigurationError(str(error)) from error
    rules = [child for child in root if _local(child) == "Rule"]
    if len(rules) != 1:
        raise MalformedConfigurationError("exactly one Rule is allowed")
    pairs = [(_local(element), (element.text or "").strip()) for element in rules[0].iter()]
    texts, blocked = dict(pairs), tuple(text for name, text in pairs if name == "EncryptionType")
    if texts.get("SSEAlgorithm", "AES256") not in ALGORITHMS:
        raise MalformedConfigurationError("unknown SSEAlgorithm")
    return DefaultEncryption(
        algorithm=texts.get("SSEAlgorithm", "AES256"),
        key=texts.get("KMSMasterKeyID") or None,
        bucket_key=texts.get("BucketKeyEnabled") == "true",
        blocked=blocked or None,
    )


def to_xml(encryption: DefaultEncryption) -> str:
    """The document that GetBucketEncryption returns."""
    root = Element("ServerSideEncryptionConfiguration", xmlns=NAMESPACE)
    rule = SubElement(root, "Rule")
    default = SubElement(rule, "ApplyServerSideEncryptionByDefault")
    SubElement(default, "SSEAlgorithm").text = encryption.algorithm
    if encryption.key:
        SubElement(default, "KMSMasterKeyID").text = encryption.key
    SubElement(rule, "BucketKeyEnabled").text = "true" if encryption.bucket_key else "false"
    if encryption.blocked:
        types = SubElement(rule, "BlockedEncryptionTypes")
        for name in encryption.blocked:
            SubElement(types, "EncryptionType").text = name
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _get(_original: Callable[..., Response], bucket: str) -> Response:
    if bucket not in s3._buckets:
        return s3_errors.no_such_bucket(bucket)
    return 200, {"Content-Type": "application/xml"}, to_xml(default_encryption(bucket)).encode()


def _put(_original: Callable[..., Response], bucket: str, body: bytes, *, drops_block: bool) -> Response:
    """Store the rule without checking the key (E9), and by default keep a block it does not name (E5)."""
    if bucket not in s3._buckets:
        return s3_errors.no_such_bucket(bucket)
    try:
        wanted = parse(body)
    except MalformedConfigurationError:
        return s3_errors.bad_request(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    if wanted.key and wanted.algorithm == "AES256":
        return s3_errors.bad_request(
            "InvalidArgument",
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
        )
    if not drops_block and wanted.blocked is None:
        wanted = replace(wanted, blocked=default_encryption(bucket).blocked)
    s3._bucket_encryption[bucket] = to_xml(wanted)
    return 200, {}, b""


def _delete(_original: Callable[..., Response], bucket: str) -> Response:
    """Reset to the state of a bucket that was never configured; UNCONFIRMED for the SSE-C block (E8)."""
    if bucket not in s3._buckets:
        return s3_errors.no_such_bucket(bucket)
    s3._bucket_encryption.pop(bucket, None)
    return 204, {}, b""


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
