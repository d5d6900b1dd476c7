"""Finds out what a document would change in the tree that runs here, without holding it up.

Reading a document and comparing two trees is seconds of Python, in which no other thread of the
process would get very far. So another process does it, a planner, which is handed a copy of the
core; here only that copy is made, in pieces. A thread of this process plans instead where that is
less trouble: of a small document and a small tree, which is done before a process would have begun;
and where the planner cannot have the code that the tree runs, which does hold the tree up.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import subprocess
import sys
import time
import weakref
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from fsmv2.core.checkpoint.take import Checkpoint
from fsmv2.errors import DocumentError, FsmError, PlannerError
from fsmv2.escaping import printable_line
from fsmv2.host.in_thread import in_daemon_thread, in_thread
from fsmv2.host.side_program import SideProgram
from fsmv2.model import ChildSpec
from fsmv2.model.data.codec import ExactWriter
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.changes.document_settings import DocumentSettings
from fsmv2.operate.changes.plan_making import declared_alone, make_plan, read_plant, restored
from fsmv2.operate.changes.planner_messages import (
    CoreState,
    Failed,
    FromPlanner,
    Invalid,
    Planned,
    PlanTask,
    PlantEntries,
    Unfit,
    Valid,
    decode_answer,
    encode,
)
from fsmv2.operate.changes.plant_transfer import PlantReader
from fsmv2.operate.changes.running_document import RunningDocument
from fsmv2.operate.changes.type_references import UnreachableTypeError, type_references
from fsmv2.plant import Plant
from fsmv2.runtime import Runtime
from fsmv2.runtime.journal.data_types import DataTypes
from fsmv2.version import __version__
from fsmv2.worker import WorkerFactory

T = TypeVar("T")

PROGRAM = "fsmv2.operate.changes.planner_process"

SMALL_TEXT, SMALL_TREE = 4096, 50
"""Bytes of a document and workers of a tree up to which a thread plans: it takes some 20 ms, and
others have their turn meanwhile; a process takes half a second to begin, on the same cores."""

WITHIN = 60.0
"""Seconds for one plan; ten thousand workers take some ten on a machine that is busy."""

ENDS_WITHIN = 5.0
"""Seconds for one that has closed its pipe to end."""

WAITING = 8
"""Plans of one tree that may wait for their turn: one is made at a time."""

WORK, REST = 0.001, 0.0005
"""Seconds of work after which other threads are let run, and for how long."""


class PlannedChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a document would change, and what it declares: ready to be declared here.

    The vault of `plant` was made with the key of the one that runs. What has not changed in the
    root is the object that runs. Nothing is `ready` for its bridges: those that change render anew.
    """

    plan: ChangePlan
    plant: Plant


async def plan_change(
    runtime: Runtime, running: RunningDocument, files: Mapping[str, bytes], source: str
) -> PlannedChange:
    """What the document in `files`, read from `source`, would change in what runs.

    Of one tree one is made at a time. DocumentError: all that is wrong with it. PlannerError: no
    plan could be made, or too many wait; the tree is as it was.
    """
    async with _turn(runtime):
        task = _task(running, files, source)
        factory = runtime.core.factory
        text = sum(map(len, files.values()))
        if text <= SMALL_TEXT and len(runtime.core.by_path) <= SMALL_TREE:
            return await _planned_here(runtime, running, task)
        try:
            types = type_references(factory)
        except UnreachableTypeError:
            return await _planned_here(runtime, running, task)
        planner = PlannerProcess(msgspec.structs.replace(task, types=types, path=sys.path))
        try:
            if not await planner.run(planner.read_document):
                return await _planned_here(runtime, running, task)
            checkpoint = await runtime.checkpoint()
            exchange = functools.partial(planner.plan, checkpoint, factory, running)
            planned = await planner.run(exchange)
        finally:
            await in_thread(planner.end)
        return planned or await _planned_here(runtime, running, task)


def _task(running: RunningDocument, files: Mapping[str, bytes], source: str) -> PlanTask:
    generation = running.generation
    return PlanTask(
        version=__version__,
        source=source,
        files=dict(files),
        managed=running.managed,
        directory=str(running.directory),
        secrets_key=running.plant.vault.key,
        detect_only=running.detect_only,
        generation=running.number,
        digest="" if generation is None else generation.digest,
    )


# ---- by another process -------------------------------------------------------------------------


