"""The four routes that are also served over TCP: metrics, health, readiness, version.

They tell how a tree is and change nothing, and none of them waits for its supervision.
"""

from __future__ import annotations

import platform

import msgspec

import fsmv2
from fsmv2.api.json_text import json_of
from fsmv2.api.route_handlers import Call, RawAnswer
from fsmv2.metrics.exposition import OPENMETRICS_TYPE, TEXT_TYPE, wants_openmetrics

NO_STORE = {"cache-control": "no-store"}


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """Which program answers."""

    fsmv2: str
    python: str


async def metrics(call: Call) -> RawAnswer:
    """All metrics, as OpenMetrics or in the text format of Prometheus."""
    accept = OPENMETRICS_TYPE if wants_openmetrics(call.accept) else TEXT_TYPE
    found = await call.metrics.text(accept, compressed=takes_gzip(call.accept_encoding))
    headers = {"vary": "accept, accept-encoding", **NO_STORE}
    if found.encoding:
        headers["content-encoding"] = found.encoding
    return RawAnswer(body=found.body, media_type=found.media_type, headers=headers)


async def healthz(call: Call) -> RawAnswer:
    """Whether fsmv2 itself works; only supervision that is stuck is no 200."""
    found = call.tree.health()
    return _answer(found, ok=found.status != "stuck")


async def readyz(call: Call) -> RawAnswer:
    """Whether the tree is what its document asks for."""
    found = call.tree.readiness()
    return _answer(found, ok=found.ready)


async def version(call: Call) -> RawAnswer:
    """Which program answers."""
    return _answer(Version(fsmv2=fsmv2.__version__, python=platform.python_version()), ok=True)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an `Accept-Encoding` header names gzip, and not with a weight of 0."""
    for one in accept_encoding.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        if name == "gzip":
            weight = next((p.partition("=")[2] for p in parameters if p.startswith("q=")), "1")
            return weight.strip("0.") != ""
    return False


def _answer(found: msgspec.Struct, *, ok: bool) -> RawAnswer:
    return RawAnswer(body=json_of(found) + b"\n", status=200 if ok else 503, headers=NO_STORE)
