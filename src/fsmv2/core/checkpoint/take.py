"""The whole state of a core, copied at one moment; `restore` makes a core that goes on from it.

Copying is cheap, for it happens on the supervision loop: what is frozen is shared, only the small
things that the core changes in place are copied. Making plain data of the copy takes longer and may
be done on any thread. Every slot and attribute is taken as it is, except those named here.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any, cast

import msgspec

from fsmv2.core.contract.settings import EngineSettings
from fsmv2.core.machine import Core
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.override_data import Overrides
from fsmv2.core.state.store_state import Kept, StoreState
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.model import ChildSpec
from fsmv2.model.data.codec import ExactWriter, getter

LEFT_OUT: Mapping[str, str] = {
    "tree": "the core it is restored into",
    "registered": "found by the name of its worker type",
    "definition": "that of the type",
    "worker": "made by the type, as workers keep nothing",
    "_internal": "follows from the other slots, and is never written",
    "records": "history for people; decides nothing",
}
"""Slots of a supervisor that a checkpoint does not hold, and why."""

CORE_LEFT_OUT: Mapping[str, str] = {
    "factory": "given by who restores it",
    "settings": "in the head of the checkpoint",
    "seed": "in the head of the checkpoint",
    "guard": "in the head of the checkpoint",
    "epoch": "in the head of the checkpoint",
    "by_path": "all supervisors, in order",
    "ticking": "nobody is, between two runs",
    "deciding": "nobody is, between two runs",
    "log": "where it is said; decides nothing",
    "tallies": "counted for metrics; decides nothing",
    "observer": "given by who runs it",
    "measuring": "the same, in the middle of a derive",
    "_overridden": "made of the types and the settings when needed",
    "_instructions": "taken before, so there are none",
}
"""Attributes of a core that a checkpoint does not hold as they are, and why."""

IDENTITY = ("path", "name", "depth", "parent", "declared", "created_at")
"""Slots that are written first, of everybody: what the others say may refer to them."""

DATA = ("user", "location", "location_scope", "live_config")
"""Slots whose mappings are never changed in place, and shared by many."""

OTHERS = tuple(sorted({*Supervisor.__slots__} - {*LEFT_OUT, *IDENTITY}))

CHUNK = 200
"""Supervisors in one part of the plain form."""

LOOK_EVERY = 32
"""Supervisors, or paths that a store keeps, copied between two looks at whether it is enough."""


class CheckpointHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a core is made with, and what a checkpoint of it consists of."""

    seed: int
    epoch: float
    guard: bool
    settings: EngineSettings
    slots: tuple[str, ...]
    attributes: tuple[str, ...]
    types: tuple[str, ...]
    supervisors: int
    now: float


class Checkpoint:
    """The copied state. `parts()` makes plain data of it, piece by piece."""

    def __init__(self, core: Core) -> None:
        """Copy everything that does not grow with the tree; `Copying` adds what does."""
        # Instructions are taken before a checkpoint, or they would be lost.
        assert not core._instructions  # noqa: S101
        names = attributes_of(core)
        self._kept: dict[str, Kept] = {}
        self._attributes = [
            self._without_kept(value) if isinstance(value, StoreState) else _copied(value)
            for value in map(core.__getattribute__, names)
        ]
        self._supervisors = list(core.by_path.values())
        self._identities: list[tuple[Any, ...]] = []
        self._states: list[list[Any]] = []
        self._internals: list[Mapping[str, Any] | None] = []
        self.unkept: list[tuple[str, str]] = []
        """Whose data could not be written, and its class; known when all parts are made."""
        self.head = CheckpointHeader(
            seed=core.seed,
            epoch=core.epoch,
            guard=core.guard,
            settings=core.settings,
            slots=OTHERS,
            attributes=names,
            types=core.factory.names,
            supervisors=len(self._supervisors),
            now=core.now,
        )

    def _without_kept(self, store: StoreState) -> StoreState:
        made: StoreState = object.__new__(StoreState)
        for name in StoreState.__slots__:
            setattr(made, name, self._kept if name == "kept" else _copied(getattr(store, name)))
        return made

    @property
    def stopping(self) -> bool:
        """Whether the whole tree is being stopped."""
        return bool(self._attributes[self.head.attributes.index("stopping")])

    @property
    def overrides(self) -> dict[str, Overrides]:
        """What operators asked for, by path."""
        found: Any = self._attributes[self.head.attributes.index("overrides")]
        return cast("dict[str, Overrides]", found)

    @property
    def root(self) -> ChildSpec | None:
        """What the root was declared to be; None: nothing is declared."""
        root = self._supervisors[0] if self._supervisors else None
        return None if root is None else root.declared

    def parts(self, rest: Callable[[], None] = lambda: None) -> Iterator[Any]:
        """Plain data, in the order in which a `CheckpointReader` takes it; on any thread.

        `rest` is called again and again, to let other threads run.
        """
        index = {id(s): number for number, s in enumerate(self._supervisors)}
        by_path = {s.path: number for number, s in enumerate(self._supervisors)}
        internal = {id(one): number for number, one in enumerate(self._internals)}

        def given(value: Any) -> tuple[Any, ...] | None:
            if isinstance(value, Supervisor):
                number = index.get(id(value))
                return ("supervisor", number) if number is not None else ("gone", value.path)
            number = internal.get(id(value))
            if number is None and isinstance(value, dict):
                number = by_path.get(value.get("id", ""))
                if number is not None and self._internals[number] != value:
                    return None
            return None if number is None else ("internal", number)

        writer = ExactWriter(given=given, parts=parts_of)
        try:
            for rows in (self._identities, self._states):
                for start in range(0, len(rows), CHUNK):
                    part = []
                    for number, row in enumerate(rows[start : start + CHUNK], start):
                        part.append([writer.write(value) for value in row])
                        self._note_unkept(writer, self._supervisors[number].path)
                        rest()
                    yield part
            yield [writer.write(value) for value in self._attributes]
            self._note_unkept(writer, "")
        finally:
            writer.close()

    def _note_unkept(self, writer: ExactWriter, path: str) -> None:
        self.unkept += [(path, kind) for kind in writer.unkept]
        writer.unkept.clear()


