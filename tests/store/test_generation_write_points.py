"""A generation is committed, and the process killed before each call that changes a file.

Afterwards the old or the new one runs, whole, and the head names one that is there.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest
from older_stores import PATHS, check_copy, make_store, version_of

from fsmv2.store import Generation, Head, PendingApply, SqliteStore, reading
from fsmv2.store.generation_table import KEPT
from fsmv2.store.schema import VERSION
from write_points import killed_at_each_point

WRITER = """
from pathlib import Path
from fsmv2.store import Generation, Head, PendingApply, SqliteStore

def main(folder, number):
    store = SqliteStore(folder + "/store.db")
    store.open()
    new = Generation(
        number=int(number), at=1.0, who="ann", tool="test", why="", source="/plant", digest=number,
        files={"": Path(folder, "plant.yaml").read_bytes()},
    )
    pending = PendingApply(
        generation=new.number, deadline=2.0, rollback=True, rollback_to=new.number, touched=b"{}"
    )
    store.commit(new, Head(number=new.number), based_on=new.number - 1, pending=pending)
    print("acknowledged", flush=True)
    store.close()
"""
MARKER = """
from fsmv2.store import Head, SqliteStore

def main(folder, number):
    store = SqliteStore(folder + "/store.db")
    store.open()
    store.mark(Head(number=int(number), ended=True))
    print("acknowledged", flush=True)
    store.close()
"""
ENDER = """
from fsmv2.store import SqliteStore

def main(folder, number):
    store = SqliteStore(folder + "/store.db")
    store.open()
    store.end_pending(int(number), converged=True)
    print("acknowledged", flush=True)
    store.close()
"""
PAUSE = '{"pause":{"who":"ann","reason":"","at":1.0}}'


def text_of(number: int) -> bytes:
    """Of several pages also when it is compressed."""
    return b"".join(hashlib.sha512(b"%d %d" % (number, n)).digest() for n in range(300))


def generation(number: int) -> Generation:
    return Generation(
        number=number,
        at=1.0,
        who="ann",
        tool="test",
        why="",
        source="/plant",
        digest=str(number),
        files={"": text_of(number)},
    )


def begin(folder: Path, generations: int) -> None:
    """A store with so many; 0: there is none yet."""
    store = SqliteStore(folder / "store.db")
    store.open()
    for number in range(1, generations + 1):
        store.commit(generation(number), Head(number=number), based_on=number - 1)
    store.close()


def found_whole(file: Path) -> tuple[tuple[int, ...], Head | None]:
    """Which generations there are, each with its own text, and the head, which names the newest."""
    store = SqliteStore(file)
    store.open()
    head = store.head()
    numbers = tuple(one.number for one in store.history()) if head is not None else ()
    assert (head is None) == (not numbers)
    if head is not None:
        assert head.number == numbers[-1]
    for number in numbers:
        found = store.generation(number)
        assert found is not None
        assert msgspec.structs.replace(found, outcome="") == generation(number)
        assert found.outcome or number == numbers[-1], "what became of it stands with its successor"
    store.close()
    if numbers:
        with reading(file) as other:
            assert other.head() == head, "another process sees what is there"
    assert sorted(one.name for one in file.parent.glob("*.part")) == []
    return numbers, head


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.real
@pytest.mark.parametrize(
    ("kept", "version"),
    [(0, VERSION), (1, VERSION), (KEPT, VERSION), (0, 1), (0, 2), (0, 3), (0, 4)],
    ids=[
        "first",
        "another",
        "one too many",
        "upgrade of 1",
        "upgrade of 2",
        "upgrade of 3",
        "upgrade of 4",
    ],
)
def test_h92_the_old_or_the_new_one_runs_whole_wherever_its_commit_is_killed(
    tmp_path: Path, kept: int, version: int
) -> None:
    """A start that commits a generation is killed at each of its writes."""
    first = tmp_path / "first"
    first.mkdir()
    if version < VERSION:
        make_store(first / "store.db", version, PAUSE)
    else:
        begin(first, kept)
    new = kept + 1
    (first / "plant.yaml").write_bytes(text_of(new))
    old_ones = tuple(range(1, kept + 1))
    new_ones = tuple(range(max(1, new - KEPT + 1), new + 1))
    seen: list[bool] = []
    for point, folder, acknowledged, _ in killed_at_each_point(first, WRITER, str(new)):
        file = folder / "store.db"
        if version < VERSION:
            check_copy(file, version, upgraded=version_of(file) == VERSION)
        numbers, head = found_whole(file)
        assert numbers in ((new_ones,) if acknowledged else (old_ones, new_ones)), point
        assert head == (Head(number=numbers[-1]) if numbers else None)
        assert pending_in(file) == (new if numbers == new_ones else None), "with it or not at all"
        if version < VERSION:
            check_paths(file, paused=version > 1)
        seen.append(numbers == new_ones)
    assert seen == sorted(seen), "from one point on the new one runs"
    assert not seen[0]


def pending_in(file: Path) -> int | None:
    """The generation that is waited for."""
    store = SqliteStore(file)
    store.open()
    found = store.pending()
    store.close()
    return None if found is None else found.generation


def check_paths(file: Path, *, paused: bool) -> None:
    """Nothing that the older version had stored is lost."""
    store = SqliteStore(file)
    assert {one.path for one in store.open()} == set(PATHS)
    assert {one.path: one.overrides for one in store.overrides()} == (
        dict.fromkeys(PATHS, PAUSE) if paused else {}
    )
    store.close()


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.real
def test_that_a_run_came_to_its_end_is_written_or_not_and_the_head_stays(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    begin(first, 2)
    seen: list[bool] = []
    for _, folder, acknowledged, _ in killed_at_each_point(first, MARKER, "2"):
        numbers, head = found_whole(folder / "store.db")
        assert numbers == (1, 2)
        assert head is not None
        assert head.ended or not acknowledged
        seen.append(head.ended)
    assert seen == sorted(seen)
    assert not seen[0]


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.real
def test_h92_that_a_generation_has_converged_is_written_or_it_is_still_waited_for(
    tmp_path: Path,
) -> None:
    first = tmp_path / "first"
    first.mkdir()
    begin(first, 1)
    store = SqliteStore(first / "store.db")
    store.open()
    pending = PendingApply(
        generation=2, deadline=None, rollback=False, rollback_to=1, touched=b"{}"
    )
    store.commit(generation(2), Head(number=2), based_on=1, pending=pending)
    store.close()
    seen: list[bool] = []
    for _, folder, acknowledged, _ in killed_at_each_point(first, ENDER, "2"):
        file = folder / "store.db"
        numbers, head = found_whole(file)
        assert numbers == (1, 2)
        assert head is not None
        converged = head.converged == 2
        assert pending_in(file) == (None if converged else 2)
        assert converged or not acknowledged
        seen.append(converged)
    assert seen == sorted(seen)
    assert not seen[0]
