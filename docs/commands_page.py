"""The reference of the command line: each command, the exit codes, the environment variables."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import itertools
import typing
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from fsmv2.cli import exit_codes
from fsmv2.cli.app import app
from fsmv2.cli.command_examples import environment_variable, long_name

ENVIRONMENT = """# Environment variables

{note}
Each option of each command can be given in a variable of the environment: its name is that of the
command and of the option in capitals, as `FSMV2_RUN_LOG_LEVEL` is `--log-level` of `fsmv2 run`.
What is typed counts more; an empty variable is none. An option without a value is given with `1`
or `true`, one that is repeatable with its values between spaces. A value that is wrong is reported
with the name of its variable. Where `-f` is typed, a `..._STATE_DIR` is left out of account, and
the other way round: both name a tree.

## For all commands

| variable | meaning |
|---|---|
| `FSMV2_TREE` | The tree that is meant where none is named: its document, or its state directory. |
| `FSMV2_DEBUG` | `1`: show tracebacks, and what libraries log. |
| `NO_COLOR` | Anything: write no colour. |
| `FORCE_COLOR` | Anything but `0` or `false`: write colour into pipes and files, too. |
| `XDG_STATE_HOME` | State directories are below `fsmv2` in it; default `~/.local/state`. |
| `XDG_RUNTIME_DIR` | Notes of the trees that run, and sockets of long paths, are in it. |
| `OTEL_EXPORTER_OTLP_ENDPOINT` | Where traces go; [more](../how-to/trace-decisions.md) are known. |

`NOTIFY_SOCKET` and `WATCHDOG_USEC` are set by systemd, and read by `fsmv2 run`.

{commands}"""


NEVER = {"log-level": {"PENDING"}, "signal": {"PENDING"}}
"""Codes of the files that a command uses with which it never ends: it waits for nothing."""


def leaves(group: TyperGroup, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its whole name: `new worker`."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(typing.cast("TyperGroup", command), f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def all_commands() -> list[tuple[str, Any]]:
    """Every command of fsmv2."""
    return list(leaves(typing.cast("TyperGroup", typer.main.get_command(app))))


def shown_options(command: Any) -> list[Any]:
    """The options of a command that its help names."""
    return [
        one
        for one in command.params
        if one.param_type_name == "option" and not getattr(one, "hidden", False)
    ]


def meanings() -> dict[str, str]:
    """The meaning of each exit code, by its name in `cli/exit_codes.py`."""
    body = ast.parse(inspect.getsource(exit_codes)).body
    found: dict[str, str] = {}
    for name, text in itertools.pairwise(body):
        if isinstance(name, ast.Assign) and isinstance(text, ast.Expr):
            target, words = name.targets[0], text.value
            if isinstance(target, ast.Name) and isinstance(words, ast.Constant):
                found[target.id] = " ".join(str(words.value).split())
    return found


def codes_of(name: str, command: Any) -> set[str]:
    """The names of the exit codes of a command: those that it and the files it uses import."""
    waiting, seen, found = [command.callback.__module__], set[str](), set[str]()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            continue
        with open(spec.origin) as file:
            tree = ast.parse(file.read())
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            if node.module == "fsmv2.cli.exit_codes":
                found |= {name.name for name in node.names}
            elif node.module and node.module.startswith("fsmv2.cli."):
                waiting.append(node.module)
    return found - NEVER.get(name, set())


def _word(param: Any) -> str:
    return str(param.metavar) if param.metavar and param.metavar != "BOOLEAN" else ""


def _command_part(name: str, command: Any) -> str:
    rows, line = [], [f"fsmv2 {name}"]
    for one in command.params:
        if getattr(one, "hidden", False):
            continue
        word = _word(one)
        if one.param_type_name == "argument":
            line.append(word)
            shown_as = f"`{word}`"
        else:
            shown_as = ", ".join(f"`{n} {word}`" if word else f"`{n}`" for n in reversed(one.opts))
        if one.required and one.param_type_name == "option":
            line.append(f"{one.opts[0]} {word}")
        rows.append(f"| {shown_as} | {getattr(one, 'help', '') or ''} |")
    text = (command.help or "").replace("\n    ", "\n")
    examples = "\n".join(command.examples)
    return (
        f"## {name}\n\n`{' '.join([*line, '[OPTIONS]'])}`\n\n{text}\n\n"
        f"```console\n{examples}\n```\n\n"
        "| argument or option | meaning |\n|---|---|\n" + "\n".join(rows) + "\n"
    )


def _codes() -> str:
    of = {name: codes_of(name, command) for name, command in all_commands()}
    rows = []
    for constant, meaning in meanings().items():
        code = getattr(exit_codes, constant)
        whose = ", ".join(f"`{name}`" for name, found in of.items() if constant in found)
        everyone = constant in ("OK", "FAILED", "USAGE") or not whose
        rows.append(f"| {code} | {meaning} | {'all' if everyone else whose} |")
    return "\n".join(rows)


def commands_page(note: str) -> str:
    """Every command with its options, and the exit codes."""
    return (
        f"# The command line\n\n{note}\n"
        "Each option can also be given in the [environment](environment.md). With `--json` stdout\n"
        "has data alone, which `fsmv2 schema --of COMMAND` describes, and errors are JSON on\n"
        "stderr: [use it from programs](../how-to/use-from-programs.md).\n\n"
        + "\n".join(_command_part(name, command) for name, command in all_commands())
        + "\n## Exit codes\n\n"
        f"| code | meaning | commands |\n|---|---|---|\n{_codes()}\n\n"
        "In a script or a pipeline, `fsmv2 run plant.yaml --for 30s` therefore tells whether a\n"
        "plant comes up: its last lines name each worker that should run and did not, with its\n"
        "reason; with `--json` the summary has them under `unsettled`. After Ctrl-C or SIGTERM\n"
        "that is not asked.\n"
    )


def environment_page(note: str) -> str:
    """The variable of each option of each command."""
    parts = []
    for name, command in all_commands():
        rows = []
        for one in shown_options(command):
            option = long_name(one)
            variable = environment_variable(name.split(), option)
            word = _word(one)
            rows.append(f"| `{variable}` | `{option}{' ' * bool(word)}{word}` |")
        if rows:
            table = "\n".join(rows)
            parts.append(f"## {name}\n\n| variable | option |\n|---|---|\n{table}\n")
    return ENVIRONMENT.format(note=note, commands="\n".join(parts))
