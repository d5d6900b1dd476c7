"""The events in a SQLite store, also read while a tree writes them."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from fsmv2.errors import StoreError
from fsmv2.store import full_disk
from fsmv2.store.read_only import read_only
from fsmv2.store.stored import EventRecord, StoredEvent


def read_events(
    connection: sqlite3.Connection,
    *,
    path: str,
    after: int,
    since: float,
    limit: int,
    until: float | None = None,
) -> tuple[StoredEvent, ...]:
    """The last `limit` of them, or of those that are not later than `until`; see `Store.events`."""
    rows = connection.execute(
        "SELECT id, at, path, kind, level, state, text, tick FROM event "
        # A range of paths, and not LIKE, which would take `_` and `%` of a path for wildcards; "0"
        # follows "/".
        "WHERE id > ?1 AND at >= ?4 AND at <= ?5 AND "
        "(?2 = '' OR path = ?2 OR (path > ?2 || '/' AND path < ?2 || '0')) "
        "ORDER BY id DESC LIMIT ?3",
        (after, path, limit, since, sys.float_info.max if until is None else until),
    ).fetchall()
    return tuple(
        StoredEvent(
            id=id_,
            event=EventRecord(
                at=at, path=of, kind=kind, level=level, state=state, text=text, tick=tick
            ),
        )
        for id_, at, of, kind, level, state, text, tick in reversed(rows)
    )


def texts_in(file: Path, *, kind: str, beginning: str) -> tuple[str, ...]:
    """Texts of events of this kind that begin so, the last first. StoreError: as `events_in`."""
    with _opened(file) as connection:
        rows = connection.execute(
            "SELECT text FROM event WHERE kind = ?1 AND substr(text, 1, length(?2)) = ?2 "
            "ORDER BY id DESC",
            (kind, beginning),
        ).fetchall()
    return tuple(text for (text,) in rows)


def events_in(
    file: Path,
    *,
    path: str = "",
    after: int = 0,
    since: float = 0.0,
    until: float | None = None,
    limit: int = 100,
) -> tuple[StoredEvent, ...]:
    """Those of a store that a tree may be writing. StoreError: there is none, or it is damaged."""
    with _opened(file) as connection:
        return read_events(
            connection, path=path, after=after, since=since, until=until, limit=limit
        )


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    if not file.exists() or not file.stat().st_size:
        raise StoreError(f"there is no store {file}.", fix="Start the tree once with `fsmv2 run`.")
    try:
        with contextlib.closing(read_only(file)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreError(
            f"the events in the store {file} cannot be read: {full_disk.reason(error, file)}.",
            fix="Ask `fsmv2 doctor` what is wrong with it.",
        ) from error
