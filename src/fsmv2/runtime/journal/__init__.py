"""What the core was handed and what it answered, kept so that it can be replayed.

recorder: notes both at the cut.    writer: the thread that writes them.    files, words: how.
records:  what is handed over, and what is written.
replay:   another core is handed the same; reading, data_types, story: parts of it.
"""

from fsmv2.runtime.journal.reading import end_of
from fsmv2.runtime.journal.replay import Difference, Replayed, ReplayedSegment, replay
from fsmv2.runtime.journal.story import Moment

__all__ = ["Difference", "Moment", "Replayed", "ReplayedSegment", "end_of", "replay"]
