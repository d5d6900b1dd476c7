"""What the routes are asked with: their parameters, each with its bounds."""

from __future__ import annotations

from typing import Annotated

import msgspec

from fsmv2.operate.request_types import LONGEST_WAIT
from fsmv2.operate.worker_filter import WorkerFilter

MOST_EVENTS = 1_000


At = Annotated[float, msgspec.Meta(ge=0, le=2**40)]


class OfPath(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A path that has to be there. `at`: how it was then, Unix seconds, by the journal; 0: now."""

    path: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    at: At = 0.0


class OfState(OfPath, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A path, and a state of its type that it is not in."""

    state: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Below(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A path, and all below it; empty: the whole tree."""

    path: Annotated[str, msgspec.Meta(max_length=4096)] = ""


class Matching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A topic, a tag, a worker, or a pattern of them; empty: all."""

    match: Annotated[str, msgspec.Meta(max_length=4096)] = ""


class WhatOfTree(WorkerFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As of `/v1/workers`; `lines`, `columns`: the space it has to fit into, 0: any.

    `at`: how it was then, Unix seconds, by the journal; 0: now.
    """

    lines: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    columns: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    at: At = 0.0


class Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a path and below it, or of all: the last `limit` with a greater id than `after`.

    `since`: Unix seconds, not earlier.
    """

    path: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    after: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    since: Annotated[float, msgspec.Meta(ge=0, le=2**40)] = 0.0
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_EVENTS)] = 100


class WhichEvents(Which, frozen=True, forbid_unknown_fields=True):
    """As of `/v1/logs`; `until`: Unix seconds, not later; 0: whenever. Not of a stream."""

    until: At = 0.0


class WhichGeneration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number of a generation; 0: the one that runs."""

    number: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 0


class WhichGenerations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The numbers of two generations; `newer` 0: the one that runs."""

    older: Annotated[int, msgspec.Meta(ge=1, le=2**31)]
    newer: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 0


class HowAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`wait`: seconds for which the effect is waited for. `dry_run`: do nothing, but check."""

    wait: Annotated[float, msgspec.Meta(ge=0, le=LONGEST_WAIT)] = 0.0
    dry_run: bool = False


class NoParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters."""


class HowFar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`generation`: 0 is the one that runs. `wait`: seconds until it is final, at most."""

    generation: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 0
    wait: Annotated[float, msgspec.Meta(ge=0, le=LONGEST_WAIT)] = 0.0
