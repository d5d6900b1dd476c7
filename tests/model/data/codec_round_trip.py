"""Values written exactly and read back, with classes to write."""

from __future__ import annotations

import dataclasses
import enum
import sys
from typing import Any

from fsmv2 import UserSpec


class Colour(enum.StrEnum):
    RED = "red"


class Tall(UserSpec):
    """A spec."""

    height: int | float = 1


@dataclasses.dataclass
class Point:
    x: int
    y: Any = None


def find(name: str) -> Any:
    module, _, inner = name.partition(":")
    return vars(sys.modules[module])[inner]
