"""The command line of the local cloud."""

import argparse
from dataclasses import dataclass

ACCOUNT = "111122223333"
ROOT_KEY = "test"
GIBIBYTE, MEBIBYTE = 1024**3, 1024**2
SWITCHES = {
    "--new-buckets-allow-sse-c": "new buckets do not block SSE-C, as before 2026-04 (E7)",
    "--put-drops-sse-c-block": "PutBucketEncryption without BlockedEncryptionTypes drops the block; "
    "by default the call keeps it (E5, UNCONFIRMED)",
    "--complete-upload-record-shows-encryption": "CompleteMultipartUpload's record has the encryption in its "
    "responseElements; by default only the records of PutObject and CopyObject have it (A21, UNCONFIRMED)",
    "--records-show-bucket-key": "responseElements carry the bucket-key-enabled header (A17, UNCONFIRMED)",
    "--records-url-encode-keys": "object keys in records are percent-encoded; by default they are unchanged "
    "(A25, UNCONFIRMED)",
    "--update-encryption-record-is-bare": "UpdateObjectEncryption's record has no body in its "
    "requestParameters (D9, UNCONFIRMED)",
    "--get-bucket-policy-normalises": "GetBucketPolicy answers a text that differs from what was put; by "
    "default it is the same text (E26, UNCONFIRMED)",
    "--until-stdin-closes": "stop when standard input ends, so that the server ends with its parent process",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The command line, parsed. The help of each switch about an UNCONFIRMED fact names that fact."""

    port: int
    plain_http_port: int
    region: str
    account: str
    trail_delay: float
    copy_object_limit: int
    minimum_part_size: int
    new_buckets_allow_sse_c: bool
    put_drops_sse_c_block: bool
    complete_upload_record_shows_encryption: bool
    records_show_bucket_key: bool
    records_url_encode_keys: bool
    update_encryption_record_is_bare: bool
    get_bucket_policy_normalises: bool
    until_stdin_closes: bool


def parse_settings(arguments: list[str] | None = None) -> Settings:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="localcloud", description="AWS on 127.0.0.1 for Reseal.")
    parser.add_argument("--port", type=int, default=4566)
    plain = "another port, on which calls count as plain HTTP; none by default"
    parser.add_argument("--plain-http-port", type=int, default=0, metavar="PORT", help=plain)
    parser.add_argument("--region", default="us-east-1", help="the home Region")
    parser.add_argument("--account", default=ACCOUNT, help="the account of the root keys test/test")
    delay = "the delay between a call and its CloudTrail event (minutes on AWS, A35)"
    parser.add_argument("--trail-delay", type=float, default=0.0, metavar="SECONDS", help=delay)
    limit = "the largest source of a CopyObject (C10)"
    parser.add_argument("--copy-object-limit", type=int, default=5 * GIBIBYTE, metavar="BYTES", help=limit)
    part = "the smallest part of an upload except its last (C27)"
    parser.add_argument("--minimum-part-size", type=int, default=5 * MEBIBYTE, metavar="BYTES", help=part)
    for switch, meaning in SWITCHES.items():
        parser.add_argument(switch, action="store_true", help=meaning)
    return Settings(**vars(parser.parse_args(arguments)))
