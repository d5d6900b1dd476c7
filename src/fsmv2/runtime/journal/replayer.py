"""Hands a core what is recorded in a journal, and compares what it decides with what was decided.

Author code runs in it as it does in every core: derives, steps, checks and constructors. Nothing is
collected and no action is run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from fsmv2.core import Core, Event, Instruction
from fsmv2.core.checkpoint.restore import CheckpointReader, first_difference
from fsmv2.errors import FsmError, JournalError, error_text
from fsmv2.model.data.codec_reader import ExactReader
from fsmv2.runtime.journal.checksums import forget
from fsmv2.runtime.journal.data_types import DataTypes
from fsmv2.runtime.journal.descriptions import decided, happened, path_of
from fsmv2.runtime.journal.format import SegmentStart, Slice
from fsmv2.runtime.journal.recorded_segments import RecordedSegment, recorded
from fsmv2.version import __version__
from fsmv2.worker import WorkerFactory


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """The first decision that was another one. `at` in Unix seconds.

    `events` are what the core was handed in that moment, of this path if there was any; `then` and
    `now` what it asked for about this path.
    """

    at: float
    path: str
    """The worker about which was decided."""
    events: tuple[str, ...]
    then: tuple[str, ...]
    now: tuple[str, ...]
    segment: Path
    """The file in which it stands."""


class ReplayedSegment(msgspec.Struct, kw_only=True):
    """What is in one segment, as far as it was replayed. Times in Unix seconds.

    `why` it began; `fsmv2` and `python` are the versions that recorded it; `problem` is why its end
    could not be read, or why it was passed over.
    """

    path: Path
    size: int
    why: str = ""
    fsmv2: str = ""
    python: str = ""
    first: float = 0.0
    last: float = 0.0
    workers: int = 0
    events: int = 0
    runs: int = 0
    turns: int = 0
    problem: str = ""


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay found. `not_kept` are the classes of what could not be recorded, with paths."""

    segments: tuple[ReplayedSegment, ...]
    """What is in each file, and how far it was replayed."""
    difference: Difference | None
    """The first decision that was another one; None: all were the same."""
    not_kept: tuple[str, ...]
    core: Core | None
    """The core at the end of the replay, or of what could be replayed."""
    ending: str = ""
    """Why what came after that could not be replayed; nothing: it is the end."""

    @property
    def same(self) -> bool:
        """Whether every decision was the same."""
        return self.difference is None


class ReplayObserver(Protocol):
    """Sees what is replayed, such as `fsmv2.operate.Story`."""

    def begin(self, core: Core, why: str) -> None:
        """A checkpoint was restored, of a segment that began for this reason."""

    def slice(self, core: Core, events: list[Event], instructions: list[Instruction]) -> None:
        """One slice was replayed: what the core was handed, and what it asked for."""


def replay(
    journal: Path | str,
    factory: WorkerFactory,
    *,
    since: float | None = None,
    until: float | None = None,
    observer: ReplayObserver | None = None,
    proceeds: Callable[[], None] = lambda: None,
) -> Replayed:
    """Replay a journal, a folder or one segment of it, with the worker types of `factory`.

    Begins at the oldest checkpoint, or the last one not after `since`; ends after `until`; both in
    Unix seconds. `observer` sees each slice; `proceeds` is called after it. JournalError: there is
    no journal, it is of another version, or a type is missing.
    """
    return _Replay(factory, until, observer, proceeds).run(recorded(Path(journal)), since)


