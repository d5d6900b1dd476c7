"""The asynchronous shell: carries out what the core asks, and hands back what happened.

runtime:     what users start; two loops in threads of their own.
supervision: the core on the supervision loop, in slices of at most 5 ms.
dispatcher:  on the work loop, author code only; collector and executor are its two halves.
collector_services: what all collectors share; coalesced_timers: when each is called again.
expansion:   the tree a declaration gives, by the same core.    view: the tree as frozen data.
store_writer, group_commit, backlog: what is stored, and when.    journal: what can be replayed.
foresight: what a core comes to when it is handed a change, and nothing is carried out.
declared_root, secret_rotation: what the tree is declared to be, also when a secret changes.
watchdog, liveness, slow_code: whether the loops make progress.
blocking:    code that blocks.    gc_pauses: the garbage collector, kept short.
clock, loop_thread: time, and loops.
"""

from fsmv2.runtime.blocking import blocking
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.expansion import ExpandedWorker, expand
from fsmv2.runtime.gc_pauses import bounded_pauses
from fsmv2.runtime.runtime import Runtime
from fsmv2.runtime.view import TreeView
from fsmv2.view.node_view import NodeView

__all__ = [
    "Clock",
    "ExpandedWorker",
    "NodeView",
    "Runtime",
    "TreeView",
    "blocking",
    "bounded_pauses",
    "expand",
]
