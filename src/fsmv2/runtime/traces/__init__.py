"""What was decided, as spans of OpenTelemetry: a tick, the action it asked for, what was seen then.

span:            a span as plain data; nothing of OpenTelemetry is needed to make one.
core_traces:     what the core says becomes spans, linked to what led to them.
trace_exporter:  the thread that hands them on, with a bounded queue.
destination:     whether spans are wanted, and where they go: the document, or the environment.
otlp:            spans as OTLP over HTTP; alone in needing the `traces` extra, and imported late.
"""

from fsmv2.runtime.traces.destination import open_traces
from fsmv2.runtime.traces.trace_exporter import TraceExporter

__all__ = ["TraceExporter", "open_traces"]
