"""Two values as the fields in which they differ: text that may be shown, whatever stands there.

The token of a secret is shown as the place that it is read from; a credential that was written as
it is is masked. Of either a change is told, and not what changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from fsmv2.model.data.text_map import map_texts
from fsmv2.operate.changes.change_plan import FieldChange
from fsmv2.operate.credential_masks import masked

LONGEST = 400
"""Characters of a value that are shown: of a file, say, in the config of a process."""

_TOKEN = re.compile(r"\*\*\*((?:env|file):.+?)#[0-9a-f]{12}\*\*\*", re.DOTALL)
_CHANGED = " (changed)"


def field_changes(before: Any, after: Any, field: str = "") -> tuple[FieldChange, ...]:
    """Each field with another value, in order; `field` names the value itself."""
    if before is after or before == after:
        return ()
    old, new = dict(_fields(_plain(before), field)), dict(_fields(_plain(after), field))
    found = [
        (name, old.get(name, _NOT_THERE), new.get(name, _NOT_THERE)) for name in {**old, **new}
    ]
    return tuple(
        _shown(*one) for one in found if one[1] != one[2] and not _is_nothing(one[1], one[2])
    )


def value_change(field: str, before: Any, after: Any) -> FieldChange:
    """One field; None: it is not there."""
    there = [_NOT_THERE if one is None else _plain(one) for one in (before, after)]
    return _shown(field, *there)


def _is_nothing(before: Any, after: Any) -> bool:
    """Whether one of them is not there, and the other says no more."""
    return any(
        one is _NOT_THERE and other in (None, {}, [])
        for one, other in ((before, after), (after, before))
    )


class _NotThere:
    """Stands for a field that one of the two does not have."""


_NOT_THERE = _NotThere()


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=str, str_keys=True)


def _fields(value: Any, field: str) -> Iterator[tuple[str, Any]]:
    """Every part that has none itself, by where it is; what has a name stands by its name."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _fields(part, f"{field}.{key}" if field else str(key))
    elif isinstance(value, list | tuple) and any(isinstance(p, dict | list) for p in value):
        names = [part.get("name") if isinstance(part, dict) else None for part in value]
        named = None not in names and len({*map(str, names)}) == len(names)
        for number, part in enumerate(value):
            where = names[number] if named else number
            yield from _fields(part, f"{field}.{where}" if field else str(where))
    else:
        yield field, value


def _shown(field: str, before: Any, after: Any) -> FieldChange:
    old, new = _text(field, before), _text(field, after)
    old, new = _cut(old), _cut(new)
    if old is not None and old == new:
        new = f"{new}{_CHANGED}"
    return FieldChange(field=field, before=old, after=new)


def _text(field: str, value: Any) -> str | None:
    """The value as text without a secret; None: it is not there."""
    if value is _NOT_THERE:
        return None
    value = map_texts(value, lambda text: _TOKEN.sub(r"secret \1", text))
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if text.startswith("secret "):
        return text
    key = field.rpartition(".")[2] or "value"
    return masked(f"{key}: {text}").removeprefix(f"{key}: ")


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST else f"{text[:LONGEST]} …"
