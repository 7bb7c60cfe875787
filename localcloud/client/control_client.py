"""The local cloud's control endpoints: faults, journal, hidden state. Standard library only."""

import json
import urllib.error
import urllib.parse
import urllib.request
from fnmatch import fnmatchcase
from typing import Any


class LocalCloudError(RuntimeError):
    """The local cloud did not start, or refused a request to its control endpoints."""


class ControlEndpoints:
    """The endpoints under `/_localcloud/` of a server."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def inject_fault(self, kind: str, service: str, operation: str = "*", **rule: Any) -> int:
        """Put a fault in force and return its id.

        `kind` is `error` (returns an error without acting), `lost_response` (acts, then returns the error) or
        `delay` (waits `seconds`, then acts). `operation`, `caller` (an ARN) and `resource` (an ARN) are
        globs. `body` is a text that the request's body must contain. `skip` lets the first calls pass.
        `times` limits how often the fault applies (1; None until cleared). `status`, `code` and `message`
        describe the error.
        """
        fields = {"kind": kind, "service": service, "operation": operation, **rule}
        return int(self.control("POST", "faults", fields)["id"])

    def faults(self) -> list[dict[str, Any]]:
        """The faults in force, with their remaining counts."""
        return list(self.control("GET", "faults"))

    def clear_faults(self) -> None:
        """Remove every fault."""
        self.control("DELETE", "faults")

    def journal(
        self, since: int = 0, service: str | None = None, operation: str | None = None, caller: str = "*"
    ) -> list[dict[str, Any]]:
        """The calls received after entry number `since`; `caller` is a glob on the caller's ARN."""
        return [
            entry
            for entry in self.control("GET", f"journal?since={since}")
            if service in {None, entry["service"]}
            and operation in {None, entry["operation"]}
            and fnmatchcase(entry["caller"], caller)
        ]

    def emails(self, since: int = 0) -> list[dict[str, Any]]:
        """What e-mail subscribers of any topic would read: `sequence`, `topic`, `subject`, `text`.

        Those after e-mail number `since`. Whether somebody has subscribed does not matter.
        """
        return list(self.control("GET", f"emails?since={since}"))

    def drain_trail(self) -> None:
        """Return when the trail has delivered the events of every call that has ended."""
        self.control("POST", "trail-drained")

    def encryption_context(self, bucket: str, key: str, version: str = "") -> str | None:
        """The encryption context of an object, as it was sent; S3 itself never returns it to a reader."""
        names = {"bucket": bucket, "key": key, "version": version}
        query = urllib.parse.urlencode(names)
        context: str | None = self.control("GET", f"encryption-context?{query}")["context"]
        return context

    def function_session(self, function: str) -> dict[str, str]:
        """The credentials that the code of a function has, as environment variables; by the function's ARN.

        Only calls with them carry `lambda:SourceFunctionArn`; a session of its role that somebody assumes
        does not.
        """
        query = urllib.parse.urlencode({"function": function})
        return dict(self.control("GET", f"function-session?{query}"))

    def set_object_state(self, bucket: str, key: str, *, version: str = "", **state: Any) -> None:
        """Put an object into a state that only time or AWS itself can cause.

        `unencrypted=True`: as if written before 2023, so that HeadObject shows no encryption.
        `archive_status`: `ARCHIVE_ACCESS` or `DEEP_ARCHIVE_ACCESS` of S3 Intelligent-Tiering.
        """
        self.control("POST", "object-state", {"bucket": bucket, "key": key, "version": version, **state})

    def make_older(self, bucket: str, key: str, seconds: int, version: str = "") -> None:
        """Move the write time of an object `seconds` into the past, instead of waiting.

        S3 shows the time in whole seconds. Raises LocalCloudError if there is no such object.
        """
        fields = {"bucket": bucket, "key": key, "seconds": seconds, "version": version}
        if not self.control("POST", "object-age", fields)["found"]:
            raise LocalCloudError(f"there is no object {bucket}/{key} to make older")

    def share_key(self, key: str, policy: dict[str, Any] | None) -> None:
        """Give the key with this ARN the policy `AWS_RAM`, as a share of Resource Access Manager does.

        None ends the sharing. Raises LocalCloudError if there is no such key.
        """
        self.control("POST", "key-sharing", {"key": key, "policy": policy})

    def let_happen(self, event: str, key: str) -> None:
        """Let KMS do by itself what it does in time, with its events.

        `deleted`: the waiting period of a key pending deletion is over. `rotated`: the key's automatic
        rotation. `expired`: its imported material is no longer valid. `synchronized`: a multi-Region key.
        Raises LocalCloudError if the key's state does not permit it.
        """
        self.control("POST", "key-event", {"key": key, "event": event})

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call one endpoint; its answer. Raises LocalCloudError."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - always http
            f"{self.endpoint}/_localcloud/{path}", data=data, method=method
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise LocalCloudError(error.read().decode()) from error
        except (urllib.error.URLError, ConnectionError) as error:
            raise LocalCloudError(f"the local cloud at {self.endpoint} does not answer: {error}") from error
