"""`bridge`: one machine's way into the namespace: its connection, its data flow, and the broker.

Also known as `protocolConverter`. The bridge renders the templates of its document section in
derive, declares its children with the result, orders their start by passing through its
states, and says in one state and one sentence what is wrong and where.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from fsmv2 import (
    CheckResult,
    CheckView,
    ChildSpec,
    ChildStatus,
    DesiredState,
    ObservedState,
    Phase,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    check,
    fault,
    goto,
    healthy,
    state,
    stay,
    unknown,
)
from fsmv2.builtin.bridge_children import CONNECTION, READ, WRITE, children_of
from fsmv2.builtin.bridge_sections import BridgeSections, Section
from fsmv2.builtin.dataflow import FLOWING, DataFlowObserved
from fsmv2.flow import FlowPlace, Login

FLOWS = (READ, WRITE)

HOLD_BACK = 1.0
"""Seconds for which a flow's trouble is held back: its cause, the device or the broker, is looked
at every second, and often found a moment after the symptom."""

RECONNECTS = 5.0
"""Seconds after which a flow is connected again if it ever will be by itself: its pauses between
tries are at most two, and a device may take two to answer."""

START_PATIENCE = 15.0
"""Seconds a start may take before it is called failed; it goes on as soon as the cause is gone."""


class BridgeSpec(UserSpec):
    """What a bridge is made of: configs as plain data with templates, and where it publishes.

    `connection`: the device to watch, None if there is none to reach. `read`, `write`: a flow each.
    `broker_server`: what the name of the server at `broker_url` begins with; others are not spoken
    to. `broker_login`: what it is shown. `memory`: the folder in which it keeps the ids of executed
    commands over a restart, if any.
    """

    connection: Mapping[str, Any] | None = None
    read: Mapping[str, Any] | None = None
    write: Mapping[str, Any] | None = None
    broker: str = ""
    broker_url: str = ""
    broker_server: str = ""
    broker_login: Login = Login()
    memory: str = ""
    wanted: str = "active"

    @property
    def sections(self) -> tuple[Section | None, Section | None, Section | None]:
        """Connection, read and write."""
        return self.connection, self.read, self.write

    def place(self, location_path: str) -> FlowPlace:
        """What its flows are told, beside their own sections, at this location."""
        return FlowPlace(
            location_path=location_path,
            broker_url=self.broker_url,
            broker_server=self.broker_server,
            broker_login=self.broker_login,
            memory=self.memory,
        )


class BridgeObserved(ObservedState):
    """A bridge has no body of its own; everything it knows it hears from its children."""


Snap = Snapshot[BridgeSpec, BridgeObserved]


class Bridge(Worker[BridgeSpec, BridgeObserved]):
    """stopped → starting_connection → starting_broker → starting_flow → active ⇄ degraded_…"""

    runbook = "fsmv2:bridge"
    manual_steps = (
        "Read the reason: it names the child that fails; that child's own reason says more.",
        "If nothing of it changes, restart the device, then this bridge.",
    )

    interval = 60.0
    is_bridge = True
    update_policy = "in_place"

    def __init__(self, ready: MutableMapping[str, BridgeSections] | None = None) -> None:
        """`ready`: by name of the bridge, what was rendered and decoded already; taken out here."""
        # Rendering and reading a section takes a millisecond; most derives change nothing in it.
        # Remembering the last result does not make derive impure: it depends on its inputs alone.
        self._ready = ready if ready is not None else {}
        self._sections: BridgeSections | None = None
        self._last: tuple[Any, ...] = ()
        self._children: tuple[ChildSpec, ...] = ()

    def derive_desired_state(
        self, spec: BridgeSpec, previous_observed: BridgeObserved | None
    ) -> DesiredState:
        """Render the configs; a connection that is up throughout, flows that start last."""
        scope = spec.variables.flatten()
        internal = scope["internal"]
        if self._sections is None:
            # fsmv2: ignore[FSM0427] a memo: see __init__
            found = self._ready.pop(internal.get("name", ""), None)
            # fsmv2: ignore[FSM0427] a memo: see __init__
            self._sections = found or BridgeSections()
        meaning = self._sections.meaning(spec.sections, scope, spec.place(scope["location_path"]))
        last = (meaning, internal["id"], spec.broker)
        if not self._last or self._last[0] is not meaning or self._last[1:] != last[1:]:
            self._children = children_of(*last)  # fsmv2: ignore[FSM0427] a memo: see __init__
            self._last = last  # fsmv2: ignore[FSM0427] a memo: see __init__
        return DesiredState(state=spec.wanted, children_specs=self._children)

    async def collect_observed_state(
        self, spec: BridgeSpec, resources: Resources[None]
    ) -> BridgeObserved:
        """Nothing of its own to look at."""
        return BridgeObserved()

    # ---- is the infrastructure consistent? ---------------------------------------------------

    @check(interval=5.0)
    def output_connected(self, view: CheckView) -> CheckResult:
        """The broker is active, but a flow has no connection to it."""
        flows = _flows(view)
        broker = next((view.dependency(path) for path in view.dependencies), None)
        if not flows or broker is None or not broker.status.healthy:
            return unknown("flow or broker is not running")
        for name, flow in flows:
            reads = name == READ
            if not (flow.output_connected if reads else flow.input_connected):
                if (waits := _too_early(view, name, broker.status.since, broker.observed_at)) > 0:
                    return unknown(
                        f"{name} is not connected to the broker; waits for it to reconnect, or for "
                        "the broker to be found away",
                        again_in=waits,
                    )
                error = flow.output_error if reads else flow.input_error
                return fault(
                    name,
                    f"the broker is active but {name} is not connected to it{_because(error)}",
                    affected=(),
                )
        return healthy()

    @check(interval=5.0)
    def input_connected(self, view: CheckView) -> CheckResult:
        """The connection is up, but a flow is not connected to the device."""
        flows, connection = _flows(view), view.child(CONNECTION)
        if not flows or connection is None or not connection.status.healthy:
            return unknown("flow or connection is not running")
        for name, flow in flows:
            reads = name == READ
            if not (flow.input_connected if reads else flow.output_connected):
                if (
                    waits := _too_early(view, name, connection.status.since, connection.observed_at)
                ) > 0:
                    return unknown(
                        f"{name} is not connected to the device; waits for it to reconnect, or for "
                        "the device to be found unreachable",
                        again_in=waits,
                    )
                error = flow.input_error if reads else flow.output_error
                return fault(
                    name,
                    f"the device answers but {name} is not connected to it{_because(error)}",
                    affected=(),
                )
        return healthy()

    # ---- the FSM -----------------------------------------------------------------------------

    @state("stopped", to="starting_connection")
    def stopped(self, s: Snap) -> Step:
        """Nothing runs."""
        if s.should_stop:
            return stay("asked to be stopped")
        return goto(self.starting_connection, "starts with its connection")

    @state("starting", to="starting_broker starting_failed stopping")
    def starting_connection(self, s: Snap) -> Step:
        """Waits until the device answers."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if _reached(s):
            reason = "the device answers" if s.spec.connection else "there is no device to reach"
            return goto(self.starting_broker, reason)
        return self._wait(s, f"waits for the device: {_reason(s.children.get(CONNECTION))}")

    @state("starting", to="starting_flow starting_connection starting_failed stopping")
    def starting_broker(self, s: Snap) -> Step:
        """Waits until the broker is active."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if not _reached(s):
            return goto(self.starting_connection, "the device stopped answering")
        if not s.dependencies and s.spec.broker:
            return self._wait(s, f"waits for the broker {s.spec.broker}, which does not exist yet")
        for path, status in s.dependencies.items():
            if not status.healthy:
                return self._wait(s, f"waits for {path}: {status.reason}")
        return goto(self.starting_flow, "the broker is active")

    @state("starting", to="active idle degraded_flow starting_connection starting_failed stopping")
    def starting_flow(self, s: Snap) -> Step:
        """Waits until the data flows run."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if not _reached(s):
            return goto(self.starting_connection, "the device stopped answering")
        if (waits := _not_flowing(s)) is not None:
            name, flow = waits
            if _runs_degraded(flow):
                return goto(self.degraded_flow, f"{name}: {_reason(flow)}")
            return self._wait(s, f"waits for the data flow {name}: {_reason(flow)}")
        target, reason = self._flowing(s)
        return goto(target, reason)

    @state("failed", to="active idle degraded_flow starting_connection stopping")
    def starting_failed(self, s: Snap) -> Step:
        """The start took too long; it goes on when its cause is gone, or is restarted later."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        waits = _not_flowing(s)
        if _reached(s) and waits is None:
            target, reason = self._flowing(s)
            return goto(target, reason)
        if _reached(s) and waits and _runs_degraded(waits[1]):
            return goto(self.degraded_flow, f"{waits[0]}: {_reason(waits[1])}")
        if _reached(s):
            if s.now >= s.retry_at:
                return goto(self.starting_connection, "tries again")
            return stay(self._blamed(s), wake_after=s.retry_at - s.now)
        return stay(self._blamed(s))

    @state("running", to="active degraded_connection degraded_broker degraded_flow stopping")
    def idle(self, s: Snap) -> Step:
        """Everything is in order, and the device has nothing new to say."""
        return self._running(s)

    @state("running", to="idle degraded_connection degraded_broker degraded_flow stopping")
    def active(self, s: Snap) -> Step:
        """Data flows."""
        return self._running(s)

    @state("degraded", to="idle active degraded_broker degraded_flow stopping")
    def degraded_connection(self, s: Snap) -> Step:
        """The device does not answer, or not well; nothing is restarted for that (H63)."""
        return self._running(s)

    @state("degraded", to="idle active degraded_connection degraded_flow stopping")
    def degraded_broker(self, s: Snap) -> Step:
        """The broker is away; what was read waits in the flow's queue."""
        return self._running(s)

    @state("degraded", to="idle active degraded_connection degraded_broker stopping")
    def degraded_flow(self, s: Snap) -> Step:
        """A data flow has errors, or does not run; the reason names it."""
        return self._running(s)

    @state("stopping", to="stopped")
    def stopping(self, s: Snap) -> Step:
        """The flows end first, and with them the last samples; then the connection."""
        for name in FLOWS:
            flow = s.children.get(name)
            if flow is not None and flow.phase not in (Phase.STOPPED, Phase.INITIAL):
                return stay(f"waits for the data flow {name} to end: {flow.reason}")
        return goto(self.stopped, "all its parts are stopped")

    # ---- shared by the states ----------------------------------------------------------------

    def _running(self, s: Snap) -> Step:
        """The state that children and broker call for, worst first: what explains the others."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        connection = s.children.get(CONNECTION)
        broker = next((st for st in s.dependencies.values() if not st.healthy), None)
        if not _reached(s):
            target, reason = self.degraded_connection, _reason(connection)
        elif broker is not None:
            target, reason = self.degraded_broker, f"the broker is {broker.state}: {broker.reason}"
        elif (waits := _not_flowing(s)) is not None:
            name, flow = waits
            if (held := _held_back(s, name, flow)) is not None:
                return held
            target, reason = self.degraded_flow, f"{name}: {_reason(flow)}"
        else:
            target, reason = self._flowing(s)
        return stay(reason) if target.__name__ == s.state else goto(target, reason)

    def _flowing(self, s: Snap) -> tuple[Any, str]:
        """Active or idle, when no flow is in trouble: active if data moves either way."""
        flows = [s.children[name] for name in _configured(s)]
        moving = [flow for flow in flows if flow.state == "active"]
        if not flows:
            return self.idle, "connected; no data flow is configured"
        return self.active if moving else self.idle, "; ".join(f.reason for f in moving or flows)

    def _wait(self, s: Snap, reason: str) -> Step:
        if s.elapsed >= START_PATIENCE:
            return goto(
                self.starting_failed, f"not started within {START_PATIENCE:.0f} s; {reason}"
            )
        return stay(reason, wake_after=START_PATIENCE - s.elapsed)

    def _blamed(self, s: Snap) -> str:
        for name in (CONNECTION, *FLOWS):
            status = s.children.get(name)
            if status is not None and not status.healthy and status.phase is not Phase.STOPPED:
                return f"{name}: {status.reason}"
        return "the last start failed"


def _flows(view: CheckView) -> list[tuple[str, DataFlowObserved]]:
    """The observations of those flows that are asked to run and do, by name."""
    found = []
    for name in FLOWS:
        flow = view.child(name)
        if flow is None or flow.status.state not in {"active", "idle", "degraded"}:
            continue
        if isinstance(flow.observed, DataFlowObserved) and flow.observed.running:
            found.append((name, flow.observed))
    return found


def _configured(s: Snap) -> list[str]:
    """The flows the document asks for."""
    sections = ((READ, s.spec.read), (WRITE, s.spec.write))
    return [name for name, section in sections if section is not None]


def _not_flowing(s: Snap) -> tuple[str, ChildStatus | None] | None:
    """The first flow that does not flow, and what is known of it; None: all do."""
    for name in _configured(s):
        flow = s.children.get(name)
        if flow is None or flow.state not in FLOWING:
            return name, flow
    return None


def _held_back(s: Snap, name: str, flow: ChildStatus | None) -> Step | None:
    """What to say while it is too early to call a flow's trouble the bridge's; None: it is not.

    In two cases: the trouble is so recent that its cause may not have been found yet, or the cause
    is gone so recently that the flow may not have connected again.
    """
    if flow is None:
        return None
    if s.state in ("idle", "active"):
        left, reason = (
            flow.since + HOLD_BACK - s.now,
            f"{name}: {_reason(flow)}; looks for the cause",
        )
    elif s.state in ("degraded_connection", "degraded_broker"):
        parts = (s.children.get(CONNECTION), *s.dependencies.values())
        back = max((status.since for status in parts if status is not None), default=0.0)
        found = "the device answers" if s.state == "degraded_connection" else "the broker is active"
        left, reason = back + RECONNECTS - s.now, f"{found}; waits for {name} to reconnect"
    else:
        return None
    return stay(reason, wake_after=left) if left > 0 else None


def _too_early(view: CheckView, name: str, up_since: float, looked_at: float | None) -> float:
    """Seconds until a flow can be blamed for having no connection; 0 or less: now.

    Not before the other side has been up for as long as a flow takes to reconnect, and has been
    looked at since the flow lost its connection: what is older than the loss says nothing of it.
    """
    flow = view.child(name)
    early = up_since + RECONNECTS - view.now
    if flow is None or flow.status.phase is not Phase.DEGRADED or looked_at is None:
        return max(early, HOLD_BACK)
    return early if looked_at > flow.status.since else max(early, HOLD_BACK)


def _runs_degraded(status: ChildStatus | None) -> bool:
    """Whether a flow runs and is in trouble: its start is done, and done again would be no better.

    A device that accepts connections and does not answer is the device's to repair. H63
    """
    return status is not None and status.phase is Phase.DEGRADED


def _is_up(status: ChildStatus | None) -> bool:
    return status is not None and status.healthy


def _reached(s: Snap) -> bool:
    """Whether the device answers, if there is one."""
    return s.spec.connection is None or _is_up(s.children.get(CONNECTION))


def _reason(status: ChildStatus | None) -> str:
    return status.reason if status is not None else "it does not exist yet"


def _because(error: str) -> str:
    return f": {error}" if error else ""
