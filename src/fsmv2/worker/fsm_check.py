"""The exhaustive check of an FSM: asks every state about every picture, and follows the answers.

What `define` checks is what an author declared; this checks what the steps do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import error_text
from fsmv2.worker.definition import ON_THE_WAY_DOWN, WorkerDefinition
from fsmv2.worker.fsm_bench import FsmBench, Stimulus, picture, stimuli
from fsmv2.worker.step_fixes import step_fix
from fsmv2.worker.step_result import Act, Goto, Stay


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One fault: `kind` and `where` name it, `allow` takes both as `kind: where`."""

    kind: str
    where: str
    why: str
    fix: str
    example: str = ""

    @property
    def name(self) -> str:
        """As `allow` names it."""
        return f"{self.kind}: {self.where}"


class FsmReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the check found: `findings` that count, `allowed` ones with the reason given."""

    worker: str
    """The name of the type."""
    states: tuple[str, ...]
    """All its states."""
    initial: str
    """The state a new instance begins in."""
    taken: Mapping[str, tuple[str, ...]]
    """By state: the states to which its step really went."""
    declared: Mapping[str, tuple[str, ...]]
    """By state: those to which it may go, its `to=`."""
    asked: int
    """How many steps were asked."""
    complete: bool
    """Whether all pictures were tried; else they were too many, and a spread of them was."""
    findings: tuple[Finding, ...]
    allowed: Mapping[str, str]

    def text(self) -> str:
        """The report as lines for people."""
        scope = "all pictures" if self.complete else "a spread of the pictures, not all"
        found = f"{len(self.findings)} finding{'' if len(self.findings) == 1 else 's'}"
        lines = [f"{self.worker}: {len(self.states)} states, {self.asked} steps ({scope}), {found}"]
        for one in self.findings:
            lines += [f"- {one.name}", f"    why it matters: {one.why}"]
            lines += [f"    seen with: {one.example}"] if one.example else []
            lines.append(f"    fix: {one.fix}")
        lines += [f"- allowed, {name}: {reason}" for name, reason in self.allowed.items()]
        return "\n".join(lines)

    def mermaid(self) -> str:
        """The transitions as a Mermaid diagram; those that are never taken are marked."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for state in self.states:
            for target in self.declared[state]:
                mark = "" if target in self.taken[state] else " : never taken"
                lines.append(f"    {state} --> {target}{mark}")
        return "\n".join(lines)


class _Seen:
    """What the steps answered, gathered."""

    def __init__(self, d: WorkerDefinition) -> None:
        self.taken: dict[str, dict[str, None]] = {name: {} for name in d.states}
        self.on_stop: dict[str, dict[str, None]] = {name: {} for name in d.states}
        self.actions: set[str] = set()
        self.answers = 0
        self.findings: dict[str, Finding] = {}

    def add(self, finding: Finding) -> None:
        """Keep the first of each name."""
        self.findings.setdefault(finding.name, finding)


def check_fsm(worker: type[Any] | FsmBench) -> FsmReport:
    """Ask the steps of `worker` about every picture from small domains; says all that is wrong.

    A class is tried with a spec without arguments and no children; an `FsmBench` says more.
    DefinitionError: there is nothing to try it with, or a field is named that does not exist.
    """
    bench = worker if isinstance(worker, FsmBench) else FsmBench(worker=worker)
    d = bench.definition
    pictures, complete = stimuli(bench)
    instance = (bench.make or bench.worker)()
    seen = _Seen(d)
    for stimulus in pictures:
        table = {name: _answer(d, instance, name, stimulus, seen) for name in d.states}
        _follow(d, instance, table, stimulus, seen)
    for finding in _of_graph(d, seen):
        seen.add(finding)
    for name in bench.allow:
        if name not in seen.findings:
            seen.add(
                Finding(
                    kind="stale allowance",
                    where=name,
                    why="what was allowed no longer occurs; the next fault of that name would pass",
                    fix="Remove it from allow.",
                )
            )
    return FsmReport(
        worker=d.name,
        states=tuple(d.states),
        initial=d.initial,
        taken={name: tuple(targets) for name, targets in seen.taken.items()},
        declared={name: state.to for name, state in d.states.items()},
        asked=seen.answers,
        complete=complete,
        findings=tuple(f for name, f in seen.findings.items() if name not in bench.allow),
        allowed={n: reason for n, reason in bench.allow.items() if n in seen.findings},
    )


