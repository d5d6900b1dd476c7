"""What runs now: one value, which an apply replaces as a whole.

Nobody keeps a part of it: who needs the head, the plant or the record asks `CurrentDocument` for
what runs at that moment. So no two views of a tree can name different generations.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from fsmv2.operate.run_record import RunRecord
from fsmv2.plant import Plant
from fsmv2.store import Generation, Head


class RunningDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The document that runs.

    `source`: the path it was read from; `directory`: the state directory of its tree.
    `generation`: which one of the document it is, and `head` what is kept of that; None where
    nothing is kept. `record`: what a later look at the file is compared with; None when the
    document changed while it was read. `warning`: what an operator should know of how it came to
    run. `durable`: whether the generation is in the store. `detect_only`: whether the command asked
    to do nothing, whatever the document says.
    """

    source: Path
    directory: Path
    plant: Plant
    generation: Generation | None = None
    head: Head | None = None
    record: RunRecord | None = None
    warning: str = ""
    durable: bool = True
    detect_only: bool = False

    @property
    def number(self) -> int:
        """The number of its generation; 0 where none is kept."""
        return 0 if self.generation is None else self.generation.number

    @property
    def managed(self) -> bool:
        """Whether the stored head counts, and not a file."""
        return self.head is not None and self.head.managed

    @property
    def pinned(self) -> bool:
        """Whether an older generation was made to run again, and runs until the next apply."""
        return self.head is not None and self.head.pinned

    @property
    def pinned_text(self) -> str:
        """That it is pinned, for people; nothing: it is not."""
        if not self.pinned or self.generation is None:
            return ""
        again = self.generation.rollback_of
        which = f", which is generation {again} again," if again else ""
        return f"generation {self.number}{which} is pinned until the next apply"

    def as_asked(self, plant: Plant) -> Plant:
        """`plant` with what the command asked for, which no document takes back."""
        if not self.detect_only or plant.settings.detect_only:
            return plant
        settings = msgspec.structs.replace(plant.settings, detect_only=True)
        return msgspec.structs.replace(plant, settings=settings)


class CurrentDocument:
    """The document that runs at this moment; may be read from any thread."""

    def __init__(self, first: RunningDocument) -> None:
        self._now = first

    @property
    def now(self) -> RunningDocument:
        """What runs now. Read it once for what has to fit together."""
        return self._now

    def replace(self, new: RunningDocument) -> None:
        """From now on this runs; called by whoever commits, and by nobody else."""
        self._now = new
