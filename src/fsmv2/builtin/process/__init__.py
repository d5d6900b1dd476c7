"""Any process, supervised.

process_worker   the worker type `process` and its FSM.    spec   what a user writes.
lifecycle        look at one process, start, adopt, end it.
adoption         the order of a start: adopt, or end what lives and launch.
record_file      the record of any process.   process_record  what is known of a command.
process_table    what lives, found without a record.
shim             the small process beside it: a package.     launch   its start.
readiness        whether it can be used yet.  output_follower  what it writes, to the log.
orphans          what is no longer declared.
kill_remaining   what a forced end left.    signalling   a signal that an operator sends.
"""

from fsmv2.builtin.process.process_worker import Process, ProcessObserved
from fsmv2.builtin.process.spec import ProcessSpec, Ready

__all__ = ["Process", "ProcessObserved", "ProcessSpec", "Ready"]
