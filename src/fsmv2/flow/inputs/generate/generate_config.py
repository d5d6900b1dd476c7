"""`generate:` which tags are made, how often, and from which seed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar

import msgspec

from fsmv2.errors import UnfitError
from fsmv2.flow.field_types import Interval
from fsmv2.flow.inputs.generate.generated_tag import GeneratedTag, generated_tag_problems
from fsmv2.flow.tag import Problem, of_tag, taken
from fsmv2.model.decoder import Templated


class GenerateInput(msgspec.Struct, frozen=True, kw_only=True, tag="generate"):
    """`generate:` values that are made, for demos and tests: no device is reached."""

    DOES: ClassVar[str] = "makes"

    tags: Annotated[tuple[GeneratedTag, ...], msgspec.Meta(min_length=1)]
    """The tags that are made; at least one."""
    every: Templated[Interval] = 1.0
    """How often a value of each tag is made; at least 10ms."""
    seed: Templated[int] = 0
    """What random values are drawn from; the same number gives the same values at every start."""

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise UnfitError("generate", problems)


def _problems(config: GenerateInput) -> Iterator[Problem]:
    if not 0.01 <= config.every < math.inf:
        yield Problem("every", f"every is {config.every:g} s, expected at least 0.01 s")
    if not config.tags:
        yield Problem("tags", "tags is empty: name at least one tag to make")
    seen: dict[tuple[str, str], int] = {}
    for number, tag in enumerate(config.tags):
        where = f"tags[{number}]"
        for problem in generated_tag_problems(tag):
            yield of_tag(problem, where, tag.name)
        first = seen.setdefault((tag.virtual_path, tag.name), number)
        if first != number:
            names = {one.name for one in config.tags}
            yield taken(where, tag.name, f"tags[{first}]", names)
