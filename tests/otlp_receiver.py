"""A receiver of OTLP over HTTP on loopback: keeps what it is sent, and can be slow, or refuse."""

from __future__ import annotations

import contextlib
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from fsmv2.runtime.traces.destination import PATH


class Receiver:
    """What has come. `answer`: the status of the next answers; `hang` is waited for before each."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[Any] = []
        self.bodies: list[bytes] = []
        self.resource: dict[str, Any] = {}
        self.asked = 0
        self.answer = 200
        self.hang = threading.Event()
        self.hang.set()

    def took(self, path: str, body: bytes) -> None:
        """A request has come."""
        assert path == PATH
        request = ExportTraceServiceRequest.FromString(body)
        self.bodies.append(body)
        for resource in request.resource_spans:
            self.resource = attributes(resource.resource)
            for scope in resource.scope_spans:
                self.spans += scope.spans

    def until(self, done: Callable[[], bool], seconds: float = 200) -> bool:
        """Whether that is so within the time."""
        ends = time.monotonic() + seconds
        while not done() and time.monotonic() < ends:
            time.sleep(0.02)
        return done()

    def of(self, **wanted: Any) -> list[Any]:
        """The spans with these attributes, by their names without `fsmv2.`, in order."""
        found = {key.replace("_of", "").replace("_", "."): value for key, value in wanted.items()}
        return [
            span
            for span in sorted(self.spans, key=lambda one: one.start_time_unix_nano)
            if all(attributes(span).get(f"fsmv2.{key}") == value for key, value in found.items())
        ]


def attributes(of: Any) -> dict[str, Any]:
    """The attributes of a span, an event or a resource, as plain data."""
    return {one.key: _plain(one.value) for one in of.attributes}


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(one) for one in value.array_value.values]
    return getattr(value, kind)


def links(span: Any) -> set[bytes]:
    """The ids of the spans that a span is linked to."""
    return {one.span_id for one in span.links}


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            receiver.asked += 1
            receiver.hang.wait(60)
            if receiver.answer == 200:
                receiver.took(self.path, body)
            answer = ExportTraceServiceResponse().SerializeToString()
            with contextlib.suppress(OSError):
                self.send_response(receiver.answer)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield receiver
    finally:
        receiver.hang.set()
        server.shutdown()
        thread.join()
        server.server_close()
