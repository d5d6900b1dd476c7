"""Spans as OTLP over HTTP, by the exporter of OpenTelemetry.

Its settings of the environment count: headers, timeouts, certificates, compression. This file
alone needs the `traces` extra, so it is imported only when spans are wanted. Nothing global of
OpenTelemetry is used or changed: the program around a tree may trace itself.
"""

from __future__ import annotations

import importlib
import ipaddress
import logging
import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from fsmv2.escaping import printable_line
from fsmv2.model.data.text_map import map_texts
from fsmv2.runtime.traces.span import Span, SpanRef
from fsmv2.version import __version__

LONGEST = 1000
"""Characters of one text."""

WHY = 300
"""Characters of why a request failed."""


class OtlpSender:
    """Sends to one URL; the `SpanSender` of the thread that uses it."""

    def __init__(self, url: str, *, timeout: float | None = None) -> None:
        """`timeout`: seconds of a request with its retries; None: as the environment says."""
        self.where = url
        session = importlib.import_module("requests").Session()
        session.trust_env = not _is_loopback(url)  # no proxy stands between us and ourselves
        self._exporter = trace_exporter.OTLPSpanExporter(url, timeout=timeout, session=session)
        self._key = secrets.token_bytes(16)
        self._scope = InstrumentationScope("fsmv2", __version__)
        self._resource = Resource.create(_own_attributes(__version__))
        self._said = _Said()

    def send(self, spans: Sequence[Span]) -> str:
        """Send them; why that failed, empty when it did not."""
        logger = logging.getLogger(trace_exporter.__name__)
        self._said.begin()
        logger.addFilter(self._said)
        try:
            result = self._exporter.export([self._readable(span) for span in spans])
        finally:
            logger.removeFilter(self._said)
        if result is SpanExportResult.SUCCESS:
            return ""
        return printable_line(self._said.why)[:WHY] or "the request failed"

    def abandon(self) -> None:
        """Retry nothing any more."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def _readable(self, span: Span) -> ReadableSpan:
        trace, number = span.ref
        error = Status(StatusCode.ERROR, _shown(span.error)) if span.error else Status()
        return ReadableSpan(
            _shown(span.name),
            self._context(span.ref),
            self._context(SpanRef(trace, span.parent)) if span.parent else None,
            self._resource,
            {**_attributes(span.attributes), "fsmv2.kind": span.kind},
            [Event(name, _attributes(found), span.ended) for name, found in span.events],
            [Link(self._context(ref)) for ref in span.links if ref.span != number],
            status=error,
            start_time=span.began,
            end_time=span.ended,
            instrumentation_scope=self._scope,
        )

    def _context(self, ref: SpanRef) -> SpanContext:
        """Ids follow from the numbers of this run, so that none has to be remembered."""
        return SpanContext(
            self._id(ref.trace, 16), self._id(ref.span, 8), False, TraceFlags(TraceFlags.SAMPLED)
        )

    def _id(self, number: int, size: int) -> int:
        plain = number.to_bytes(8, "big", signed=True)
        return int.from_bytes(blake2b(plain, key=self._key, digest_size=size).digest(), "big") or 1


class _Said(logging.Filter):
    """Takes what the exporter says on this thread for itself: it is told once, not each time."""

    def __init__(self) -> None:
        super().__init__()
        self.why = ""
        self._thread = 0

    def begin(self) -> None:
        """Forget what was said; what this thread says from now on is meant."""
        self.why, self._thread = "", threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether somebody else said it."""
        if threading.get_ident() != self._thread:
            return True
        if not self.why:
            # What it retries for says why; what it ends with only says that it gave up.
            args = record.args if isinstance(record.args, tuple) else ()
            retried = record.levelno == logging.WARNING and len(args) == 3
            self.why = _root_text(args[0]) if retried else record.getMessage()
        return False


def _root_text(error: object) -> str:
    """What is at the bottom of an error that several libraries have wrapped."""
    while isinstance(error, BaseException):
        below = error.__cause__ or error.__context__
        if below is None:
            break
        error = below
    return str(error)


def _own_attributes(version: str) -> Mapping[str, str]:
    found = {"service.version": version}
    given = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if not os.environ.get("OTEL_SERVICE_NAME") and "service.name=" not in given:
        found["service.name"] = "fsmv2"
    return found


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _attributes(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: map_texts(value, _shown) for key, value in given.items()}


def _shown(text: str) -> str:
    return printable_line(text)[:LONGEST]
