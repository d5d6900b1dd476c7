"""One of several things, each below a key of its own: `input: {modbus: …}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fsmv2.model.decoder.display import shown_path
from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.scalars import BAD, Problems, Reader
from fsmv2.model.decoder.struct_reader import Field, Fields, missing


class OneOf(msgspec.Struct, frozen=True, kw_only=True):
    """A note on a field: what may stand below which key; the value is what stands there.

    `default`: the key that counts when none is written. `summary`: a line of the reference page.
    """

    choices: Mapping[str, type[msgspec.Struct]]
    default: str = ""
    summary: str = ""


class Chosen(Fields):
    """Reads a mapping with one key of those a `OneOf` names."""

    one_of_them = True

    def __init__(self, note: OneOf, reader_of: Callable[[Any], Reader]) -> None:
        keys = [(key, type_) for key, type_ in note.choices.items()]
        super().__init__(msgspec.defstruct("Chosen", keys), reader_of)
        self._default = note.default

    def _report_missing(
        self, node: Node, fields: Mapping[str, Field], named: set[str], problems: Problems
    ) -> None:
        if named & fields.keys() or self._default:
            return
        first = next(iter(fields.values()))
        found = missing(node, first)
        if len(fields) > 1:
            keys = " or ".join(f"'{key}'" for key in fields)
            found = msgspec.structs.replace(
                found,
                message=f"{shown_path(node.path)} has no {keys}.",
                fix=found.fix.replace("Add", "Add one of them, such as", 1),
            )
        problems.append(found)

    def neutral(self, path: str) -> Any:
        """None, where a key counts that is not written."""
        del path
        return {} if self._default else BAD

    def _parts(self, node: Node, problems: Problems) -> Node | None:
        """The first of them that is valid."""
        found = super()._parts(node, problems)
        if found is None or not (found.value or self._default):
            return None
        return found.of(dict(list(found.value.items())[:1]))

    def _needs(self, field: Field) -> bool:
        del field  # only one of them
        return False

    def _build(self, node: Node, values: dict[str, Any], problems: Problems) -> Any:
        if len(values) > 1:
            keys = " and ".join(f"'{key}'" for key in values)
            second = list(values)[1]
            problems.append(
                node.problem(
                    "FSM0126",
                    f"{shown_path(node.path)} has {keys}, and there can be only one.",
                    key=second,
                    fix="Remove the others.",
                )
            )
            return BAD
        if not values:
            key = self._default
            return self._ready()[key].reader.read(Node("mapping", {}, path=node.path), problems)
        return next(iter(values.values()))
