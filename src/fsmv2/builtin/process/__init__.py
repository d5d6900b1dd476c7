"""Any process, supervised.

worker      the worker type `process` and its FSM.      spec       what a user writes.
running     start, adopt, look at, end: one process and its record.
readiness   whether it can be used yet.                 output     what it writes, within limits.
kernel      what the kernel knows of processes.         ending     the end of one, for certain.
"""

from fsmv2.builtin.process.spec import ProcessSpec, Ready
from fsmv2.builtin.process.worker import Process, ProcessObserved

__all__ = ["Process", "ProcessObserved", "ProcessSpec", "Ready"]
