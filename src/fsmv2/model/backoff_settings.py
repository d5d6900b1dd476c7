"""How long one kind of worker, or one child, waits before it is tried again."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from fsmv2.errors import SpecError


class Backoff(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    gc=False,
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """Delays between attempts, in seconds; what is None is as the next wider place says.

    The widest place is the engine's settings, then come the worker type, the engine's settings for
    that type, and the child's own. The first delay is `base`, each one after that twice as long, up
    to `cap`; `jitter` is the share of each delay that is left to chance, so with 0.5 it lies
    between half and all of it. After `reset_after` without trouble past failures are forgotten.

    Raises SpecError for numbers that make no sense.
    """

    base: float | None = None
    cap: float | None = None
    jitter: float | None = None
    reset_after: float | None = None

    def __post_init__(self) -> None:
        problems = [text for _, text in contradictions(self)]
        if problems:
            raise SpecError(f"This backoff is not valid: {'; '.join(problems)}.")

    def over(self, wider: Backoff) -> Backoff:
        """This one, with what it leaves open taken from a wider place.

        A base that is longer than the cap of a wider place raises that cap: who writes only `base`
        means it.
        """
        base = wider.base if self.base is None else self.base
        cap = wider.cap if self.cap is None else self.cap
        if base is not None and cap is not None and base > cap:
            base, cap = (base, base) if self.cap is None else (cap, cap)
        return Backoff(
            base=base,
            cap=cap,
            jitter=wider.jitter if self.jitter is None else self.jitter,
            reset_after=wider.reset_after if self.reset_after is None else self.reset_after,
        )


def contradictions(given: Backoff) -> Iterator[tuple[str, str]]:
    """Each number that makes no sense, by itself or beside another, and why not."""
    for name in ("base", "cap", "reset_after"):
        value = getattr(given, name)
        if value is not None and not 0 <= value < math.inf:
            yield name, f"{name} is {value:g}, expected seconds, 0 or more"
    if given.jitter is not None and not 0 <= given.jitter <= 1:
        yield "jitter", f"jitter is {given.jitter:g}, expected a share from 0 to 1"
    if given.base is not None and given.cap is not None and given.base > given.cap:
        yield "base", f"base is {given.base:g}, expected at most cap, {given.cap:g}"


AS_ELSEWHERE = Backoff()
"""Nothing of one's own: all as the next wider place says."""
