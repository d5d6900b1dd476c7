"""A store in one SQLite file: write-ahead log, one writer, one commit for a whole batch.

Desired states and events are on disk when `write` returns (`FULL`). Observed states are not waited
for (`NORMAL`): a crash of the machine may lose the last of them, which are collected again anyway.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fsmv2.errors import StoreError, StoreLostError
from fsmv2.host import disk_trouble
from fsmv2.host.file_lock import FileLock
from fsmv2.host.private import FOLDER, open_private, tighten_file
from fsmv2.store import full_disk, generation_table, schema, stored_events
from fsmv2.store.generation_table import (
    Generation,
    GenerationInfo,
    Head,
    Outcome,
    PendingApply,
)
from fsmv2.store.protocol import EVENTS_KEPT
from fsmv2.store.row_insertion import insert_rows
from fsmv2.store.stored import (
    Batch,
    Identity,
    StoredDesired,
    StoredEvent,
    StoredObserved,
    StoredOverrides,
    StoredPath,
)

LOG_LIMIT = 16 * 1024 * 1024
"""Bytes to which the write-ahead log is cut back after a burst."""

_DESIRED = """
INSERT INTO desired VALUES (?, 1, ?, ?, ?, ?)
ON CONFLICT (path) DO UPDATE SET version = version + 1, at = excluded.at,
  worker_type = excluded.worker_type, declared = excluded.declared, desired = excluded.desired
WHERE worker_type <> excluded.worker_type OR declared <> excluded.declared
  OR desired <> excluded.desired
"""
_OBSERVED = """
INSERT INTO observed VALUES (?, 1, ?, ?, ?, ?)
ON CONFLICT (path) DO UPDATE SET version = version + 1, at = excluded.at,
  incarnation = excluded.incarnation, state = excluded.state, observed = excluded.observed
WHERE incarnation <> excluded.incarnation OR state <> excluded.state
  OR observed <> excluded.observed
