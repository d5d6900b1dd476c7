"""Plain data as a value of any type that msgspec knows: every problem at once.

msgspec decodes fast and stops at the first error. So its callers try it first; what it refuses is
read part by part here, by the readers of documents as far as they know the types. What msgspec
takes is right, whatever a document may not say.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import FsmError, SpecError, error_text
from fsmv2.model.decoder.decoders import container_reader, is_struct, scalar_reader, split_notes
from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.scalars import BAD, Leaf, Problems, Reader
from fsmv2.model.decoder.struct_reader import Fields

REFUSED = (msgspec.ValidationError, FsmError)
"""What `convert` raises for data that does not fit."""


def convert(data: Any, kind: Any) -> Any:
    """`msgspec.convert`; SpecError also for what it cannot even look at."""
    try:
        return msgspec.convert(data, kind)
    except UnicodeEncodeError:
        raise SpecError(
            "A text holds half of a surrogate pair, which is not a character.",
            fix="Read it as UTF-8, with errors='replace' if it may be anything.",
        ) from None
    except RecursionError:
        raise SpecError(
            "The data is nested too deeply, or contains itself.", fix="Use plain nested data."
        ) from None
    except (msgspec.ValidationError, FsmError, TypeError):
        raise
    except ANY_RAISED as error:  # an author's `__post_init__`
        raise SpecError(
            f"The rule of the type itself raised {error_text(error)}.",
            fix="Let its __post_init__ raise ValueError for what it refuses.",
        ) from error


def problems_of(data: Any, kind: Any, path: str = "") -> list[Diagnostic]:
    """What is wrong with `data` as a `kind`, at places below `path`; nothing if it is one."""
    return _read(PartByPart(kind), data, path)


def problems_of_fields(data: Mapping[str, Any], struct: type[msgspec.Struct]) -> list[Diagnostic]:
    """What is wrong with the fields of `data`, by encoded names; not what the struct's rule says.

    Fields that the struct does not know are wrong only if it forbids them.
    """
    return _read(_fields(struct), data, "")


def _read(reader: Reader, data: Any, path: str) -> list[Diagnostic]:
    problems: Problems = []
    try:
        reader.read(Node.unplaced(data, path), problems)
    except RecursionError:
        problems.append(
            Diagnostic(code=SpecError.code, message="The data is nested too deeply.", path=path)
        )
    return problems


class PartByPart(Leaf):
    """Reads what msgspec takes, and finds out which parts of the rest are wrong."""

    kinds = frozenset(("scalar", "mapping", "sequence", "null"))

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        bare = _only_option(kind)
        bare, notes = split_notes(bare)
        metas = [note for note in notes if isinstance(note, msgspec.Meta)]
        self._struct = typing.get_origin(bare) or bare if is_struct(bare) else None
        self._parts = scalar_reader(bare, metas) or container_reader(
            bare, metas, PartByPart, _fields
        )
        self.expected = getattr(bare, "__name__", str(bare))
        if self._parts is not None and self._struct is None:
            self.expected = self._parts.expected

    def _read(self, node: Node, problems: Problems) -> Any:
        """The value, or BAD."""
        if self._struct is not None and isinstance(node.value, self._struct):
            return node.value  # also one of a subclass, which msgspec refuses
        try:
            return convert(node.to_data(), self._kind)
        except REFUSED as error:
            found = error
        if self._parts is not None and not _is_strange(node):
            before = len(problems)
            value = self._parts.read(node, problems)
            if len(problems) > before:
                return BAD
            if self._struct is None and "scalar" not in self._parts.kinds:
                return value  # a list, say, whose entries are all right, perhaps of subclasses
        problems.append(_problem(found, node))  # the rule of a struct, or of msgspec itself
        return BAD


def _is_strange(node: Node) -> bool:
    """Whether it is what no document holds: keys that are no text, numbers of endless digits."""
    value = node.value
    if node.kind == "scalar" and isinstance(value, Mapping):
        return True
    return isinstance(value, int) and value.bit_length() > 64


def _only_option(kind: Any) -> Any:
    """The X of `X | None`; the type itself if it is no such union."""
    bare, _ = split_notes(kind)
    if typing.get_origin(bare) not in (typing.Union, types.UnionType):
        return kind
    options = [option for option in typing.get_args(bare) if option is not type(None)]
    return options[0] if len(options) == 1 else bare


def _fields(struct: type[msgspec.Struct]) -> Fields:
    # Without an instance: the rule of the struct was applied by msgspec.
    open_ = not struct.__struct_config__.forbid_unknown_fields
    return Fields(struct, PartByPart, as_written=True, open_=open_)


_AT = re.compile(r" - at `\$(?P<inner>[^`]*)`$")


def _problem(error: Exception, node: Node) -> Diagnostic:
    """What msgspec, or the rule of a type, says of a node."""
    if isinstance(error, FsmError):
        found = error.diagnostic()
        path = f"{node.path}.{found.path}" if node.path and found.path else node.path or found.path
        return msgspec.structs.replace(found, path=path)
    message = str(error)
    path = node.path
    if (match := _AT.search(message)) is not None:
        path += match["inner"] if path else match["inner"].lstrip(".")
        message = message[: match.start()]
    return Diagnostic(code=SpecError.code, message=f"{message}.", path=path)
