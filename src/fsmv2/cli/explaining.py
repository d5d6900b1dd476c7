"""`explain CODE`: when an error of this code is raised, and what to do."""

from __future__ import annotations

import inspect

import typer

from fsmv2.cli.exits import OK, USAGE
from fsmv2.cli.terminal import complain
from fsmv2.errors import FsmError, suggest


def explain_code(code: str) -> int:
    """Print the explanation; returns the exit code, USAGE for a code that does not exist."""
    texts = explanations()
    wanted = code.strip().upper()
    if wanted not in texts:
        complain(f"there is no error code '{code}'", fix=suggest(wanted, texts))
        return USAGE
    typer.echo(f"{wanted}: {texts[wanted]}")
    return OK


def explanations() -> dict[str, str]:
    """The text of every code: what the error classes say of themselves."""
    texts: dict[str, str] = {}
    todo: list[type[FsmError]] = [FsmError]
    while todo:
        kind = todo.pop()
        todo.extend(kind.__subclasses__())
        if "code" in vars(kind):
            texts[kind.code] = " ".join((inspect.getdoc(kind) or "").split())
    return dict(sorted(texts.items()))
