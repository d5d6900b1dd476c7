"""What a sender may send, what is reported of the rest, and how old and how double is noticed."""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path

import msgspec
import pytest

from fsmv2 import SpecError
from fsmv2.flow import CommandInput, ModbusOutput, WriteRegister
from fsmv2.flow.commands import kept
from fsmv2.flow.commands import seen as seen_commands
from fsmv2.flow.commands.alertness import AFTERGLOW, Alertness, steady
from fsmv2.flow.commands.command_routing import memory_file
from fsmv2.flow.commands.kept import Line
from fsmv2.flow.commands.seen import KEPT, SeenCommands
from fsmv2.flow.commands.write_command import Answer, Command, Request, UnreadableError, request_of

NOW_MS = 1_790_000_000_000


@pytest.mark.parametrize(
    ("payload", "request_"),
    [
        (b"42", Request(42)),
        (b" 23.5 ", Request(23.5)),
        (b"true", Request(True)),
        (b'"idle"', Request("idle")),
        (b'{"value": 1}', Request(1)),
        (b'{"value": 1, "timestamp_ms": 1790000000000}', Request(1, NOW_MS)),
        (b'{"value": false, "id": "a-1"}', Request(False, None, "a-1")),
        (b'{"value": 1, "id": 7}', Request(1, None, "7")),
    ],
)
def test_a_bare_value_or_an_object_with_value(payload: bytes, request_: Request) -> None:
    """Nothing else is asked of a sender."""
    assert request_of(payload) == request_


