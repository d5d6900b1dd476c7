"""Braces that a template's own text puts together: `{{ '{' ~ '{ x }' }}` gives `{{ x }`.

What comes out of a variable may hold any braces; what the template itself says may not make a
`{{`, `{%` or `}}`, which would look like a template that nobody rendered. So a text in an
expression that has a brace in it is an `Own`, and stays one through joins and filters; where two
pieces meet, the braces at the seam are looked at. Called by template_runtime.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsmv2.errors import TemplateError
from fsmv2.model.template.limits import RAW_FIX

MARKERS = ("{{", "{%", "}}")


class Own(str):
    """Text of the template's own, with braces in it."""

    __slots__ = ()


def has_marker(text: str) -> bool:
    """Whether it looks like a template that was not rendered, or the end of one."""
    return "{{" in text or "{%" in text or "}}" in text


def leftover(marker: str) -> TemplateError:
    """The error for a marker that the template's own text has put into the result."""
    return TemplateError(
        f"The result would have a leftover '{marker}' that the template's own text makes.",
        fix=RAW_FIX,
    )


def check_seam(before: str, after: str, own_before: bool, own_after: bool) -> None:
    """Raise TemplateError when two pieces, put together, make a marker of the template's own."""
    if not before or not after:
        return
    seam = before[-1] + after[0]
    if seam in MARKERS and own_before and (own_after or seam != "}}"):
        raise leftover(seam)


def join_own(parts: list[str]) -> str:
    """The parts in one, still of the template's own if one of them is."""
    text = "".join(parts)
    if not any(type(part) is Own for part in parts):
        return text
    last = ""
    for part in parts:
        check_seam(last, part, type(last) is Own, type(part) is Own)
        last = part or last
    return Own(text)


def after_filter(result: Any, given: tuple[Any, ...]) -> Any:
    """What a filter gave out of `given`: of the template's own if something in there was."""
    texts = [item for value in given for item in _texts(value)]
    if not any(type(text) is Own for text in texts):
        return result
    if isinstance(result, str):
        if has_marker(result) and not any(type(t) is str and has_marker(t) for t in texts):
            raise leftover(next(marker for marker in MARKERS if marker in result))
        return Own(result)
    if isinstance(result, list):
        return [Own(item) if type(item) is str else item for item in result]
    return result


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [v for v in value if isinstance(v, str)] if isinstance(value, list | tuple) else []


def disown(value: Any) -> Any:
    """`value` with plain texts for those of the template's own."""
    kind = type(value)
    if kind is Own:
        return str(value)
    if kind is list:
        return [disown(item) for item in value]
    if kind is tuple:
        return tuple([disown(item) for item in value])
    if isinstance(value, Mapping):
        return {disown(key): disown(item) for key, item in value.items()}
    return value
