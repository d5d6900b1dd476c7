"""Any process, supervised.

worker      the worker type `process` and its FSM.      spec       what a user writes.
running     look at one process, start, adopt, end it.  record     what is known of it.
keeper      the small process beside it: a package.     keeping    its start.
readiness   whether it can be used yet.                 output     what it writes, to the log.
process_table  what lives, found without a record.
listener    whose a listening socket is.
kernel      what the kernel knows of processes.         ending     the end of one, for certain.
orphans     what is not declared any more.              section    `processes:` of a document.
"""

from fsmv2.builtin.process.spec import ProcessSpec, Ready
from fsmv2.builtin.process.worker import Process, ProcessObserved

__all__ = ["Process", "ProcessObserved", "ProcessSpec", "Ready"]
