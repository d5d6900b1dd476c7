"""Writes the reference pages that are made from the code: `make docs`. A test holds them to it."""

from __future__ import annotations

import ast
import functools
import inspect
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from alerts_page import alerts_page
from api_page import api_page
from architecture_page import architecture_page
from commands_page import commands_page, environment_page
from dashboards import DASHBOARDS, dashboard_json
from hard_cases import hard_cases_page
from log_page import log_page
from metrics_page import metrics_page

from fsmv2.builtin import register_builtins
from fsmv2.core.contract import settings
from fsmv2.flow import AsyncioEngine
from fsmv2.lint import RULES
from fsmv2.model.decoder import OneOf
from fsmv2.model.decoder.decoders import reader_of
from fsmv2.model.decoder.key_meanings import key_meanings
from fsmv2.plant import sections
from fsmv2.worker import WorkerFactory

HERE = Path(__file__).resolve().parent
NOTE = "<!-- Made by `make docs` from the code; change it there. -->\n"


def attribute_docs(cls: type) -> dict[str, str]:
    """The strings that stand below the fields of a class, by field; fields in a row share one."""
    return strings_below(ast.parse(inspect.getsource(cls)).body[0].body)  # type: ignore[attr-defined]


def strings_below(body: list[ast.stmt]) -> dict[str, str]:
    """The string that stands below each name that is set in a body."""
    found: dict[str, str] = {}
    waiting: list[str] = []
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            waiting.append(node.target.id)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            waiting = [node.targets[0].id]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and waiting:
            text = " ".join(str(node.value.value).split())
            found.update(dict.fromkeys(waiting, text))
            waiting = []
    return found


def settings_page() -> str:
    """Every setting of the engine: default and reason."""
    cls = settings.EngineSettings
    docs = attribute_docs(cls)
    rows = []
    for field in msgspec.structs.fields(cls):
        plain = str(field.default).lower() if field.type is bool else f"{field.default}"
        number = plain
        if field.name == "types" or field.default == "":
            number = "none"
        elif field.name == "metrics":
            number = "as below"
        elif field.type is float and field.name != "backoff_jitter":
            unit = "a second" if field.name.endswith("per_second") else "s"
            number = f"{field.default:g} {unit}"
        rows.append(f"| `{field.name}` | {number} | {docs[field.name]} |")
    return (
        f"# Engine settings\n\n{NOTE}\n`EngineSettings(...)`, handed to a `Runtime` or a "
        "`Simulation`; durations are in seconds. In a document they stand in the section "
        "`engine:`, with units (`stop_deadline: 20s`), and take effect when fsmv2 starts. "
        "Per worker type and action:\n\n"
        "```yaml\nengine:\n  stop_deadline: 20s\n  types:\n    dataflow:\n      interval: 2s\n"
        "      actions: {start_flow: {timeout: 20s, retries: 1}}\n```\n\n"
        "| setting | default | meaning and reason |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def document_page() -> str:
    """Every section and key of the document."""
    parts = [
        one_of_part(part) if isinstance(part, OneOf) else section_part(part)
        for part in parts_below(sections.PlantSection)
    ]
    return (
        f"# The document\n\n{NOTE}\nYAML, read by fsmv2's own rules: only `true` and `false` are "
        "booleans, `no` and `on` are text, `0123` is refused, a key that stands twice is refused. "
        "Durations bear a unit: `500ms`, `1s`, `2m`. Where a value may be a template, "
        "`{{ .NAME }}` is replaced by the variable; a value that is nothing else keeps its "
        "type.\n\n" + "\n".join(parts)
    )


def parts_below(cls: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct] | OneOf]:
    """A section and all sections below it, each once, whoever describes them."""
    waiting: list[Any] = [cls]
    seen: list[Any] = []
    while waiting:
        found = waiting.pop(0)
        if any(found is one for one in seen):
            continue
        seen.append(found)  # kept, so that no other has its identity
        if isinstance(found, OneOf):
            yield found
            waiting[:0] = found.choices.values()
        elif isinstance(found, type) and issubclass(found, msgspec.Struct):
            yield found
            hints = typing.get_type_hints(found, include_extras=True)
            waiting[:0] = [hints[field.name] for field in msgspec.structs.fields(found)]
        else:
            notes = getattr(found, "__metadata__", ())
            inner = (found.__origin__,) if notes else typing.get_args(found)
            waiting[:0] = [one for one in (*notes, *inner) if not isinstance(one, msgspec.Meta)]


