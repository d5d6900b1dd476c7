"""A process that writes is killed at any moment: what was acknowledged is there."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from fsmv2.store import SqliteStore

WRITER = """
import sys
from fsmv2.store import Batch, DesiredRecord, EventRecord, SqliteStore
store = SqliteStore(sys.argv[1])
store.open()
n = int(sys.argv[2])
while True:
    n += 1
    record = DesiredRecord(path=f"plant/w{n % 50}", created_at=1.0, at=float(n), worker_type="t",
                           declared=b"{}", desired=str(n).encode())
    event = EventRecord(at=float(n), path="plant", kind="note", level="info", state="",
                        text=str(n), tick=n)
    store.write(Batch(desired=(record,), events=(event,)))
    print(n, flush=True)
"""


def acknowledged(file: Path, start: int, kill_after: float) -> int:
    """Run a writer, kill it, and return the last number it said was written."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file), str(start)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        last = int(writer.stdout.readline())
        time.sleep(kill_after)  # the situation itself: a kill at no particular moment
        writer.send_signal(signal.SIGKILL)
        for line in writer.stdout:
            if line.endswith("\n"):
                last = int(line)
    assert writer.returncode == -signal.SIGKILL
    return last


def test_what_was_acknowledged_survives_every_kill(tmp_path: Path) -> None:
    file, chance, last = tmp_path / "store.db", random.Random(26), 0
    for _ in range(8):
        last = acknowledged(file, last, chance.random() * 0.1)
        store = SqliteStore(file, events_kept=1_000_000)
        store.open()
        texts = [int(e.event.text) for e in store.events(limit=1_000_000)]
        assert texts[: texts.index(last) + 1] == list(range(1, last + 1)), "none lost, none twice"
        assert len(texts) - last in (0, 1), "at most the one that was not yet acknowledged"
        for n in range(max(1, last - 49), last):
            found = store.read(f"plant/w{n % 50}")
            assert found is not None
            assert found.desired is not None
            assert int(found.desired.desired) in (n, n + 50)
        store.close()
        last = texts[-1]
