"""Siblings that are restarted together, as OTP's supervisors do with all their children."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from fsmv2.diagnostic import quoted
from fsmv2.errors import SpecError
from fsmv2.name_suggestions import suggest

Strategy = Literal["one_for_all", "rest_for_one"]
"""Who of a group is restarted with one that failed."""

STRATEGIES: tuple[Strategy, ...] = ("one_for_all", "rest_for_one")


class Group(msgspec.Struct, frozen=True, gc=False):
    """Named siblings, and who of them is restarted when one fails.

    `one_for_all`: all of them. `rest_for_one`: those named after it; they also start after it and
    stop before it. Siblings in no group fail and come back by themselves (one for one). Raises
    SpecError for an unknown strategy, fewer than two members, or one that is named twice.
    """

    strategy: Strategy
    """Who is restarted, as above."""
    members: tuple[str, ...]
    """The names of at least two children, in the order in which they start."""

    def __post_init__(self) -> None:
        strategy: object = self.strategy
        if strategy not in STRATEGIES:
            raise SpecError(
                f"The strategy of a group is {quoted(strategy)}, "
                f"expected one of {', '.join(STRATEGIES)}.",
                fix=suggest(quoted(strategy), STRATEGIES),
            )
        members: object = self.members
        if isinstance(members, str) or not isinstance(members, Iterable):
            raise SpecError(
                f"The members of a group are {quoted(members)}, expected a list of names."
            )
        named = tuple(members)
        if not all(isinstance(name, str) for name in named):
            raise SpecError(f"The members of a group are {quoted(members)}, expected names.")
        msgspec.structs.force_setattr(self, "members", named)
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise SpecError(f"A group names {', '.join(map(repr, twice))} twice.")
        if len(named) < 2:
            raise SpecError(
                f"A group has {len(named)} member, expected at least two.",
                fix="Leave the group out: a single child is restarted by itself anyway.",
            )

    def affected(self, name: str) -> tuple[str, ...]:
        """The members that are restarted with `name`, itself left out; () if it is no member."""
        if name not in self.members:
            return ()
        if self.strategy == "rest_for_one":
            return self.members[self.members.index(name) + 1 :]
        return tuple(member for member in self.members if member != name)

    def before(self, name: str) -> tuple[str, ...]:
        """The members that start before `name` because of the order of the group."""
        if self.strategy != "rest_for_one" or name not in self.members:
            return ()
        return self.members[: self.members.index(name)]
