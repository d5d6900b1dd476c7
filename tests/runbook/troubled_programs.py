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
        others = [f"press-{number}" for number in range(25)]
        root = line("recipe", "oven", "mixer", *others, port=server.port)
        with program(root, engine) as tree:
            tree.steps["repaired"] = server.answer
            tree.until("timed out", "fsmv2 events edge/oven")
            tree.until_more(3, "fsmv2 metrics | grep '^fsmv2_action_timeout_total.*load'")
            tree.until_more(20, "fsmv2 metrics | grep 'pool_queue_size.*actions'")
            tree.fires("ActionsTimeOut", "ActionQueueLong")
            try:
                yield tree
            finally:
                server.answer()


@contextlib.contextmanager
def action_stuck() -> Iterator[TroubledTree]:
    """An action that does not end when it is cancelled, until its server answers."""
    with silent_server() as server, program(line("press", "press", port=server.port)) as tree:
        tree.steps["repaired"] = server.answer
        try:
            tree.until("edge/press", "fsmv2 metrics | grep '^fsmv2_action_stuck'")
            tree.fires("ActionsTimeOut")
            yield tree
        finally:
            server.answer()


@contextlib.contextmanager
def memory_leaks() -> Iterator[TroubledTree]:
    """A type that keeps all that it has ever seen."""
    with program(line("archive", "archive")) as tree:
        tree.steps["taken"] = nothing
        used = "fsmv2 metrics | grep '^process_resident_memory_bytes'"
        before = tree.run("fsmv2 metrics")
        tree.until_more(1.6 * float(tree.run(used).split()[-1]), used)
        tree.fires("MemoryGrows", before=before)
        yield tree


@contextlib.contextmanager
def slow_tree() -> Iterator[TroubledTree]:
    """A type that computes where all is decided, and more since somebody wanted to know more."""
    with program(line("report", "report", ROWS=30)) as tree:
        tree.steps["taken"] = nothing
        tree.until("edge/report", "fsmv2 status --state running -o name")
        tree.run("fsmv2 set edge ROWS=3000 -m 'a report of all of the year'")
        tree.until("derive_desired_state", "fsmv2 logs")
        tree.declare(line("report", "report", ROWS=31))
        tree.until("_count 3.0", "fsmv2 metrics | grep propagation_duration_seconds_count")
        tree.fires("SlowReconciliation", "SlowPropagation", "LoopLag", "SlowTemplates")
        yield tree


@contextlib.contextmanager
def stuck_supervision() -> Iterator[TroubledTree]:
    """A step that waits for a scale which does not answer."""
    with silent_server() as server, program(line("scale", "scale", port=server.port)) as tree:
        tree.steps["answered"] = server.answer
        try:
            tree.until("stuck", "fsmv2 health")
            tree.fires("NoProgress")
            yield tree
        finally:
            server.answer()


@contextlib.contextmanager
def stops_hang() -> Iterator[TroubledTree]:
    """Children that are no longer declared and do not end, ever more of them."""
    with silent_server() as server, program(line("mixer", "mixer", port=server.port)) as tree:
        tree.steps["repaired"] = server.answer
        tree.until("edge/mixer/batch-3", "fsmv2 status --phase stopping -o name")
        tree.fires("SupervisorsGrow")
        try:
            yield tree
        finally:
            server.answer()


PROGRAMS: dict[str, Callable[[], AbstractContextManager[TroubledTree]]] = {
    "actions-hang": actions_hang,
    "action-stuck": action_stuck,
    "memory-leaks": memory_leaks,
    "slow-tree": slow_tree,
    "stuck-supervision": stuck_supervision,
    "stops-hang": stops_hang,
}
