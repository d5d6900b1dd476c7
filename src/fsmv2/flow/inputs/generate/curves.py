"""The value of a made tag at a time. No clock, and no chance but the seed."""

from __future__ import annotations

import math
from random import Random

from fsmv2.flow.inputs.generate.generated_tag import GeneratedTag
from fsmv2.flow.tag import GREATEST_INTEGER, LEAST_INTEGER, Value

DIGITS = 6
"""Significant digits of a sine or random value: enough for any chart."""


def value_at(tag: GeneratedTag, seconds: float, seed: int) -> Value:
    """What the tag is `seconds` after its flow was started."""
    if tag.curve == "sine":
        wave = math.sin(2 * math.pi * seconds / tag.period)
        return _short(tag.offset + tag.amplitude * wave)
    # A poll is due at whole multiples of its interval, give or take what a float loses.
    periods = math.floor(seconds / tag.period + 1e-9)
    if tag.curve == "counter":
        return _readable(tag.offset + tag.amplitude * periods)
    if tag.curve == "random":
        # Values of a demo are to be repeated, not to be secret.
        chance = Random(f"{seed}/{tag.virtual_path}/{tag.name}/{periods}")  # noqa: S311
        return _short(tag.offset + tag.amplitude * chance.uniform(-1, 1))
    return tag.values[periods % len(tag.values)]


def _short(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")


def _readable(number: int | float) -> int | float:
    """Whole numbers that JSON readers would not take become floats."""
    return number if LEAST_INTEGER <= number <= GREATEST_INTEGER else float(number)
