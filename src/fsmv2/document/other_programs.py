"""Files of other programs: a whole Compose file or systemd unit is one mistake, not forty.

Recognised by the keys and headers at the beginning of its lines, before it is read as YAML, which
some of them are not. A document with one of our own sections is not looked at further. Called by
`scan`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

_LARGEST = 1 << 20
"""Characters that are looked at; what others keep by hand is smaller."""
_PAGE = "docs/how-to/migrate.md compares its keys with those of fsmv2."
_BEGIN = "`fsmv2 explain FSM0129` shows a document to start from."


class OtherProgram(NamedTuple):
    """What a file is, by which line that is seen, and what to write in its place."""

    what: str
    line: int
    fix: str


class _Kind(NamedTuple):
    what: str
    signs: tuple[str, ...]
    """Each must be found; the place is that of the first."""
    fix: str


_COMMANDS = "fsmv2 runs commands on this machine, not containers: "
_KINDS = (
    _Kind(
        "a Docker Compose file",
        (r"^services:", r"^\s+[\"']?(image|build)[\"']?:"),
        f"{_COMMANDS}declare each service as an entry of `processes:` with its `command:`, and "
        f"`requires:` in place of `depends_on:`. {_PAGE}",
    ),
    _Kind(
        "a Kubernetes manifest",
        (r"^apiVersion:", r"^kind:"),
        f"{_COMMANDS}declare each as an entry of `processes:` with its `command:`. {_BEGIN}",
    ),
    _Kind(
        "an Ansible playbook",
        (r"^- (name: .*\n  )?(hosts|import_playbook):",),
        "Ansible runs tasks once; an fsmv2 document declares what is to keep running. " + _BEGIN,
    ),
    _Kind(
        "a list of Home Assistant automations",
        (r"^- (id|alias):", r"^  (triggers?|actions?):"),
        f"fsmv2 has no automations; it reads devices and keeps programs running. {_BEGIN}",
    ),
    _Kind(
        "a Home Assistant configuration",
        (r"^(homeassistant|default_config|automation|frontend):",),
        "Declare each Modbus device as an entry of `bridges:`, and its sensors as `registers:` "
        f"there. {_BEGIN}",
    ),
    _Kind(
        "a Prometheus configuration",
        (r"^scrape_configs:",),
        f"fsmv2 is scraped by Prometheus: declare `http: {{listen: 127.0.0.1:9410}}`. {_BEGIN}",
    ),
    _Kind(
        "a GitHub Actions workflow",
        (r"^jobs:", r"^\s+runs-on:"),
        f"Name your fsmv2 document in its place. {_BEGIN}",
    ),
    _Kind(
        "a Benthos configuration",
        (r"^input:", r"^output:"),
        "Declare a bridge, with its `input:` below `read:` and its device as `connection:`; what "
        f"comes in is published by itself. {_BEGIN}",
    ),
    _Kind(
        "a PM2 configuration",
        (r"^apps:", r"^\s+(- )?script:"),
        f"Declare each app as an entry of `processes:`, with `command:` for its script. {_BEGIN}",
    ),
    _Kind(
        "a Circus configuration",
        (r"^watchers:|^\[watcher:",),
        f"Declare each watcher as an entry of `processes:`, with `command:`. {_BEGIN}",
    ),
    _Kind(
        "a supervisord configuration",
        (r"^\[(program:\S+|supervisord)\]",),
        f"Declare each program as an entry of `processes:`. {_PAGE}",
    ),
    _Kind(
        "a systemd unit",
        (r"^\[(Unit|Service|Timer|Socket|Install)\]",),
        f"Declare it as an entry of `processes:`, with `command:` for `ExecStart=`. {_PAGE}",
    ),
    _Kind(
        "a Telegraf configuration",
        (r"^\s*\[\[(inputs|outputs)\.",),
        "Declare each device as an entry of `bridges:`, and its fields as `registers:` there. "
        + _BEGIN,
    ),
    _Kind(
        "an INI or TOML file",
        (r"^\[[\w .:\"-]+\]\s*$", r"^\s*[\w.-]+ ?= ?\S"),
        f"Write it as YAML: `key: value`, and what is below a key indented. {_BEGIN}",
    ),
    _Kind(
        "a Dockerfile",
        (r"^FROM \S", r"^(RUN|CMD|COPY|ENTRYPOINT) "),
        f"{_COMMANDS}declare an entry of `processes:` with the command of its CMD. {_BEGIN}",
    ),
    _Kind(
        "a Monit configuration",
        (r"^check (process|program|host|file) \S",),
        f"Declare each process as an entry of `processes:`, with `command:`. {_BEGIN}",
    ),
    _Kind(
        "a web page",
        (r"\A\s*<(!doctype html|html)",),
        "If it was downloaded, look at it: it may be a login or error page.",
    ),
    _Kind("XML", (r"\A\s*<(\?xml|[A-Za-z])",), f"Write it as YAML. {_BEGIN}"),
    _Kind(
        "a script",
        (r"\A#!\s?/\S+",),
        "Run it as a process: `processes: {mine: {command: [/path/to/it]}}`.",
    ),
)

_UMH = _Kind(
    "a UMH Core configuration",
    (r"^(protocolConverter|dataFlow|internal):", r"^\s+(- )?desiredState:"),
    "Its keys have other names here: `protocolConverter:` is `bridges:`, `desiredState:` "
    "is `state:`, its `nmap:` is `connection:`, and what `benthos:` reads is "
    "below `read:`. " + _BEGIN,
)
"""The one kind that has a section `agent:`, too."""

_OURS = re.compile(r"^(agent|bridges|processes):", re.MULTILINE)
"""Sections that make a document ours: to look for all signs would take longer than to parse it."""


def other_program(text: str) -> OtherProgram | None:
    """What a text is that was written for another program; None if it may be ours."""
    if len(text) > _LARGEST:
        return None
    ours = _OURS.search(text) is not None
    for kind in (_UMH,) if ours else (_UMH, *_KINDS):
        if (line := _found(kind, text)) is not None:
            return OtherProgram(kind.what, line, kind.fix)
    return None if ours else next((found for look in _LOOKS if (found := look(text))), None)


def _found(kind: _Kind, text: str) -> int | None:
    """The line of the first sign, if the text has all of them."""
    first, *others = (re.finditer(sign, text, re.MULTILINE | re.IGNORECASE) for sign in kind.signs)
    found = next(first, None)
    if found is None or any(next(other, None) is None for other in others):
        return None
    start = found.end() - len(found[0].lstrip())
    return text.count("\n", 0, start) + 1


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines that say something, with their numbers."""
    return [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]


