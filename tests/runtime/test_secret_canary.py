"""A canary for each secret: it reaches author code, and no output, record, report or file."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import logging
import pickle
from pathlib import Path
from typing import Any, ClassVar

import pytest
import structlog

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    ObservedState,
    PermanentError,
    Runtime,
    UserSpec,
    VariableBundle,
    Vault,
    Worker,
    WorkerFactory,
    act,
    action,
    goto,
    render_template,
    state,
    stay,
)
from fsmv2.cli.log_filter import log_library
from fsmv2.cli.log_output import text_line
from fsmv2.cli.service_notices import status_text
from fsmv2.core import Report
from fsmv2.model import to_json, to_yaml
from fsmv2.operate import Story, StoryLine
from fsmv2.operate.tree_health import health_of
from fsmv2.operate.tree_readiness import readiness_of
from fsmv2.runtime.log.entry import LogEntry, json_line
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.log_writer import LogWriter
from fsmv2.runtime.traces import open_traces
from fsmv2.store import SqliteStore, segmented_log
from fsmv2.testing import Simulation, replay
from otlp_receiver import Receiver, receiving

CANARY = "canary-8f3a-sings-like-no-other"
GLOBAL = "canary-of-the-whole-plant-55"
LATER = "canary-that-came-by-rotation-91"


class Seen(ObservedState):
    said: str = ""
    nested: dict[str, Any] = {}  # noqa: RUF012  (a struct copies it)


class Leaky(Worker[UserSpec, Seen]):
    """Uses its secrets, and tells them wherever an author may be careless."""

    interval = 0.2
    used: ClassVar[set[str]] = set()

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        config = render_template(
            {"login": "me:{{ .PASSWORD }}", "g": "{{ .global.KEY }}"}, spec.variables
        )
        return DesiredState("running", config=config)

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> Seen:
        login = resources.config["login"]
        Leaky.used |= {login, resources.config["g"], spec.variables.user["PASSWORD"]}
        resources.log.warning("looks", login=login, text=f"as {login}", where=Path(login))
        try:
            raise ValueError(f"in the log with {login}")
        except ValueError:
            resources.log.exception("failed")
        if resources.path.endswith("raises"):
            try:
                raise OSError(f"cannot connect as {login}")
            except OSError as error:
                raise RuntimeError(f"gave up: {login!r}") from error
        return Seen(said=f"connected as {login}", nested={login: [login]})

    @action(timeout=5, retries=0)
    async def enter(self, spec: UserSpec, resources: Any) -> dict[str, str]:
        if resources.path.endswith("fails"):
            raise PermanentError(f"refused {resources.config['login']}")
        return {"entered": resources.config["login"]}

    @state("stopped", to="running failed")
    def stopped(self, s: Any) -> Any:
        if s.should_stop:
            return stay(f"stopped; saw {s.observed.said}")
        if s.last_action is None:
            return act(self.enter, f"enters; saw {s.observed.said}")
        if s.last_action.error:
            return goto(self.failed, s.last_action.error)
        return goto(self.running, f"{s.last_action.result}")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay(f"{s.observed.said}, {s.observe_error}, {s.desired.config}")

    @state("failed", to="stopped")
    def failed(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("failed")


class Parent(Leaky):
    """Three of them."""

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        names = ("fine", "raises", "fails")
        return DesiredState(
            "running",
            tuple(ChildSpec(n, "leaky", UserSpec()) for n in names),
            config={"login": "", "g": ""},
        )


@pytest.fixture
def vault() -> Vault:
    return Vault(environ={"PASSWORD": CANARY, "KEY": GLOBAL})


def tree(vault: Vault) -> tuple[ChildSpec, WorkerFactory, dict[str, Any]]:
    factory = WorkerFactory()
    factory.register(Leaky)
    factory.register(Parent)
    variables = VariableBundle({"PASSWORD": vault.from_environment("PASSWORD")})
    Leaky.used = set()
    root = ChildSpec("plant", "parent", UserSpec(variables=variables))
    return root, factory, {"KEY": vault.from_environment("KEY")}


def silent(found: Any) -> None:
    """No canary in anything."""
    shown = found if isinstance(found, str | bytes) else repr(found)
    text = shown.decode(errors="replace") if isinstance(shown, bytes) else shown
    for canary in (CANARY, GLOBAL, LATER):
        assert canary not in text, f"…{text[max(0, text.index(canary) - 200) :][:400]}…"


def test_secrets_reach_author_code_and_nothing_else(
    vault: Vault,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        segmented_log, "SHARE", 200_000
    )  # so that checkpoints are written all the time
    root, factory, global_variables = tree(vault)
    reports: list[Report] = []
    written = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(written))
    caplog.set_level(logging.DEBUG)

    lines: list[LogEntry] = []
    log = LogWriter(LogLevels("debug"), [lines.append])
    receiver = Receiver()

    async def main() -> None:
        async with Runtime(
            root,
            factory,
            global_variables=global_variables,
            secrets=vault,
            store=SqliteStore(tmp_path / "store.db"),
            journal=tmp_path / "journal",
            listener=reports.append,
            log=log,
            traces=open_traces(receiver.url),
        ) as runtime:
            log_library(log, "error", "a.library", f"refused {CANARY}", f"Traceback: {GLOBAL}")
            view = await runtime.until(
                lambda t: (
                    len(t.nodes) == 4
                    and t["plant/fine"].state == "running"
                    and t["plant/fails"].state == "failed"
                    and bool(t["plant/raises"].conditions)
                ),
                timeout=200,
            )
            silent(view)
            ready, health = readiness_of(runtime.core, factory), health_of(runtime.liveness())
            silent([ready, health, status_text(health, ready)])
            assert "***env:PASSWORD#" in repr(ready)
            for node in view.nodes:
                silent(await runtime.records(node.path))
                s = runtime.core.by_path[node.path]
                silent([s.spec, s.desired, s.observed, s.reason, s.last_action, s.live_config])
                silent(json.loads(to_json(s.desired)))
                silent(to_yaml(s.desired))
                silent(pickle.dumps(s.desired))
            assert "***env:PASSWORD#" in view["plant/fine"].reason
            while len(segmented_log.segments_in(tmp_path / "journal")) < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    try:
        with receiving() as receiver:
            asyncio.run(main())
    finally:
        structlog.reset_defaults()
        log.close()
    silent(receiver.bodies)
    for kind in ("tick", "action", "observation"):
        told = [str(span) for span in receiver.of(kind=kind)]
        assert any("***env:PASSWORD#" in one for one in told), kind
    logged = [json_line(line) for line in lines]
    silent(logged)
    silent(list(map(text_line, lines)))
    for event in ("worker_log", "worker_error", "state_changed", "tick", "library_log"):
        assert any("***env:PASSWORD#" in one for one in logged if f'"event":"{event}"' in one)
    assert f"me:{CANARY}" in Leaky.used
    assert {CANARY, GLOBAL} <= Leaky.used
    silent(reports)
    assert any("***env:PASSWORD#" in report.text for report in reports)
    silent(written.getvalue())
    assert "***env:PASSWORD#" in written.getvalue()
    assert "in the log with me:***env" in written.getvalue()
    silent("".join(capfd.readouterr()))
    silent(caplog.text)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            silent(file.read_bytes())
    files = segmented_log.segments_in(tmp_path / "journal")
    assert files
    for file in files:
        recorded = b"".join(segmented_log.Segment(file).records())  # what stands in it, expanded
        silent(recorded)
        assert b"***env:PASSWORD#" in recorded
    moments: list[StoryLine] = []
    story = Story("plant/fine", moments.append)
    replayed = replay(tmp_path / "journal", factory, observer=story)
    assert replayed.difference is None, replayed.difference
    silent(moments)
    assert any("***env:PASSWORD#" in moment.text for moment in moments)


class Told(Leaky):
    """Remembers all it was ever handed, and says it all again, in every shape."""

    remembered: ClassVar[list[str]] = []

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> Seen:
        seen = await super().collect_observed_state(spec, resources)
        if resources.config["login"] not in Told.remembered:
            Told.remembered.append(resources.config["login"])
        return Seen(
            said=seen.said,
            nested={"all": Shaped(tuple(Told.remembered), frozenset(Told.remembered))},
        )

    @action(timeout=5, retries=0)
    async def enter(self, spec: UserSpec, resources: Any) -> Any:
        """What it hands back is no plain data."""
        return KeyError(resources.config["login"], Shaped((resources.config["login"],), None))


@dataclasses.dataclass(frozen=True)
class Shaped:
    said: tuple[str, ...]
    among: frozenset[str] | None


def test_secrets_stay_unseen_over_a_rotation(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The new value reaches author code; neither it nor the one of before any output."""
    file = tmp_path / "plc"
    file.write_text(CANARY)
    vault = Vault(tmp_path, environ={"KEY": GLOBAL})
    factory = WorkerFactory()
    factory.register(Told)
    token = vault.from_file("plc", variable="PASSWORD")
    root = ChildSpec("told", "told", UserSpec(variables=VariableBundle({"PASSWORD": token})))
    Leaky.used, Told.remembered = set(), []
    reports: list[Report] = []
    written = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(written))
    caplog.set_level(logging.DEBUG)
    held: list[Any] = []

    async def main() -> None:
        async with Runtime(
            root,
            factory,
            global_variables={"KEY": vault.from_environment("KEY")},
            secrets=vault,
            settings=EngineSettings(secrets_interval=0.1),
            store=SqliteStore(tmp_path / "store.db"),
            listener=reports.append,
        ) as runtime:

            def runs(incarnation: int) -> Any:
                return lambda t: (
                    t.nodes
                    and ((t["told"].incarnation, t["told"].state) == (incarnation, "running"))
                )

            await runtime.until(runs(1), timeout=200)
            file.write_text(LATER)
            await runtime.until(runs(2), timeout=200)
            file.unlink()
            view = await runtime.until(lambda t: bool(t["told"].conditions), timeout=200)
            held.extend([view, await runtime.records("told"), await runtime.events()])
            s = runtime.core.by_path["told"]
            held.extend([s.spec, s.desired, s.observed, s.reason, s.last_action, s.live_config])
            held.append(repr(s.last_action.result) if s.last_action else "")

    try:
        asyncio.run(main())
    finally:
        structlog.reset_defaults()
    assert Told.remembered == [f"me:{CANARY}", f"me:{LATER}"]
    silent(held)
    silent(reports)
    told = "secret PASSWORD changed (file plc)"
    assert {told} <= {report.text for report in reports}
    assert "keeps the value of before" in held[0]["told"].conditions[0].reason
    silent(written.getvalue())
    silent("".join(capfd.readouterr()))
    silent(caplog.text)
    for stored in tmp_path.rglob("*.db*"):
        silent(stored.read_bytes())
    assert b"PASSWORD changed" in (tmp_path / "store.db").read_bytes()


