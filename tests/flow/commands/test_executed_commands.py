"""A command is executed once: its id is kept, over a restart, a crash and a full disk."""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path

import msgspec
import pytest

from fsmv2.flow import WriteRegister
from fsmv2.flow.commands import command_id_file
from fsmv2.flow.commands import executed_commands as seen_commands
from fsmv2.flow.commands.command_id_file import Line
from fsmv2.flow.commands.executed_commands import KEPT, SeenCommands
from fsmv2.flow.commands.write_command import Command, CommandReply
from fsmv2.flow.nats.message_age import steady


def command(id_: str, tag: str = "speed", asked: float = 1.0) -> Command:
    """A command that was accepted."""
    return Command(WriteRegister(name=tag, address=0), (1,), asked, asked, None, 0.0, id_, [])


def answer(outcome: str) -> CommandReply:
    """Its answer."""
    return CommandReply(
        ok=outcome == "written",
        outcome=outcome,  # type: ignore[arg-type]
        reason="",
        tag="speed",
        value=1,
        timestamp_ms=0,
    )


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [("written", True), ("unknown", True), ("failed", False), ("refused", False)],
)
async def test_an_id_is_used_up_unless_certainly_nothing_was_written(
    outcome: str, kept: bool
) -> None:
    """A sender may try again what failed, and must not by accident what may have happened."""
    seen = SeenCommands()
    first = command("1")
    seen.accept(first, 0.0)
    waiting = seen.find("speed", "1", 1.0)
    assert waiting is not None
    assert waiting.command is first
    await seen.answered(first, answer(outcome))
    found = seen.find("speed", "1", 2.0)
    assert (found is not None and found.answer == answer(outcome)) is kept


def test_ids_are_those_of_a_tag_and_forgotten_in_time() -> None:
    """And a command without one is never a duplicate."""
    seen = SeenCommands()
    seen.accept(command("11"), 0.0)
    assert seen.find("pressure", "11", 1.0) is None
    assert seen.find("speed", "", 1.0) is None
    assert seen.find("speed", "11", KEPT) is not None
    assert seen.find("speed", "11", KEPT + 0.1) is None


def test_h78_no_id_is_forgotten_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """When no further one can be remembered it is refused, until the oldest has had its time."""
    monkeypatch.setattr(seen_commands, "MOST", 50)
    seen = SeenCommands()
    for number in range(50):
        assert seen.full(str(number)) == ""
        seen.accept(command(str(number)), float(number))
    assert "no further id can be remembered" in seen.full("50")
    assert seen.full("") == "", "one without an id promises nothing"
    assert seen.find("speed", "0", KEPT) is not None
    assert seen.find("speed", "0", KEPT + 0.5) is None
    assert seen.full("50") == ""


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 1e9], ids=["an hour on", "back", "years"])
async def test_h78_no_jump_of_the_clock_makes_an_id_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    """While it runs, between two runs, and from one run of the machine to the next."""
    file, now = tmp_path / "commands.jsonl", steady()
    real = time.time
    first = SeenCommands(file)
    await first.answered(await begun(first, "a"), written(asked("a")))
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    assert first.find("setpoint", "a", now + 1) is not None
    again = SeenCommands(file)
    assert again.find("setpoint", "a", now + KEPT - 1) is not None
    assert again.find("setpoint", "a", now + KEPT + 60) is None, "it counts from its own time"
    monkeypatch.setattr(command_id_file, "boot", str)  # where the kernel does not say
    after = SeenCommands(file)
    assert after.find("setpoint", "a", steady() + KEPT - 1) is not None
    kept_lines = file.read_bytes()
    monkeypatch.setattr(command_id_file, "boot", lambda: "another run of the machine")
    for up in (20.0, 1e9):  # it has just begun, or has been running for longer than the one before
        file.write_bytes(kept_lines)
        monkeypatch.setattr(seen_commands, "steady", lambda up=up: up)
        assert SeenCommands(file).find("setpoint", "a", up + KEPT - 1) is not None
        assert SeenCommands(file).find("setpoint", "a", up + KEPT + 1) is None


SETPOINT = WriteRegister(name="setpoint", address=1)


def asked(id_: str) -> Command:
    return Command(SETPOINT, (5,), 5, 5, None, 0.0, id_, [])


def written(it: Command) -> CommandReply:
    return CommandReply(
        ok=True, outcome="written", reason="", tag="setpoint", value=5, timestamp_ms=1, id=it.id
    )


async def begun(seen: SeenCommands, id_: str) -> Command:
    it = asked(id_)
    seen.accept(it, steady())
    assert await seen.begin(it) == ""
    return it


async def test_h69_ids_are_kept_again_after_their_folder_was_removed(tmp_path: Path) -> None:
    file = tmp_path / "commands" / "commands.jsonl"
    seen = SeenCommands(file)
    await seen.answered(await begun(seen, "a"), written(asked("a")))
    shutil.rmtree(file.parent)
    await begun(seen, "b")
    after = SeenCommands(file)
    assert after.find("setpoint", "a", steady()) is not None
    assert after.find("setpoint", "b", steady()) is not None


