"""What the core says, as spans: of each tick that decided something, with what led to it.

A trace is one tick with the action it asked for and the first observation after that. What led to
a tick is linked, as there may be many causes, and so that no trace goes on for as long as the tree.
A span is made when it ends, and children name their parent by its number: nothing is held open.
Called on the supervision loop.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from fsmv2.core import Cause, Report, Supervisor
from fsmv2.core.contract.log_events import ActionCompleted, ActionStarted, LogEvent
from fsmv2.core.state.log_sink import ChildChange, InputChange
from fsmv2.runtime.log.core_log import CoreLog
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.pipeline import Item
from fsmv2.runtime.traces.span import Span, SpanRef, Value

K = TypeVar("K")
V = TypeVar("V")

KEPT = 10_000
"""Ticks, actions and observations that can still be linked to; the oldest beyond them are not."""

PATHS_KEPT = 100_000
"""Workers of which the newest observation can be linked to."""

WITHOUT_ORIGIN = frozenset({"observation", "stop", "restarted", "released"})
"""Kinds of causes that name no tick, and yet it is known what they came from."""

MOST_LINKS = 64
"""Links of one span; a parent of thousands has as many causes."""

GIVEN_UP = "given up"
ENDS = ("removed", "restarted", "forced")
"""Reports after which nothing is heard of an action of that incarnation any more."""


class Started(msgspec.Struct, frozen=True, gc=False):
    """An action that has not ended."""

    ref: SpanRef
    name: str
    began: int
    attributes: dict[str, Value]


class Seen:
    """An observation, which is a span only if it is of use: most are not, so it is quickly made."""

    __slots__ = (
        *("after", "ended", "error", "incarnation", "links"),
        *("number", "path", "sent", "took", "worker_type"),
    )

    def __init__(
        self, number: int, path: str, worker_type: str, incarnation: int, ended: int, error: str
    ) -> None:
        self.number = number
        self.path = path
        self.worker_type = worker_type
        self.incarnation = incarnation
        self.ended = ended
        self.error = error
        self.took = 0.0
        self.after: SpanRef | None = None
        self.links: tuple[Known, ...] = ()
        self.sent = False

    @property
    def ref(self) -> SpanRef:
        """Its span: of the trace of the action that it came after, or of its own."""
        return SpanRef(self.number if self.after is None else self.after.trace, self.number)


Known = SpanRef | Seen


class CoreTraces(CoreLog):
    """The log of one core that says its spans as well."""

    tracing = True

    def __init__(
        self,
        levels: LogLevels,
        write: Callable[[Item], None],
        send: Callable[[Span], None],
        *,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """`levels` and `write` are those of the log; `send` takes each span, at once."""
        super().__init__(levels, write)
        self._send = send
        self._time = clock
        # By the number of a tick or action: what is to be linked in its place. A tick that decided
        # nothing has no span, and hands on what led to it.
        self._known: OrderedDict[int, tuple[Known, ...]] = OrderedDict()
        self._actions: dict[str, Started] = {}
        self._after: dict[str, tuple[SpanRef, float]] = {}
        self._observations = 0
        self._newest: OrderedDict[str, Seen] = OrderedDict()
        self._recreating: OrderedDict[str, tuple[Known, ...]] = OrderedDict()
        self._watching: OrderedDict[str, tuple[Known, ...]] = OrderedDict()
        self._last: OrderedDict[str, SpanRef] = OrderedDict()
        self._began, self._from, self._incarnation = 0, "", 0
        self._children: dict[ChildChange, int] = {}
        self._inputs: list[InputChange] = []

    # ---- ticks -------------------------------------------------------------------------------

    def ticking(self, s: Supervisor) -> None:
        """A tick of a supervisor begins."""
        self._began, self._from, self._incarnation = self._time(), s.state, s.incarnation
        if self._children:
            self._children = {}
        if self._inputs:
            self._inputs = []

    def child_changed(self, s: Supervisor, change: ChildChange) -> None:
        """One of the children had to be changed."""
        super().child_changed(s, change)
        self._children[change] = self._children.get(change, 0) + 1

    def input_changed(self, s: Supervisor, what: InputChange) -> None:
        """A derive gave other variables to pass on, or another config to run with."""
        if what not in self._inputs:
            self._inputs.append(what)

    def ticked(
        self, s: Supervisor, causes: tuple[Cause, ...], decisions: Sequence[str], tick: int
    ) -> None:
        """It ends; it is a span if it decided something."""
        found = self._found(s, causes)
        if not decisions and not self._children and not self._inputs:
            if found:
                known = self._known
                known[tick] = found
                if len(known) > KEPT:
                    known.popitem(last=False)
                self._note_what_follows(s, found)
            return
        links = tuple(map(self._ref, found))
        ref = SpanRef(tick, tick)
        _keep(self._known, tick, (ref,))
        _keep(self._last, s.path, ref)
        self._note_what_follows(s, (ref,))
        attributes = self._attributes(s)
        attributes["fsmv2.incarnation"] = self._incarnation
        attributes["fsmv2.tick"] = tick
        attributes["fsmv2.state.from"] = self._from
        attributes["fsmv2.state.to"] = s.state
        attributes["fsmv2.reason"] = s.gate or s.reason
        attributes["fsmv2.cause.kinds"] = tuple(dict.fromkeys(cause.kind for cause in causes))
        attributes["fsmv2.causes"] = tuple(map(str, causes[:MOST_LINKS]))
        attributes["fsmv2.decisions"] = tuple(decisions)
        self._send(
            Span(
                name=f"tick {s.declared.worker_type}",
                kind="tick",
                ref=ref,
                began=self._began,
                ended=max(self._began, self._time()),
                attributes=attributes,
                links=links,
                events=self._events(),
            )
        )

    def _note_what_follows(self, s: Supervisor, known: tuple[Known, ...]) -> None:
        """What the core gives no cause: a timer makes it anew, and it is looked at from now on."""
        if s.recreate_due and s.path not in self._recreating:
            _keep(self._recreating, s.path, known)
        if s.observed_at is None and s.watched_at == s.tree.now:
            _keep(self._watching, s.path, known)

    def _events(self) -> tuple[tuple[str, dict[str, Value]], ...]:
        found: list[tuple[str, dict[str, Value]]] = []
        if self._inputs:
            found.append(("derive", {"fsmv2.changed": tuple(self._inputs)}))
        if self._children:
            counts: dict[str, Value] = {
                f"fsmv2.children.{change}": count for change, count in self._children.items()
            }
            found.append(("reconcile", counts))
        return tuple(found)

    def _found(self, s: Supervisor, causes: tuple[Cause, ...]) -> tuple[Known, ...]:
        """What led to a tick, as far as that is known."""
        found: tuple[Known, ...] = ()
        for cause in causes:
            if cause.origin:
                found += self._known.get(cause.origin, ())
            elif cause.kind in WITHOUT_ORIGIN:
                found += self._of_path(s, cause)
            if len(found) > MOST_LINKS:
                break
        return found if len(found) < 2 else tuple(dict.fromkeys(found))[:MOST_LINKS]

    def _of_path(self, s: Supervisor, cause: Cause) -> tuple[Known, ...]:
        one: Known | None
        if cause.kind == "stop":  # a timer began what a tick had decided: to make it anew
            return self._recreating.pop(s.path, ())
        if cause.kind != "observation":  # its tasks have ended, which that tick had asked for
            one = self._last.get(s.path)
        elif cause.detail == "of the parent":
            one = None if s.parent is None else self._newest.get(s.parent.path)
        else:
            detail = cause.detail
            one = self._newest.get(detail[3:] if detail.startswith("of ") else s.path)
        return () if one is None else (one,)

    def _ref(self, known: Known) -> SpanRef:
        """To link to; an observation is sent when it is first of use."""
        if isinstance(known, SpanRef):
            return known
        if not known.sent:
            self._send_observation(known)
        return known.ref

    # ---- actions -----------------------------------------------------------------------------

    def put(self, s: Supervisor, event: LogEvent, text: str, tick: int) -> None:
        """Log an event of a supervisor; that an action begins or ends is of a span, too."""
        super().put(s, event, text, tick)
        if isinstance(event, ActionStarted) and s.action is not None:
            self._give_up(s.path)
            ref = SpanRef(tick, s.action.id)
            _keep(self._known, ref.span, (ref,))
            attributes = self._attributes(s)
            attributes["fsmv2.action"] = event.action_type
            self._actions[s.path] = Started(ref, event.action_type, self._time(), attributes)
        elif isinstance(event, ActionCompleted):
            started = self._actions.pop(s.path, None)
            if started is not None:
                self._after[s.path] = started.ref, s.tree.now
                started.attributes["fsmv2.attempt"] = event.attempt
                failed = "" if event.success else event.error or event.outcome.value
                self._end(started, event.outcome.value, failed)

    def reported(self, report: Report, s: Supervisor | None) -> None:
        """Log a report; of one that was replaced or is gone nothing more is heard."""
        super().reported(report, s)
        if report.kind in ENDS:
            self._give_up(report.path)
            self._after.pop(report.path, None)

    def _give_up(self, path: str) -> None:
        started = self._actions.pop(path, None)
        if started is not None:
            self._end(started, GIVEN_UP, GIVEN_UP)

    def _end(self, started: Started, outcome: str, error: str) -> None:
        started.attributes["fsmv2.outcome"] = outcome
        self._send(
            Span(
                name=f"action {started.name}",
                kind="action",
                ref=started.ref,
                began=started.began,
                ended=max(started.began, self._time()),
                attributes=started.attributes,
                parent=started.ref.trace,
                error=error,
            )
        )

    # ---- observations ------------------------------------------------------------------------

    def observed(self, s: Supervisor, began: float, error: str) -> None:
        """An observation that may matter: a span after an action, or when a tick decides by it."""
        self._observations = number = self._observations - 1
        path, now = s.path, self._time()
        seen = Seen(number, path, s.declared.worker_type, s.incarnation, now, error)
        seen.took = s.tree.now - began
        if self._watching:
            seen.links = self._watching.pop(path, ())
        if self._after:
            after = self._after.get(path)
            if after is not None and began >= after[1]:
                del self._after[path]
                seen.after = after[0]
                self._send_observation(seen)
        newest = self._newest
        newest[path] = seen
        if len(newest) > PATHS_KEPT:
            newest.popitem(last=False)

    def _send_observation(self, seen: Seen) -> None:
        seen.sent = True
        links, seen.links = tuple(map(self._ref, seen.links)), ()
        self._send(
            Span(
                name=f"observation {seen.worker_type}",
                kind="observation",
                ref=seen.ref,
                began=seen.ended - round(1e9 * max(0.0, seen.took)),
                ended=seen.ended,
                attributes={
                    "fsmv2.path": seen.path,
                    "fsmv2.worker_type": seen.worker_type,
                    "fsmv2.incarnation": seen.incarnation,
                },
                parent=0 if seen.after is None else seen.after.span,
                links=links,
                error=seen.error,
            )
        )

    def _attributes(self, s: Supervisor) -> dict[str, Value]:
        return {
            "fsmv2.path": s.path,
            "fsmv2.worker_type": s.declared.worker_type,
            "fsmv2.incarnation": s.incarnation,
        }


def _keep(among: OrderedDict[K, V], key: K, value: V) -> None:
    """Remember it as the newest; forget the oldest beyond those that are kept."""
    among[key] = value
    among.move_to_end(key)
    if len(among) > KEPT:
        among.popitem(last=False)
