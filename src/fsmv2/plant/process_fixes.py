"""What to write for a value of a process that no type refuses: its signal, its URL, its command.

Called by `processes`, with the values as they are rendered.
"""

from __future__ import annotations

import contextlib
import re
import signal
from typing import Any

from fsmv2.model.decoder import Node
from fsmv2.model.decoder.template_fields import is_template
from fsmv2.name_suggestions import nearest

_SIGNALS = sorted(signal.Signals.__members__)
_USUAL = "Write the name of a signal: SIGTERM, SIGINT, SIGQUIT or SIGHUP."
_LONGEST = 60


def fix_of(steps: tuple[str, ...], config: Any, node: Node | None) -> str:
    """The fix for the value at `steps` of a config; `node` is where the document has it."""
    fix = "Correct it."
    if steps == ("command",):
        fix = "Write the program and its arguments, such as [python, app.py]."
    elif steps == ("signal",):
        fix = _signal(str(config.signal))
    elif steps == ("ready", "line"):
        fix = "Put a backslash before a character that is meant as it stands, such as \\[ or \\(."
    elif steps == ("ready", "http"):
        fix = _url(str(config.ready.http))
    if node is not None and isinstance(node.value, str) and is_template(node.value):
        fix += " It comes from a variable in this template."
    return fix


def _signal(written: str) -> str:
    """`TERM`, `sigterm` and `15` are SIGTERM."""
    name = written.strip().upper()
    if name.isascii() and name.isdecimal():
        with contextlib.suppress(ValueError):
            return f"Write {signal.Signals(int(name)).name}."
    for other in (name, f"SIG{name}"):
        if other in _SIGNALS:
            return f"Write {other}."
    near = nearest(name, _SIGNALS)
    return f"Did you mean '{near}'?" if near is not None else _USUAL


def _url(written: str) -> str:
    text = written.strip()
    if len(text) > _LONGEST or not text.isprintable():
        text = ""
    if re.fullmatch(r"[0-9]{1,5}", text):
        return f"Write http://127.0.0.1:{text}/."
    if re.match(r"(localhost|127\.0\.0\.1)(:[0-9]+)?(/|\Z)", text):
        return f"Write http://{text}."
    if text.startswith("/"):
        return f"Write http://127.0.0.1:8080{text}, with the port of the process for 8080."
    if text.startswith("https:"):
        return "Only http:// can be asked: write `port:` in its place, if that is enough."
    return "Write a URL that begins with http://127.0.0.1 or http://localhost."