def test_the_id_of_the_payload_counts_before_that_of_the_header() -> None:
    """MQTT 3.1.1 has no headers."""
    assert request_of(b"1", "h").id == "h"
    assert request_of(b'{"value": 1}', "h").id == "h"
    assert request_of(b'{"value": 1, "id": "p"}', "h").id == "p"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "the payload is empty"),
        (b"idle", "not JSON"),
        (b"NaN", "there is no NaN"),
        (b"1e999", "out of range"),
        (b"\xff\xfe", "not JSON"),
        (b'{"value": 1', "not JSON"),
        (b"null", "the payload is null"),
        (b"[1]", "the payload is a list"),
        (b"{}", "no key 'value'"),
        (b'{"value": null}', "must be a number, a text, true or false"),
        (b'{"value": {"a": 1}}', "must be a number, a text, true or false"),
        (b'{"value": 1, "timestamp": 1}', "did you mean 'timestamp_ms'?"),
        (b'{"value": 1, "x": 1}', "expected value, timestamp_ms, id"),
        (b'{"\\u001b]0;T\\u0007": 1}', r"has a key '\x1b]0;T\x07'"),
        (b'{"value": 1, "timestamp_ms": "now"}', "Unix time in milliseconds"),
        (b'{"value": 1, "timestamp_ms": true}', "Unix time in milliseconds"),
        (b'{"value": 1, "timestamp_ms": 1790000000}', "not Unix time in milliseconds"),
        (b'{"value": 1, "id": [1]}', "the id must be a text"),
        (b'{"value": 1, "id": "' + b"x" * 300 + b'"}', "at most 200"),
        (b'"' + b"x" * 9000 + b'"', "expected at most 8192"),
        (b"[" * 8000, "not JSON"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_read_is_told_in_words(payload: bytes, reason: str) -> None:
    """A misspelt timestamp most of all: without it, a command of any age would be fresh."""
    with pytest.raises(UnreadableError) as caught:
        request_of(payload)
    assert reason in str(caught.value)


def test_h75_an_id_is_not_that_of_another_whole_number_that_is_the_same_float() -> None:
    first, second = (request_of(f"{2**53 + n}.0".encode()).asked for n in (1, 2))
    assert (first, second) == (2**53 + 1, 2**53 + 2)
    assert request_of(b"10.0").asked == 10.0


def test_all_problems_of_a_write_flow_are_told_at_once() -> None:
    """Of what it hears, and of what it writes to."""
    with pytest.raises(SpecError) as heard:
        CommandInput(url="", subject="umh.v1.acme", max_age=0, clock_tolerance=-1, queue=0)
    with pytest.raises(SpecError) as writes:
        ModbusOutput(
            address="",
            registers=(
                WriteRegister(name="a", address=0, kind="input"),
                WriteRegister(name="b", address=0, type="bool"),
                WriteRegister(name="c", address=0, scale=0),
                WriteRegister(name="d", address=0, min=3, max=2),
                WriteRegister(name="e", address=0, type="string", length=1, min=3),
                WriteRegister(name="reply", address=70000),
                WriteRegister(name="a", address=1),
            ),
        )
    for told in (
        "url is empty",
        "commands need another, such as cmd.v1",
        "max_age 0 s",
        "clock_tolerance -1 s",
        "queue 0",
    ):
        assert told in str(heard.value)
    for told in (
        "the address ''",
        "registers[0] (a): a input cannot be written",
        "registers[1] (b): a bool is written to a coil",
        "registers[2] (c): scale 0 cannot be undone",
        "registers[3] (d): min 3 is above max 2",
        "registers[4] (e): a string has no min or max",
        "registers[5] (reply): 'reply' is where answers go",
        "address 70000",
        "registers[6] (a): the tag name is taken by registers[0]",
    ):
        assert told in str(writes.value)


def test_what_waited_while_the_process_stood_still_is_as_old_as_the_standstill() -> None:
    """A stopped process reads old messages as if they had come now."""
    alert = Alertness(100.0)
    for step in range(1, 9):
        alert.beat(100 + step / 4)
    assert alert.arrived(102.1) == 102.1
    assert alert.arrived(160.0) == pytest.approx(102.1), "read before the next beat"
    alert.beat(160.1)
    assert alert.arrived(160.2) == pytest.approx(160.2 - 57.9), "and just after it"
    for step in range(int(AFTERGLOW * 4)):
        alert.beat(160.25 + step / 4)
    assert alert.arrived(160.1 + AFTERGLOW) == pytest.approx(160.1 + AFTERGLOW)


def test_a_loop_that_is_always_late_makes_no_command_older_and_older() -> None:
    """Slow is not stopped."""
    alert = Alertness(0.0)
    for step in range(1, 100):
        assert alert.arrived(step * 0.7) >= step * 0.7 - 0.71


def command(id_: str, tag: str = "speed", asked: float = 1.0) -> Command:
    """A command that was accepted."""
    return Command(WriteRegister(name=tag, address=0), (1,), asked, asked, None, 0.0, id_, [])


def answer(outcome: str) -> Answer:
    """Its answer."""
    return Answer(
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
    monkeypatch.setattr(kept, "boot", str)  # where the kernel does not say
    after = SeenCommands(file)
    assert after.find("setpoint", "a", steady() + KEPT - 1) is not None
    kept_lines = file.read_bytes()
    monkeypatch.setattr(kept, "boot", lambda: "another run of the machine")
    for up in (20.0, 1e9):  # it has just begun, or has been running for longer than the one before
        file.write_bytes(kept_lines)
        monkeypatch.setattr(seen_commands, "steady", lambda up=up: up)
        assert SeenCommands(file).find("setpoint", "a", up + KEPT - 1) is not None
        assert SeenCommands(file).find("setpoint", "a", up + KEPT + 1) is None


SETPOINT = WriteRegister(name="setpoint", address=1)


def asked(id_: str) -> Command:
    return Command(SETPOINT, (5,), 5, 5, None, 0.0, id_, [])


def written(it: Command) -> Answer:
    return Answer(
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
    assert "perhaps it was written" in known.answer.reason
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
    """H39: what counts is kept for ten minutes, and the file is written anew now and then."""
    file = tmp_path / "commands.jsonl"
    up = steady() - KEPT - 1
    old = Line("setpoint", "old", 5, time.time(), up=up, boot=kept.boot())
    file.write_bytes(msgspec.json.encode(old) + b"\n")
    seen = SeenCommands(file)
    assert seen.find("setpoint", "old", steady()) is None
    assert file.read_bytes() == b""
    monkeypatch.setattr(kept, "LINES", 10)
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
    refused = Answer(
        ok=False, outcome="refused", reason="", tag="setpoint", value=5, timestamp_ms=1, id="a"
    )
    await seen.answered(it, refused)
    assert SeenCommands(file).find("setpoint", "a", steady()) is None


def test_a_long_name_of_a_flow_still_names_a_file() -> None:
    long, longer = "plant/" + "ü" * 300, "plant/" + "ü" * 301
    names = [memory_file(name, "/x") for name in (long, longer, "plant/a b/dfc_write")]
    assert len({name.name for name in names if name}) == 3
    assert all(len(name.name) < 200 for name in names if name)
    assert memory_file("plant", "") is None
