"""What the core was handed and what it answered, kept so that it can be replayed.

recorder:          notes both at the cut.
format:            what is handed over, and what is written.
journal_writer:    the thread that writes; files, descriptions, checksums: how, in which words.
replayer:          another core is handed the same; recorded_segments, data_types: its parts.
"""

from fsmv2.runtime.journal.recorded_segments import end_of
from fsmv2.runtime.journal.replayer import (
    Difference,
    Replayed,
    ReplayedSegment,
    ReplayObserver,
    replay,
)

__all__ = ["Difference", "ReplayObserver", "Replayed", "ReplayedSegment", "end_of", "replay"]
