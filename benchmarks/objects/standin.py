"""A stand-in for AWS that answers after a fixed time (argument: LATENCY in seconds) and uses little CPU.

moto needs milliseconds of CPU for a call, so a hundred calls at once would measure moto. The stand-in serves
only the calls that the products make to re-encrypt objects, with responses in AWS's shapes. It stores no
content, only whether an object was re-encrypted. Prints its port.
"""

from __future__ import annotations

import asyncio
import sys

from benchmarks.objects.answers import Answer, answer_to

_HEAD_ENDS = b"\r\n\r\n"


class Connection(asyncio.Protocol):
    """One client's connection, with one request at a time."""

    def __init__(self, latency: float) -> None:
        self._latency, self._received = latency, b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for the responses."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("the transport is not a stream")
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer when the request is complete."""
        self._received += data
        head, ended, body = self._received.partition(_HEAD_ENDS)
        if not ended:
            return
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        if headers.get("expect") == "100-continue" and not body and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if len(body) < int(headers.get("content-length", 0)):
            return
        self._received = b""
        method, target, _ = first.split(" ")
        answer = answer_to(method, target, headers, body)
        wait = 0.0 if answer.at_once else self._latency
        asyncio.get_running_loop().call_later(wait, self._send, answer, method)

    def _send(self, answer: Answer, method: str) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        headers = {"Content-Length": str(len(answer.body)), "Content-Type": answer.type, **answer.headers}
        lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join(lines).encode() + _HEAD_ENDS
        self._transport.write(head if method == "HEAD" else head + answer.body)


async def serve(latency: float) -> None:
    """Serve on a free port of 127.0.0.1 and print it."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(latency), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
