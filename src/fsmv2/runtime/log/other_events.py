"""Events that are not the core's: of author code, processes, libraries, and the program itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from fsmv2.core.contract.log_events import Count, LogEvent
from fsmv2.diagnostic import Diagnostic


def _field(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


class WorkerLogged(LogEvent, frozen=True, kw_only=True, tag="worker_log"):
    """Author code logged something: `resources.log.warning("slow", seconds=3)`."""

    fields: Annotated[Mapping[str, Any], _field("what the author gave beside the text")] = {}
    action: Annotated[str, _field("the action that logged; empty: a collection")] = ""
    exception: Annotated[str, _field("the traceback, if there is one")] = ""


class LibraryLogged(LogEvent, frozen=True, kw_only=True, tag="library_log"):
    """Something logged through Python's `logging`: a library, asyncio, or fsmv2's own server."""

    logger: Annotated[str, _field("name of the logger")]
    exception: Annotated[str, _field("the traceback, if there is one")] = ""


class ProcessOutput(LogEvent, frozen=True, kw_only=True, tag="process_output"):
    """A line that an entry of `processes:` wrote; it is the message."""

    stream: Annotated[Literal["out", "err", ""], _field("empty: of lines left out")]
    written_at: Annotated[
        str, _field("when it was written, which after a crash may be long ago; ISO 8601, UTC")
    ]


class LinesLeftOut(LogEvent, frozen=True, kw_only=True, tag="lines_left_out"):
    """Lines that could not be written, or that were not read in time."""

    lines: Annotated[
        Count, msgspec.Meta(description="how many", extra_json_schema={"unit": "lines"})
    ]

    @property
    def level(self) -> Literal["warning"]:
        """A warning."""
        return "warning"


class Notice(LogEvent, frozen=True, kw_only=True, tag="notice"):
    """What the program says of itself: that it stops and why, that its document was changed."""


Number = Annotated[int, _field("number of the generation")]


class GenerationApplied(LogEvent, frozen=True, kw_only=True, tag="generation_applied"):
    """Another generation of the document runs from now on."""

    generation: Number
    previous: Annotated[int, _field("number of the one that ran before")]
    who: Annotated[str, _field("who applied it")]
    why: Annotated[str, _field("in their own words")] = ""
    rollback_of: Annotated[
        int, _field("the older generation that is made to run again, pinned; 0: it is none")
    ] = 0
    automatic: Annotated[
        bool, _field("whether it was done since the one before had not converged in time")
    ] = False
    summary: Annotated[str, _field("to how many workers what is done")] = ""

    @property
    def level(self) -> Literal["info", "warning"]:
        """A warning when nobody asked for it at that moment."""
        return "warning" if self.automatic else "info"


class GenerationProgress(LogEvent, frozen=True, kw_only=True, tag="generation_progress"):
    """An applied generation is on its way: some have converged, or nothing has moved for 10 s."""

    generation: Number
    done: Annotated[Count, _field("workers that have converged, or do not count, or are gone")]
    workers: Annotated[Count, _field("workers that were touched")]
    pending: Annotated[Mapping[str, str], _field("by path, why not yet; at most 50 of them")]


class GenerationConverged(LogEvent, frozen=True, kw_only=True, tag="generation_converged"):
    """Every worker that an apply touched is what the document asks for, or no worse than before."""

    generation: Number
    workers: Annotated[Count, _field("workers that were touched")]


class GenerationNotConverged(LogEvent, frozen=True, kw_only=True, tag="generation_not_converged"):
    """At the deadline of an apply, or two minutes after a start, some workers had not converged."""

    generation: Number
    pending: Annotated[Mapping[str, str], _field("by path, why not; at most 50 of them")]
    workers: Annotated[Count, _field("how many had not")]

    @property
    def level(self) -> Literal["error"]:
        """An error."""
        return "error"


class GenerationSuperseded(LogEvent, frozen=True, kw_only=True, tag="generation_superseded"):
    """Another generation was applied before this one had converged."""

    generation: Number
    by: Annotated[int, _field("number of the later one")]


class GenerationPinned(LogEvent, frozen=True, kw_only=True, tag="generation_pinned"):
    """What runs was pinned by a rollback to it, or is pinned no longer, by an apply of its text."""

    generation: Number
    pinned: Annotated[bool, _field("whether it is from now on")]
    who: Annotated[str, _field("who asked for it")]
    why: Annotated[str, _field("in their own words")] = ""


class DocumentChanged(LogEvent, frozen=True, kw_only=True, tag="document_changed"):
    """The file that the tree follows says something else than what runs; or no longer does."""

    differs: Annotated[bool, _field("whether it does from now on")]
    file: Annotated[str, _field("path of the document")] = ""

    @property
    def level(self) -> Literal["info", "warning"]:
        """A warning while what runs is not what the file says."""
        return "warning" if self.differs else "info"


class DocumentInvalid(LogEvent, frozen=True, kw_only=True, tag="document_invalid"):
    """The file says something that is not valid, and the tree runs on as it is. A
    `document_problem` follows for each mistake.
    """

    file: Annotated[str, _field("path of the document")]
    mistakes: Annotated[Count, _field("how many; the first 20 have an event of their own")]

    @property
    def level(self) -> Literal["error"]:
        """An error."""
        return "error"


class ReloadRefused(LogEvent, frozen=True, kw_only=True, tag="reload_refused"):
    """A newer text is valid, and was not applied by a reload or `run --watch`; why is the message.

    It would remove workers, say, or needs a restart.
    """

    file: Annotated[str, _field("path of the document")]
    fix: Annotated[str, _field("what to do about it")] = ""

    @property
    def level(self) -> Literal["warning"]:
        """A warning."""
        return "warning"


class RunStarted(LogEvent, frozen=True, kw_only=True, tag="run_started"):
    """The first line: what runs."""

    version: Annotated[str, _field("of fsmv2")]
    pid: Annotated[int, _field("of the process")]
    document: Annotated[str, _field("path of the document")]
    generation: Annotated[int | None, _field("number of the document's text; null: none is kept")]
    state_dir: Annotated[str, _field("where store, journal and broker keep data")]


class DocumentProblem(LogEvent, frozen=True, kw_only=True, tag="document_problem"):
    """Something in the document is wrong: at a start, which it does not keep from running the rest;
    or in a text that was not applied for it.
    """

    code: Annotated[str, _field("as for `fsmv2 explain`")]
    file: Annotated[str, _field("file of the document; empty: not known")] = ""
    line: Annotated[int | None, _field("from 1")] = None
    column: Annotated[int | None, _field("from 1")] = None
    fix: Annotated[str, _field("what to do about it")] = ""
    warning: Annotated[bool, _field("whether it is no error")] = True

    @classmethod
    def of(cls, found: Diagnostic) -> DocumentProblem:
        """Of a problem that was found."""
        mark = found.mark
        return cls(
            code=found.code,
            file=str(mark.file) if mark is not None else "",
            line=mark.line if mark is not None else None,
            column=mark.column if mark is not None else None,
            fix=found.fix,
            warning=found.warning,
        )

    @property
    def level(self) -> Literal["warning", "error"]:
        """As it is shown to people."""
        return "warning" if self.warning else "error"


class RunEnded(LogEvent, frozen=True, kw_only=True, tag="run_ended"):
    """The last line: how the run ended."""

    exit: Annotated[int, _field("the exit code")]
    supervisors: Annotated[Count, _field("workers before the stop")]
    phases: Annotated[Mapping[str, int], _field("how many of them were in each phase")]
    unhealthy: Annotated[Mapping[str, str], _field("those that were not well, and why")]
    unsettled: Annotated[Mapping[str, str], _field("those that should run and did not, and why")]
    forced: Annotated[tuple[str, ...], _field("what had to be forced to stop")]
    killed: Annotated[tuple[str, ...], _field("processes that were killed")]
    dropped: Annotated[Mapping[str, int], _field("samples lost, by flow")]

    @property
    def level(self) -> Literal["info", "error"]:
        """An error unless it ended as it should."""
        return "error" if self.exit else "info"