def _answer(
    d: WorkerDefinition, instance: Any, state: str, stimulus: Stimulus, seen: _Seen
) -> Goto | Act | Stay | None:
    """One step; what is wrong with the answer itself is noted, and it counts as none."""
    seen.answers += 1
    stops = stimulus.control == d.stop_state
    try:
        answer = getattr(instance, state)(picture(d, state, stimulus))
    except ANY_RAISED as error:  # author code; this is what is looked for
        seen.add(
            Finding(
                kind="error",
                where=state,
                why=f"the step raises {error_text(error)}; its breaker opens after a few",
                fix=step_fix(error),
                example=_shown(stimulus),
            )
        )
        return None
    if isinstance(answer, Goto):
        if answer.state not in d.states[state].to:
            seen.add(
                Finding(
                    kind="undeclared transition",
                    where=f"{state} → {answer.state}",
                    why="the engine refuses it, and the worker stays where it is",
                    fix=f"Add '{answer.state}' to the to= of {state}, or do not go there.",
                    example=_shown(stimulus),
                )
            )
            return None
        seen.taken[state][answer.state] = None
        if stops:
            seen.on_stop[state][answer.state] = None
            if d.states[answer.state].phase not in ON_THE_WAY_DOWN:
                seen.add(
                    Finding(
                        kind="starts on stop",
                        where=f"{state} → {answer.state}",
                        why="it was asked to stop and turns to a state that works",
                        fix=f"Ask `if s.should_stop:` first in {state}.",
                        example=_shown(stimulus),
                    )
                )
        return answer
    if isinstance(answer, Act):
        seen.actions.add(answer.action)
        return answer
    if isinstance(answer, Stay):
        return answer
    seen.add(
        Finding(
            kind="no answer",
            where=state,
            why=f"the step returned {type(answer).__name__}, which the engine refuses",
            fix="Return goto(...), act(...) or stay(...) on every way through the step.",
            example=_shown(stimulus),
        )
    )
    return None


def _follow(
    d: WorkerDefinition,
    instance: Any,
    table: Mapping[str, Goto | Act | Stay | None],
    stimulus: Stimulus,
    seen: _Seen,
) -> None:
    """Take the transitions of one instant, in which nothing else changes, from every state."""
    for start, first in table.items():
        if not isinstance(first, Goto) or first.state not in d.states:
            continue
        visited, state, now = [start], first.state, stimulus
        while state not in visited[1:]:
            visited.append(state)
            now = now.on_entering(d.states[state].phase)
            answer = _answer(d, instance, state, now, seen)
            if not isinstance(answer, Goto):
                break
            state = answer.state
        else:
            loop = visited[visited.index(state, 1) :]
            at = loop.index(min(loop))  # one name, wherever it was entered
            loop = [*loop[at:], *loop[:at]]
            seen.add(
                Finding(
                    kind="livelock",
                    where=" → ".join([*loop, loop[0]]),
                    why="it changes state without end while nothing else changes",
                    fix="Let one of these states stay(...) or act(...) for what the others leave.",
                    example=_shown(stimulus),
                )
            )


def _of_graph(d: WorkerDefinition, seen: _Seen) -> Iterator[Finding]:
    reached = _reach(d.initial, seen.taken)
    for name in d.states:
        if name not in reached:
            yield Finding(
                kind="unreachable",
                where=name,
                why="no step leads there, so its code never runs",
                fix="Go there from a state, give the bench the values that lead there, or drop it.",
            )
        elif name != d.stop_state and not seen.taken[name]:
            yield Finding(
                kind="dead end",
                where=name,
                why="no step leaves it, whatever is seen or asked; only a restart helps",
                fix="Name the observation that leads out of it.",
            )
        if d.stop_state not in _reach(name, seen.on_stop):
            yield Finding(
                kind="no stop path",
                where=name,
                why="asked to stop here it never arrives, and is ended by force at its deadline",
                fix=f"Begin {name} with `if s.should_stop: return goto(...)`, towards the stop.",
            )
        for target in d.states[name].to:
            if name in reached and target not in seen.taken[name]:
                yield Finding(
                    kind="never taken",
                    where=f"{name} → {target}",
                    why="it is declared and drawn, and no step takes it",
                    fix="Drop it from to=, or add the values that lead there to the bench.",
                )
    for action in d.actions:
        if action not in seen.actions:
            yield Finding(
                kind="never asked",
                where=action,
                why="no step asks for this action",
                fix="Ask for it with act(...), or drop it.",
            )


def _reach(start: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo.extend(edges.get(name, ()))
    return reached


def _shown(stimulus: Stimulus) -> str:
    last = stimulus.last
    parts = [f"asked for {stimulus.control}", str(stimulus.observed)]
    parts += [f"after {last.action} {last.outcome}"] if last else []
    parts += [f"{name} {status.state}" for name, status in stimulus.children.items()]
    parts += [f"{name} {status.state}" for name, status in stimulus.dependencies.items()]
    return ", ".join([*parts, f"in this state for {stimulus.elapsed:g} s"])
