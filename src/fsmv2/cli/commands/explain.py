"""`explain CODE`: what an error of this code means, and what to do."""

from __future__ import annotations

import inspect

from fsmv2.cli.console import complain, put
from fsmv2.cli.exit_codes import OK, USAGE
from fsmv2.document.problem_codes import CATALOGUE, explain
from fsmv2.errors import FsmError, suggest
from fsmv2.lint.finding_codes import RULES
from fsmv2.lint.finding_codes import explain as explain_rule


def explain_code(code: str) -> int:
    """Print the explanation; returns the exit code, USAGE for a code that does not exist."""
    wanted = code.strip().upper()
    classes = error_classes()
    if (page := explain(wanted) or explain_rule(wanted)) is not None:
        put(page, end="")
    elif wanted in classes:
        put(f"{wanted}: {classes[wanted]}")
    else:
        known = {*classes, *CATALOGUE, *RULES}
        complain(f"there is no error code '{code}'", fix=suggest(wanted, known))
        return USAGE
    return OK


def error_classes() -> dict[str, str]:
    """What each error class says of itself, by its code."""
    texts: dict[str, str] = {}
    todo: list[type[FsmError]] = [FsmError]
    while todo:
        kind = todo.pop()
        todo.extend(kind.__subclasses__())
        if "code" in vars(kind):
            texts[kind.code] = " ".join((inspect.getdoc(kind) or "").split())
    return texts
