"""Trees of worker types of an author, whose code is the trouble."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from authors_types import authors_types, line
from silent_server import silent_server
from troubled_tree import TroubledTree, in_trouble

from fsmv2 import ChildSpec

AGENT = "agent: {name: edge, location: {enterprise: acme, site: cologne}}\n"
NO_BROKER = 'broker: {url: "nats://127.0.0.1:1"}\n'
ENGINE = "engine: {backoff_base: 100ms, backoff_cap: 1s}\n"


def nothing() -> None:
    """What changes the tree is in the block itself."""


@contextlib.contextmanager
def program(root: ChildSpec, engine: str = ENGINE) -> Iterator[TroubledTree]:
    """The tree that a program declares."""
    document = AGENT + engine + NO_BROKER
    with in_trouble(document, types=authors_types(), root=root) as tree:
        yield tree


@contextlib.contextmanager
def actions_hang() -> Iterator[TroubledTree]:
    """Actions whose server never answers, and others that wait for their turn."""
    engine = ENGINE.replace("}", ", action_slots: 1}")
    with silent_server() as server:
        root = line("recipe", "oven", "mixer", "press", port=server.port)
        with program(root, engine) as tree:
            tree.steps["repaired"] = server.answer
            tree.until("timed out", "fsmv2 events edge")
            try:
                yield tree
            finally:
                server.answer()


@contextlib.contextmanager
def slow_tree() -> Iterator[TroubledTree]:
    """A type that computes where all is decided, and more since somebody wanted to know more."""
    with program(line("report", "report", ROWS=30)) as tree:
        tree.steps["taken"] = nothing
        tree.until("edge/report", "fsmv2 status --state running -o name")
        tree.run("fsmv2 set edge ROWS=3000 -m 'a report of all of the year'")
        tree.until("derive_desired_state", "fsmv2 logs")
        tree.declare(line("report", "report", ROWS=31))
        tree.alerts = ("SlowReconciliation", "SlowPropagation", "LoopLag", "SlowTemplates")
        tree.until("_count 3.0", "fsmv2 metrics | grep propagation_duration_seconds_count")
        yield tree


@contextlib.contextmanager
def stuck_supervision() -> Iterator[TroubledTree]:
    """A step that waits for a scale which does not answer."""
    with silent_server() as server, program(line("scale", "scale", port=server.port)) as tree:
        tree.steps["answered"] = server.answer
        try:
            tree.alerts = ("NoProgress",)
            tree.until("stuck", "fsmv2 health")
            yield tree
        finally:
            server.answer()


@contextlib.contextmanager
def stops_hang() -> Iterator[TroubledTree]:
    """Children that are no longer declared and do not end, ever more of them."""
    with silent_server() as server, program(line("mixer", "mixer", port=server.port)) as tree:
        tree.steps["repaired"] = server.answer
        tree.alerts = ("SupervisorsGrow",)
        tree.until("edge/mixer/batch-3", "fsmv2 status --phase stopping -o name")
        try:
            yield tree
        finally:
            server.answer()


PROGRAMS: dict[str, Callable[[], AbstractContextManager[TroubledTree]]] = {
    "actions-hang": actions_hang,
    "slow-tree": slow_tree,
    "stuck-supervision": stuck_supervision,
    "stops-hang": stops_hang,
}
