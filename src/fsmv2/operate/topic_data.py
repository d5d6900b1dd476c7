"""What is answered of a topic, and of the value that was read last; for programs on both sides."""

from __future__ import annotations

from typing import Literal

import msgspec

Quality = Literal["good", "stale", "none"]


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One topic. `path`: the flow that it is of; `tag`: with its virtual path, `+` for any.

    `direction`: `read` from a machine and published, or `write`: commands are listened to. `type`:
    in a word of its protocol; `unit`: as the document has it; `every`: seconds from one read to the
    next. `number`: its place among the tags of its flow, from 0. `line`: where the document has it,
    as `plant.yaml:12`; empty: not known.
    """

    topic: str
    path: str
    tag: str
    direction: Literal["read", "write"]
    type: str = ""
    unit: str = ""
    every: float = 0.0
    number: int = 0
    line: str = ""


class TagValue(Topic, frozen=True, kw_only=True):
    """A topic with the value of its tag that was read last, whether it was published or not.

    `at`: when it was read, in Unix seconds, 0: never; `age`: how long ago that was. `quality`:
    `good`, as old as it may be; `stale`, older; `none`, there is none yet. `reason`: why it is not
    good.
    """

    value: int | float | bool | str | None = None
    at: float = 0.0
    age: float = 0.0
    quality: Quality = "none"
    reason: str = ""
