"""What happened in a tree: asked of it while it runs, or read from its store.

Of a tree that does not run, does not answer, or is of an older fsmv2 the store is read, and nothing
is written to it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from fsmv2.errors import ApiUnavailableError, FsmError, StoreError, UnknownPathError
from fsmv2.name_suggestions import suggest
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.remote_stream import ENDED, RESET, streamed
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.run_record import run_has_store
from fsmv2.operate.running_trees import chosen_tree, kept_directory
from fsmv2.operate.state_directory import STORE, holder

AT_ONCE = 1_000
"""Events that a tree answers with at once; for more its store is read, which it may be writing."""

ENDS_WITHIN = 10.0
"""Seconds in which a tree that has stopped lets go of its store, usually."""


class KnownEvents:
    """Those of one tree, which need not run."""

    def __init__(self, document: Path | None, state_dir: Path | None, *, tool: str) -> None:
        """Of the tree that is meant; see `running_trees`."""
        self._of = document, state_dir
        self._directory = kept_directory(document, state_dir)
        self._tool = tool

    def last(
        self,
        path: str = "",
        *,
        since: float = 0.0,
        until: float | None = None,
        limit: int | None = 100,
    ) -> list[RecordedEvent]:
        """The last `limit` of them, or all, oldest first. `path`: of it and below.

        `since`, `until`: between these, in Unix seconds.

        UnknownPathError: nothing is known of the path. StoreError: they cannot be read.
        """
        runs = bool(holder(self._directory))
        at_once = limit is not None and limit <= AT_ONCE
        keeps_none = runs and not self._has_store()
        if runs and (keeps_none or (until is None and at_once)):
            try:
                found = self._asked(path, since=since, limit=min(limit or AT_ONCE, AT_ONCE))
                self._check(path, found)
                return [one for one in found if until is None or one.at <= until]
            except ApiUnavailableError:
                if keeps_none:  # what is stored is of an earlier run
                    raise
        found = stored_events(self._directory, path=path, since=since, until=until, limit=limit)
        self._check(path, found)
        return found

    def after(self, path: str, number: int) -> list[RecordedEvent]:
        """Those with a greater id, oldest first; none where they cannot be read now."""
        with contextlib.suppress(FsmError):
            if holder(self._directory) and not self._has_store():
                return self._asked(path, after=number)
            return stored_events(self._directory, path=path, after=number)
        return []

    def _has_store(self) -> bool:
        """Whether the tree that runs writes one: a demo keeps events in memory."""
        store = self._directory / STORE
        return run_has_store(self._directory) and store.exists() and store.stat().st_size > 0

    def follow(self, path: str = "", *, after: int = 0) -> Iterator[RecordedEvent | None]:
        """What happens from now on, or after an event, until the tree has stopped.

        None: some of it is no longer kept. Only of a tree that runs: NotRunningError,
        ApiUnavailableError.
        """
        directory = chosen_tree(*self._of)
        query = {"path": path}
        last = str(after) if after else ""
        watched = False
        try:
            for one in streamed(directory, "/v1/events", query, tool=self._tool, last=last):
                watched = True
                if one.name == ENDED:
                    break
                if one.name == RESET:
                    yield None
                    continue
                event = msgspec.json.decode(one.data, type=RecordedEvent)
                after = event.id
                yield event
        except ApiUnavailableError:
            if watched or not self._has_ended():
                raise
        yield from self._last_words(path, after)

    def _has_ended(self) -> bool:
        """Whether the tree stops within a moment, which takes its API away first."""
        limit = time.monotonic() + ENDS_WITHIN
        while holder(self._directory):
            if time.monotonic() > limit:
                return False
            time.sleep(0.1)
        return True

    def _last_words(self, path: str, after: int) -> Iterator[RecordedEvent]:
        """What a tree stored after it ended its streams: how its stop went on."""
        self._has_ended()
        with contextlib.suppress(StoreError):
            yield from stored_events(self._directory, path=path, after=after)

    def _asked(
        self, path: str, *, after: int = 0, since: float = 0.0, limit: int = AT_ONCE
    ) -> list[RecordedEvent]:
        tree = RemoteTree(self._directory, tool=self._tool)
        query = {"path": path, "after": str(after), "since": repr(since), "limit": str(limit)}
        return tree.get("/v1/events", query, list[RecordedEvent])

    def _check(self, path: str, found: Iterable[RecordedEvent]) -> None:
        """Of a path without events one wants to know whether it is written wrong."""
        if not path or any(True for _ in found):
            return
        paths = self._known_paths()
        if path not in paths and not any(one.startswith(f"{path}/") for one in paths):
            raise UnknownPathError(
                f"nothing is known of a worker '{path}' in this tree", fix=suggest(path, paths)
            )

    def _known_paths(self) -> list[str]:
        if holder(self._directory) and not self._has_store():
            return RemoteTree(self._directory, tool=self._tool).all_paths()
        from fsmv2.store.store_facts import known_paths

        return known_paths(self._directory / STORE)


def stored_events(
    directory: Path,
    *,
    path: str = "",
    after: int = 0,
    since: float = 0.0,
    until: float | None = None,
    limit: int | None = None,
) -> list[RecordedEvent]:
    """The last `limit` events that a state directory stores, or all; oldest first. StoreError."""
    # Here, since a tree that runs is asked: then no database is needed.
    from fsmv2.store.protocol import EVENTS_KEPT
    from fsmv2.store.stored_events import events_in

    stored = events_in(
        directory / STORE,
        path=path,
        after=after,
        since=since,
        until=until,
        limit=EVENTS_KEPT if limit is None else limit,
    )
    return [RecordedEvent.of(one) for one in stored]


def stored_until(
    directory: Path, until: float | None, *, path: str, limit: int
) -> tuple[RecordedEvent, ...]:
    """The last events of a store, not later than `until`; none where it cannot be read."""
    with contextlib.suppress(StoreError):
        return tuple(stored_events(directory, path=path, until=until, limit=limit))
    return ()
