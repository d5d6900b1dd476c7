"""What traces cost a busy tree, of its processor time: off, and on.

`python -m bench.traces`. Both in turn, in one process: the machine is as busy for the one as for
the other, and the median of the pairs counts. Sending is left out: that is another thread's time,
which is measured by itself.
"""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable

from bench.metrics import PAIRS, PARENTS, derives, looks, observes
from bench.micro import Driven
from bench.tree import root
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.traces.core_traces import CoreTraces
from fsmv2.runtime.traces.destination import open_traces
from fsmv2.runtime.traces.span import Span


def nowhere(_: object) -> None:
    """Takes the lines of a log."""


def cost(work: Callable[[Driven, int], None]) -> dict[str, float]:
    """The share that traces take of the thread of supervision, in percent, and spans a run."""
    tree = Driven(root(PARENTS))
    core = tree.core
    spans: list[Span] = []
    traces = CoreTraces(LogLevels("error"), nowhere, spans.append)

    def once(n: int, *, traced: bool) -> float:
        core.log = traces if traced else None
        spans.clear()
        began = time.thread_time()
        work(tree, n)
        return time.thread_time() - began

    for n in range(4):
        once(n, traced=bool(n % 2))
    gc.collect()
    gc.freeze()
    shares: list[float] = []
    more: list[float] = []
    made = 0
    for n in range(PAIRS):
        first = bool(n % 2)
        took: dict[bool, float] = {}
        for at, traced in enumerate((first, not first)):
            took[traced] = once(10 + 2 * n + at, traced=traced)
            made += len(spans)
        more.append(1e6 * (took[True] - took[False]))
        shares.append(100 * (took[True] / took[False] - 1))
    low, middle, high = statistics.quantiles(shares, n=4)
    spans_made = made / PAIRS
    found = {"percent": middle, "low": low, "high": high, "spans": spans_made}
    if spans_made:
        found["microseconds_of_a_span"] = statistics.median(more) / spans_made
    return found


def sending() -> float:
    """Microseconds of the exporter's thread for a span, up to the bytes that are posted."""
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

    traces = open_traces("http://127.0.0.1:1")
    assert traces is not None
    spans: list[Span] = []
    tree = Driven(root(PARENTS))
    tree.core.log = CoreTraces(LogLevels("error"), nowhere, spans.append)
    derives(tree, 1)
    derives(tree, 2)
    readable = traces._sender._readable  # type: ignore[attr-defined]
    began = time.thread_time()
    encode_spans([readable(span) for span in spans]).SerializeToString()
    return 1e6 * (time.thread_time() - began) / len(spans)


def main() -> None:
    """Print one JSON object."""
    found = {work.__name__: cost(work) for work in (looks, observes, derives)}
    print(json.dumps({**found, "microseconds_to_send": sending()}, indent=1))


if __name__ == "__main__":
    main()
