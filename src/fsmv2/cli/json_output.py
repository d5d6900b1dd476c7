"""What the commands print as JSON, as types: `fsmv2 schema --of COMMAND` makes their schemas.

A type is imported when it is asked for. A command with `--json` or `-o json` that is missing here
fails a test, which says what to add.
"""

from __future__ import annotations

import importlib
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import msgspec

from fsmv2.diagnostic import Diagnostic


class DocumentReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `validate FILE` found."""

    file: str
    problems: int
    warnings: int
    diagnostics: tuple[Diagnostic, ...]


class StoredReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `validate --state-dir` found of what a tree keeps."""

    directory: str
    generation: int
    file: str
    managed: bool
    pinned: bool
    change: str
    process: int
    problems: int
    warnings: int
    diagnostics: tuple[Diagnostic, ...]


class LintReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `lint` found; notices fail nothing."""

    problems: int
    notices: int
    diagnostics: tuple[Diagnostic, ...]


class ShownGeneration(msgspec.Struct, frozen=True, kw_only=True):
    """A generation, and the text of each of its files; '' is that of a document of one file."""

    generation: int
    files: Mapping[str, str]


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The last line of `run --json`."""

    kind: Literal["summary"]
    supervisors: Annotated[int, msgspec.Meta(description="before the stop")]
    phases: Mapping[str, int]
    unhealthy: Annotated[Mapping[str, str], msgspec.Meta(description="paths, and why")]
    unsettled: Annotated[
        Mapping[str, str], msgspec.Meta(description="who should run and did not, and why")
    ]
    forced: tuple[str, ...]
    killed: tuple[str, ...]
    dropped: Annotated[Mapping[str, int], msgspec.Meta(description="samples lost, by flow")]
    exit: int


class ReplaySummary(msgspec.Struct, frozen=True, kw_only=True):
    """The last line of `replay --json`."""

    kind: Literal["summary"]
    same: bool
    difference: Mapping[str, Any] | None
    not_kept: tuple[str, ...]
    segments: tuple[Mapping[str, Any], ...]
    exit: int


def _type(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(f"fsmv2.{module}"), name)


def _list_of(inner: Any) -> Any:
    return types.GenericAlias(list, (inner,))


def _answers() -> tuple[Any, ...]:
    return (_list_of(_type("operate.request_types:Answer")),)


OUTPUTS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "validate": lambda: (DocumentReport, StoredReport),
    "status": lambda: (
        _type("operate.tree_report:TreeReport"),
        _type("operate.worker_row:WorkerRow"),
    ),
    "describe": lambda: (_type("operate.worker_description:WorkerDescription"),),
    "wait": lambda: (_type("operate.waiting:WaitResult"),),
    "why": lambda: (
        _type("operate.worker_status:WorkerStatus"),
        _type("operate.state_obstacles:StateObstacles"),
    ),
    "run": lambda: (_type("cli.tree_display:DisplayedEvent"), RunSummary),
    "trees": lambda: (_list_of(_type("operate.running_trees:RunningTree")),),
    "health": lambda: (_type("operate.health_data:HealthReport"),),
    **dict.fromkeys(
        (
            "stop",
            "start",
            "pause",
            "resume",
            "set",
            "unset",
            "silence",
            "unsilence",
            "log-level",
            "restart",
            "retry",
            "ack",
            "signal",
        ),
        _answers,
    ),
    "overrides": lambda: (_list_of(_type("operate.request_types:PathOverride")),),
    "events": lambda: (_type("operate.known_events:RecordedEvent"),),
    "logs": lambda: (_type("operate.log_line:LogLine"),),
    "topics": lambda: (_list_of(_type("operate.topic_data:Topic")),),
    "values": lambda: (_list_of(_type("operate.topic_data:TagValue")),),
    "rollback": lambda: (_type("operate.changes.apply_data:ApplyAnswer"),),
    "history": lambda: (_type("operate.known_generations:DocumentHistory"),),
    "show": lambda: (ShownGeneration,),
    "plan": lambda: (_type("operate.changes.change_plan:ChangePlan"),),
    "apply": lambda: (_type("operate.changes.apply_data:ApplyAnswer"),),
    "backup": lambda: (_type("operate.care.backup:Backup"),),
    "restore": lambda: (_type("operate.care.restoration:Restored"),),
    "doctor": lambda: (_type("operate.care.examination:Examination"),),
    "notify-test": lambda: (_list_of(_type("notify:TargetTest")),),
    "lint": lambda: (LintReport,),
    "explain": lambda: (
        _type("operate.explanation:Explanation"),
        _list_of(_type("operate.explanation:Explanation")),
    ),
    "replay": lambda: (_type("operate.story:StoryLine"), ReplaySummary),
    "error": lambda: (_type("operate.problem:Problem"),),
}
"""By command: what it prints, or what each line of it is; of several types, one of them. `error` is
what every command prints on stderr when JSON was asked for."""


def output_schema(command: str) -> dict[str, Any]:
    """The JSON Schema of what a command prints; KeyError: it prints no JSON."""
    printed = OUTPUTS[command]()
    # What is no JSON is printed as text: paths.
    schemas, definitions = msgspec.json.schema_components(
        printed, schema_hook=lambda _: {"type": "string"}, ref_template="#/$defs/{name}"
    )
    one: dict[str, Any] = schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"fsmv2 {command}",
        **one,
        "$defs": definitions,
    }