def test_secrets_stay_out_of_a_simulation_too(vault: Vault) -> None:
    root, factory, global_variables = tree(vault)
    with Simulation(root, factory, global_variables=global_variables, secrets=vault) as sim:
        sim.run(20)
        assert CANARY in Leaky.used
        silent(sim.view())
        silent(sim.reports)


def test_a_changed_secret_is_a_changed_config() -> None:
    """The keyed digest in the token notices; the policy of the type does the rest."""
    environ = {"PASSWORD": "first-password", "KEY": "key-of-plant"}
    vault = Vault(environ=environ)
    root, factory, global_variables = tree(vault)
    with Simulation(root, factory, global_variables=global_variables, secrets=vault) as sim:
        sim.run(10)
        assert sim["plant/fine"].incarnation == 1
        environ["PASSWORD"] = "second-password"  # noqa: S105  (a canary)
        again, _, _ = tree(vault)
        sim.declare(again, global_variables)
        sim.run(20)
        assert sim["plant/fine"].incarnation == 2
        assert "second-password" in Leaky.used


class Filtered(Leaky):
    """Its template changes the token."""

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        config = render_template({"login": "{{ .PASSWORD | upper }}", "g": ""}, spec.variables)
        return DesiredState("running", config=config)


def test_a_secret_that_a_template_changed_is_never_used_and_the_reason_says_so(
    vault: Vault,
) -> None:
    root, factory, global_variables = tree(vault)
    factory.register(Filtered)
    root = ChildSpec("plant", "filtered", root.user_spec)
    with Simulation(root, factory, global_variables=global_variables, secrets=vault) as sim:
        sim.run(5)
        assert Leaky.used == set()
        (said,) = [c.reason for c in sim["plant"].conditions if c.type == "Observed"]
        assert "a secret was changed before it was used" in said
