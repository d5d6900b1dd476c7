"""For tests of which metrics move: a scenario yields what is measured, at several moments."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from fsmv2.metrics.exposition import read
from fsmv2.metrics.measured_source import Source

MOVED: set[str] = set()
"""Every metric that a scenario of a test moves."""

Pictures = dict[str, list[dict[Any, Any]]]


def moves(names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A test from a scenario; each of the metrics must have differed from one moment to another."""
    wanted = [f"fsmv2_{name}" for name in names.split()]
    MOVED.update(wanted)

    def decorate(scenario: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(scenario)
        def test(**fixtures: Any) -> None:
            seen: Pictures = {name: [] for name in wanted}
            moments: Iterator[Source] = scenario(**fixtures)
            for source in moments:
                _look(source, seen)
            _check(seen)

        @functools.wraps(scenario)
        async def test_on_a_loop(**fixtures: Any) -> None:
            seen: Pictures = {name: [] for name in wanted}
            moments: AsyncIterator[Source] = scenario(**fixtures)
            async for source in moments:
                await asyncio.to_thread(_look, source, seen)
            _check(seen)

        chosen: Any = test_on_a_loop if inspect.isasyncgenfunction(scenario) else test
        del chosen.__wrapped__  # or pytest takes it for a generator
        chosen.__signature__ = inspect.signature(scenario)
        return chosen  # type: ignore[no-any-return]

    return decorate


def _look(source: Source, seen: Pictures) -> None:
    readings = read(source)
    for name, pictures in seen.items():
        pictures.append(dict(readings.of(name)))


def _of_note(picture: dict[Any, Any]) -> dict[Any, Any]:
    """Without those at 0: that a series is there is no movement."""
    return {
        labels: value
        for labels, value in picture.items()
        if (value if isinstance(value, int | float) else sum(value.counts))
    }


def _check(seen: Pictures) -> None:
    still = [
        name
        for name, pictures in seen.items()
        if all(_of_note(p) == _of_note(pictures[0]) for p in pictures)
    ]
    assert not still, f"these never moved: {still}"