"""
_IDENTITY = """
INSERT INTO identity VALUES (?, ?) ON CONFLICT (path) DO NOTHING
"""
_OVERRIDES = """
INSERT INTO override VALUES (?1, ?2) ON CONFLICT (path) DO UPDATE SET overrides = excluded.overrides
"""
_EVENT = """
INSERT INTO event (at, path, kind, level, state, text, tick) VALUES (?, ?, ?, ?, ?, ?, ?)
"""


class SqliteStore:
    """One file, made when it is missing, with `-wal`, `-shm` and `.lock` beside it."""

    def __init__(
        self,
        file: Path | str,
        *,
        events_kept: int = EVENTS_KEPT,
        max_bytes: int | None = None,
    ) -> None:
        """`file`: where it is; made if it is missing. `events_kept`: older events are deleted.

        `max_bytes`: a write that would make the file grow beyond it fails, as on a full disk.
        """
        self._file = Path(file)
        self._events_kept = events_kept
        self._max_bytes = max_bytes
        self._lock = FileLock(
            self._file.with_name(self._file.name + ".lock"),
            what=f"the store {self._file}",
            fix="Stop that one, or use another file.",
        )
        self._connection: sqlite3.Connection | None = None
        self._as_it_is: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._lost = False
        self._beside: dict[Path, tuple[int, int] | None] = {}

    @property
    def place(self) -> str:
        """The file's path."""
        return str(self._file)

    def open(self) -> tuple[Identity, ...]:
        """Take the file for this process, check it, and read which paths it knows.

        A full disk does not keep a tree from starting: a missing file is made with the first write,
        one that is there is read as it is. Raises StoreError as `Store.open` says.
        """
        try:
            self._file.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
            self._lock.take()
            for place in (self._file, *self._companions()):
                tighten_file(place)
        except StoreError:
            raise
        except OSError as error:
            raise StoreError(
                f"the store {self._file} cannot be used: {error.strerror or error}.",
                fix="Choose a file in a writable directory.",
            ) from error
        try:
            schema.check_kind(self._file)
            schema.undo_unfinished(self._file)
            if schema.empty(self._file):
                return ()
            rows = self._connect().execute("SELECT path, created_at FROM identity").fetchall()
            return tuple(Identity(*row) for row in rows)
        except (sqlite3.Error, OSError) as error:
            self.close()
            if isinstance(error, StoreError):
                raise
            why = self._reason(error)
            raise StoreError(
                f"the store {self._file} cannot be read: {why}. It is left as it was.",
                fix=full_disk.FIX
                if why == disk_trouble.FULL
                else "Put a copy in its place, or move it away and create a new one.",
            ) from error

    def overrides(self) -> tuple[StoredOverrides, ...]:
        """What operators asked of which paths."""
        with self._failing_loudly("read"):
            if self._connection is None and schema.empty(self._file):
                return ()
            rows = self._connect().execute("SELECT path, overrides FROM override").fetchall()
            return tuple(StoredOverrides(*row) for row in rows)

    def write(self, batch: Batch) -> None:
        """Write `batch` in two commits: what is observed, then all that has to be durable."""
        with self._failing_loudly("written"):
            connection = self._connect(writing=True)
            # A range of the primary key, and not LIKE: that would take `_` and `%` of a path for
            # wildcards, and walk the whole table.
            below = [(path, path + "/", path + "0") for path in batch.deleted]  # "0" follows "/"
            if batch.observed or below:
                with _transaction(connection, "NORMAL"):
                    _delete(connection, "observed", below)
                    rows = [
                        (o.path, o.at, o.incarnation, o.state, o.observed) for o in batch.observed
                    ]
                    insert_rows(connection, _OBSERVED, rows)
            if batch.desired or batch.overrides or batch.events or below:
                with _transaction(connection, "FULL"):
                    self._write_durable(connection, batch, below)

    def read(self, path: str) -> StoredPath | None:
        """All that is stored of one path."""
        identity = self._one("SELECT path, created_at FROM identity WHERE path = ?", path)
        if identity is None:
            return None
        desired = self._one(
            "SELECT version, at, worker_type, declared, desired FROM desired WHERE path = ?", path
        )
        observed = self._one(
            "SELECT version, at, incarnation, state, observed FROM observed WHERE path = ?", path
        )
        return StoredPath(
            identity=Identity(*identity),
            desired=None
            if desired is None
            else StoredDesired(
                version=desired[0],
                at=desired[1],
                worker_type=desired[2],
                declared=desired[3],
                desired=desired[4],
            ),
            observed=None
            if observed is None
            else StoredObserved(
                version=observed[0],
                at=observed[1],
                incarnation=observed[2],
                state=observed[3],
                observed=observed[4],
            ),
        )

    def events(
        self, *, path: str = "", after: int = 0, since: float = 0.0, limit: int = 100
    ) -> tuple[StoredEvent, ...]:
        """The last events, oldest first."""
        with self._failing_loudly("read"):
            return stored_events.read_events(
                self._connect(), path=path, after=after, since=since, limit=limit
            )

    def head(self) -> Head | None:
        """Which generation of the document runs; None when there never was one."""
        with self._failing_loudly("read"):
            if self._connection is None and schema.empty(self._file):
                return None
            return generation_table.read_head(self._connect())

    def generation(self, number: int) -> Generation | None:
        """One generation with its text; None when it is not kept."""
        with self._failing_loudly("read"):
            return generation_table.read_generation(self._connect(), number)

    def history(self) -> tuple[GenerationInfo, ...]:
        """The generations that are kept, oldest first."""
        with self._failing_loudly("read"):
            return generation_table.read_history(self._connect())

    def commit(
        self,
        new: Generation,
        head: Head,
        *,
        based_on: int,
        pending: PendingApply | None = None,
        before: Outcome = "superseded",
    ) -> None:
        """Make `new` the generation that runs; durable when this returns.

        `pending`: what is waited for from now on; `before`: what became of the one that ran, unless
        that is known. Raises GenerationConflictError unless `based_on` runs now (0: none does).
        """
        with (
            self._failing_loudly("written"),
            _transaction(connection := self._connect(writing=True), "FULL"),
        ):
            generation_table.commit(
                connection, new, head, based_on=based_on, pending=pending, before=before
            )

    def mark(self, head: Head) -> None:
        """Change what the head says beside its generation; durable when this returns."""
        with (
            self._failing_loudly("written"),
            _transaction(connection := self._connect(writing=True), "FULL"),
        ):
            generation_table.write_head(connection, head)

    def pending(self) -> PendingApply | None:
        """The generation that has not converged yet; None: nothing is waited for."""
        with self._failing_loudly("read"):
            if self._connection is None and schema.empty(self._file):
                return None
            return generation_table.read_pending(self._connect())

    def end_pending(self, generation: int, *, converged: bool) -> None:
        """Wait for this generation no longer; `converged`: it is what a rollback returns to.

        That it has, or has not, is kept with it.
        """
        with (
            self._failing_loudly("written"),
            _transaction(connection := self._connect(writing=True), "FULL"),
        ):
            generation_table.end_pending(connection, generation, converged=converged)

    def close(self) -> None:
        """Close the file and let go of it."""
        self._disconnect()
        self._lost = False
        self._lock.release()

    # ---- inside -----------------------------------------------------------------------------

    def _write_durable(
        self, connection: sqlite3.Connection, batch: Batch, below: list[tuple[str, str, str]]
    ) -> None:
        _delete(connection, "desired", below)
        _delete(connection, "identity", below)
        insert_rows(
            connection,
            _IDENTITY,
            [(d.path, d.created_at) for d in batch.desired],
        )
        insert_rows(
            connection,
            _DESIRED,
            [(d.path, d.at, d.worker_type, d.declared, d.desired) for d in batch.desired],
        )
        connection.executemany(
            _OVERRIDES, [(o.path, o.overrides) for o in batch.overrides if o.overrides]
        )
        connection.executemany(
            "DELETE FROM override WHERE path = ?",
            [(o.path,) for o in batch.overrides if not o.overrides],
        )
        if batch.events:
            insert_rows(
                connection,
                _EVENT,
                [(e.at, e.path, e.kind, e.level, e.state, e.text, e.tick) for e in batch.events],
            )
            # By number and not by counting: ids only grow, so this is a range of the primary key.
            # Where an id was skipped a few events less are kept, which nobody misses.
            connection.execute(
                "DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?",
                (self._events_kept,),
            )

    def _one(self, query: str, path: str) -> Any:
        with self._failing_loudly("read"):
            return self._connect().execute(query, (path,)).fetchone()

    def _connect(self, *, writing: bool = False) -> sqlite3.Connection:
        """The connection to the file that was opened; StoreLostError when that file is gone.

        One that can only read while the disk has no room for more, unless it is for writing.
        """
        if self._connection is not None:
            if self._inode == _inode(self._file):
                return self._connection
            # SQLite would go on writing into the deleted file, and nobody would ever read it.
            self._disconnect()
            self._sweep()
            self._lost = True
        if self._lost:
            # Until the one who writes has learnt of it; who reads cannot write everything again.
            self._lost = not writing
            raise StoreLostError("the file was deleted or replaced while it was in use")
        if not self._lock.stands:
            self._lock.retake()  # it was removed with its folder, and kept nobody out
        try:
            self._connection = self._opened()
        except sqlite3.Error as error:
            if writing:
                raise
            if self._as_it_is is None:
                self._as_it_is = schema.open_as_it_is(self._file, error)
            return self._as_it_is
        if self._as_it_is is not None:
            self._as_it_is.close()
            self._as_it_is = None
        self._inode = _inode(self._file)
        self._beside = {place: _inode(place) for place in self._companions()}
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        """A connection to the file, which is made, or brought up to date, first."""
        new = schema.empty(self._file)
        if not new:
            schema.check(self._file)
        else:
            # Before SQLite makes it: what is configured is nobody else's to read.
            os.close(open_private(self._file, os.O_RDWR))
        connection = sqlite3.connect(self._file, isolation_level=None, timeout=1.0)
        try:
            if new:
                schema.create(connection)
            else:
                schema.upgrade(connection, self._file)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA journal_size_limit = {LOG_LIMIT}")
            if self._max_bytes is not None:
                page = connection.execute("PRAGMA page_size").fetchone()[0]
                connection.execute(f"PRAGMA max_page_count = {max(1, self._max_bytes // page)}")
            connection.execute("SELECT count(*) FROM identity WHERE path = ''")  # begins the log
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _companions(self) -> tuple[Path, ...]:
        return tuple(self._file.with_name(self._file.name + end) for end in ("-wal", "-shm"))

    def _sweep(self) -> None:
        """Remove the log of the file that is gone: SQLite would play it into its replacement."""
        for place, inode in self._beside.items():
            if inode is not None and inode == _inode(place):
                place.unlink(missing_ok=True)

    def _disconnect(self) -> None:
        connections = self._connection, self._as_it_is
        self._connection = self._as_it_is = None
        for connection in connections:
            if connection is not None:
                # On a disk that fails what is in the log is read at the next start.
                with suppress(sqlite3.Error):
                    connection.close()

    @contextmanager
    def _failing_loudly(self, done: str) -> Iterator[None]:
        try:
            yield
        except StoreLostError as error:
            raise StoreLostError(f"the store {self._file}: {error.message}.") from error
        except StoreError:
            raise
        except (sqlite3.Error, OSError) as error:
            why = self._reason(error)
            raise StoreError(f"the store {self._file} cannot be {done}: {why}.") from error

    def _reason(self, error: sqlite3.Error | OSError) -> str:
        return (
            full_disk.reason(error, self._file) if isinstance(error, sqlite3.Error) else str(error)
        )


def _inode(file: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(file)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _transaction(connection: sqlite3.Connection, synchronous: str) -> Iterator[None]:
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _delete(connection: sqlite3.Connection, table: str, below: list[tuple[str, str, str]]) -> None:
    if below:
        connection.executemany(
            # The names of tables are constants of this file.
            f"DELETE FROM {table} WHERE path = ? OR (path > ? AND path < ?)",  # noqa: S608
            below,
        )
