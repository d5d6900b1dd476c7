"""A template rendered by this package, and by Jinja itself."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, StrictUndefined

from fsmv2.model import render_template

SCOPE: dict[str, Any] = {
    "a": "A",
    "n": 7,
    "l": [1, 2, 3],
    "d": {"k": "K", "l": [4, 5], "0": "zero"},
    "on": True,
    "off": False,
}


def jinja(template: str) -> str:
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701
    return environment.from_string(template).render(SCOPE)


def ours(template: str) -> str:
    return str(render_template(template, SCOPE))
