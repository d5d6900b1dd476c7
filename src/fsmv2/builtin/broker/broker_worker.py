"""`broker`: keeps the embedded broker running, or watches one of the user's.

The process outlives a kill -9 of fsmv2 on purpose; the next start finds it running, verified by
identity, and adopts it. A crash of the server counts as a failed attempt: it is started again after
its backoff, and the fifth escalates.
"""

from __future__ import annotations

from collections.abc import Mapping

from fsmv2 import (
    DesiredState,
    Resources,
    Snapshot,
    Step,
    TemporaryError,
    UserSpec,
    Worker,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.builtin.broker import server
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.broker_status import BrokerObserved, probe, probe_url
from fsmv2.builtin.broker.credentials import credentials_file
from fsmv2.flow import Login

HANGING = 10.0
"""Seconds a broker may run without answering before it counts as crashed."""

TOLERATED = 0.2
"""Seconds of our own lateness from which a missing answer proves nothing."""


class BrokerSpec(UserSpec):
    """`embedded`: a server of our own below `state_dir`; else the user's at `url`, by `login`.

    `users`: of an embedded one, who may publish beside ourselves, with their passwords.
    """

    embedded: bool = True
    url: str = ""
    login: Login = Login()
    state_dir: str = ""
    port: int = 4222
    mqtt_port: int = 1883
    sync_interval: float = 10.0
    max_store_bytes: int = 10 << 30
    users: Mapping[str, str] = {}

    @property
    def access(self) -> Login:
        """What clients of ours show to be let in."""
        if not self.embedded:
            return self.login
        return Login(file=str(credentials_file(self.config))) if self.state_dir else Login()

    @property
    def address(self) -> str:
        """The NATS URL that clients use."""
        return f"nats://127.0.0.1:{self.port}" if self.embedded else self.url

    @property
    def server(self) -> str:
        """What the name of the server begins with; '' when any server may answer."""
        return self.config.identity if self.embedded and self.state_dir else ""

    @property
    def config(self) -> BrokerConfig:
        """How the embedded server is run."""
        return BrokerConfig(
            state_dir=self.state_dir,
            port=self.port,
            mqtt_port=self.mqtt_port,
            sync_interval=self.sync_interval,
            max_store_bytes=self.max_store_bytes,
            users=self.users,
        )


Snap = Snapshot[BrokerSpec, BrokerObserved]


class Broker(Worker[BrokerSpec, BrokerObserved]):
    """stopped → starting → active ⇄ degraded → crashed → starting; stopping → stopped."""

    runbook = "fsmv2:broker"
    manual_steps = (
        "Read the broker's log: it is beside its store, under the state directory.",
        "Look whether the disk is full or its files belong to another user.",
        "If another program has the port, stop that one or give the broker another port.",
    )

    interval = 1.0
    observe_timeout = 3.0

    def derive_desired_state(
        self, spec: BrokerSpec, previous_observed: BrokerObserved | None
    ) -> DesiredState:
        """Active, with the config that the server is to run with."""
        config = {"url": spec.address}
        if spec.embedded:
            config |= {"state_dir": spec.state_dir, "mqtt_port": str(spec.mqtt_port)}
        return DesiredState(state="active", config=config)

    async def collect_observed_state(
        self, spec: BrokerSpec, resources: Resources[None]
    ) -> BrokerObserved:
        """Ask the server, over both of its protocols; change nothing."""
        found = await (probe(spec.config) if spec.embedded else probe_url(spec.url, spec.login))
        if found.status == "unresponsive" and resources.late() > TOLERATED:
            raise TemporaryError(
                f"cannot tell whether the broker answers: this machine is too busy to ask "
                f"(late by {resources.late():.1f} s)"
            )
        return found

    @action(timeout=45.0, retries=0)
    async def start_server(self, spec: BrokerSpec, resources: Resources[None]) -> None:
        """Adopt the server that runs, or start one, and wait until it is ready."""
        ready = await server.start(spec.config)
        resources.log.info("broker ready", pid=ready.pid, port=ready.port)

    @action(timeout=25.0)
    async def stop_server(self, spec: BrokerSpec, resources: Resources[None]) -> None:
        """End the server; everything acknowledged is stored."""
        await server.stop(spec.config)

    @state("stopped", to="starting stopping")
    def stopped(self, s: Snap) -> Step:
        """No server of ours runs."""
        if not s.should_stop:
            return goto(self.starting, "asked to run")
        if s.spec.embedded and s.fresh and s.observed.exists:
            return goto(self.stopping, "a server of an earlier run is still running")
        return stay("asked to be stopped")

    @state("starting", to="active crashed stopping")
    def starting(self, s: Snap) -> Step:
        """The server is being adopted or started."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.status == "ready":
            return goto(self.active, _answers(s))
        if not s.spec.embedded:
            return stay(f"waits for the broker: {s.observed.reason}")
        last = s.last_action
        if last is not None and not last.succeeded and last.ended_at >= s.since:
            return goto(self.crashed, last.error)
        return act(self.start_server, "adopts the server that runs, or starts one")

    @state("running", to="degraded crashed stopping")
    def active(self, s: Snap) -> Step:
        """The server answers on both protocols."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.status == "ready":
            return stay(_answers(s))
        if s.spec.embedded and not s.observed.exists:
            return goto(self.crashed, f"the server is gone: {s.observed.reason}")
        return goto(self.degraded, s.observed.reason)

    @state("degraded", to="active crashed stopping")
    def degraded(self, s: Snap) -> Step:
        """The server runs but does not answer as it should."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.status == "ready":
            return goto(self.active, _answers(s))
        if s.spec.embedded and not s.observed.exists:
            return goto(self.crashed, f"the server is gone: {s.observed.reason}")
        if s.observe_error:  # we could not even ask
            return stay(s.observe_error)
        if s.spec.embedded and s.elapsed >= HANGING:
            return goto(self.crashed, f"no answer for {HANGING:.0f} s: {s.observed.reason}")
        return stay(s.observed.reason, wake_after=HANGING - s.elapsed)

    @state("failed", to="starting stopping")
    def crashed(self, s: Snap) -> Step:
        """The server ended or hangs; it is started again after the backoff."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        wait = s.retry_at - s.now
        if wait > 0:
            return stay(f"restarts, attempt {s.attempt}: {_trouble(s)}", wake_after=wait)
        return goto(self.starting, f"attempt {s.attempt}")

    @state("stopping", to="stopped")
    def stopping(self, s: Snap) -> Step:
        """The server is being ended."""
        if s.spec.embedded and s.observed.exists:
            return act(self.stop_server, "ends the server")
        return goto(self.stopped, "no server started by fsmv2 runs")


def _trouble(s: Snap) -> str:
    """Why it has to be started again: of one that is not there, why it could not be started."""
    last = s.last_action
    if s.observed.status == "absent" and last is not None and not last.succeeded:
        return last.error
    return s.observed.reason


def _answers(s: Snap) -> str:
    if not s.spec.embedded:
        return s.observed.reason
    seen = s.observed
    return f"pid {seen.pid} answers: NATS on {seen.port}, MQTT on {seen.mqtt_port}"
