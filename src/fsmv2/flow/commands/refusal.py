"""Whether a device may be written to now: asked of whoever knows, right before each write."""

from __future__ import annotations

from collections.abc import Callable

Refusal = Callable[[], str]
"""Why nothing may be written to a device now, for a person; '' when it may. From any thread."""


def nobody_allows() -> str:
    """The refusal of a flow that was started without one: who is not asked has not agreed."""
    return "writes to this device are not allowed"
