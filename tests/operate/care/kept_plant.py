"""A state directory as a run leaves it, without running anything."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from fsmv2.operate import prepare
from fsmv2.operate.generations import opened
from fsmv2.operate.state_directory import STORE
from fsmv2.store import Batch, DesiredRecord, EventRecord
from fsmv2.store.stored import StoredOverrides

PLANT = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n'


class KeptPlant:
    """A document, and a state directory that keeps generations of it, workers and events."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "plant.yaml"
        self.state = folder / "state"
        self.store = self.state / STORE

    def run(self, text: str = "", *, managed: bool = False) -> None:
        """A run of this document, from its start to its end; another text is another generation."""
        self.file.write_text(PLANT + text)
        document, init = (None, self.file) if managed else (self.file, None)
        with prepare(document, state_dir=self.state, init=init) as tree:
            tree.ended()

    def write(self, *, workers: int = 3, events: int = 5, at: float = 1.0) -> None:
        """What a tree would have written."""
        with opened(self.state) as store:
            store.write(
                Batch(
                    desired=tuple(
                        DesiredRecord(
                            path=f"edge/w{number:04}",
                            created_at=1.0,
                            at=1.0,
                            worker_type="process",
                            declared=b"x" * 200,
                            desired=b"y" * 200,
                        )
                        for number in range(workers)
                    ),
                    overrides=(StoredOverrides(path="edge/w0000", overrides="{}"),),
                    events=tuple(
                        EventRecord(
                            at=at,
                            path="edge",
                            kind="transition",
                            level="info",
                            state="on",
                            text=f"event {number} {'z' * 100}",
                            tick=1,
                        )
                        for number in range(events)
                    ),
                )
            )

    def execute(self, statement: str) -> None:
        """Change the store behind everybody's back."""
        with contextlib.closing(sqlite3.connect(self.store)) as store:
            store.execute(statement)
            store.commit()

    def rows(self, table: str) -> int:
        with contextlib.closing(sqlite3.connect(self.store)) as store:
            found = store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            return int(found)

    def damage(self, table: str) -> None:
        """Overwrite the page on which a table begins, as a failing card does."""
        with contextlib.closing(sqlite3.connect(self.store)) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            size = store.execute("PRAGMA page_size").fetchone()[0]
            page = store.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
            ).fetchone()[0]
        with self.store.open("r+b") as file:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)

    def damage_in_the_middle(self, table: str) -> None:
        """Overwrite one page of rows of a table, and leave those before and behind it."""
        with contextlib.closing(sqlite3.connect(self.store)) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        data = self.store.read_bytes()
        size = int.from_bytes(data[16:18], "big")
        with contextlib.closing(sqlite3.connect(self.store)) as store:
            root = store.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
            ).fetchone()[0]
        page = data[(root - 1) * size : root * size]
        assert page[0] in (2, 5), "the table fits into one page"
        cells = [
            int.from_bytes(page[12 + 2 * number : 14 + 2 * number], "big")
            for number in range(int.from_bytes(page[3:5], "big"))
        ]
        middle = cells[len(cells) // 2]
        child = int.from_bytes(page[middle : middle + 4], "big")
        with self.store.open("r+b") as file:
            file.seek((child - 1) * size)
            file.write(b"\xff" * size)


@contextlib.contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Inside, no file in a folder may change its content; what SQLite keeps beside it may."""
    before = _contents(folder)
    yield
    assert _contents(folder) == before


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.endswith(("-shm", "-wal", ".lock"))
    }
