"""What a launch of the local cloud can choose."""

import argparse
from dataclasses import dataclass

ACCOUNT = "111122223333"
ROOT_KEY = "test"
SWITCHES = {
    "--new-buckets-allow-sse-c": "new buckets as before 2026-04: SSE-C is not blocked (E7)",
    "--put-keeps-sse-c-block": "PutBucketEncryption without BlockedEncryptionTypes keeps the block; "
    "by default the call replaces the whole document (E5, UNCONFIRMED)",
    "--until-stdin-closes": "stop when standard input ends, so that no server outlives its starter",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The command line, parsed. Each switch over an UNCONFIRMED fact names it in its help."""

    port: int
    region: str
    account: str
    trail_delay: float
    new_buckets_allow_sse_c: bool
    put_keeps_sse_c_block: bool
    until_stdin_closes: bool


def parse_settings(arguments: list[str] | None = None) -> Settings:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="localcloud", description="AWS on 127.0.0.1 for Reseal.")
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--region", default="us-east-1", help="the home Region")
    parser.add_argument("--account", default=ACCOUNT, help="the account of the root keys test/test")
    delay = "how long after its call a CloudTrail event arrives (minutes on AWS, A35)"
    parser.add_argument("--trail-delay", type=float, default=0.0, metavar="SECONDS", help=delay)
    for switch, meaning in SWITCHES.items():
        parser.add_argument(switch, action="store_true", help=meaning)
    return Settings(**vars(parser.parse_args(arguments)))
