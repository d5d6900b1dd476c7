"""Makes plain data of events as `ExactWriter` does, each by itself, and mostly as bytes at once.

Nearly all events are observations of numbers and short texts, twenty thousand in a second when a
large tree starts. Those are encoded as they are, in a quarter of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from fsmv2.core import Event, Observed
from fsmv2.model.data.codec import STRUCT, ExactWriter, exact_name, getter
from fsmv2.runtime.journal.checksums import AS_IT_IS

_only_these = AS_IT_IS.issuperset
_encode = msgspec.msgpack.Encoder().encode
_OBSERVED = exact_name(Observed)


class EventWriter:
    """Writes events; `not_kept` is called with where the class of what is no data stood, and it."""

    def __init__(self, not_kept: Callable[[str, str], None]) -> None:
        self._not_kept = not_kept
        self._exact = ExactWriter()
        self._kinds: dict[type, tuple[str, Callable[[Any], tuple[Any, ...]]] | None] = {}

    def write(self, event: Event) -> Any:
        """Its plain form, perhaps encoded already; None when it is nested without end."""
        if type(event) is Observed:
            encoded = self._flat(event)
            if encoded is not None:
                return encoded
        exact = self._exact
        try:
            plain = exact.write(event)
        except RecursionError:
            plain = None
        exact.forget()
        for kind in exact.unkept:
            self._not_kept(f"{type(event).__name__} of {getattr(event, 'path', '')}", kind)
        exact.unkept.clear()
        return plain

    def _flat(self, event: Observed) -> msgspec.Raw | None:
        """An observation all of whose fields can be encoded as they are; None for all others."""
        path, incarnation, began, observed, error = msgspec.structs.astuple(event)
        try:
            known = self._kinds[type(observed)]
        except KeyError:
            known = self._kinds[type(observed)] = _fields_of(type(observed))
        if known is None:
            return None
        name, read = known
        fields = read(observed)
        if not _only_these(map(type, fields)):
            return None
        seen = (STRUCT, name, *fields)
        try:
            plain = (STRUCT, _OBSERVED, path, incarnation, began, seen, error)
            return msgspec.Raw(_encode(plain))
        except (ValueError, OverflowError):
            return None  # half a surrogate pair, or a number of thirty digits


def _fields_of(kind: type) -> tuple[str, Callable[[Any], tuple[Any, ...]]] | None:
    """The name of a class of structs, and what reads its fields; None of any other class."""
    if not issubclass(kind, msgspec.Struct):
        return None
    return exact_name(kind), getter(kind.__struct_fields__)
