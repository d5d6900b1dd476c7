"""The program that reads how a tree was: a replay is seconds of Python, so the tree does not.

`python -m fsmv2.operate.past.past_process`, started by a running tree and spoken to over its
standard input and output alone: one task, one answer. It ends with that tree, or when its input
ends; it comes after everything else on the machine, and has a bounded amount of memory.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fsmv2.host.side_process import MEMORY, come_last, own_pipes, read_frame, write_frame

if TYPE_CHECKING:
    from fsmv2.operate.past.past_question import Answered, PastTask, Refused


def main() -> None:
    """Answer one task, and end."""
    gc.disable()  # it is over before there could be much garbage
    asked, answers = own_pipes()
    come_last()
    import msgspec

    from fsmv2.operate.past.past_question import PastTask

    with suppress(EOFError, BrokenPipeError):  # nobody wants the answer any more
        task = msgspec.msgpack.decode(read_frame(asked), type=PastTask)
        threading.Thread(target=_end_with_input, args=(asked,), daemon=True).start()
        write_frame(answers, msgspec.msgpack.encode(answered(task)))
    os._exit(0)  # of what an interpreter does at its end nothing is needed


def _end_with_input(asked: IO[bytes]) -> None:
    """End when the tree does: its end of the pipe is closed however it ends."""
    with suppress(OSError):
        asked.read()
    os._exit(1)


def answered(task: PastTask) -> Answered | Refused:
    """The answer to a task, or why there is none."""
    import msgspec

    from fsmv2.containment import ANY_RAISED
    from fsmv2.errors import FsmError, JournalError, error_text
    from fsmv2.operate.live_or_recorded import WhichTree
    from fsmv2.operate.past.past_question import Answered, Refused, answer_to
    from fsmv2.operate.problem import problem_of
    from fsmv2.version import __version__

    try:
        if task.version != __version__:
            raise JournalError(
                f"fsmv2 {__version__} is installed, and {task.version} runs this tree.",
                fix="Start the tree again with what is installed.",
            )
        if task.types:
            sys.path[:] = task.path
        tree = WhichTree(state_dir=Path(task.directory), types=task.types, at=task.at)
        return Answered(msgspec.json.encode(answer_to(task.question, tree), enc_hook=str))
    except MemoryError:
        error: FsmError = JournalError(f"its journal takes more than {MEMORY >> 20} MiB to replay.")
    except FsmError as raised:
        error = raised
    except ANY_RAISED as raised:  # author code of worker types runs in here, too
        error = JournalError(f"its journal cannot be replayed: {error_text(raised)}.")
    return Refused(problem_of(error))


if __name__ == "__main__":
    main()
