"""What `fsmv2 explain NAME` answers: of an alert, an escalation, other trouble, or a code."""

from __future__ import annotations

import re

import msgspec

from fsmv2.document.problem_codes import CATALOGUE
from fsmv2.lint import RULES
from fsmv2.name_suggestions import nearest
from fsmv2.operate.code_pages import error_classes, page_of
from fsmv2.operate.runbook import RunbookEntry, runbook

OTHER_NAMES = {
    "escalationrequired": "escalation",
    "circuitopened": "circuitopen",
    "protocolconverter": "bridge",
}
"""What somebody has read in the log or in a document, and the name that has the page."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one name. `kind`: alert, page (of the runbook) or code.

    `severity`: of an alert, page or ticket; `title`: in a few words; `url`: of the page, of a code
    that of the reference, from the root of the repository; `text`: all of it, as Markdown or, of a
    code, as text.
    """

    name: str
    kind: str
    title: str
    severity: str = ""
    url: str = ""
    text: str = ""


class NotExplained(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing has this name. `fix`: the nearest that is known, or where they are listed."""

    message: str
    fix: str


def explained(name: str) -> Explanation | NotExplained:
    """What is known of an alert, a page of the runbook or a code; `circuit-open` is CircuitOpen."""
    wanted = OTHER_NAMES.get(_folded(name), _folded(name))
    entries = runbook()
    for entry in entries.values():
        if _folded(entry.name) == wanted:
            return _of_the_runbook(entry)
    code = name.strip().upper()
    if (page := page_of(code)) is not None:
        title = page.partition("\n")[0].removeprefix(f"{code}: ")
        reference = "lint" if code in RULES else "errors"
        part = code.lower() if code in RULES or code in CATALOGUE else "other-errors"
        url = f"docs/reference/{reference}.md#{part}"
        return Explanation(name=code, kind="code", title=title, url=url, text=page)
    return NotExplained(message=f"nothing is called '{name}'", fix=_fix(name, [*entries]))


def explained_names() -> list[Explanation]:
    """Every alert and page of the runbook, without its text."""
    found = map(_of_the_runbook, runbook().values())
    return [msgspec.structs.replace(one, text="") for one in found]


def _of_the_runbook(entry: RunbookEntry) -> Explanation:
    return Explanation(
        name=entry.name,
        kind=entry.kind,
        title=entry.summary or entry.title,
        severity=entry.severity,
        url=entry.url,
        text=entry.text,
    )


def _folded(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _fix(name: str, names: list[str]) -> str:
    codes = {*error_classes(), *CATALOGUE, *RULES}
    found = nearest(name.strip(), names) or nearest(name.strip().upper(), codes)
    meant = f"Did you mean '{found}'? " if found else ""
    return f"{meant}`fsmv2 explain` lists alerts and pages; a code is such as FSM0211."
