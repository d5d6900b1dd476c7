"""The exhaustive check of an FSM, for authors' tests: `assert not check_fsm(Lamp).findings`."""

from fsmv2.worker.fsm_bench import FsmBench
from fsmv2.worker.fsm_check import Finding, FsmReport, check_fsm

__all__ = ["Finding", "FsmBench", "FsmReport", "check_fsm"]
