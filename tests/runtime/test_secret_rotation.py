"""A secret file that changes while the tree runs: seen, named, and handed to who uses it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    ObservedState,
    UserSpec,
    VariableBundle,
    Vault,
    Worker,
    WorkerFactory,
    goto,
    render_template,
    state,
    stay,
)
from fsmv2.runtime.secret_rotation import CONFIRM, PATIENCE
from fsmv2.testing import Simulation

FIRST, SECOND, THIRD = "first-password", "second-password", "third-password"
EVERY = EngineSettings().secrets_interval
SEEN = EVERY + CONFIRM + 0.5
"""Seconds within which a change has been seen, confirmed and carried out."""
SAID = "secret PASSWORD changed (file secrets/plc)"


class Client(Worker[UserSpec, ObservedState, str]):
    """Holds a session that was opened with its config, and notes what it was handed."""

    interval = 1.0
    update_policy = "recreate"
    handed: ClassVar[dict[str, list[str]]] = {}
    sessions: ClassVar[list[str]] = []

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        return DesiredState("on", config=render_template("me:{{ .PASSWORD }}", spec.variables))

    @contextlib.asynccontextmanager
    async def resources(self, spec: UserSpec) -> AsyncIterator[str]:
        word = spec.variables.user.get("PASSWORD", "none")
        Client.sessions.append(f"open {word}")
        yield word
        Client.sessions.append(f"close {word}")

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        handed = Client.handed.setdefault(resources.path, [])
        if handed[-1:] != [resources.config]:
            handed.append(resources.config)
        return ObservedState()

    @state("stopped", to="on")
    def stopped(self, s: Any) -> Any:
        return stay("off") if s.should_stop else goto(self.on, "asked to run")

    @state("running", to="stopped")
    def on(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("on")


class Lively(Client):
    """The same, adapting as it runs."""

    update_policy = "in_place"


class Other(Client):
    """Does not use it."""

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        return DesiredState("on", config="nothing secret")


class Top(Client):
    """Declares a client that is restarted, one that adapts, and one that does not care."""

    update_policy = "in_place"

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        kinds = ("client", "lively", "other")
        return DesiredState("on", tuple(ChildSpec(k, k, UserSpec()) for k in kinds), config="top")


class Place:
    """A tree over one secret file."""

    def __init__(self, folder: Path, *, default: str | None = None, write: bool = True) -> None:
        self.file = folder / "secrets" / "plc"
        self.file.parent.mkdir()
        if write:
            self.file.write_text(FIRST)
        factory = WorkerFactory()
        for kind in (Top, Client, Lively, Other):
            factory.register(kind)
        Client.handed, Client.sessions = {}, []
        self.vault = Vault(folder)
        token = self.vault.from_file("secrets/plc", default, variable="PASSWORD")
        self.root = ChildSpec("top", "top", UserSpec(variables=VariableBundle({"PASSWORD": token})))
        self.sim = Simulation(self.root, factory, secrets=self.vault)
        self.sim.run(20)

    @property
    def conditions(self) -> list[str]:
        return [c.reason for c in self.sim["top"].conditions]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    with made.sim:
        yield made


def in_place(file: Path) -> None:
    file.write_text(SECOND)


def renamed(file: Path) -> None:
    new = file.with_name(".plc.new")
    new.write_text(SECOND)
    new.rename(file)


def same_size_and_time(file: Path) -> None:
    """As a tool may do that copies times; `st_ctime` tells."""
    before = file.stat()
    file.write_text(SECOND.ljust(len(FIRST), "x")[: len(FIRST)])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("rewrite", [in_place, renamed])
def test_h99_a_changed_secret_reaches_exactly_its_users_by_the_policy_of_their_type(
    place: Place, rewrite: Callable[[Path], None]
) -> None:
    sim = place.sim
    ticks = sim["top/other"].ticks
    rewrite(place.file)
    sim.run(SEEN)
    assert Client.handed["top/client"] == [f"me:{FIRST}", f"me:{SECOND}"]
    assert Client.handed["top/lively"] == [f"me:{FIRST}", f"me:{SECOND}"]
    found = {name: sim[f"top/{name}"].incarnation for name in ("client", "lively", "other")}
    assert found == {"client": 2, "lively": 1, "other": 1}
    assert Client.handed["top/other"] == ["nothing secret"]
    assert sim["top/other"].ticks <= ticks + 2, "told of its parent's variables, and nothing done"


def test_a_file_of_the_same_size_and_time_is_seen_too(place: Place) -> None:
    same_size_and_time(place.file)
    place.sim.run(SEEN)
    assert len(Client.handed["top/client"]) == 2


def test_a_link_that_is_turned_is_seen(tmp_path: Path) -> None:
    """As Kubernetes does: `plc` → `..data/plc`, and `..data` is a link to a folder of now."""
    place = Place(tmp_path)
    folder = place.file.parent
    for name, value in (("..1", FIRST), ("..2", SECOND)):
        (folder / name).mkdir()
        (folder / name / "plc").write_text(value)
    with place.sim as sim:
        (folder / "..data").symlink_to("..1")
        place.file.unlink()
        place.file.symlink_to("..data/plc")
        sim.run(20)
        assert sim["top/client"].incarnation == 1, "it says what it said"
        (folder / "..new").symlink_to("..2")
        (folder / "..new").rename(folder / "..data")
        sim.run(SEEN)
        assert Client.handed["top/client"] == [f"me:{FIRST}", f"me:{SECOND}"]


def test_resources_are_closed_and_opened_with_the_new_value(place: Place) -> None:
    Client.sessions.clear()
    in_place(place.file)
    place.sim.run(SEEN)
    ours = [said for said in Client.sessions if not said.endswith("none")]
    assert ours.count(f"close {FIRST}") == ours.count(f"open {SECOND}") >= 2
    assert f"open {FIRST}" not in ours


def test_the_cause_is_named_in_records_and_reports(place: Place) -> None:
    sim = place.sim
    in_place(place.file)
    sim.run(SEEN)
    causes = {
        path: [str(cause) for record in sim.records(path) for cause in record.causes]
        for path in ("top", "top/client", "top/lively", "top/other")
    }
    assert SAID in causes["top"]
    assert SAID in causes["top/client"]
    assert SAID in causes["top/lively"]
    assert not any("secret" in cause for cause in causes["top/other"])
    assert sim.texts("stop", "top/client") == [SAID]
    assert sim.texts("secret", "top/lively") == [f"{SAID}: handed to the running worker"]
    assert SAID in sim.texts("secret", "top")


def test_a_file_that_is_empty_for_a_moment_changes_nothing(place: Place) -> None:
    sim = place.sim
    sim.run(EVERY - sim.now % EVERY + EVERY - 0.2)
    place.file.write_text("")
    sim.run(0.5)
    place.file.write_text(SECOND[:5])  # half of it
    sim.run(CONFIRM)
    place.file.write_text(SECOND)
    sim.run(SEEN)
    assert Client.handed["top/client"] == [f"me:{FIRST}", f"me:{SECOND}"]
    assert not sim.texts("condition", "top")


def broken_empty(file: Path) -> None:
    file.write_text("\n")


def broken_gone(file: Path) -> None:
    file.unlink()


def broken_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def broken_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def broken_bytes(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\xfd\xfc")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (broken_empty, "Write the secret into it"),
        (broken_gone, "Put the file back."),
        (broken_folder, "is not a regular file"),
        (broken_pipe, "is not a regular file"),
        (broken_bytes, "is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_the_last_value_loudly_until_it_is_back(
    place: Place, spoil: Callable[[Path], None], said: str
) -> None:
    sim = place.sim
    spoil(place.file)
    sim.run(SEEN)
    (reason,) = place.conditions
    assert said in reason
    assert "PASSWORD keeps the value of before" in reason
    sim.restart("top/client")
    sim.run(5)
    assert Client.handed["top/client"] == [f"me:{FIRST}"], "also for one that begins now"
    sim.restart("top")
    sim.run(5)
    assert place.conditions == [reason], "a root that was restarted still says it"
    if place.file.is_dir():
        place.file.rmdir()
    else:
        place.file.unlink(missing_ok=True)
    place.file.write_text(FIRST)
    sim.run(SEEN)
    assert place.conditions == []
    assert Client.handed["top/client"] == [f"me:{FIRST}"]


def test_a_default_counts_until_the_file_is_there_and_never_again(tmp_path: Path) -> None:
    place = Place(tmp_path, default=FIRST, write=False)
    with place.sim as sim:
        assert place.conditions == []
        in_place(place.file)
        sim.run(SEEN)
        assert Client.handed["top/client"] == [f"me:{FIRST}", f"me:{SECOND}"]
        place.file.unlink()
        sim.run(SEEN)
        assert len(place.conditions) == 1
        assert Client.handed["top/client"] == [f"me:{FIRST}", f"me:{SECOND}"]


def test_what_a_program_declares_later_has_the_secret_of_now(place: Place) -> None:
    sim = place.sim
    in_place(place.file)
    sim.run(SEEN)
    sim.declare(place.root)  # with the token it was made with
    sim.run(5)
    assert sim["top/client"].incarnation == 2
    assert Client.handed["top/client"][-1] == f"me:{SECOND}"
    place.file.write_text(THIRD)
    sim.run(SEEN)
    assert Client.handed["top/client"][-1] == f"me:{THIRD}"


def test_files_that_change_together_are_taken_together(tmp_path: Path) -> None:
    for name in ("user", "word"):
        (tmp_path / name).write_text(f"old-{name}")
    vault = Vault(tmp_path)
    user, word = (vault.from_file(name) for name in ("user", "word"))

    class Pair(Client):
        def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
            return DesiredState("on", config=render_template("{{ .U }}:{{ .W }}", spec.variables))

    factory = WorkerFactory()
    factory.register(Pair)
    Client.handed = {}
    root = ChildSpec("p", "pair", UserSpec(variables=VariableBundle({"U": user, "W": word})))
    with Simulation(root, factory, secrets=vault) as sim:
        sim.run(20)
        sim.run(EVERY - sim.now % EVERY + EVERY - 0.1)
        (tmp_path / "user").write_text("new-user")
        sim.run(0.2)  # a look comes between the two
        (tmp_path / "word").write_text("new-word")
        sim.run(SEEN)
        assert Client.handed["p"] == ["old-user:old-word", "new-user:new-word"]
        assert sim["p"].incarnation == 2
        (tmp_path / "user").write_text("third-user")
        for at in range(4 * PATIENCE):  # one that never comes to rest holds nobody up for ever
            (tmp_path / "word").write_text(f"word-{at}")
            sim.run(CONFIRM)
        assert any(said.startswith("third-user:") for said in Client.handed["p"])


def test_a_recreation_for_a_secret_is_paced(tmp_path: Path) -> None:
    (tmp_path / "plc").write_text(FIRST)
    vault = Vault(tmp_path)

    class Many(Top):
        def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
            children = tuple(ChildSpec(f"c{i}", "client", UserSpec()) for i in range(30))
            return DesiredState("on", children, config="top")

    factory = WorkerFactory()
    factory.register(Client)
    factory.register(Many)
    variables = VariableBundle({"PASSWORD": vault.from_file("plc")})
    root = ChildSpec("m", "many", UserSpec(variables=variables))
    settings = EngineSettings(restarts_per_second=2)
    with Simulation(root, factory, secrets=vault, settings=settings) as sim:
        sim.run(20)
        (tmp_path / "plc").write_text(SECOND)
        sim.run(SEEN)
        begun = [node.incarnation for node in sim.view().of_type("client")]
        assert 1 <= begun.count(2) <= 10
        sim.run(20)
        assert {node.incarnation for node in sim.view().of_type("client")} == {2}
