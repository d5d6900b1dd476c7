"""The circuit of a parent: checks, withholding the affected, restarting the one at fault.

A fault confirmed twice opens the circuit: the affected children start nothing, the child at fault
is restarted after its backoff, and the checks go on; *healthy* closes it. Derive, reconcile,
observations and stops are never withheld, so nothing that could close a circuit ever is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fsmv2.containment import ANY_RAISED
from fsmv2.core.life import restart_policy
from fsmv2.core.policy import author_errors
from fsmv2.core.policy.escalation import plan_repair
from fsmv2.core.state.conditions import CIRCUIT
from fsmv2.core.state.log_sink import CircuitNow
from fsmv2.core.state.parts import CheckState
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.errors import DefinitionError
from fsmv2.worker import (
    CheckDefinition,
    CheckResult,
    CheckView,
    Fault,
    Healthy,
    Subject,
    Unknown,
)

REPAIRED = "restarted after its backoff"
"""The reason of a restart that a fault or an escalation below led to."""


class _Subjects(Mapping[str, Subject]):
    """Children or dependencies as a check reads them, made only when read."""

    __slots__ = ("_found", "read")

    def __init__(self, found: Mapping[str, Supervisor]) -> None:
        self._found = found
        self.read: list[Supervisor] = []

    def __getitem__(self, key: str) -> Subject:
        s = self._found[key]
        self.read.append(s)
        return Subject(s.status, s.observed if s.observed_at is not None else None, s.observed_at)

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def run_checks(tree: Tree, parent: Supervisor) -> None:
    """Ask every check of a parent type, and open, keep or close its circuit."""
    if parent.checks is None:
        parent.checks = {d.name: CheckState() for d in parent.definition.checks}
    upstream = {
        path: tree.by_path[path] for path in parent.declared.depends_on if path in tree.by_path
    }
    changed = False
    for definition in parent.definition.checks:
        result = _ask(tree, parent, definition, upstream)
        tree.tallies.checks[
            parent.definition.name, definition.name, type(result).__name__.lower()
        ] += 1
        changed |= _judge(tree, parent, definition, parent.checks[definition.name], result)
    if changed:
        _update_circuit(tree, parent)


def _ask(
    tree: Tree, parent: Supervisor, definition: CheckDefinition, upstream: Mapping[str, Supervisor]
) -> CheckResult:
    children, dependencies = _Subjects(parent.children), _Subjects(upstream)
    try:
        result: Any = getattr(parent.worker, definition.name)(
            CheckView(tree.now, children, dependencies)
        )
    except ANY_RAISED as error:  # author code; contained and counted
        author_errors.count(tree, parent, f"check {definition.name}", error)
        return Unknown(author_errors.describe(f"check {definition.name}", error))
    if not isinstance(result, Healthy | Unknown | Fault):
        wrong = DefinitionError(
            f"check {definition.name} of {parent.definition.name} returned "
            f"{type(result).__name__}; a check returns healthy(), unknown(...) or fault(...)"
        )
        author_errors.count(tree, parent, f"check {definition.name}", wrong)
        return Unknown(str(wrong))
    answer: CheckResult = result
    for s in (*children.read, *dependencies.read):
        if s.observed_at is None or not s.fresh or s.observed_at < s.settled_at:
            return Unknown(f"{s.path} was not observed since its last restart or action")
    return answer


def _judge(
    tree: Tree,
    parent: Supervisor,
    definition: CheckDefinition,
    state: CheckState,
    result: CheckResult,
) -> bool:
    """Take one answer; returns whether the circuit may have to change."""
    state.unknown = result.reason if isinstance(result, Unknown) else ""
    if isinstance(result, Unknown):
        if state.open and state.fault is not None and _gone(tree, parent, state.fault.at_fault):
            state.fault, state.open = None, False  # the one at fault is gone, and its fault with it
            return True
        if not state.open:
            state.fault = None  # twice in a row, or it is not confirmed
        if result.again_in is not None:
            _ask_again(tree, parent, tree.now + result.again_in)
        return False
    if isinstance(result, Healthy):
        was_open, state.fault, state.open = state.open, None, False
        return was_open
    if state.fault is None or state.fault.at_fault != result.at_fault:
        state.fault, state.first_at = result, tree.now
        _ask_again(tree, parent, tree.now + definition.interval)
        return False
    state.fault = result
    if not state.open:
        if tree.now < state.first_at + definition.interval:  # as the timer was set
            _ask_again(tree, parent, state.first_at + definition.interval)
            return False
        state.open, state.opened_at = True, tree.now
        tree.tallies.check_failures[parent.definition.name, definition.name] += 1
    at_fault = parent.children.get(result.at_fault)
    if at_fault is not None:
        plan_repair(tree, at_fault, result.reason)
    return True


def _ask_again(tree: Tree, parent: Supervisor, at: float) -> None:
    """Have the checks asked at this time; one timer serves them all, so the earliest counts."""
    due = parent.timers.get("check")
    if due is None or at < due:
        tree.set_timer(parent, "check", at)


def _gone(tree: Tree, parent: Supervisor, at_fault: str) -> bool:
    """Whether it is neither a child nor a worker that the parent depends on."""
    upstream = at_fault in parent.declared.depends_on and at_fault in tree.by_path
    return at_fault not in parent.children and not upstream


def _update_circuit(tree: Tree, parent: Supervisor) -> None:
    """Work out who is withheld now, from the checks that are open."""
    # `run_checks` calls this only where there are checks.
    assert parent.checks is not None  # noqa: S101
    faults = [c.fault for c in parent.checks.values() if c.open and c.fault is not None]
    withheld: frozenset[str] | None = None
    for fault in faults:
        siblings = frozenset(parent.children) if fault.affected is None else fault.affected
        withheld = (withheld or frozenset()) | siblings
    if withheld is not None:
        # Two at fault may not withhold each other: neither circuit could ever close.
        withheld -= {fault.at_fault for fault in faults}
    before, parent.withheld = parent.withheld, withheld
    if faults:
        # H19: an open circuit is a visible error, never silence.
        reasons = "; ".join(f"{fault.at_fault}: {fault.reason}" for fault in faults)
        tree.set_condition(parent, CIRCUIT, reasons)
        if tree.log is not None:
            now = _now(tree, parent, opens=before is None)
            tree.log.circuit(parent, now, tree.tick_id)
    if before == withheld:
        return
    if before is None:
        tree.open_circuits += 1
        tree.report("circuit", parent, "circuit opened", level="error", logged=False)
    elif withheld is None:
        tree.open_circuits -= 1
        opened = (parent.conditions or {}).get(CIRCUIT)
        if opened is not None:
            tree.tallies.recovered(parent.definition.name, tree.now - opened.since)
        tree.clear_condition(parent, CIRCUIT)
        tree.report("circuit", parent, "circuit closed", logged=False)
        if tree.log is not None:
            tree.log.circuit_closed(parent, tree.tick_id)
        for child in parent.children.values():
            child.timers.pop("repair", None)
            if child.attempts is not None and child.status.healthy and "settle" not in child.timers:
                # It was healthy all the while by its own word, so nothing else would forget. H49
                tree.set_timer(child, "settle", tree.now + child.backoff.reset_after)
    for child in parent.children.values():
        newly = child.name in (withheld or ())
        if newly is (child.name in (before or ())):
            continue  # nothing changes for it
        for below in child.subtree():
            if newly and below.action is not None and not below.action.urgent:
                # It is not cancelled: what it has begun may be what repairs the circuit.
                tree.counters.actions_at_opening += 1
                tree.tallies.during_circuit[below.definition.name] += 1
                below.action.circuit_opened_at = tree.now
            tree.mark(below, Cause("circuit", f"of {parent.path}", tree.deciding))


def _now(tree: Tree, parent: Supervisor, *, opens: bool) -> CircuitNow:
    """An open circuit, for the log; of several faults the first."""
    checks = (parent.checks or {}).items()
    name, state = next((n, c) for n, c in checks if c.open and c.fault is not None)
    fault = state.fault
    assert fault is not None  # noqa: S101  (the line above picks one that has a fault)
    at_fault = parent.children.get(fault.at_fault)
    attempts = at_fault.attempts if at_fault is not None else None
    withheld = 0
    if opens:
        names = parent.withheld or ()
        withheld = sum(len(c.subtree()) for n, c in parent.children.items() if n in names)
    return CircuitNow(
        failed_child=fault.at_fault,
        check=name,
        error=fault.reason,
        withheld=withheld,
        attempt=attempts.count if attempts is not None else 0,
        max_attempts=tree.settings.escalate_at,
        opened_at=state.opened_at,
        retry_at=at_fault.timers.get("repair") if at_fault is not None else None,
    )


def withheld_by(tree: Tree, s: Supervisor) -> str:
    """The open circuit that affects `s`, as a sentence; empty when there is none."""
    below, above = s, s.parent
    while above is not None:
        if above.withheld is not None and below.name in above.withheld:
            return f"the circuit of {above.path} is open"
        below, above = above, above.parent
    return ""


def repair(tree: Tree, s: Supervisor) -> None:
    """Its backoff is over: restart the one at fault."""
    restart_policy.restart_faulty(tree, s, REPAIRED, because="fault")
