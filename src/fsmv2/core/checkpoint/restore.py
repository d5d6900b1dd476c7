"""Makes a core of a checkpoint's plain data: one that decides as the one it was taken of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core.checkpoint.take import (
    IDENTITY,
    OTHERS,
    STATE,
    CheckpointHeader,
    attributes_of,
    parts_of,
)
from fsmv2.core.machine import Core
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.errors import FsmError, JournalError, error_text
from fsmv2.model.data.codec import ExactWriter
from fsmv2.model.data.codec_reader import ExactReader, Find
from fsmv2.worker import WorkerFactory


class CheckpointReader:
    """Takes the parts of one checkpoint in order; `core` is whole after the last one.

    JournalError: the checkpoint was taken by another version of the core, or a worker type or class
    of data that it needs is not there.
    """

    def __init__(self, head: CheckpointHeader, factory: WorkerFactory, find: Find) -> None:
        """`find` gives the classes of data by name."""
        missing = sorted({*head.types} - {*factory.names})
        if missing:
            raise JournalError(
                f"it was recorded with worker types that are not given: {', '.join(missing)}.",
                fix="Name the module that has them, such as --types package.module.",
            )
        self.core = core = Core(
            factory, head.settings, seed=head.seed, epoch=head.epoch, guard=head.guard
        )
        names = attributes_of(core)
        _compare("supervisors", head.slots, OTHERS)
        _compare("core", head.attributes, names)
        self._attributes = head.attributes
        self._count = head.supervisors
        self._known: list[Supervisor] = []
        self._states = 0
        self._reader = ExactReader(find, given=self._given, parts=parts_of)

    def take(self, part: Any) -> bool:
        """Take the next part; whether the core is whole now."""
        try:
            return self._take(part)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, FsmError):
                raise
            raise JournalError(f"its checkpoint cannot be read: {error_text(error)}.") from error

    def _take(self, part: Any) -> bool:
        core, read = self.core, self._reader.read
        if len(self._known) < self._count:
            for row in part:
                self._meet([read(value) for value in row])
            return False
        if self._states < self._count:
            for row in part:
                s = self._known[self._states]
                for name, value in zip(STATE, row, strict=True):
                    setattr(s, name, read(value))
                s.tree, s.records = core, ()
                self._states += 1
            return False
        for name, value in zip(self._attributes, part, strict=True):
            setattr(core, name, read(value))
        levels = self._check_places()
        core.check_dirty(levels)
        return True

    def _check_places(self) -> int:
        """How many levels there are; JournalError where one is not a level below its parent.

        So nobody is above itself, and whoever goes up comes to an end.
        """
        for s in self._known:
            above = s.parent
            depth = 0 if above is None else above.depth + 1
            if type(s.depth) is not int or s.depth != depth:
                raise JournalError(f"{s.path} is at level {s.depth!r}, and its place is {depth}.")
        return max((s.depth + 1 for s in self._known), default=0)

    def _meet(self, row: list[Any]) -> None:
        null, *identity = row
        s = Supervisor.__new__(Supervisor)
        for name, value in zip(IDENTITY, identity, strict=True):
            setattr(s, name, value)
        registered = NOT_CREATED if null else self.core.type_named(s.declared.worker_type)
        s.registered, s.definition, s._internal = registered, registered.definition, None
        try:
            s.worker = registered.make()
        except ANY_RAISED as error:
            raise JournalError(
                f"the worker of {s.path} cannot be made: the constructor of "
                f"{s.declared.worker_type} raised {error_text(error)}."
            ) from error
        self._known.append(s)
        self.core.by_path[s.path] = s

    def _given(self, kind: str, key: Any) -> Any:
        if kind == "gone":
            return _gone(key)
        s = self._known[key]
        return s if kind == "supervisor" else s.internal


def first_difference(then: Core, now: Core) -> tuple[str, str, str, str] | None:
    """Where two cores would first decide otherwise: path, slot, and both values; None: nowhere."""
    if [*then.by_path] != [*now.by_path]:
        return "", "supervisors", ", ".join(then.by_path), ", ".join(now.by_path)
    writer = ExactWriter(given=_by_path, parts=parts_of, refer=False)
    pairs = [(path, s, now.by_path[path], (*IDENTITY, *STATE)) for path, s in then.by_path.items()]
    for path, one, other, names in (*pairs, ("", then, now, attributes_of(then))):
        for name in names:
            was, is_ = getattr(one, name), getattr(other, name)
            if not _same(was, is_) and _bytes(writer, was) != _bytes(writer, is_):
                return path, name, repr(was), repr(is_)
    return None


def _same(was: Any, is_: Any) -> bool:
    """Quick, and only ever wrong in saying that two are not the same."""
    try:
        return was is is_ or (type(was) is type(is_) and bool(was == is_))
    except ANY_RAISED:  # an author's `__eq__`
        return False


def _bytes(writer: ExactWriter, value: Any) -> bytes:
    return msgspec.msgpack.encode(writer.write(value))


def _by_path(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, Supervisor):
        live = getattr(value, "tree", None) is not None
        live = live and value.tree.by_path.get(value.path) is value
        return (value.path if live else "gone",)
    if isinstance(value, Cause):  # where it came from is for people, and decides nothing
        return (value.kind, value.detail)
    return ("internal", str(value.get("id"))) if isinstance(value, Mapping) else None


def _gone(path: str) -> Supervisor:
    """Stands for one that was removed, and is dropped when met."""
    s = Supervisor.__new__(Supervisor)
    s.path, s.name, s.timers, s.dirty = path, "", {}, False
    return s


def _compare(what: str, recorded: tuple[str, ...], ours: tuple[str, ...]) -> None:
    more, less = sorted({*recorded} - {*ours}), sorted({*ours} - {*recorded})
    if more or less:
        kept = [f"kept {', '.join(more)} too"] * bool(more)
        kept += [f"did not keep {', '.join(less)}"] * bool(less)
        raise JournalError(
            f"the {what} of the version that recorded it {' and '.join(kept)}.",
            fix="Replay it with the version that recorded it.",
        )
