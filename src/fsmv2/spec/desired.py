"""What should be, as a worker derives it."""

from __future__ import annotations

from typing import Any

import msgspec

from fsmv2.errors import SpecError
from fsmv2.spec.child import ChildSpec


class DesiredState(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The outcome of a derive: a state, the children, and a rendered config where there is one.

    `config` is a msgspec Struct or plain data. `hold_reason` keeps the worker in `state` against
    its parent's mapping, and is shown. Raises SpecError when a part has the wrong type.
    """

    state: str
    children_specs: tuple[ChildSpec, ...] = ()
    config: Any = None
    hold_reason: str | None = None

    def __post_init__(self) -> None:
        state: object = self.state
        if not (isinstance(state, str) and state):
            raise SpecError(f"The desired state is {state!r}, expected a state's name.")
        if type(self.children_specs) is not tuple:
            try:
                children = tuple(self.children_specs)
            except TypeError:
                raise SpecError(
                    f"children_specs is a {type(self.children_specs).__name__}, "
                    "expected a list of ChildSpec."
                ) from None
            msgspec.structs.force_setattr(self, "children_specs", children)
        for child in self.children_specs:
            if not isinstance(child, ChildSpec):
                raise SpecError(
                    f"children_specs holds a {type(child).__name__}, expected ChildSpec."
                )
        if self.hold_reason is not None and not isinstance(self.hold_reason, str):
            raise SpecError(f"hold_reason is {self.hold_reason!r}, expected text or None.")
