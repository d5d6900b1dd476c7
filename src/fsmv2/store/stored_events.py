"""The events in a SQLite store, also read while a tree writes them."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from fsmv2.store.read_only import opened_store
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


def texts_in(
    file: Path, *, kind: str, beginning: str, until: float = sys.float_info.max
) -> tuple[str, ...]:
    """Texts of events of this kind that begin so, the last first, and are not later than `until`.

    StoreError: as `events_in`.
    """
    with opened_store(file, "events") as connection:
        rows = connection.execute(
            "SELECT text FROM event WHERE kind = ?1 AND substr(text, 1, length(?2)) = ?2 "
            "AND at <= ?3 ORDER BY id DESC",
            (kind, beginning, until),
        ).fetchall()
    return tuple(text for (text,) in rows)


def kept_since(file: Path) -> float:
    """Since when all events are kept, Unix seconds; 0: all that there were, none included.

    StoreError: as `events_in`.
    """
    with opened_store(file, "events") as connection:
        first = connection.execute("SELECT id, at FROM event ORDER BY id LIMIT 1").fetchone()
    return 0.0 if first is None or first[0] == 1 else float(first[1])


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
    with opened_store(file, "events") as connection:
        return read_events(
            connection, path=path, after=after, since=since, until=until, limit=limit
        )
