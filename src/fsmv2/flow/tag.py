"""What every tag has, whatever protocol it is read by: a name, and which values are published."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

from fsmv2.errors import LocationError
from fsmv2.model import check_name_part

Value = int | float | bool | str

LEAST_INTEGER, GREATEST_INTEGER = -(2**63), 2**64 - 1
"""Whole numbers that every reader of JSON here takes as they stand; beyond them they are floats."""

Problem = tuple[str, str]
"""The key at which something is wrong, '' for the whole, and what is wrong."""


class Tag(Protocol):
    """A tag that is read.

    `published`: the name below its virtual path. `unit`: what its values are in, such as °C; shown
    to people, and not published. `value_type`: what is read, in a
    word of its protocol. `deadband`, in units of the published value: only
    a value that differs by more from the last published one is published; 0: any change; None:
    every value. `deadband_percent`: the same in percent of the last published value.
    `min_interval`, in seconds: at most one sample in this time, the last value read in it.
    """

    @property
    def virtual_path(self) -> str: ...
    @property
    def published(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def value_type(self) -> str: ...
    @property
    def deadband(self) -> float | None: ...
    @property
    def deadband_percent(self) -> float | None: ...
    @property
    def min_interval(self) -> float: ...


def path_of(tag: Tag) -> str:
    """Virtual path and name: what stands behind the location and the contract."""
    return f"{tag.virtual_path}.{tag.published}" if tag.virtual_path else tag.published


def virtual_path_problems(virtual_path: str) -> Iterator[Problem]:
    """What is wrong with the parts of a virtual path."""
    if virtual_path:
        for problem in unclean(*virtual_path.split("."), what="virtual path part"):
            yield "virtual_path", problem


def publishing_problems(tag: Tag, *, only_changes: str = "") -> Iterator[Problem]:
    """What is wrong with the options above; `only_changes`: its type, if that has no distance."""
    for key in ("deadband", "deadband_percent"):
        band = getattr(tag, key)
        if band is None:
            continue
        if not 0 <= band < math.inf:
            yield key, f"{key} {band:g} is not 0 or more"
        elif band and only_changes:
            yield (
                key,
                (
                    f"a {only_changes} changes or it does not: its deadband can only be 0, "
                    "which publishes changes"
                ),
            )
    if tag.deadband is not None and tag.deadband_percent is not None:
        yield "deadband_percent", "deadband and deadband_percent exclude each other"
    if not 0 <= tag.min_interval < math.inf:
        yield "min_interval", f"min_interval {tag.min_interval:g} s is not 0 or more"


def unclean(*names: str, what: str) -> list[str]:
    """What is wrong with parts of a subject, which are used as they stand."""
    problems = []
    for name in names:
        try:
            if check_name_part(name, what) != name:
                problems.append(f"the {what} {name!r} has white space around it")
        except LocationError as error:
            problems.append(str(error))
    return problems
