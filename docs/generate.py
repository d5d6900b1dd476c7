"""Writes the reference pages that are made from the code: `make docs`. A test holds them to it."""

from __future__ import annotations

import functools
import inspect
import re
from pathlib import Path

import msgspec
from alerts_page import alerts_page
from api_page import api_page
from architecture_page import architecture_page
from commands_page import commands_page, environment_page
from dashboards import DASHBOARDS, dashboard_json
from document_page import document_page
from errors_page import errors_page
from hard_cases import hard_cases_page
from log_page import log_page
from metrics_page import metrics_page
from python_names import PAGES as PYTHON_PAGES
from python_page import python_page
from runbook_page import runbook_page
from terminal_pictures import PICTURES, picture

from fsmv2.builtin import register_builtins
from fsmv2.core.contract import settings
from fsmv2.flow import AsyncioEngine
from fsmv2.lint import RULES
from fsmv2.model.decoder.key_meanings import key_meanings
from fsmv2.worker import WorkerFactory

HERE = Path(__file__).resolve().parent
NOTE = "<!-- Made by `make docs` from the code; change it there. -->\n"


def settings_page() -> str:
    """Every setting of the engine: default and reason."""
    cls = settings.EngineSettings
    docs = key_meanings(cls)
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
        "`engine:`, with units (`stop_deadline: 20s`); an apply takes over all but `types`, "
        "`secrets_interval` and `journal_mb`, which are read when fsmv2 starts. "
        "Per worker type and action:\n\n"
        "```yaml\nengine:\n  stop_deadline: 20s\n  types:\n    dataflow:\n      interval: 2s\n"
        "      actions: {start_flow: {timeout: 20s, retries: 1}}\n```\n\n"
        "| setting | default | meaning and reason |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )


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
    "runbook/README.md": lambda: runbook_page(NOTE),
    "reference/metrics.md": lambda: metrics_page(NOTE),
    "reference/command-line.md": lambda: commands_page(NOTE),
    "reference/environment.md": lambda: environment_page(NOTE),
    "reference/lint.md": lint_page,
    "reference/log-events.md": lambda: log_page(NOTE),
    "reference/errors.md": lambda: errors_page(NOTE),
    "reference/hard-cases.md": hard_cases_page,
    "reference/settings.md": settings_page,
    "reference/document.md": lambda: document_page(NOTE),
    "reference/workers.md": workers_page,
    **{f"reference/{name}": functools.partial(python_page, NOTE, name) for name in PYTHON_PAGES},
    **{f"images/{name}.svg": functools.partial(picture, name) for name in PICTURES},
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_text(page())
