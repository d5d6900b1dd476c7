"""`why FILE PATH`: what a worker of the running tree is, why, and what it will do next.

The journal of the run is replayed to its end, which is a moment ago: the same core, in the same
state, with the delays that are drawn. Nothing is asked of the tree that runs.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from fsmv2.cli.commands.replay import known_types
from fsmv2.cli.commands.run import default_state
from fsmv2.cli.console import complain, put, put_json
from fsmv2.cli.cpu_limit import bounded
from fsmv2.cli.document_change import change_of, record_in, recorded_since
from fsmv2.cli.duration_argument import spoken
from fsmv2.cli.exit_codes import FAILED, OK, USAGE
from fsmv2.cli.line_output import clock_text
from fsmv2.cli.log_filter import filter_logs
from fsmv2.cli.state_directory import JOURNAL, LOCK, holder, shown
from fsmv2.cli.time_argument import shown as date_text
from fsmv2.cli.tree_display import reason_text
from fsmv2.core import Supervisor, TickRecord
from fsmv2.errors import JournalError, suggest
from fsmv2.runtime import NodeView, expand
from fsmv2.runtime.journal import Replayed, replay
from fsmv2.runtime.view import history, view_node
from fsmv2.store.segmented_log import segments_in
from fsmv2.store.write_failure import failure_in
from fsmv2.worker import Phase, WorkerFactory

DUE = {
    "retry": "retries",
    "wake": "looks at its state again",
    "create": "is made, if it can be by then",
    "breaker": "has its steps retried",
    "repair": "is restarted by its parent",
    "restart": "is restarted",
    "recreate": "is recreated with what is declared now",
    "settle": "has its failures forgiven, if nothing happens until then",
    "stop": "is forced to end, if it has not by then",
}
"""What is due and a person would ask for; by the kind of its timer."""

TRIES, PAUSE = 2, 0.2
"""How often the end of a journal that is being written is read again, and after which pause."""

MOST = 8
"""Children in trouble, and decisions of late, that are shown."""


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one worker. `at`, in Unix seconds: until when; `process`: who runs it.

    `missing`: why nothing is recorded of what came after; `document`: how that differs from what
    runs.
    """

    at: float
    process: str
    missing: str
    document: str
    node: NodeView
    due: dict[str, float]
    withheld: str
    below: list[NodeView]
    lately: list[tuple[float, str]]


def why_now(
    file: Path, path: str, *, state_dir: Path | None, types: list[str], as_json: bool
) -> int:
    """Print how the worker at `path` is, and why; returns the exit code."""
    filter_logs()
    directory = (state_dir or default_state(file)).absolute()
    journal = directory / JOURNAL
    process = holder(directory)
    record = record_in(directory)
    if process and not recorded_since(directory, record):
        return _not_recorded(process, file, path, journal)
    if not segments_in(journal):
        if not file.exists() and state_dir is None:
            complain(f"{file} does not exist", fix="Name the document that is run, or --state-dir.")
            return USAGE
        complain(
            f"nothing is known of a run of {file}: there is no journal in {shown(directory)}",
            fix=f"Start it: fsmv2 run {file}. Name its --state-dir, if it has one.",
        )
        return USAGE
    found = _end_of(journal, known_types(types), running=bool(process))
    core = found.core
    if core is None or found.difference is not None:
        why = found.ending or "it is decided in another way now"
        raise JournalError(
            f"{shown(journal)} cannot be replayed to its end: {why}.",
            fix=f"See what `fsmv2 replay {shown(journal)}` says.",
        )
    at = core.wall()
    missing = _missing(journal, found.ending) if process else ""
    if core.root is None and process:
        return _not_recorded(process, file, path, journal, missing)
    if core.root is None:
        complain(
            f"nothing of {file} runs: it was stopped at {date_text(at)}",
            fix=f"See how it went: fsmv2 replay {shown(journal)} --path {path}",
        )
        return FAILED
    s = core.by_path.get(path)
    change = change_of(file, record) if process else ""
    if s is None:
        complain(
            f"there is no supervisor '{path}' in this tree" + (f": {change}" if change else ""),
            fix=_instead(file, path, core.by_path, types if change else None),
        )
        return USAGE
    # A quiet tree has nothing to record: what is there is so until now, if it still runs.
    later = max(0.0, time.time() - at) if process and not missing else 0.0
    answer = _answer(s, at + later, later, process, missing, change)
    if as_json:
        put_json(answer)
    else:
        for line in _lines(answer):
            put(line)
    return OK


def _not_recorded(process: str, file: Path, path: str, journal: Path, missing: str = "") -> int:
    """Say that nothing is known of the tree that runs, and what is there of an earlier one."""
    failure = failure_in(journal)
    older = segments_in(journal)
    why = failure.why if failure else missing or "it starts or ends just now, or `journal_mb` is 0"
    if not (journal.parent / LOCK).exists():
        why = "its state directory was removed or replaced; it makes it again within seconds"
    complain(
        f"process {process} runs {file}, and nothing is recorded of it: {why}"
        + ("; the journal that is there is of an earlier run" if older else ""),
        fix=(
            f"Make room in {shown(journal.parent)}."
            if failure
            else "Ask again in a moment; if it stays so, set `journal_mb` and run it again."
        )
        + (f" The earlier run: fsmv2 replay {shown(journal)} --path {path}" if older else ""),
    )
    return FAILED