class Copying:
    """Copies a core in pieces; nothing may be handled or run meanwhile."""

    def __init__(self, core: Core) -> None:
        self.checkpoint = Checkpoint(core)
        self._left = iter(self.checkpoint._supervisors)
        self._kept = iter(core.store.kept.items() if isinstance(core.store, StoreState) else ())

    def go_on(self, enough: Callable[[], bool]) -> bool:
        """Copy until it is `enough` for now; whether that was all."""
        taken, copiers = self.checkpoint, _COPIERS
        for number, s in enumerate(self._left, 1):
            null = s.definition is NOT_CREATED.definition
            taken._identities.append((null, *_identity(s)))
            taken._internals.append(s._internal)
            # Written out, as it is done for everybody while nobody else has a turn.
            state = [
                value if (copier := copiers[value.__class__]) is None else copier(value)
                for value in _changing(s)
            ]
            state += _data(s)
            taken._states.append(state)
            if not number % LOOK_EVERY and enough():
                return False
        for number, (path, kept) in enumerate(self._kept, 1):
            taken._kept[path] = _copied(kept)
            if not number % LOOK_EVERY and enough():
                return False
        return True


def checkpoint(core: Core) -> Checkpoint:
    """The state of a core, copied at once."""
    copying = Copying(core)
    copying.go_on(lambda: False)
    return copying.checkpoint


def attributes_of(core: Core) -> tuple[str, ...]:
    """The names of what a core keeps that a checkpoint holds as it is."""
    # Something of the class that is replaced on an instance is code, of a watching test say.
    return tuple(n for n in vars(core) if n not in CORE_LEFT_OUT and not hasattr(type(core), n))


def parts_of(kind: type) -> tuple[str, ...] | None:
    """The slots of a small class of the core, None for all other classes."""
    if not kind.__module__.startswith("fsmv2.core.") or issubclass(
        kind, msgspec.Struct | Supervisor
    ):
        return None
    slots = vars(kind).get("__slots__")
    return tuple(slots) if slots else None


_identity = attrgetter(*IDENTITY)
_CHANGING = tuple(name for name in OTHERS if name not in DATA)
_changing, _data = attrgetter(*_CHANGING), attrgetter(*DATA)
STATE = (*_CHANGING, *DATA)
"""The slots of a supervisor in the order in which a checkpoint holds them."""


# ---- copying what is changed in place -----------------------------------------------------------


def _copied(value: Any) -> Any:
    """`value` itself, or a copy if the core may change it in place."""
    copier = _COPIERS[value.__class__]
    return value if copier is None else copier(value)


def _copier(kind: type) -> Callable[[Any], Any] | None:
    slots = parts_of(kind)
    if slots is not None:
        read = getter(slots)

        def copy_part(value: Any) -> Any:
            # Past `__init__`, which may compute and check: a copy is to have what there is, no
            # more.
            made: Any = object.__new__(kind)
            for name, item in zip(slots, read(value), strict=True):
                setattr(made, name, _copied(item))
            return made

        return copy_part
    if issubclass(kind, msgspec.Struct) and not kind.__struct_config__.frozen:
        return copy.copy
    return None


def _items_frozen(values: Any) -> bool:
    # At the speed of C: a timer heap has a hundred thousand entries of one class.
    return all(_COPIERS[kind] is None for kind in set(map(type, values)))


def _copy_dict(value: dict[Any, Any]) -> dict[Any, Any]:
    if not value or _items_frozen(value.values()):
        return value.copy()
    return {key: _copied(item) for key, item in value.items()}


def _copy_list(value: Any) -> Any:
    if _items_frozen(value):
        return value.copy()
    kind = type(value)
    items = map(_copied, value)
    return deque(items, value.maxlen) if kind is deque else kind(items)


class _Copiers(dict[type, Callable[[Any], Any] | None]):
    """How values of a class are copied; None: they are shared."""

    def __missing__(self, kind: type) -> Callable[[Any], Any] | None:
        # A dict that fills itself, because a lookup that hits is then one step of C. It happens for
        # every value of every supervisor, on the supervision loop.
        found = self[kind] = _copier(kind)
        return found


_COPIERS = _Copiers()
_COPIERS[dict] = _copy_dict
_COPIERS[list] = _COPIERS[deque] = _copy_list
_COPIERS[set] = copy.copy