@pytest.mark.parametrize("replaced", [False, True])
async def test_h69_ids_are_written_anew_before_the_next_command(
    replaced: bool, tmp_path: Path
) -> None:
    """A crash right after the loss would have them executed again."""
    file = tmp_path / "commands" / "commands.jsonl"
    seen = SeenCommands(file)
    await seen.answered(await begun(seen, "a"), written(asked("a")))
    shutil.rmtree(file.parent)
    if replaced:  # by a copy from before
        SeenCommands(file)
    await seen.write_again()
    assert SeenCommands(file).find("setpoint", "a", steady()) is not None


async def test_a_command_that_a_crash_interrupted_is_unknown_and_not_executed_again(
    tmp_path: Path,
) -> None:
    file = tmp_path / "made" / "commands.jsonl"
    await begun(SeenCommands(file), "a")
    with file.open("ab") as torn:
        torn.write(b'{"tag": "setp')  # killed while it wrote the next line
    known = SeenCommands(file).find("setpoint", "a", steady())
    assert known is not None
    assert known.answer is not None
    assert (known.answer.outcome, known.asked) == ("unknown", 5)
    assert "it may have been written" in known.answer.reason
    assert b'setp"' not in file.read_bytes().splitlines()[-1]


class Disk:
    """Takes so many bytes yet, and then none, as a full one does: half of a line can be on it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 10**9
        self._write = os.write
        monkeypatch.setattr(os, "write", self._take)

    def _take(self, file: int, data: bytes | memoryview) -> int:
        if not self.left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = self._write(file, data[: self.left])
        self.left -= done
        return done


async def test_what_a_full_disk_took_half_of_hides_no_later_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed right after the next one was begun, that one would be executed again."""
    file, disk = tmp_path / "commands.jsonl", Disk(monkeypatch)
    seen = SeenCommands(file)
    disk.left = 10
    half = asked("half")
    seen.accept(half, steady())
    assert "No space left" in await seen.begin(half)
    disk.left = 10**9
    await begun(seen, "a")
    after = SeenCommands(file)
    assert after.find("setpoint", "a", steady()) is not None
    assert after.find("setpoint", "half", steady()) is None


@pytest.mark.parametrize("torn", [b"", b'{"tag": "setp'])
async def test_ids_are_known_after_a_restart_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: bytes
) -> None:
    """The flow starts: what has no id can be written, and what has one can be kept in a moment."""
    file, disk = tmp_path / "commands.jsonl", Disk(monkeypatch)
    await begun(SeenCommands(file), "a")
    with file.open("ab") as killed:
        killed.write(torn)
    disk.left = 3
    again = SeenCommands(file)
    assert again.find("setpoint", "a", steady()) is not None
    assert os.listdir(tmp_path) == [file.name], "half a file takes space"
    refused = asked("b")
    again.accept(refused, steady())
    assert "No space left" in await again.begin(refused)
    disk.left = 10**9
    await begun(again, "c")
    after = SeenCommands(file)
    assert after.find("setpoint", "a", steady()) is not None
    assert after.find("setpoint", "c", steady()) is not None


async def test_ids_are_kept_as_soon_as_a_disk_that_was_full_from_the_start_has_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "commands" / "commands.jsonl"
    monkeypatch.setattr(Path, "mkdir", no_space)
    seen = SeenCommands(file)
    assert "No space left" in await seen.begin(asked("a"))
    monkeypatch.undo()
    await begun(seen, "a")
    after = SeenCommands(file)
    assert after.find("setpoint", "a", steady()) is not None


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_the_file_forgets_what_is_too_old_and_does_not_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H39: what counts is kept for ten minutes, and the file is rewritten now and then."""
    file = tmp_path / "commands.jsonl"
    up = steady() - KEPT - 1
    old = Line("setpoint", "old", 5, time.time(), up=up, boot=command_id_file.boot())
    file.write_bytes(msgspec.json.encode(old) + b"\n")
    seen = SeenCommands(file)
    assert seen.find("setpoint", "old", steady()) is None
    assert file.read_bytes() == b""
    monkeypatch.setattr(command_id_file, "LINES", 10)
    for at in range(30):
        it = await begun(seen, f"id-{at}")
        if at % 2:
            await seen.answered(it, written(it))
        else:
            del seen._known["setpoint", it.id]
    assert len(file.read_bytes().splitlines()) <= 30
    later = SeenCommands(file)
    assert later.find("setpoint", "id-1", steady()) is not None
    assert later.find("setpoint", "id-0", steady()) is None


async def test_a_refused_command_is_not_remembered(tmp_path: Path) -> None:
    file = tmp_path / "commands.jsonl"
    seen = SeenCommands(file)
    it = await begun(seen, "a")
    refused = CommandReply(
        ok=False, outcome="refused", reason="", tag="setpoint", value=5, timestamp_ms=1, id="a"
    )
    await seen.answered(it, refused)
    assert SeenCommands(file).find("setpoint", "a", steady()) is None
