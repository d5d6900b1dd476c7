"""What people write for a value or a key because another program calls it so.

The nearest known name is found by its letters, and would be another thing by its meaning: `int` is
near `int64`, and `cmd` near `cwd`. What is known better stands in a table beside the type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class OtherWords:  # no struct: a note on a type must have a hash
    """A note on a field of few values: by other words for them, in lower case, what to write."""

    __slots__ = ("_fixes",)

    def __init__(self, fixes: Mapping[str, str]) -> None:
        self._fixes = fixes

    def fix_for(self, value: Any) -> str:
        """The fix, as a full sentence; '' when the value is none of these words."""
        return self._fixes.get(as_word(value), "")


def as_word(value: Any) -> str:
    """A value in lower case, with underscores."""
    return str(value).strip().casefold().replace("-", "_").replace(" ", "_")


def other_names(**words: str) -> Mapping[str, str]:
    """`OTHER_NAMES` of a struct: for each key the names that others have for it, by spaces."""
    return {name: key for key, names in words.items() for name in names.split()}


def meant_key(struct: type[msgspec.Struct], key: str) -> str:
    """The key that another program calls so, by `OTHER_NAMES` of the struct; '' if none is."""
    names: Mapping[str, str] = getattr(struct, "OTHER_NAMES", {})
    return names.get(key.casefold().replace("-", "_").replace(" ", "_"), "")
