"""Every event of the log, by name: when it is logged, at which level, and with which fields.

The reference page is made from this table, and a test holds each line against it. Read by the log
itself for the names of reports that have no fields of their own.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from fsmv2.core import ReportKind
from fsmv2.core.contract import log_events
from fsmv2.core.contract.log_events import LogEvent
from fsmv2.runtime.log import other_events
from fsmv2.runtime.log.repeats import FOLDED, FOLDED_AT_ALL_LEVELS


class ReportEvent(msgspec.Struct, frozen=True):
    """The event of a report whose text says all: its name, its levels, and when it is logged."""

    name: str
    levels: str
    when: str


REPORT_EVENTS: Mapping[str, ReportEvent] = {
    "applied": ReportEvent("tree_declared", "info", "The whole tree was declared."),
    "command": ReportEvent(
        "operator_request", "info, warning", "A request was made, or was refused."
    ),
    "created": ReportEvent("worker_created", "info", "A worker could be created after failures."),
    "dropped": ReportEvent(
        "result_dropped",
        "info, debug",
        "A result of an older incarnation came too late; expected while one ends.",
    ),
    "ended": ReportEvent(
        "worker_ended",
        "info, warning",
        "A child has ended and is not restarted at once, or is restarted after all.",
    ),
    "error": ReportEvent(
        "uncontained_error", "error", "An exception that nothing handled reached an event loop."
    ),
    "escalation": ReportEvent("escalation_acknowledged", "info", "An escalation was acknowledged."),
    "forced": ReportEvent("stop_forced", "error", "Something did not stop in time."),
    "journal": ReportEvent(
        "journal_report", "info, warning, error", "The journal cannot be written, or can again."
    ),
    "mapping": ReportEvent(
        "mapping_warning", "warning", "A state mapping names or leaves out states of a type."
    ),
    "removed": ReportEvent("worker_removed", "info", "A worker stopped, and is released."),
    "restarted": ReportEvent("worker_restarted", "info", "A new incarnation begins."),
    "secret": ReportEvent("secret_changed", "info", "A secret has another value."),
    "silent": ReportEvent(
        "collection_restarted",
        "warning",
        "No observation came for long: its collection is restarted.",
    ),
    "slow": ReportEvent("slow_code", "warning", "Author code blocked supervision."),
    "stall": ReportEvent(
        "work_loop_blocked", "error, warning", "The loop of all workers is blocked, or runs again."
    ),
    "stop": ReportEvent("stop_asked", "info", "A worker, or the tree, is to stop, and why."),
    "store": ReportEvent(
        "store_report", "info, warning, error", "The store fails, works again, or lost something."
    ),
    "traces": ReportEvent(
        "traces_report", "info, warning", "Traces do not reach their receiver, or do again."
    ),
    # These have an event of their own each time; see `log_events`.
    "action": ReportEvent("action_started", "info", ""),
    "apply": ReportEvent("generation_applied", "info", ""),
    "circuit": ReportEvent("circuit_opened", "error", ""),
    "condition": ReportEvent("condition_changed", "warning", ""),
    "document": ReportEvent("document_changed", "warning, info", ""),
    "repair": ReportEvent("restart_planned", "warning", ""),
    "transition": ReportEvent("state_changed", "info", ""),
}
# The import fails at once when a kind of report has no event.
assert set(REPORT_EVENTS) == set(get_args(ReportKind))  # noqa: S101

MAY_REPEAT = FOLDED | FOLDED_AT_ALL_LEVELS

LEVELS: Mapping[str, str] = {
    "circuit_opened": "error",
    "circuit_open": "warning",
    "circuit_closed": "info",
    "restart_planned": "warning",
    "escalation_warning": "warning",
    "escalation_required": "error",
    "worker_error": "warning, debug",
    "condition_changed": "warning, info",
    "children_reconciled": "info",
    "action_started": "info",
    "action_completed": "info, warning, error",
    "state_changed": "info, warning",
    "variables_propagated": "debug",
    "template_rendered": "debug",
    "tick": "debug",
    "worker_log": "debug, info, warning, error",
    "library_log": "debug, info, warning, error",
    "process_output": "info",
    "lines_left_out": "warning",
    "notice": "info, warning, error",
    "generation_applied": "info, warning",
    "generation_progress": "info",
    "generation_converged": "info",
    "generation_not_converged": "error",
    "generation_superseded": "info",
    "generation_pinned": "info",
    "document_changed": "warning, info",
    "document_invalid": "error",
    "reload_refused": "warning",
    "run_started": "info",
    "document_problem": "warning, error",
    "run_ended": "info, error",
}
"""Of each event with fields the levels that it may have."""


class EventField(msgspec.Struct, frozen=True):
    """One field of an event: its type as JSON has it, its unit or '', and what it means."""

    name: str
    type: str
    unit: str
    meaning: str


class EventKind(msgspec.Struct, frozen=True):
    """One event. `fields` has only its own, without those that every line has."""

    name: str
    levels: tuple[str, ...]
    when: str
    fields: tuple[EventField, ...] = ()
    struct: type[LogEvent] | None = None
    folded: bool = False


def event_table() -> dict[str, EventKind]:
    """All events, by name."""
    found = [
        _typed(one)
        for module in (log_events, other_events)
        for one in vars(module).values()
        if isinstance(one, type)
        and issubclass(one, LogEvent)
        and one is not LogEvent
        and one.__module__ == module.__name__
    ]
    plain = [
        EventKind(one.name, tuple(one.levels.split(", ")), one.when, folded=one.name in MAY_REPEAT)
        for one in REPORT_EVENTS.values()
        if one.when
    ]
    return {one.name: one for one in (*found, *plain)}


def _typed(cls: type[LogEvent]) -> EventKind:
    name = str(cls.__struct_config__.tag)
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = tuple(_field(one.name, hints[one.name]) for one in msgspec.structs.fields(cls))
    levels = tuple(LEVELS[name].split(", "))
    when = " ".join((inspect.getdoc(cls) or "").split())
    return EventKind(name, levels, when, fields, cls, folded=name in MAY_REPEAT)


def _field(name: str, hint: Any) -> EventField:
    schema = msgspec.json.schema(hint)
    found = schema.get("$defs", {})
    if "$ref" in schema:
        schema = {**found[schema["$ref"].rpartition("/")[2]], **schema}
    meaning = schema.get("description", "")
    return EventField(name, _type_text(schema, found), schema.get("unit", ""), meaning)


def _type_text(schema: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        schema = found[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"] if value != "")
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(_type_text(one, found) for one in schema["anyOf"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type_text(schema['items'], found)}"
    return {"object": "keys and values"}.get(kind, str(kind))