class _Replay:
    def __init__(
        self,
        factory: WorkerFactory,
        until: float | None,
        observer: ReplayObserver | None,
        proceeds: Callable[[], None],
    ) -> None:
        self._factory = factory
        self._proceeds = proceeds
        self._find = DataTypes(factory)
        self._reader = ExactReader(self._find)
        self._until = until
        self._observer = observer
        self._core: Core | None = None
        self._reached: Core | None = None
        self._segments: list[ReplayedSegment] = []
        self._difference: Difference | None = None
        self._not_kept: dict[str, None] = {}

    def run(self, paths: list[Path], since: float | None) -> Replayed:
        """Replay these segments."""
        ending = ""
        for path in _from(paths, since):
            summary = ReplayedSegment(path=path, size=path.stat().st_size)
            self._segments.append(summary)
            segment = RecordedSegment(path)
            goes_on = self._segment(segment, summary)
            if self._core is not None:
                self._reached, ending = self._core, summary.problem
            else:
                ending = ending or summary.problem
            if not goes_on:
                break
            if summary.problem:
                self._core = None  # what follows begins with a checkpoint of its own
        nothing = self._reached is None and self._difference is None
        if len(self._segments) == 1 and self._segments[0].problem and nothing:
            raise JournalError(f"{paths[0]} cannot be replayed: {self._segments[0].problem}.")
        return Replayed(
            segments=tuple(self._segments),
            difference=self._difference,
            not_kept=tuple(self._not_kept),
            core=self._reached,
            ending=ending,
        )

    def _segment(self, segment: RecordedSegment, summary: ReplayedSegment) -> bool:
        """Replay one; whether to go on with the next."""
        start = segment.start()
        if start is None:
            summary.problem = segment.problem
            return True
        summary.why, summary.workers = start.why, start.head.supervisors
        summary.fsmv2, summary.python = start.fsmv2, start.python
        summary.first = summary.last = start.head.epoch + start.head.now
        if self._until is not None and summary.first > self._until:
            self._segments.remove(summary)
            return False
        if not self._begin(segment, start):
            summary.problem = segment.problem or "its checkpoint is not whole"
            return True
        if self._difference is not None:
            return False
        for one in segment.slices():
            core = self._core
            # `_begin` made the core from the checkpoint of the segment.
            assert core is not None  # noqa: S101
            epoch = core.epoch if one.epoch is None else one.epoch
            if self._until is not None and epoch + one.now > self._until:
                if not summary.runs:
                    self._segments.remove(summary)
                return False
            summary.last = epoch + one.now
            summary.events += len(one.events)
            summary.runs += one.idle + 1
            summary.turns += one.turns
            try:
                found = self._slice(core, one)
            except FsmError as error:
                raise JournalError(f"{_place(segment)}: {error.message}", fix=error.fix) from error
            except Exception as error:
                raise _unreadable(segment, error) from error
            except BaseException as error:  # of who bounds the time
                error.add_note(_place(segment))
                raise
            self._proceeds()
            if found is not None:
                self._difference = msgspec.structs.replace(found, segment=segment.path)
                return False
        summary.problem = segment.problem
        return True

    def _begin(self, segment: RecordedSegment, start: SegmentStart) -> bool:
        """Have a core in the state in which the segment begins; whether there is one."""
        before, self._core = self._core, None
        try:
            reader = CheckpointReader(start.head, self._factory, self._find)
            for part in segment.parts():
                if reader.take(part):
                    self._core = reader.core
                self._proceeds()
        except FsmError as error:
            older = _of_another_version(start)
            raise JournalError(
                f"{_place(segment)}: {older}{error.message}",
                fix=f"Replay it with fsmv2 {start.fsmv2}." if older else error.fix,
            ) from error
        except Exception as error:
            raise _unreadable(segment, error) from error
        except BaseException as error:  # of who bounds the time
            error.add_note(_place(segment))
            raise
        if self._core is None:
            return False
        if start.continues and before is not None:
            # It goes on with what was replayed: from there everything follows by itself.
            before.epoch = start.head.epoch
            before.skip(start.idle, start.head.now)
            self._difference = _state_differs(self._core, before, segment.path)
            self._core = before
        elif self._observer is not None:
            self._observer.begin(self._core, start.why)
        return True

    def _slice(self, core: Core, one: Slice) -> Difference | None:
        core.skip(one.idle, core.now)
        if one.epoch is not None:
            core.clock_was_set(one.epoch, one.now)
        events = [self._event(plain) for plain in one.events]
        for event in events:
            with contextlib.suppress(Exception):  # as then: an event for which there is no tree
                core.handle(event, one.now)
        before = core.turns
        more = core.run(one.now, enough=lambda: core.turns - before >= one.turns)
        instructions = core.take()
        answers = [decided(instruction) for instruction in instructions]
        forget()
        core.deadline()
        if self._observer is not None:
            self._observer.slice(core, events, instructions)
        if answers == one.decided and core.turns - before == one.turns:
            return None if more == one.more else self._turns_differ(core, one, events, more)
        return self._differ(core, one, events, answers, core.turns - before)

    def _event(self, plain: object) -> Event:
        reader = self._reader
        reader.forget()
        event: Event = reader.read(plain)
        for kind in reader.not_kept:
            self._not_kept[f"{path_of(event)}: {type(event).__name__} with a {kind}"] = None
        reader.not_kept.clear()
        return event

    def _differ(
        self,
        core: Core,
        one: Slice,
        events: list[Event],
        answers: list[tuple[str, str]],
        turns: int,
    ) -> Difference:
        place = 0
        for ours, theirs in zip(answers, one.decided, strict=False):
            if ours != theirs:
                break
            place += 1
        if place == len(answers) == len(one.decided):
            return self._turns_differ(core, one, events, turns > one.turns)
        # Of two that differ the recorded one comes first: what was done is what is asked about.
        path = (one.decided[place] if place < len(one.decided) else answers[place])[0]
        return Difference(
            at=core.epoch + one.now,
            path=path,
            events=_of(path, events),
            then=tuple(text for p, text in one.decided[place:] if p == path),
            now=tuple(text for p, text in answers[place:] if p == path),
            segment=Path(),
        )

    def _turns_differ(self, core: Core, one: Slice, events: list[Event], more: bool) -> Difference:
        return Difference(
            at=core.epoch + one.now,
            path="",
            events=_of("", events),
            then=(f"{one.turns} looks at workers were made, and {'more' * one.more or 'no more'}",),
            now=("more would be" if more else "fewer are",),
            segment=Path(),
        )


