"""The check of what a campaign leaves behind finds what piles up, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from left_files import surplus

STREAM = "broker/store/jetstream/$G/streams/UMH"
LEFT = [
    "fsmv2.lock",
    "store.db",
    "broker/nats-server.conf",
    f"{STREAM}/meta.inf",
    f"{STREAM}/msgs/1.blk",
    "processes/edge%2Fdatabase/process.json",
    "processes/edge%2Fdatabase/out.new",
    *(f"journal/{number:08}.journal" for number in range(1, 4)),
]
CONSUMER = "broker/store/jetstream/$G/streams/$MQTT_rmsgs/obs/{}/o.dat"


def lay(state: Path, names: list[str]) -> None:
    """Empty files of these names."""
    for name in names:
        (state / name).parent.mkdir(parents=True, exist_ok=True)
        (state / name).touch()


def test_what_each_run_and_process_leaves_is_expected(tmp_path: Path) -> None:
    """However many there were: two servers had three files of a consumer each."""
    lay(tmp_path, LEFT + [CONSUMER.format(number) for number in range(6)])
    (tmp_path / "broker/nats-server.log").write_text("[INF] Starting nats-server\n" * 2)
    assert surplus(tmp_path, runs=3, processes=1, journal_bytes=0) == []


@pytest.mark.parametrize(
    "name",
    [
        "store.db-wal",
        "broker/credentials.json.4711.new",
        "journal/00000004.journal",
        CONSUMER.format(1),
        "processes/edge%2Fdatabase/process.json.4711.new",
        f"{STREAM}/meta.inf.tmp",
    ],
)
def test_one_more_than_there_is_a_reason_for_is_found(tmp_path: Path, name: str) -> None:
    """Of a known kind, or of none."""
    lay(tmp_path, [*LEFT, name])
    assert len(surplus(tmp_path, runs=3, processes=1, journal_bytes=0)) == 1


def test_files_of_a_process_that_is_no_more_are_found(tmp_path: Path) -> None:
    """And a journal that is larger than it may be, and a block of a stream too many."""
    lay(tmp_path, [f"processes/{name}/{file}" for name in "ab" for file in ("lock", "out", "err")])
    lay(tmp_path, [f"processes/{name}/process.json" for name in "abcde"])
    lay(tmp_path, [f"{STREAM}/msgs/{number}.blk" for number in range(7)])
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal/00000001.journal").write_bytes(b"12")
    found = surplus(tmp_path, runs=1, processes=1, journal_bytes=1)
    assert len(found) == 3, found
