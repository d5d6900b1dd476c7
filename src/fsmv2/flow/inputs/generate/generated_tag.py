"""One tag whose values are made: which curve it follows, and which of its values are published."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import msgspec

from fsmv2.flow.field_types import Band, Interval, Name, Pause
from fsmv2.flow.tag import Problem, publishing_problems, unclean, virtual_path_problems
from fsmv2.model.decoder import Templated

Curve = Literal["sine", "counter", "random", "steps"]


class GeneratedTag(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `tags:`, a tag whose values are made.

    A sine is a wave of this `period`, `amplitude` above and below `offset`. A counter goes from
    `offset` on, `amplitude` more after each `period`. Random values are up to `amplitude` from
    `offset`, another one each `period`. Steps are the `values` one after another, each for a
    `period`, round and round. See also [Publish less](../how-to/publish-less.md).
    """

    name: Templated[Name]
    """The name of the tag, the last part of its topic."""
    curve: Templated[Curve]
    """How its values follow each other; see above."""
    period: Templated[Interval] = 10.0
    """A wave: from crest to crest; otherwise how long each value lasts. At least 10ms."""
    amplitude: Templated[int | float] = 1
    """sine and random: how far from `offset` the values go; counter: how much each period adds."""
    offset: Templated[int | float] = 0
    """The middle of a sine or of random values; the first value of a counter."""
    values: tuple[Templated[int | float | bool | str], ...] = ()
    """For `steps` alone, which need them: the values one after another, numbers, text, or true
    and false."""
    unit: Templated[str] = ""
    """The unit of the value, such as °C; shown by `fsmv2 values`, not published."""
    virtual_path: Templated[str] = ""
    """Parts of the topic before the name: `motor.left`."""
    deadband: Templated[Band] | None = None
    """A value is published only if it differs by more than this from the last one; 0: at any
    change."""
    deadband_percent: Templated[Band] | None = None
    """The same in percent of the last value."""
    min_interval: Templated[Pause] = 0.0
    """At most one value is published in this time."""

    @property
    def published(self) -> str:
        """The name below the virtual path."""
        return self.name

    @property
    def value_type(self) -> str:
        """The curve that it follows."""
        return self.curve


def generated_tag_problems(tag: GeneratedTag) -> Iterator[Problem]:
    """Everything that is wrong with a tag by itself."""
    yield from unclean("name", tag.name, what="tag name")
    yield from virtual_path_problems(tag.virtual_path)
    if not 0.01 <= tag.period < math.inf:
        yield Problem("period", f"period is {tag.period:g} s, expected at least 0.01 s")
    for key, number in (("amplitude", tag.amplitude), ("offset", tag.offset)):
        if not math.isfinite(number):
            yield Problem(key, f"{key} {number:g} is not a number to calculate with")
    steps = tag.curve == "steps"
    if steps and not tag.values:
        yield Problem(
            "values",
            "steps need `values`, those it goes through",
            "Add them, such as `values: [idle, running]`.",
        )
    if not steps and tag.values:
        yield Problem(
            "values",
            f"a {tag.curve} makes its values itself, and only steps have `values`",
            "Remove `values`, or write `curve: steps`.",
        )
    if steps and (tag.amplitude, tag.offset) != (1, 0):
        key = "offset" if tag.offset else "amplitude"
        yield Problem(key, f"steps go through their `values` and have no {key}", f"Remove `{key}`.")
    words = steps and any(isinstance(value, bool | str) for value in tag.values)
    yield from publishing_problems(tag, only_changes="value that is not a number" if words else "")
