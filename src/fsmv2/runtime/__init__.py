"""The asynchronous shell: carries out what the core asks, and hands back what happened.

runtime:     what users start; two loops in threads of their own.
supervision: the core on the supervision loop, in slices of at most 5 ms.
work:        the work loop, author code only; collector and executor are its two halves.
observatory, agenda: what all collectors share, and when each is called again.
plan:        the same core, nothing carried out.
watchdog, liveness, lateness: whether the loops make progress.    blocking: code that blocks.
view:        the tree as frozen data.    pauses: the garbage collector kept short.
clock, threads, ending: time, loops, the end of tasks.
"""

from fsmv2.runtime.blocking import blocking
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.pauses import bounded_pauses
from fsmv2.runtime.plan import PlanNode, plan
from fsmv2.runtime.runtime import Runtime
from fsmv2.runtime.view import NodeView, TreeView

__all__ = [
    "Clock",
    "NodeView",
    "PlanNode",
    "Runtime",
    "TreeView",
    "blocking",
    "bounded_pauses",
    "plan",
]