def section_part(cls: type[msgspec.Struct]) -> str:
    """The keys of a section."""
    hints = typing.get_type_hints(cls, include_extras=True)
    rows = []
    described = settings.EngineSettings if cls is sections.EngineSection else cls
    meanings = key_meanings(described)
    for field in sorted(msgspec.structs.fields(cls), key=lambda field: not field.required):
        default = "required" if field.required else shown(field)
        expected = reader_of(hints[field.name]).expected
        if "duration" in expected and isinstance(field.default, float):
            default = f"`{field.default:g}s`"
        meaning = meanings.get(field.name, "").replace("|", "\\|")
        rows.append(f"| `{field.encode_name}` | {expected} | {default} | {meaning} |")
    return page_part(str(inspect.getdoc(cls)), rows)


def one_of_part(one: OneOf) -> str:
    """The keys of which one is written."""
    default = {key: "as below" if key == one.default else "" for key in one.choices}
    required = "required" if len(one.choices) == 1 else "one of these"
    rows = [f"| `{key}` | keys and values | {default[key] or required} | |" for key in one.choices]
    return page_part(one.summary, rows)


def page_part(text: str, rows: list[str]) -> str:
    """A heading, what is to be said, and a table."""
    return (
        f"## {text}\n\n| key | value | default | what it is |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def shown(field: Any) -> str:
    """A default as it would stand in a document."""
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if isinstance(value, msgspec.Struct):
        return "as below"
    if value in ("", None, {}, [], ()):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def workers_page() -> str:
    """The FSM of each built-in worker, as a table and a diagram."""
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())  # an engine begins nothing until a flow is started
    types = {found.definition.name: found.definition for found in map(factory.find, factory.names)}
    parts = []
    for d in types.values():
        cls = d.cls
        rows = [
            f"| `{s.name}` | {s.phase.value} | {', '.join(f'`{t}`' for t in s.to)} | {s.summary} |"
            for s in d.states.values()
        ]
        edges = [f"    {s.name} --> {target}" for s in d.states.values() for target in s.to]
        first = (inspect.getdoc(inspect.getmodule(cls)) or "").partition("\n\n")
        text = re.sub(r"^`\w+`: ", "", first[0])
        parts.append(
            "\n\n".join(
                filter(None, [f"## {d.name}", text[0].upper() + text[1:], first[2].strip()])
            )
            + "\n\n| state | phase | may go to | meaning |\n|---|---|---|---|\n"
            + "\n".join(rows)
            + f"\n\n```mermaid\nstateDiagram-v2\n    [*] --> {d.initial}\n"
            + "\n".join(edges)
            + "\n```\n"
        )
    return (
        f"# Built-in workers\n\n{NOTE}\n"
        "The FSM of each type, as a table and as a picture. What wakes a worker, what withholds a\n"
        "step, and who wins when several want something else, is the same for all of them:\n"
        "[How a tick decides](../explanation/how-a-tick-decides.md).\n\n" + "\n".join(parts)
    )


def lint_page() -> str:
    """Every code of the lint: what it means, how to repair it, how it looks right."""
    rows = [
        f"| [`{code}`](#{code.lower()}) | {rule.title} |" for code, rule in sorted(RULES.items())
    ]
    parts = [
        f"## {code}\n\n{rule.title}. {rule.why}\n\n**Fix it**: {rule.fix}\n\n"
        f"```text\n{rule.example}\n```\n"
        for code, rule in sorted(RULES.items())
    ]
    return (
        f"# Codes of the lint\n\n{NOTE}\nWhat `fsmv2 lint` finds in worker classes; "
        "`fsmv2 explain CODE` says the same. [Lint your workers](../how-to/lint-your-workers.md) "
        "shows how to use it.\n\n| code | finding |\n|---|---|\n"
        + "\n".join(rows)
        + "\n\n"
        + "\n".join(parts)
    )


PAGES = {
    "explanation/architecture.md": lambda: architecture_page(NOTE),
    "reference/api.md": lambda: api_page(NOTE),
    "reference/alerts.md": lambda: alerts_page(NOTE),
    **{
        f"../ops/dashboards/{name}.json": functools.partial(dashboard_json, name)
        for name in DASHBOARDS
    },
    "reference/metrics.md": lambda: metrics_page(NOTE),
    "reference/command-line.md": lambda: commands_page(NOTE),
    "reference/environment.md": lambda: environment_page(NOTE),
    "reference/lint.md": lint_page,
    "reference/log-events.md": lambda: log_page(NOTE),
    "reference/hard-cases.md": hard_cases_page,
    "reference/settings.md": settings_page,
    "reference/document.md": document_page,
    "reference/workers.md": workers_page,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_text(page())