class PlannerProcess:
    """One planner, from its start to its end. What blocks runs in threads, by `run`."""

    def __init__(self, task: PlanTask) -> None:
        self._task = task
        self._errors = os.fdopen(os.memfd_create("fsmv2-planner"), "w+b")
        self._program = SideProgram(PROGRAM, within=WITHIN, errors=self._errors)
        self.run, self.end = self._program.run, self._program.end

    def read_document(self) -> bool:
        """Start it, and have it read the document; False: it has other code. DocumentError."""
        self._start()
        with self._told():
            self._send(encode(self._task))
            return not isinstance(self._answer(Valid), Unfit)

    def plan(
        self, checkpoint: Checkpoint, factory: WorkerFactory, running: RunningDocument
    ) -> PlannedChange | None:
        """Have it compare; None: it has other code."""
        rest = _Rest()
        with self._told():
            settings = ExactWriter()
            state = CoreState(
                header=checkpoint.head, settings=settings.write(DocumentSettings.of(running.plant))
            )
            root = checkpoint.root
            if checkpoint.stopping:
                root, plain = _declared(checkpoint, running, settings)
                self._send(encode(msgspec.structs.replace(state, declared=plain)))
            else:
                self._send(encode(state))
                for part in checkpoint.parts(rest):
                    self._send(encode(part))
                self._send(b"")
            answer = self._answer(Planned)
            if isinstance(answer, Unfit):
                return None
            key = running.plant.vault.key
            plant = PlantReader(root, DataTypes(factory), key).read(answer, self._entries, rest)
            return PlannedChange(plan=answer.plan, plant=plant)

    def _start(self) -> None:
        try:
            if not self._program.start():
                raise self._failure()
        except OSError as error:
            raise PlannerError(
                f"no planner can be started with {sys.executable}: {error.strerror}.",
                fix="Try again in a moment.",
            ) from error

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Inside, the end of the process is told as what it is."""
        try:
            yield
        except (EOFError, OSError, ValueError) as error:
            if isinstance(error, FsmError):
                raise
            raise self._failure() from error

    def _send(self, message: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # it has answered without it, or ended
            self._program.send(message)

    def _receive(self) -> FromPlanner:
        return decode_answer(self._program.receive())

    def _answer(self, wanted: type[T]) -> T | Unfit:
        answer = self._receive()
        if isinstance(answer, Invalid):
            raise DocumentError(answer.diagnostics)
        if isinstance(answer, Failed):
            raise PlannerError(f"no plan could be made: {answer.why}", fix=answer.fix)
        if isinstance(answer, wanted | Unfit):
            return answer
        raise EOFError

    def _entries(self) -> PlantEntries:
        answer = self._receive()
        if isinstance(answer, PlantEntries):
            return answer
        raise EOFError

    def _failure(self) -> PlannerError:
        """Why it has ended without an answer."""
        why, process = self._program.ended, self._program.process
        if not why and process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):  # it talks nonsense, and lives
                status = process.wait(ENDS_WITHIN)
                why = f"signal {-status} ended it" if status < 0 else self._last_words()
            why = why or "its answer cannot be read"
        self.end(why)
        return PlannerError(
            f"no plan could be made: the process that plans has ended: {why}. "
            "The tree is as it was.",
            fix="Try again.",
        )

    def _last_words(self) -> str:
        """The last line of what an interpreter that could not even start complained of."""
        with contextlib.suppress(OSError, ValueError):
            self._errors.seek(0)
            lines = self._errors.read()[-2000:].decode(errors="replace").strip().splitlines()
            if lines:
                return printable_line(lines[-1])
        return "it gave no reason"


class _Rest:
    """Lets other threads run once it has been called for a while."""

    def __init__(self) -> None:
        self._rested = time.perf_counter()

    def __call__(self) -> None:
        if time.perf_counter() - self._rested > WORK:
            time.sleep(REST)
            self._rested = time.perf_counter()


def _declared(
    checkpoint: Checkpoint, running: RunningDocument, writer: ExactWriter
) -> tuple[ChildSpec, Any]:
    """What a tree that is being stopped was before: its root, and its plain form."""
    root = running.plant.root
    return root, writer.write((root, root.user_spec.variables.global_, checkpoint.overrides))


# ---- in this process ----------------------------------------------------------------------------


async def _planned_here(
    runtime: Runtime, running: RunningDocument, task: PlanTask
) -> PlannedChange:
    """The same in a thread: with the very code that the tree runs, and slower for all others."""
    factory = runtime.core.factory
    plant = await in_daemon_thread(lambda: read_plant(task))
    checkpoint = await runtime.checkpoint()

    def planned() -> PlannedChange:
        if checkpoint.stopping:
            root = running.plant.root
            variables = root.user_spec.variables.global_
            cores = declared_alone(checkpoint.head, factory, root, variables, checkpoint.overrides)
        else:
            parts = checkpoint.parts(_Rest())
            cores = restored(checkpoint.head, parts, factory, DataTypes(factory))
        plan = make_plan(task, plant, *cores, DocumentSettings.of(running.plant))
        return PlannedChange(plan=plan, plant=plant)

    return await in_daemon_thread(planned)


# ---- turns --------------------------------------------------------------------------------------

_turns: weakref.WeakKeyDictionary[Runtime, tuple[asyncio.Lock, list[None]]] = (
    weakref.WeakKeyDictionary()
)


@contextlib.asynccontextmanager
async def _turn(runtime: Runtime) -> AsyncIterator[None]:
    """Inside nobody else plans for this tree; PlannerError: too many wait already."""
    lock, waiting = _turns.setdefault(runtime, (asyncio.Lock(), []))
    if len(waiting) > WAITING:
        raise PlannerError(
            f"{len(waiting)} plans are being made or waited for already.",
            fix="Try again in a moment.",
        )
    waiting.append(None)
    try:
        async with lock:
            yield
    finally:
        waiting.pop()
