"""What was meant by a command or an option that does not exist: what other programs call it.

Called by `command_examples` for each error about the words of a command line; Click would propose
what has like letters, such as `lint` for `list`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fsmv2.name_suggestions import nearest

COMMANDS = {
    **dict.fromkeys(
        ("ps", "list", "ls"), "`fsmv2 status` shows what runs, `fsmv2 trees` each tree."
    ),
    **dict.fromkeys(("up", "serve", "daemon", "supervise"), "`fsmv2 run FILE` runs a document."),
    **dict.fromkeys(
        ("down", "kill", "shutdown", "halt", "quit"),
        "`fsmv2 stop PATH` stops a worker and all below it.",
    ),
    **dict.fromkeys(
        ("reload", "update", "upgrade", "deploy", "reread", "sync"),
        "`fsmv2 apply FILE` changes a running tree to a document.",
    ),
    **dict.fromkeys(
        ("delete", "rm", "remove", "add", "create", "scale"),
        "Change the document, and `fsmv2 apply FILE`.",
    ),
    **dict.fromkeys(("tail", "log", "journal"), "`fsmv2 logs PATH --follow` shows its output."),
    **dict.fromkeys(("get", "info", "inspect", "dump"), "`fsmv2 describe PATH` shows all of it."),
    **dict.fromkeys(("monitor", "dashboard", "ui"), "`fsmv2 top` watches a tree on the screen."),
    **dict.fromkeys(("init", "quickstart", "example"), "`fsmv2 demo` runs an example."),
    **dict.fromkeys(("verify", "test", "config"), "`fsmv2 validate FILE` checks a document."),
    "help": "`fsmv2 --help` lists the commands, `fsmv2 COMMAND --help` explains one.",
    "version": "`fsmv2 --version` prints it.",
}
"""What other programs call a command, and what is written here."""

_DOCUMENT = ("--config", "--file", "-f", "-c", "--document", "--conf")
_MORE, _LESS = ("--verbose", "-v", "-vv", "--debug", "--trace"), ("--quiet", "-q", "--silent")
_BACKGROUND = ("--detach", "-d", "--daemon", "--daemonize", "--background", "-D")


def meant(error: Any, words: Sequence[str]) -> tuple[str, str]:
    """The message of an error about the words of a command line, and its fix; '' if none is known.

    `words`: all of them. The errors are of a module that Typer keeps to itself, so they have no
    type that could be named here.
    """
    message = str(error.message)
    ctx = getattr(error, "ctx", None)
    if ctx is None:
        return message, ""
    if (option := getattr(error, "option_name", None)) is not None and "possibilities" in vars(
        error
    ):
        return message, _option(str(option), ctx, words)
    if (command := re.match(r"No such command '([^']*)'", message)) is not None:
        return _command(command[1], ctx)
    if "unexpected extra argument" in message:
        return message, _extra(ctx, words)
    return message, ""


def _command(word: str, ctx: Any) -> tuple[str, str]:
    known = list(ctx.command.commands)
    message = f"No such command '{word}'."
    if ctx.parent is None and (fix := COMMANDS.get(word.casefold())) is not None:
        return message, fix
    if (near := nearest(word, known)) is not None:
        return f"{message} Did you mean '{near}'?", ""
    return message, (
        f"Known: {', '.join(known)}." if len(known) <= _FEW else "`fsmv2 --help` lists all."
    )


_FEW = 5


def _option(option: str, ctx: Any, words: Sequence[str]) -> str:
    options = [name for param in ctx.command.params for name in param.opts if name[0] == "-"]
    places = [param for param in ctx.command.params if param.param_type_name == "argument"]
    of_a_document = any(place.name == "file" for place in places)
    if option in _DOCUMENT and of_a_document:
        value = _after(option, words) or "FILE"
        return f"Name the document without an option: `{ctx.command_path} {value}`."
    if option in _MORE:
        if "--log-level" in options:
            return "Write --log-level debug."
        return "Leave it out; FSMV2_DEBUG=1 in the environment shows where a failure comes from."
    if option in _LESS:
        if "--log-level" in options:
            return "Write --log-level error."
        return "Leave it out; `> /dev/null` hides what is printed."
    if option in _BACKGROUND and of_a_document:
        return "`fsmv2 systemd FILE` prints a unit that runs a document in the background."
    if option in ("--all", "-a", "-A") and any(place.name == "paths" for place in places):
        return "Write '**' for all paths."
    if option in ("--force", "-F") and "--yes" in options:
        return "Write --yes."
    long = [name[2:] for name in options if name.startswith("--")]
    near = nearest(option[2:], long) if option.startswith("--") else None
    return f"Did you mean '--{near}'?" if near is not None else f"See `{ctx.command_path} --help`."


def _extra(ctx: Any, words: Sequence[str]) -> str:
    """`why plant.yaml edge/filler`: a tree is named by an option, a worker stands alone."""
    options = [name for param in ctx.command.params for name in param.opts]
    files = [word for word in words if re.search(r"\.ya?ml\Z", word)]
    others = [word for word in words[1:] if word not in files and not word.startswith("-")]
    if "--file" in options and len(files) == 1 and len(others) == 1:
        return f"Name the document with --file: `{ctx.command_path} {others[0]} --file {files[0]}`."
    places = [param for param in ctx.command.params if param.param_type_name == "argument"]
    if not places:
        return "It takes options only."
    names = " and ".join(str(place.metavar or place.name.upper()).strip("[]") for place in places)
    return f"It takes one {names}." if len(places) == 1 else f"It takes {names}."


def _after(option: str, words: Sequence[str]) -> str:
    """The word behind an option, if it is one."""
    at = words.index(option) + 1 if option in words else len(words)
    return words[at] if at < len(words) and not words[at].startswith("-") else ""
