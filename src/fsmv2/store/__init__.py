"""What survives the process: identity, desired and observed state of each path, and events.

stored: what is written and read.      protocol: what any store does.
memory, sqlite: the two there are.     schema, generation_table: parts of the second.
stored_events, stored_generations: what is read of the second while another process holds it.
read_only: how that is opened, and what is wrong with a file that cannot be.
store_facts: what a store says of itself, read while another process holds it.
segmented_log: bounded files that are only appended to.     write_failure: why they are not.

The runtime writes, on a thread of its own; the core never sees a store, only what was in it.
"""

from fsmv2.store.generation_table import (
    Generation,
    GenerationInfo,
    Head,
    Outcome,
    PendingApply,
)
from fsmv2.store.memory import MemoryStore
from fsmv2.store.protocol import Store
from fsmv2.store.sqlite import SqliteStore
from fsmv2.store.stored import (
    Batch,
    DesiredRecord,
    EventRecord,
    Identity,
    ObservedRecord,
    StoredDesired,
    StoredEvent,
    StoredObserved,
    StoredOverrides,
    StoredPath,
)
from fsmv2.store.stored_generations import reading

__all__ = [
    "Batch",
    "DesiredRecord",
    "EventRecord",
    "Generation",
    "GenerationInfo",
    "Head",
    "Identity",
    "MemoryStore",
    "ObservedRecord",
    "Outcome",
    "PendingApply",
    "SqliteStore",
    "Store",
    "StoredDesired",
    "StoredEvent",
    "StoredObserved",
    "StoredOverrides",
    "StoredPath",
    "reading",
]
