"""How far an apply has come, and what became of it, as lines for people in 80 columns.

The same words wherever it is shown: by the command that waits for it, and by `run`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from fsmv2.cli.console import Styled, count, styled
from fsmv2.operate.changes.apply_data import ApplyProgress

WIDTH = 80
NAMED = 10
"""Workers that are named, each with its reason, where an apply did not converge."""


def progress_line(progress: ApplyProgress) -> str:
    """How far it is, and the first of those it waits for; cut to a line."""
    line = f"generation {progress.generation}: {progress.done} of {progress.touched} converged"
    if progress.pending:
        path, why = next(iter(progress.pending.items()))
        line += "; waiting for "
        line += _cut(f"{path}: {why}", max(WIDTH - len(line), 20))
    return line


def outcome_lines(progress: ApplyProgress) -> Iterator[Styled]:
    """What became of it; of one that still converges, how far it is."""
    number, by = f"generation {progress.generation}", progress.by
    if progress.state == "converged":
        of = f": {count(progress.touched, 'worker')}" if progress.touched else ""
        yield styled(f"{number} has converged{of}", fg="green", bold=True)
    elif progress.state == "superseded":
        yield styled(f"{number} was superseded by generation {by}", fg="yellow", bold=True)
    elif progress.state == "rolled back":
        text = f"{number} did not converge in time, and was rolled back: generation {by} runs now"
        yield styled(text, fg="red", bold=True)
        yield from _pending(progress)
    elif progress.state == "not converged":
        left = count(progress.touched - progress.done or len(progress.pending), "worker")
        has = "has" if left.startswith("1 ") else "have"
        yield styled(f"{number} runs, but {left} {has} not converged in time:", fg="red", bold=True)
        yield from _pending(progress)
        yield styled("Ask `fsmv2 why PATH`; undo it with `fsmv2 rollback`.")
    else:
        yield styled(progress_line(progress))


def _pending(progress: ApplyProgress) -> Iterator[Styled]:
    for path, why in list(progress.pending.items())[:NAMED]:
        lines = textwrap.wrap(
            f"{path}: {why}",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
            break_on_hyphens=False,
            break_long_words=False,
        )
        for line in lines:
            yield styled(line)
    left = max(progress.touched - progress.done, len(progress.pending)) - NAMED
    if left > 0:
        yield styled(f"  … and {left} more")


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"