def _assignments(text: str) -> OtherProgram | None:
    """`A=b` in each line: a file of environment variables, or of properties."""
    lines = _lines(text)
    if len(lines) < 2 or not all(re.match(r"(export )?[\w.-]+\s?=", line) for _, line in lines):
        return None
    fix = f"Write it as YAML: `key: value`, and what is below a key indented. {_BEGIN}"
    return OtherProgram("a list of assignments with =", lines[0][0], fix)


def _procfile(text: str) -> OtherProgram | None:
    """`web: python app.py`: the name of a process and its command in each line."""
    lines = _lines(text)
    if not any(line.startswith(("web: ", "worker: ")) for _, line in lines):
        return None
    if not all(re.match(r"\w+: [^\s\[{&|>].* ", line) for _, line in lines):
        return None
    name, _, command = lines[0][1].partition(": ")
    words = ", ".join(command.split()[:8])
    fix = f"Write each as an entry of `processes:`: `{name}: {{command: [{words}]}}`. {_BEGIN}"
    return OtherProgram("a Procfile", lines[0][0], fix)


def _table(text: str) -> OtherProgram | None:
    """Values between commas or semicolons, as many in each line."""
    lines = _lines(text)
    if len(lines) < 2 or any(mark in text for mark in ("{", "[", ": ")):
        return None
    for mark in (",", ";", "\t"):
        counts = {line.count(mark) for _, line in lines}
        if len(counts) == 1 and counts.pop() > 0:
            fix = (
                "Write each of its lines as an entry of `registers:`, such as "
                f"`- {{name: speed, address: 1}}`. {_BEGIN}"
            )
            return OtherProgram("a table of values", lines[0][0], fix)
    return None


_LOOKS: tuple[Callable[[str], OtherProgram | None], ...] = (_assignments, _procfile, _table)
