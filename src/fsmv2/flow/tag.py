"""What every tag has, whatever protocol it is read by: a name, and which values are published."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator
from typing import Protocol

from fsmv2.errors import LocationError, Misfit
from fsmv2.model import check_name_part

Value = int | float | bool | str

LEAST_INTEGER, GREATEST_INTEGER = -(2**63), 2**64 - 1
"""Whole numbers that every reader of JSON here takes as they stand; beyond them they are floats."""

Problem = Misfit
"""The key at which something is wrong, '' for the whole, what is wrong, and what to do."""


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
        parts = [part for part in virtual_path.split(".") if part.strip()]
        if parts and len(parts) <= virtual_path.count("."):
            fix = f"Write {'.'.join(parts)}."
            yield Problem("virtual_path", "the virtual path has a part without a name", fix)
            return
        yield from unclean("virtual_path", *virtual_path.split("."), what="virtual path part")


def publishing_problems(tag: Tag, *, only_changes: str = "") -> Iterator[Problem]:
    """What is wrong with the options above; `only_changes`: its type, if that has no distance."""
    for key in ("deadband", "deadband_percent"):
        band = getattr(tag, key)
        if band is None:
            continue
        if not 0 <= band < math.inf:
            yield Problem(key, f"{key} is {band:g}, expected 0 or more")
        elif band and only_changes:
            yield Problem(
                key,
                f"a {only_changes} changes or it does not: its deadband can only be 0, "
                "which publishes changes",
                f"Write `{key}: 0`.",
            )
    if tag.deadband is not None and tag.deadband_percent is not None:
        yield Problem(
            "deadband_percent",
            "deadband and deadband_percent exclude each other",
            "Remove one of them.",
        )
    if not 0 <= tag.min_interval < math.inf:
        yield Problem("min_interval", f"min_interval is {tag.min_interval:g} s, expected 0 or more")


def unclean(key: str, *names: str, what: str) -> Iterator[Problem]:
    """What is wrong with parts of a subject, which are used as they stand."""
    for name in names:
        try:
            cleaned = check_name_part(name, what)
            if cleaned != name:
                message = f"the {what} {name!r} has white space around it"
                yield Problem(key, message, f"Use '{cleaned}'.", LocationError.code)
        except LocationError as error:
            message = error.message.rstrip(".")
            text = message[:1].lower() + message[1:]
            yield Problem(key, text, error.fix, error.code)


def of_tag(problem: Problem, place: str, name: str) -> Problem:
    """The problem of one tag as that of the config that has it: `place` is `registers[3]`."""
    path = f"{place}.{problem.path}" if problem.path else place
    return problem._replace(path=path, message=f"{place} ({name}): {problem.message}")


def taken(place: str, name: str, first: str, names: Collection[str], renamed: str = "") -> Problem:
    """The problem of a tag whose name another one has, at `first`; `names` are all there are."""
    published = renamed or name
    key = "rename" if renamed else "name"
    free = next(f"{published}-{n}" for n in itertools.count(2) if f"{published}-{n}" not in names)
    shown = f" '{renamed}'" if renamed else ""
    return Problem(
        f"{place}.{key}",
        f"{place} ({name}): the tag name{shown} is taken by {first}",
        f"Give it another name, such as `{key}: {free}`, or a `virtual_path` of its own.",
    )