def _end_of(journal: Path, factory: WorkerFactory, *, running: bool) -> Replayed:
    """The replay of the newest segment that can be, up to its end."""
    with bounded(journal) as proceeds:
        found = replay(journal, factory, since=math.inf, proceeds=proceeds)
        for _ in range(TRIES):
            if not (running and found.ending):
                break
            time.sleep(PAUSE)  # a record that is just being written looks as if it were cut off
            found = replay(journal, factory, since=math.inf, proceeds=proceeds)
    return found


def _missing(journal: Path, ending: str) -> str:
    """Why nothing is recorded since a while of a tree that runs; nothing: all is."""
    failure = failure_in(journal)
    if failure is not None:
        return failure.why
    return ending


def _instead(file: Path, path: str, running: Iterable[str], newer: list[str] | None) -> str:
    """What to do about a path that is not in the tree.

    `newer`: the document is another one by now; the types it needs, besides the built-in ones.
    """
    from fsmv2.plant import load_plant

    if newer is None:
        return suggest(path, running)
    with contextlib.suppress(Exception):  # one that is wrong declares nothing
        plant = load_plant(file)
        nodes = expand(plant.root, known_types(newer), settings=plant.settings)
        if path in {node.path for node in nodes}:
            return f"The newer document declares '{path}': stop the tree, and run it again."
    return suggest(path, running)


def _answer(
    s: Supervisor, at: float, later: float, process: str, missing: str, change: str
) -> WorkerStatus:
    node = view_node(s)
    records = history(s)
    return WorkerStatus(
        at=at,
        process=process,
        missing=missing,
        document=change,
        node=msgspec.structs.replace(
            node,
            age=node.age + later,
            observed_age=None if node.observed_age is None else node.observed_age + later,
            retry_in=max(0.0, node.retry_in - later),
        ),
        due={
            kind: max(0.0, due - s.tree.now - later)
            for kind, due in sorted(s.timers.items(), key=lambda item: item[1])
            if kind in DUE
        },
        withheld=records[-1].gate if records else "",
        below=[view_node(child) for child in s.children.values()],
        lately=[one for record in records for one in _decided(s, record)][-MOST:],
    )


def _decided(s: Supervisor, record: TickRecord) -> Iterator[tuple[float, str]]:
    """When, and what; a transition has its own reason, an action that of its tick."""
    for number, text in enumerate(record.decisions, start=1):
        reported = text.startswith("goto ") or number < len(record.decisions) or not record.reason
        reason = "" if reported else f": {record.reason}"
        yield s.tree.epoch + record.at, text + reason


def _lines(answer: WorkerStatus) -> Iterator[str]:
    node = answer.node
    yield f"{node.path} ({node.type}): {node.state}, for {spoken(node.age)}"
    for name, text in (
        ("document", answer.document),
        ("because", node.reason),
        ("asked", f"{node.control}: {node.control_reason}" if node.control_reason else ""),
        ("paused", node.paused),
        ("held", node.held),
        ("ended", node.ended),
        ("withheld", answer.withheld),
        *(("condition", f"{c.type}: {c.reason}") for c in node.conditions),
        *(("check", f"{check}: {said}") for check, said in node.checks.items()),
        ("does", node.action),
        ("seen", _seen(node)),
        ("tried", _tried(node)),
        *(("next", f"in {spoken(due)} it {DUE[kind]}") for kind, due in answer.due.items()),
        *(("below", text) for text in _below(answer.below)),
        *(("lately", f"{clock_text(at)}  {text}") for at, text in answer.lately),
    ):
        if text:
            yield f"  {name:10}{' '.join(text.split())}"
    if answer.missing:
        yield (
            f"process {answer.process} runs it; this was so at {date_text(answer.at)}, and nothing "
            f"is recorded since: {answer.missing}"
        )
    elif answer.process:
        yield f"process {answer.process} runs it; this was so at {clock_text(answer.at)}"
    else:
        yield f"it does not run any more; this was so at {date_text(answer.at)}"


def _seen(node: NodeView) -> str:
    if node.observed_age is None:
        return "never yet"
    fields: dict[str, Any] = msgspec.to_builtins(node.observed, enc_hook=str) or {}
    said = ", ".join(
        f"{name} {round(value, 3) if isinstance(value, float) else value}"
        for name, value in fields.items()
        if value or isinstance(value, bool | int | float)
    )
    old = "" if node.fresh else ", which is too old to count"
    if not fields and node.fresh:
        return ""  # it observes nothing itself: an age would look like a worker nobody looks at
    return f"{spoken(node.observed_age)} ago{old}{': ' if said else ''}{said}"


def _tried(node: NodeView) -> str:
    if not node.next_delays:
        return ""  # it was tried, and nothing of it is due: it is well, or waits for others
    times = "once" if node.attempts == 1 else f"{node.attempts} times"
    again = f"again in {spoken(node.retry_in)}" if node.retry_in else "again now"
    delays = ", ".join(spoken(delay) for delay in node.next_delays)
    return f"failed {times}; {again}, then after {delays}"


def _below(children: list[NodeView]) -> Iterator[str]:
    trouble = [c for c in children if not c.healthy and c.phase is not Phase.STOPPED]
    for child in trouble[:MOST]:
        yield f"{child.name} ({child.type}): {child.state}: {reason_text(child)}"
    if rest := len(children) - len(trouble[:MOST]):
        yield f"{rest} {'more' if trouble else 'all of them well or stopped'}"
