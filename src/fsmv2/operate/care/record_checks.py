"""Checks of what stands beside the store: small records, executed commands, journal, processes."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fsmv2.builtin.broker.ports import Ports
from fsmv2.errors import JournalError, system_text
from fsmv2.flow.commands.command_id_file import Line
from fsmv2.flow.nats.login import Credentials
from fsmv2.notify.notification_record import NotificationRecord
from fsmv2.operate.care.finding import StateFinding
from fsmv2.operate.care.survivors import survivors_of
from fsmv2.operate.state_directory import JOURNAL, NOTIFICATIONS, STORE, holder
from fsmv2.operate.time_text import date_text
from fsmv2.store.segmented_log import Segment, segments_in
from fsmv2.store.write_failure import failure_in

AHEAD = 2.0
"""Seconds by which a record may be later than now: clocks are set by as much."""

SMALL: dict[str, tuple[type, str]] = {
    NOTIFICATIONS: (
        NotificationRecord,
        "active escalations may be notified again, and what quiet hours hold back is lost.",
    ),
    "broker/credentials.json": (
        Credentials,
        "the broker gets a new password with its next start; clients have to read it again.",
    ),
    "broker/ports.json": (
        Ports,
        "the broker may get other ports with its next start, if 4222 and 1883 are taken.",
    ),
}
"""Files that a start reads, and makes anew where they cannot be read: what that means."""

MOVE_RECORD = "move it aside, so that it is created again"


def check_small_files(directory: Path) -> Iterator[StateFinding]:
    """Files that are replaced at once, so a crash never leaves half of one."""
    wrong = False
    for name, (kind, means) in SMALL.items():
        try:
            msgspec.json.decode((directory / name).read_bytes(), type=kind)
        except FileNotFoundError:
            continue
        except OSError as error:
            wrong = True
            text = f"{name} cannot be read: {system_text(error)}."
            yield StateFinding(check="records", level="error", text=text, fix="See `access`.")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            wrong = True
            yield StateFinding(
                check="records",
                level="warning",
                text=f"{name} is damaged: {means}",
                fix="Put the file of the last backup in its place before the next start.",
                repair=MOVE_RECORD,
            )
    if not wrong:
        yield StateFinding(check="records", level="ok", text="readable")


def check_commands(directory: Path) -> Iterator[StateFinding]:
    """The commands that were executed: what cannot be read might be executed again."""
    files, known, wrong = sorted((directory / "commands").glob("*.jsonl")), 0, False
    decoder = msgspec.json.Decoder(Line)
    for file in files:
        lost = 0
        try:
            lines = file.read_bytes().split(b"\n")
        except OSError as error:
            wrong = True
            text = f"commands/{file.name} cannot be read: {system_text(error)}."
            yield StateFinding(check="commands", level="error", text=text, fix="See `access`.")
            continue
        for line in lines[:-1]:  # the last one is empty, or the half that a kill has left
            try:
                decoder.decode(line)
                known += 1
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                lost += 1
        if lost:
            wrong = True
            yield StateFinding(
                check="commands",
                level="warning",
                text=f"{lost} lines of commands/{file.name} are damaged: a command that one of "
                "them was about is executed if it is sent again.",
                fix="Make sure that no command that was answered is sent again.",
            )
    if not wrong:
        text = f"{known} are known as executed" if known else "none were executed"
        yield StateFinding(check="commands", level="ok", text=text)


def check_journal(directory: Path) -> Iterator[StateFinding]:
    """The journal: no start reads it, but `why` and `replay` do."""
    segments = segments_in(directory / JOURNAL)
    wrong = False
    for path in segments:
        if trouble := _trouble_of(path):
            wrong = True
            yield StateFinding(
                check="journal",
                level="warning",
                text=f"{path.name}: {trouble}",
                fix="Nothing has to be done: the next start creates another file.",
            )
    if (failed := failure_in(directory / JOURNAL)) is not None:
        wrong = True
        since = f" since {date_text(failed.since)[:19]}" if failed.since else ""
        yield StateFinding(
            check="journal",
            level="warning",
            text=f"nothing is recorded{since}: {failed.why}.",
            fix="See `space`; recording resumes by itself.",
        )
    if not wrong:
        text = "readable" if segments else "there is none yet"
        yield StateFinding(check="journal", level="ok", text=text)


def check_clock(directory: Path) -> Iterator[StateFinding]:
    """Whether the clock is behind what was recorded last."""
    last = max((_last_event(directory / STORE), *map(_written, segments_in(directory / JOURNAL))))
    ahead = last - time.time()
    if ahead <= AHEAD:
        yield StateFinding(check="clock", level="ok", text="not behind the last record")
        return
    yield StateFinding(
        check="clock",
        level="warning",
        text=f"the clock is {_span(ahead)} behind the last record, of {date_text(last)[:19]}.",
        fix="Set the clock, or wait for the time server. A tree that runs counts by another clock; "
        "only the times that are shown, and the ends of what has a date, are wrong until then.",
    )


def check_survivors(directory: Path) -> Iterator[StateFinding]:
    """What runs although no tree does."""
    running = survivors_of(directory)
    if running and not holder(directory):
        yield StateFinding(
            check="processes",
            level="warning",
            text=f"without a tree there run: {', '.join(running)}.",
            fix="The next run adopts them; to end them, run the tree and stop it with Ctrl-C.",
        )
        return
    text = f"supervised: {', '.join(running)}" if running else "none run"
    yield StateFinding(check="processes", level="ok", text=text)


def _trouble_of(path: Path) -> str:
    """Why a segment cannot be replayed to its end; empty: it can, or was cut off as by a kill."""
    try:
        segment = Segment(path)
        for _ in segment.records():
            pass
    except JournalError as error:
        return error.message
    except OSError as error:
        return f"it cannot be read: {system_text(error)}."
    if "damaged" not in segment.ending:
        return ""  # every kill leaves the last record cut, and the newest may be being written
    return f"{segment.ending}. What was recorded before that can be replayed."


def _last_event(store: Path) -> float:
    """When the last event was, in Unix seconds; 0: there is none, or none that can be read."""
    if not store.exists() or not store.stat().st_size:
        return 0.0
    try:
        address = f"{store.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=5.0)) as connection:
            found = connection.execute("SELECT at FROM event ORDER BY id DESC LIMIT 1").fetchone()
            return float(found[0]) if found is not None else 0.0
    except (sqlite3.Error, ValueError):
        return 0.0


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
