"""The planner: a program that reads a document and finds out what it would change in a tree.

`python -m fsmv2.operate.changes.planner_process`, started by a running tree and spoken to over its
standard input and output alone. It ends with that tree, or when its input ends; it comes after
everything else on the machine, and has a bounded amount of memory.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

from fsmv2.host.side_process import MEMORY, come_last, own_pipes, read_frame, write_frame

if TYPE_CHECKING:
    from fsmv2.operate.changes.planner_messages import FromPlanner, PlanTask
    from fsmv2.plant import Plant
    from fsmv2.worker import WorkerFactory


def main() -> None:
    """Answer one task, and end."""
    gc.disable()  # it is over before there could be much garbage
    asked, answers = own_pipes()
    come_last()
    frames: SimpleQueue[bytes | None] = SimpleQueue()
    threading.Thread(target=_listen, args=(asked, frames), daemon=True).start()
    status = 1
    with suppress(BrokenPipeError):  # nobody wants the answer any more
        status = _Planner(frames, answers).answer()
    os._exit(status)  # of what an interpreter does at its end nothing is needed


def _listen(asked: IO[bytes], frames: SimpleQueue[bytes | None]) -> None:
    """Take in what the tree sends, and end with it: its pipe ends however it ends."""
    try:
        while True:
            frames.put(read_frame(asked))
    except (EOFError, OSError, MemoryError):
        os._exit(1)


class _Planner:
    def __init__(self, frames: SimpleQueue[bytes | None], answers: IO[bytes]) -> None:
        self._frames = frames
        self._answers = answers
        self._plant: Plant | None = None

    def answer(self) -> int:
        """Answer; the status to end with."""
        from fsmv2.containment import ANY_RAISED
        from fsmv2.errors import DocumentError, FsmError, JournalError, error_text
        from fsmv2.operate.changes.planner_messages import Failed, Invalid, Unfit

        try:
            self._plan()
        except DocumentError as error:
            self._send(Invalid(list(error.diagnostics)))
        except JournalError as error:
            self._send(Unfit(self._masked(str(error))))
        except MemoryError:
            self._plant = None
            self._send(
                Failed(
                    f"it takes more than {MEMORY >> 20} MiB of memory.",
                    "Check that it is the right document.",
                )
            )
        except FsmError as error:
            self._send(Failed(self._masked(error.message), self._masked(error.fix)))
        except BrokenPipeError:
            raise
        except ANY_RAISED as error:  # author code of worker types runs in here, too
            self._send(Failed(self._masked(f"{error_text(error)}.")))
        return 0

    def _plan(self) -> None:
        import msgspec

        from fsmv2.operate.changes.planner_messages import CoreState, PlanTask, Unfit, Valid
        from fsmv2.version import __version__

        task = msgspec.msgpack.decode(self._take(), type=PlanTask)
        if task.version != __version__:
            self._send(Unfit(f"fsmv2 {__version__} is installed, and {task.version} runs"))
            return
        from fsmv2.operate.changes.plan_making import make_plan, read_plant
        from fsmv2.operate.changes.plant_transfer import plant_messages

        plant = self._plant = read_plant(task)
        self._send(Valid())
        state = msgspec.msgpack.decode(self._take(), type=CoreState)
        factory = _factory(task)
        before, after, settings = self._cores(state, factory)
        running = before.root.declared if before.root is not None else None
        plan = make_plan(task, plant, before, after, settings)
        for message in plant_messages(plan, plant, running):
            self._send(message)

    def _cores(self, state: Any, factory: WorkerFactory) -> tuple[Any, Any, Any]:
        from fsmv2.model.data.codec_reader import ExactReader
        from fsmv2.operate.changes.plan_making import declared_alone, restored
        from fsmv2.runtime.journal.data_types import DataTypes

        find = DataTypes(factory)
        reader = ExactReader(find)
        settings = reader.read(state.settings)
        if state.declared is not None:
            declared = reader.read(state.declared)
            return *declared_alone(state.header, factory, *declared), settings
        return *restored(state.header, self._parts(), factory, find), settings

    def _parts(self) -> Iterator[Any]:
        import msgspec

        while True:
            frame = self._take()
            if not frame:
                return
            yield msgspec.msgpack.decode(frame)

    def _take(self) -> bytes:
        frame = self._frames.get()
        assert frame is not None  # noqa: S101  (the process ends when there are no more)
        return frame

    def _send(self, message: FromPlanner) -> None:
        from fsmv2.operate.changes.planner_messages import encode

        write_frame(self._answers, encode(message))

    def _masked(self, text: str) -> str:
        return text if self._plant is None else self._plant.vault.redact(text)


def _factory(task: PlanTask) -> WorkerFactory:
    """The types of the tree: the built-in ones, and those that a program has added."""
    from fsmv2.operate.worker_types import known_types
    from fsmv2.worker import WorkerFactory
    from fsmv2.worker.object_reference import find_named

    own = WorkerFactory()
    if task.types:
        sys.path[:] = task.path
    for name, reference in task.types.items():
        own.register(find_named(reference), name=name)
    own.include(known_types())
    return own


if __name__ == "__main__":
    main()
