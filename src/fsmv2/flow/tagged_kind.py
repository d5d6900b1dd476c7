"""What can be known of one kind of input or output before it runs: its config, and what it reaches.

An entry of `fsmv2.flow.registry` begins with these; documents, warnings and pages are made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from fsmv2.flow.device import Reach


class LikelyMistake(msgspec.Struct, frozen=True):
    """Something of a config that can run and will mislead: at which tag and key, and what to do."""

    number: int
    key: str
    code: str
    message: str
    fix: str


def nothing_reached(_config: Any) -> Reach | None:
    """It has no device."""
    return None


def none_known(_config: Any) -> Iterable[LikelyMistake]:
    """Nothing of it misleads."""
    return ()


class TaggedKind(msgspec.Struct, frozen=True, kw_only=True):
    """`config` is what a document writes below `key`, and what the flow is handed once rendered.

    `tags`: the key of its list of tags. `reaches`: the device whose connection a bridge watches;
    none for an input that makes its values itself. `mistake_codes`: of `likely_mistakes`.
    """

    key: str
    config: type[Any]
    tags: str
    reaches: Callable[[Any], Reach | None] = nothing_reached
    likely_mistakes: Callable[[Any], Iterable[LikelyMistake]] = none_known
    mistake_codes: tuple[str, ...] = ()

    @property
    def has_device(self) -> bool:
        """Whether there is anything to reach."""
        return self.reaches is not nothing_reached
