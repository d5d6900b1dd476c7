"""What should be, as a worker derives it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from fsmv2.diagnostic import quoted
from fsmv2.errors import SpecError, TemplateError
from fsmv2.model.child import ChildSpec
from fsmv2.model.class_references import StateReference, state_name
from fsmv2.model.data.plain_copy import SCALARS
from fsmv2.model.group import Group
from fsmv2.model.sibling_order import check_order
from fsmv2.model.template.limits import MAX_DEPTH
from fsmv2.model.template.structures import parts_of
from fsmv2.name_suggestions import suggest

AutoStop = Literal["never", "any_significant", "all_significant"]
"""Which ended significant children stop their parent."""

EscalationPolicy = Literal["isolate", "restart"]
"""What becomes of a parent whose child escalates."""

ESCALATIONS: tuple[EscalationPolicy, ...] = ("isolate", "restart")

AUTO_STOPS: tuple[AutoStop, ...] = ("never", "any_significant", "all_significant")


class DesiredState(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The outcome of a derive: a state, the children, and a rendered config where there is one.

    `state` is a name or a method: `DesiredState(Tank.running)`, or `self.running` in a derive.
    `config` is a msgspec Struct, a data class or plain data. `hold_reason` keeps the worker in
    `state` against its parent's mapping, and is shown. `groups` are children that are restarted
    together; `auto_stop` ends the worker when one, or all, of its significant children have ended.
    `escalation` is what becomes of it when a child has failed so often that it
    escalates: *isolate* leaves it and the siblings as they are, *restart* restarts the worker
    with all its children. `claims` are what one worker should have at a time, as text: a device, a
    port, a file; who takes one over begins after its predecessor is released. Raises SpecError when
    a part has the wrong type, or one cannot be meant beside another.
    """

    state: str
    children_specs: tuple[ChildSpec, ...] = ()
    """The children that should exist, each name once; those that are missing are removed."""
    config: Any = None
    hold_reason: str | None = None
    groups: tuple[Group, ...] = ()
    auto_stop: AutoStop = "never"
    escalation: EscalationPolicy = "isolate"
    claims: tuple[str, ...] = ()

    if TYPE_CHECKING:  # what is accepted is wider than what is kept

        def __init__(
            self,
            state: StateReference,
            children_specs: Iterable[ChildSpec] = ...,
            config: Any = ...,
            hold_reason: str | None = ...,
            groups: Iterable[Group] = ...,
            auto_stop: AutoStop = ...,
            escalation: EscalationPolicy = ...,
            claims: Iterable[str] = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        state: object = self.state
        if type(state) is not str or not state:
            msgspec.structs.force_setattr(self, "state", state_name(state, "The desired state"))
        if type(self.children_specs) is not tuple:
            try:
                children = tuple(self.children_specs)
            except TypeError:
                raise SpecError(
                    f"children_specs is a {type(self.children_specs).__name__}, "
                    "expected a list of ChildSpec."
                ) from None
            msgspec.structs.force_setattr(self, "children_specs", children)
        ordered = special = False
        for child in self.children_specs:
            if not isinstance(child, ChildSpec):
                raise SpecError(
                    f"children_specs holds a {type(child).__name__}, expected ChildSpec."
                )
            ordered = ordered or bool(child.after or child.requires)
            special = special or child.significant
        if self.hold_reason is not None and not isinstance(self.hold_reason, str):
            raise SpecError(f"hold_reason is {quoted(self.hold_reason)}, expected text or None.")
        if self.config is not None:
            check_config(self.config)
        if self.escalation not in ESCALATIONS:
            raise SpecError(
                f"escalation is {quoted(self.escalation)}, "
                f"expected one of {', '.join(ESCALATIONS)}.",
                fix=suggest(quoted(self.escalation), ESCALATIONS),
            )
        if self.claims != ():
            msgspec.structs.force_setattr(self, "claims", _claims(self.claims))
        if special or self.auto_stop != "never":
            _check_auto_stop(self)
        if self.groups != ():
            msgspec.structs.force_setattr(self, "groups", _groups(self))
        if ordered:
            check_order(self.children_specs, self.groups)


def check_config(config: Any, path: str = "config", depth: int = 0) -> None:
    """Raise SpecError where a config holds an object that is no data, named with its place.

    What is in a struct is its type's own word; looking through it at each derive would cost more
    than the derive.
    """
    if type(config) is float and not math.isfinite(config):
        raise SpecError(
            f"The config holds {config}, which JSON does not have: it would be stored as null.",
            path=path,
            fix="Use None for what is not known, and leave out a limit that does not apply.",
        )
    if type(config) in SCALARS or isinstance(config, msgspec.Struct):
        return
    if type(config) is dict:
        _check_keys(config, path)
    if depth > MAX_DEPTH:
        raise SpecError("The config is nested too deeply, or contains itself.", path=path)
    try:
        parts = parts_of(config)
    except TemplateError:
        kind = type(config)
        raise SpecError(
            f"The config holds an object of the class {kind.__module__}.{kind.__qualname__}, "
            "which is not data.",
            path=path,
            fix="Use text, numbers, dates, lists, tuples, sets, dicts, structs and data classes.",
        ) from None
    for key, part in parts or ():
        check_config(part, f"{path}[{key!r}]" if type(key) is int else f"{path}.{key}", depth + 1)


def _check_keys(config: dict[Any, Any], path: str) -> None:
    """Raise SpecError where two keys are one as text, as which they are stored."""
    for key in config:
        if type(key) is not str and str(key) in config:
            raise SpecError(
                f"The config has the keys {key!r} and '{key}', "
                "which are the same key once it is stored.",
                path=path,
                fix="Use text as keys.",
            )


def _claims(given: object) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise SpecError(
            f"claims is {quoted(given)}, expected a list of texts.",
            fix='Write claims=["port 9000"], say.',
        )
    found = tuple(given)
    for one in found:
        if type(one) is not str or not one:
            raise SpecError(f"claims holds {quoted(one)}, expected a text such as 'port 9000'.")
    return tuple(dict.fromkeys(found))


def _check_auto_stop(desired: DesiredState) -> None:
    auto_stop: object = desired.auto_stop
    if auto_stop not in AUTO_STOPS:
        raise SpecError(
            f"auto_stop is {quoted(auto_stop)}, expected one of {', '.join(AUTO_STOPS)}.",
            fix=suggest(quoted(auto_stop), AUTO_STOPS),
        )
    significant = [child.name for child in desired.children_specs if child.significant]
    if auto_stop == "never":
        raise SpecError(
            f"The child '{significant[0]}' is significant, but auto_stop is never.",
            fix="Set auto_stop to any_significant or all_significant, or leave significant out.",
        )
    if not significant:
        raise SpecError(
            f"auto_stop is {auto_stop}, but no child is significant.",
            fix="Mark those whose end ends this worker: ChildSpec(..., significant=True).",
        )


def _groups(desired: DesiredState) -> tuple[Group, ...]:
    groups = tuple(desired.groups)
    names = [child.name for child in desired.children_specs]
    seen: set[str] = set()
    for group in groups:
        if not isinstance(group, Group):
            raise SpecError(f"groups holds a {type(group).__name__}, expected Group.")
        for name in group.members:
            if name not in names:
                raise SpecError(
                    f"A group names '{name}', which is not a child.", fix=suggest(name, names)
                )
            if name in seen:
                raise SpecError(f"The child '{name}' is in two groups.")
            seen.add(name)
    return groups