def _state_differs(then: Core, now: Core, segment: Path) -> Difference | None:
    """Whether the replay came to another state than the checkpoint, though it decided the same."""
    found = first_difference(then, now)
    if found is None:
        return None
    path, name, was, is_ = found
    return Difference(
        at=then.wall(),
        path=path,
        events=("a checkpoint",),
        then=(f"its {name} was {was}",),
        now=(f"its {name} is {is_}",),
        segment=segment,
    )


def _of(path: str, events: list[Event]) -> tuple[str, ...]:
    """What happened to a path in a moment; to everybody, if nothing did to it."""
    own = [happened(event) for event in events if path_of(event) == path]
    return tuple(own or [f"{path_of(event)} {happened(event)}".strip() for event in events][:10])


def _from(paths: list[Path], since: float | None) -> list[Path]:
    """The segments from the last one that begins not after `since`, with a whole checkpoint."""
    if since is None:
        return paths
    for number in reversed(range(len(paths))):
        try:
            segment = RecordedSegment(paths[number])
            start = segment.start()
        except JournalError:
            continue
        if start is not None and start.head.epoch + start.head.now <= since and segment.whole():
            return paths[number:]
    return paths


def _unreadable(segment: RecordedSegment, error: Exception) -> JournalError:
    """Of what stands in a file that nobody of us wrote, or that was changed since."""
    return JournalError(
        f"{_place(segment)} cannot be replayed: what it holds is not a journal: "
        f"{error_text(error)}."
    )


def _of_another_version(start: SegmentStart) -> str:
    """The version that recorded it, when that is not this one; else nothing."""
    if start.fsmv2 == __version__:
        return ""
    return f"it was recorded by fsmv2 {start.fsmv2}, and this is fsmv2 {__version__}: "


def _place(segment: RecordedSegment) -> str:
    return f"{segment.path}, record {segment.number}"
