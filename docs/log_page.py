"""The reference page of the log, made from the table of its events."""

from __future__ import annotations

import textwrap

from fsmv2.runtime.log.event_table import EventField, EventKind, event_table

OPENING = """\
Off a terminal `fsmv2 run` writes a log on stdout: one JSON object a line. Each line has one event,
with a name that never changes, the fields that all lines have, and those of the event, always all
of them. [Read the logs](../how-to/read-the-logs.md) shows how to use it.

## Fields of every line

| field | type | meaning |
|---|---|---|
| `time` | string | ISO 8601 in UTC, to the millisecond |
| `level` | `debug`, `info`, `warning` or `error` | how much it matters |
| `event` | string | one of the names below |
| `path` | string | the worker, as everywhere: `edge/filler/dfc_read`; empty: of no worker |
| `worker_type` | string | its type; empty: of no worker, or not known |
| `incarnation` | integer | the number of its instance; 0: of no worker, or not known |
| `cause` | integer | id of the tick that led to it; 0: none did, as for what a collection logs |
| `state` | string | the state of the worker at that moment |
| ... | | the fields of the event, below |
| `repeated` | integer | of a summary only: how often it happened since the last line of it |
| `message` | string | the same for people; its words may change |

No secret and no control character stands in a line. An event marked *folded* is written once and
then counted, from warnings on: as long as the same repeats, a summary each minute has the count.

## The events

| event | level | when |
|---|---|---|
"""

ESCALATION = """\
Whoever is notified by this line: `manual_steps` says what to do, in the words of the worker's type.
Besides, on the machine: `fsmv2 why PATH` has what was tried, why it failed, and when the next
attempt is due; `fsmv2 retry PATH` tries at once, when you have repaired something; and
`fsmv2 ack PATH -m "on my way"` tells others that you have taken it over. `explain` is the command
that prints the page of [the runbook](../runbook/README.md) for it, step by step.
`engine: {runbook_url: https://...}` in the document has such lines name your own page.
"""

LATER = {"escalation_required": ESCALATION}


def log_page(note: str) -> str:
    """Every event: when, at which level, with which fields."""
    table = event_table()
    index = "\n".join(
        f"| [`{kind.name}`](#{kind.name}) | {', '.join(kind.levels)} | {_first(kind.when)} |"
        for kind in table.values()
    )
    parts = "\n".join(_part(kind) for kind in table.values())
    return f"# Events of the log\n\n{note}\n{OPENING}{index}\n\n{parts}"


def _first(text: str) -> str:
    return text.split(". ")[0].removesuffix(".")


def _part(kind: EventKind) -> str:
    folded = " Folded." if kind.folded else ""
    when = textwrap.fill(f"{kind.when}{folded} Level: {', '.join(kind.levels)}.", 100)
    text = f"### {kind.name}\n\n{when}\n"
    if kind.fields:
        rows = "\n".join(map(_row, kind.fields))
        text += f"\n| field | type | unit | meaning |\n|---|---|---|---|\n{rows}\n"
    later = LATER.get(kind.name)
    return text + (f"\n{later}" if later else "")


def _row(field: EventField) -> str:
    return f"| `{field.name}` | {field.type} | {field.unit} | {field.meaning} |"
