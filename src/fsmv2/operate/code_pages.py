"""What each code of an error or a finding means, and what to do."""

from __future__ import annotations

import inspect

from fsmv2.document.problem_codes import explain as explain_problem
from fsmv2.errors import FsmError
from fsmv2.lint import explain as explain_finding


def page_of(code: str) -> str | None:
    """The page of a code such as FSM0211, which ends with a line end; None: there is no such."""
    wanted = code.strip().upper()
    page = explain_problem(wanted) or explain_finding(wanted)
    if page is None and wanted in (texts := error_classes()):
        page = f"{wanted}: {texts[wanted]}\n"
    return page


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
