"""A child as its parent declares it: pure data inside the parent's desired state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from fsmv2.diagnostic import quoted
from fsmv2.errors import SpecError
from fsmv2.model.backoff_settings import AS_ELSEWHERE, Backoff
from fsmv2.model.class_references import (
    K,
    StateMapping,
    TakesSpec,
    mapped_names,
    worker_type_name,
)
from fsmv2.model.data.frozen import EMPTY, share
from fsmv2.model.specs import UserSpec
from fsmv2.name_suggestions import suggest

S = TypeVar("S", bound=UserSpec)

Restart = Literal["permanent", "transient", "temporary"]
"""When a child is restarted."""

RESTARTS: tuple[Restart, ...] = ("permanent", "transient", "temporary")


class ChildSpec(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One declared child. Equality is by value.

    `worker_type` is the name of a registered type, or its class; states in `state_mapping` are
    names or methods: `ChildSpec("a", Tank, TankSpec(), {Cellar.stopped: Tank.stopped})`. What is
    kept of both is the name.

    `name` is any printable text without leading or trailing space; `state_mapping` gives, for a
    state of the parent (`*` for any other), the state asked of the child; `enabled=False` keeps
    the child stopped and visible; `depends_on` are paths anywhere in the tree; `discovered`
    children are removed only after three agreeing fresh observations.

    Of siblings, by name: it starts `after` these have come up, or have had their turn; and it runs
    only while those it `requires` do. `restart` says when it is restarted: *permanent* always,
    *transient* unless it finished by itself, *temporary* never. A `significant` child that has
    ended may stop its parent (`DesiredState.auto_stop`). `detect_only`: it and all below it are
    observed, and what would be done is reported instead of done. `backoff`: how long it waits
    before it is tried again, where that is not as its type and the engine's settings say.

    Raises SpecError for an unusable name, type or combination.
    """

    name: str
    worker_type: str
    user_spec: UserSpec
    """The spec of the worker, of the type that its class takes."""
    state_mapping: Mapping[str, str] = EMPTY
    enabled: bool = True
    depends_on: tuple[str, ...] = ()
    discovered: bool = False
    restart: Restart = "permanent"
    after: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    significant: bool = False
    detect_only: bool = False
    backoff: Backoff = AS_ELSEWHERE

    if TYPE_CHECKING:  # what is accepted is wider than what is kept

        def __init__(
            self,
            name: str,
            worker_type: str | type[TakesSpec[S]],
            user_spec: S,
            state_mapping: StateMapping[K] = ...,
            enabled: bool = ...,
            depends_on: Iterable[str] = ...,
            discovered: bool = ...,
            restart: Restart = ...,
            after: Iterable[str] = ...,
            requires: Iterable[str] = ...,
            significant: bool = ...,
            detect_only: bool = ...,
            backoff: Backoff = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        name = self.name
        if type(name) is not str or name.strip(" ") != name or not (name and name.isprintable()):
            check_child_name(name)
        kind: object = self.worker_type
        if not isinstance(self.user_spec, UserSpec):
            raise SpecError(
                f"The user_spec of child '{self.name}' is a {type(self.user_spec).__name__}, "
                "expected a UserSpec.",
                path=self.name,
                fix="Derive your spec from fsmv2.UserSpec.",
            )
        force = msgspec.structs.force_setattr
        if type(kind) is not str or not kind:
            force(self, "worker_type", _type_name(name, kind, self.user_spec))
        if self.state_mapping is not EMPTY:
            force(self, "state_mapping", _states(name, self.state_mapping, kind))
        if not (type(self.depends_on) is type(self.after) is type(self.requires) is tuple):
            for field in ("depends_on", "after", "requires"):
                force(self, field, _names(field, getattr(self, field), self.name))
        if self.restart != "permanent" or self.significant:
            _check_restart(self)


def _type_name(name: str, kind: object, spec: UserSpec) -> str:
    try:
        return worker_type_name(kind, f"The worker type of child '{name}'", spec)
    except SpecError as error:
        error.path = name
        raise


def _states(name: str, mapping: Mapping[Any, Any], kind: object) -> Mapping[str, str]:
    try:
        if type(kind) is not str or not all(
            type(key) is str and type(value) is str for key, value in mapping.items()
        ):
            mapping = mapped_names(mapping, name, kind)
        return share(mapping)
    except SpecError as error:
        error.path = name
        raise
    except (AttributeError, TypeError):
        raise SpecError(
            f"The state_mapping of child '{name}' is {quoted(mapping)}, "
            "expected states of the parent with states of the child.",
            path=name,
            fix="Write {'running': 'running', '*': 'stopped'}.",
        ) from None


def check_child_name(name: str) -> None:
    """Raise SpecError unless `name` is printable text without leading or trailing space."""
    if not _is_text(name):
        raise SpecError(f"A child's name is {quoted(name)}, expected text that is not empty.")
    if not name.isprintable() or name[0] == " " or name[-1] == " ":
        cleaned = "".join(c for c in name if c.isprintable()).strip()
        raise SpecError(
            f"The child name {quoted(name)} has leading or trailing space or unprintable "
            "characters.",
            fix=f"Use '{cleaned}'." if cleaned else "Use printable text.",
        )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _check_restart(spec: ChildSpec) -> None:
    restart: object = spec.restart
    if restart not in RESTARTS:
        raise SpecError(
            f"restart of child '{spec.name}' is {quoted(restart)}, "
            f"expected one of {', '.join(RESTARTS)}.",
            path=spec.name,
            fix=suggest(quoted(restart), RESTARTS),
        )
    if spec.significant and restart == "permanent":
        raise SpecError(
            f"The child '{spec.name}' is significant and permanent: it never ends by itself.",
            path=spec.name,
            fix="Give it restart 'transient' or 'temporary', or leave significant out.",
        )


def _names(field: str, value: object, child: str) -> tuple[str, ...]:
    # One name written as text would otherwise become a tuple of its letters.
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise SpecError(
            f"{field} of child '{child}' is {quoted(value)}, expected a list of names.",
            path=child,
            fix=f"Write [{quoted(value)}]." if isinstance(value, str) else "Write ['name'].",
        )
    return tuple(value)
