"""The value of a tag that was read last, whether it was published or not."""

from __future__ import annotations

from typing import NamedTuple

from fsmv2.flow.tag import Value


class ReadValue(NamedTuple):
    """A value, and when it was read, in Unix milliseconds."""

    value: Value
    at_ms: int
