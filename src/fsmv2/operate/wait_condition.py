"""What a worker is waited for to be: `state=active`, `phase=running`, `healthy`, `gone`."""

from __future__ import annotations

from typing import Literal

import msgspec

from fsmv2.errors import UnknownFilterError
from fsmv2.name_suggestions import suggest
from fsmv2.operate.worker_row import WorkerRow

PHASES = ("initial", "stopped", "starting", "running", "degraded", "stopping", "failed")
"""All phases; a command is not to load the workers for them."""

KINDS = ("state", "phase", "healthy", "gone")


class WaitCondition(msgspec.Struct, frozen=True, kw_only=True):
    """One condition; `value`: which state or phase."""

    kind: Literal["state", "phase", "healthy", "gone"]
    value: str = ""

    def met(self, row: WorkerRow | None) -> bool:
        """Whether a worker is so; None: nobody is at its path."""
        if row is None:
            return self.kind == "gone"
        if self.kind == "state":
            return row.state == self.value
        if self.kind == "phase":
            return row.phase == self.value
        return self.kind == "healthy" and row.healthy

    def text(self) -> str:
        """In words, behind `is`."""
        return {
            "state": self.value,
            "phase": f"in phase {self.value}",
            "healthy": "healthy",
            "gone": "gone",
        }[self.kind]


def read_wait_condition(text: str) -> WaitCondition:
    """The condition that is written so; UnknownFilterError says what it could be."""
    name, divided, value = text.partition("=")
    name, value = name.strip(), value.strip()
    if name in ("healthy", "gone") and not divided:
        return WaitCondition(kind=name)  # type: ignore[arg-type]  # one of the two
    if name == "phase" and value and value not in PHASES:
        raise UnknownFilterError(f"there is no phase '{value}'.", fix=suggest(value, PHASES))
    if name in ("state", "phase") and value:
        return WaitCondition(kind=name, value=value)  # type: ignore[arg-type]  # as above
    if name in ("state", "phase"):
        raise UnknownFilterError(
            f"'{text}' does not say which {name}.", fix=f"Write it as {name}=..., as in status."
        )
    raise UnknownFilterError(
        f"'{text}' cannot be waited for.",
        fix=suggest(name, KINDS) + " As in state=active, phase=running, healthy, gone.",
    )
