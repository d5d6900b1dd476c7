"""Whether spans are wanted, and where they go: as the document says, or else the environment."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping

from fsmv2.errors import FsmError
from fsmv2.host.install_command import install_command
from fsmv2.runtime.traces.trace_exporter import TraceExporter

PATH = "/v1/traces"
PROTOCOL = "http/protobuf"


def open_traces(
    endpoint: str = "", environ: Mapping[str, str] | None = None
) -> TraceExporter | None:
    """An exporter, which is still to be started; None when no spans are wanted.

    `endpoint` is that of a document; without one the variables of OpenTelemetry in `environ` count,
    if the `traces` extra is installed. FsmError: the document wants spans, and it is not.
    """
    url = traces_url(endpoint) if endpoint else url_of(os.environ if environ is None else environ)
    if not url:
        return None
    try:
        otlp = importlib.import_module("fsmv2.runtime.traces.otlp")
    except ImportError as error:
        if not endpoint:
            return None
        raise FsmError(
            f"traces: the Python packages that send them are not installed ({error.name}).",
            fix=f"Remove `traces:` from the document, or run: {install_command('traces')}",
        ) from error
    return TraceExporter(otlp.OtlpSender(url))


def traces_url(endpoint: str) -> str:
    """Where traces are posted to, of the URL of a receiver for everything."""
    base = endpoint.rstrip("/")
    return base if base.endswith(PATH) else base + PATH


def url_of(environ: Mapping[str, str]) -> str:
    """What the standard variables of OpenTelemetry ask for; empty: nothing, or another protocol."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return ""
    if environ.get("OTEL_TRACES_EXPORTER", "otlp").strip() not in ("", "otlp"):
        return ""
    every = environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "")
    protocol = environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "") or every
    if protocol.strip() not in ("", PROTOCOL):
        return ""
    own = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip()
    base = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip().rstrip("/")
    return own or (base + PATH if base else "")
