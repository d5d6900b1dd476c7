"""Who should run and does not: named nearest to the cause, and never who is asked to be stopped."""

from __future__ import annotations

import msgspec
from tests.operate.node_view import node

from fsmv2 import Phase, WorkerFactory
from fsmv2.builtin import register_builtins
from fsmv2.core import Condition
from fsmv2.flow import AsyncioEngine
from fsmv2.operate.convergence import unsettled
from fsmv2.runtime import NodeView, TreeView

FACTORY = WorkerFactory()
register_builtins(FACTORY, AsyncioEngine())


def found(*nodes: NodeView) -> dict[str, str]:
    return unsettled(TreeView(0.0, nodes), FACTORY)


def test_a_tree_that_runs_is_settled() -> None:
    root = node("edge", "agent", "running", Phase.RUNNING)
    assert found(root, node("edge/broker", "broker", "active", Phase.RUNNING)) == {}


def test_only_the_lowest_worker_that_does_not_run_is_named() -> None:
    assert found(
        node("edge", "agent", "degraded", Phase.DEGRADED),
        node("edge/a", "bridge", "starting_connection", Phase.STARTING),
        node("edge/a/connection", "connection", "down", Phase.DEGRADED, reason="refused"),
        node("edge/a/dfc_read", "dataflow", "stopped", Phase.STOPPED, control="stopped"),
        node("edge/ab", "bridge", "active", Phase.RUNNING),
        node("edge/b", "bridge", "starting_broker", Phase.STARTING, reason="waits"),
    ) == {"edge/a/connection": "down: refused", "edge/b": "starting_broker: waits"}


def test_who_is_asked_to_be_stopped_is_settled() -> None:
    assert found(node("edge/a", "bridge", "stopped", Phase.STOPPED, control="stopped")) == {}
    assert found(node("edge/a", "bridge", "stopped", Phase.STOPPED)) == {
        "edge/a": "stopped: because"
    }


def test_who_is_stopped_because_it_could_not_be_derived_or_created_is_not() -> None:
    missing = Condition("Derived", "False", "Variable 'PORT' is not defined", 0.0)
    broken = node(
        "edge/a", "bridge", "stopped", Phase.STOPPED, control="stopped", conditions=(missing,)
    )
    assert found(broken) == {"edge/a": "stopped: Derived: Variable 'PORT' is not defined; because"}
    unknown = node("edge/x", "toaster", "stopped", Phase.STOPPED, control="stopped")
    assert found(unknown) == {"edge/x": "stopped: because"}


def test_an_observation_that_is_stale_is_no_proof_of_running() -> None:
    stale = node("edge/a", "bridge", "active", Phase.RUNNING, healthy=False, fresh=False)
    assert found(stale) == {"edge/a": "active: because"}


def test_who_an_operator_stopped_or_paused_is_settled() -> None:
    by_operator = Condition("Managed", "False", "stopped by alice", 0.0)
    assert (
        found(
            node(
                "edge/a",
                "bridge",
                "stopped",
                Phase.STOPPED,
                control="stopped",
                conditions=(by_operator,),
            )
        )
        == {}
    )
    assert found(node("edge/a", "bridge", "stopped", Phase.STOPPED, paused="by alice")) == {}


def test_a_condition_that_is_a_sentence_is_joined_with_one_mark() -> None:
    escalated = Condition("Recovers", "False", "Read the reason. Try it by hand.", 0.0)
    worker = node("edge/a", "process", "failed", Phase.FAILED, conditions=(escalated,))
    text = "failed: Read the reason. Try it by hand; because"
    assert found(worker) == {"edge/a": text}


def test_an_escalation_that_has_the_cause_is_shown_once() -> None:
    text = "failed 5 times: no database. Retries continue. What to do: fsmv2 explain process"
    worker = msgspec.structs.replace(
        node("edge/a", "process", "failed", Phase.FAILED),
        reason="restarts, attempt 9: no database.",
        conditions=(Condition("Recovers", "False", text, 0.0),),
    )
    assert found(worker) == {"edge/a": f"failed: {text}"}
    other = msgspec.structs.replace(worker, reason="restarts, attempt 10: killed by SIGKILL")
    assert found(other) == {"edge/a": f"failed: {text}; restarts, attempt 10: killed by SIGKILL"}
