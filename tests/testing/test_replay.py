"""What happened under faults is decided again from every checkpoint; and what is not, is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from toy_plant import Machine, plant

import fsmv2
from fsmv2 import (
    ChildSpec,
    ObservedState,
    UserSpec,
    Worker,
    WorkerFactory,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.builtin import register_builtins
from fsmv2.core import EngineSettings
from fsmv2.core.checkpoint import restore
from fsmv2.core.policy import actions
from fsmv2.errors import JournalError
from fsmv2.flow import AsyncioEngine
from fsmv2.operate import Story, StoryLine
from fsmv2.testing import FaultKind, FaultPlan, Replayed, Simulation, VirtualJournal, replay
from fsmv2.testing.simulated_world import SimulatedWorld

HOUR, QUARTER = 3600.0, 900.0
MANY = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
"""One seed is enough while you work."""


def simulated(folder: Path, seed: int, *, every: int = 60, seconds: float = HOUR) -> SimulatedWorld:
    """An hour of a plant in which something goes wrong every twenty seconds, recorded."""
    journal = VirtualJournal(folder, every=every)
    plan = FaultPlan.draw(seed, seconds, every=20)
    settings = EngineSettings()
    with SimulatedWorld(plant(), plan, seed=seed, settings=settings, journal=journal) as world:
        world.run_to(seconds)
    journal.close()
    assert world.violation is None, world.violation
    return world


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.journal"))


@pytest.mark.parametrize("seed", MANY)
def test_every_decision_under_faults_is_the_same_from_every_checkpoint(
    tmp_path: Path, seed: int
) -> None:
    """From the oldest on, whose replay must reach the state of each later one; and from each."""
    world = simulated(tmp_path, seed)
    factory = plant().factory
    whole = replay(tmp_path, factory)
    assert whole.difference is None, whole.difference
    assert whole.not_kept == ()
    assert [s.problem for s in whole.segments if s.problem] == []
    assert len(whole.segments) > 60
    # The last one may lie behind the end of the hour, and then never begins.
    starts = sum(s.why == "the start" for s in whole.segments)
    assert 4 < world.crashes <= starts <= world.crashes + 1
    assert sum(s.turns for s in whole.segments) > 1000
    assert {kind for kind, _ in world.injector.hits} == {*FaultKind} - {FaultKind.SURROUNDINGS}
    for path in segments(tmp_path):
        assert replay(path, factory).difference is None, path


@pytest.mark.thorough
def test_a_checkpoint_after_each_slice_goes_on_the_same(tmp_path: Path) -> None:
    """At any point of a run: a minute of trouble, a checkpoint at each slice of it."""
    simulated(tmp_path, 11, every=1, seconds=60.0)
    found = replay(tmp_path, plant().factory)
    assert found.difference is None, found.difference
    assert len(found.segments) > 100


@pytest.mark.thorough
def test_it_is_the_same_in_another_process_with_another_order_of_sets(tmp_path: Path) -> None:
    simulated(tmp_path / "journal", 5, seconds=QUARTER)
    for seed in ("1", "2"):
        shown = subprocess.run(
            [sys.executable, "-m", "fsmv2.cli", "replay", tmp_path, "--types", "toy_plant:plant"],
            cwd=Path(__file__).parent,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
        )
        assert shown.returncode == 0, shown.stdout + shown.stderr
        assert "every decision was the same" in shown.stdout


# ---- what is not the same is found ------------------------------------------------------------


LACKING = ("timers", "status", "awaiting", "action", "observed_at", "last_action")


@pytest.mark.parametrize("slot", LACKING)
@pytest.mark.thorough
def test_a_checkpoint_that_lacks_something_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slot: str
) -> None:
    """The property above can fail: here it does, for each of these."""
    simulated(tmp_path, 3, every=20, seconds=QUARTER)
    take = restore.CheckpointReader._take

    def forgetful(self: Any, part: Any) -> bool:
        whole = take(self, part)
        for s in self.core.by_path.values() if whole else ():
            setattr(s, slot, None if slot != "timers" else {})
        return whole

    monkeypatch.setattr(restore.CheckpointReader, "_take", forgetful)
    factory = plant().factory
    assert any(_differs(path, factory) for path in segments(tmp_path))


def _differs(path: Path, factory: WorkerFactory) -> bool:
    try:
        return not replay(path, factory).same
    except Exception:  # noqa: BLE001  (a core that lacks something may also break)
        return True


def test_other_code_decides_otherwise_and_the_first_place_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated(tmp_path, 1, seconds=QUARTER)
    found = replay(tmp_path, plant().factory)
    assert found.same

    def starting(self: Any, s: Any) -> Any:
        return goto(self.running, "it is lit") if s.observed.lit else act(self.calibrate, "why not")

    monkeypatch.setattr(Machine, "starting", starting)
    found = replay(tmp_path, plant().factory)
    assert found.difference is not None
    assert found.difference.path.startswith("line/c")
    assert any(text.startswith("run switch_on (#") for text in found.difference.then)
    assert any(text.startswith("run calibrate (#") for text in found.difference.now)
    assert found.difference.segment == segments(tmp_path)[0]


def test_another_rule_of_the_engine_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated(tmp_path, 1, seconds=QUARTER)
    monkeypatch.setattr(actions, "REFUSED_DELAY", 2.0)
    monkeypatch.setattr(actions, "_later", lambda core, s, attempt: core.now + 0.5)
    assert not replay(tmp_path, plant().factory).same


# ---- a small tree: texts, stories, parts ------------------------------------------------------


class BulbSeen(ObservedState):
    lit: bool = False


class Bulb(Worker[UserSpec, BulbSeen]):
    """Lit from the second observation on."""

    looks = 0

    async def collect_observed_state(self, spec: Any, resources: Any) -> BulbSeen:
        Bulb.looks += 1
        return BulbSeen(lit=Bulb.looks > 1)

    @action(timeout=5)
    async def switch_on(self, spec: Any, resources: Any, *, watts: int) -> Any:
        return object() if watts > 100 else f"{watts} W"

    @state("stopped", to="on")
    def stopped(self, s: Any) -> Any:
        return stay("dark") if s.should_stop else goto(self.on, "asked to shine")

    @state("running", to="stopped")
    def on(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay("shines") if s.observed.lit else act(self.switch_on, "it is dark", watts=WATTS)


WATTS = 40


def bulbs() -> WorkerFactory:
    factory = WorkerFactory()
    factory.register(Bulb)
    return factory


def one_bulb(folder: Path, **options: Any) -> None:
    Bulb.looks = 0
    journal = VirtualJournal(folder, **options)
    with Simulation(ChildSpec("bulb", "bulb", UserSpec()), bulbs(), journal=journal) as sim:
        sim.run(120)
        sim.stop()
    journal.close()


def test_the_story_of_a_path_is_event_decision_instruction(tmp_path: Path) -> None:
    one_bulb(tmp_path)
    told: list[StoryLine] = []
    story = Story("bulb", told.append)
    assert replay(tmp_path, bulbs(), observer=story).same
    assert story.met
    lines = [f"{moment.kind}: {moment.text}" for moment in told]
    run = next(line for line in lines if line.startswith("instruction: run "))
    asked, number = lines.index(run), run.partition("#")[2].partition(")")[0]
    assert run == f"instruction: run switch_on (#{number}) with {{'watts': 40}}"
    assert "event: observed: lit=False" in lines[:asked]
    decided = next(line for line in lines[:asked] if "→ goto on: " in line)
    assert decided.startswith("decision: observation changed → goto on: ")
    assert decided.endswith(", action switch_on: it is dark")
    assert f"event: action #{number} succeeded: '40 W'" in lines[asked:]
    assert lines[0] == "begin: the start: it does not exist"
    assert "event: stop requested by test" not in lines, "it was said to the tree, not to the path"
    assert lines[-1] == "event: incarnation 1 released"


def test_a_path_that_never_was_is_named_with_the_nearest(tmp_path: Path) -> None:
    one_bulb(tmp_path)
    story = Story("bulp", lambda _: None)
    replay(tmp_path, bulbs(), observer=story)
    assert not story.met
    assert "Did you mean 'bulb'" in story.nearest()


def test_what_was_no_data_is_said_and_nothing_is_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "WATTS", 200)
    one_bulb(tmp_path)
    found = replay(tmp_path, bulbs())
    assert found.not_kept == ("bulb: ActionEnded with a builtins:object",)
    assert found.same, "nothing depends on it here"


def test_a_part_can_be_replayed(tmp_path: Path) -> None:
    one_bulb(tmp_path, every=10)
    whole = replay(tmp_path, bulbs())
    third = whole.segments[2]
    part = replay(tmp_path, bulbs(), since=third.first + 0.001, until=third.last)
    assert [s.path for s in part.segments] == [third.path]
    assert part.segments[0].runs == third.runs
    assert replay(tmp_path, bulbs(), since=0.0).segments[0].path == whole.segments[0].path
    assert replay(tmp_path, bulbs(), until=0.0).segments == ()


def test_after_damage_it_goes_on_with_the_next_segment(tmp_path: Path) -> None:
    one_bulb(tmp_path, every=10)
    first, second, *_ = segments(tmp_path)
    raw = second.read_bytes()
    # In a record, not in a length before one, with which the rest would look cut off.
    middle = raw.index(b"\n") + 1
    while middle < len(raw) // 2:
        last, middle = middle + 8, middle + 8 + int.from_bytes(raw[middle : middle + 4], "little")
    middle = last
    damaged = bytes([raw[middle] ^ 1])  # another one, whichever stands there
    second.write_bytes(raw[:middle] + damaged + raw[middle + 1 :])
    found = replay(tmp_path, bulbs())
    assert found.same
    assert "damaged at byte" in found.segments[1].problem
    assert len(found.segments) == len(segments(tmp_path))
    second.write_bytes(b"")
    first.unlink()
    found = replay(tmp_path, bulbs())
    assert found.segments[0].problem == "it was killed before anything was written"
    assert found.same
    assert found.segments[1].runs


def test_a_missing_type_or_class_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_bulb(tmp_path)
    with pytest.raises(JournalError, match="worker types that are not given: bulb"):
        replay(tmp_path, WorkerFactory())
    monkeypatch.delattr(sys.modules[__name__], "BulbSeen")
    replay(tmp_path, bulbs())  # its type leads to it
    with pytest.raises(JournalError, match=f"holds a 'BulbSeen', .* --types {__name__}"):
        replay(tmp_path, _other_bulb())


def _other_bulb() -> WorkerFactory:
    """A type of the same name that knows nothing of the class."""

    class Blank(Worker[UserSpec, ObservedState]):
        collect_observed_state = Bulb.collect_observed_state  # type: ignore[assignment]
        stopped, on, switch_on = Bulb.stopped, Bulb.on, Bulb.switch_on

    factory = WorkerFactory()
    factory.register(Blank, name="bulb")
    return factory


def test_nothing_is_a_journal_but_a_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is no journal in"):
        replay(tmp_path, bulbs())
    with pytest.raises(JournalError, match="does not exist"):
        replay(tmp_path / "nothing", bulbs())
    file = tmp_path / "00000001.journal"
    file.write_bytes(b"text")
    with pytest.raises(JournalError, match="is not a journal of fsmv2"):
        replay(tmp_path, bulbs())
    file.write_bytes(b"")
    with pytest.raises(JournalError, match="cannot be replayed: it was killed before"):
        replay(file, bulbs())


def test_settings_and_seed_are_those_of_then(tmp_path: Path) -> None:
    """A replay is given none: the jitter and every limit are in the checkpoint."""
    journal = VirtualJournal(tmp_path, every=50)
    settings = EngineSettings(backoff_base=3.0, warn_at=2, escalate_at=3)
    plan = FaultPlan.draw(9, 900.0, every=10, kinds=[FaultKind.ACTION_RAISES])
    with SimulatedWorld(plant(), plan, seed=9, settings=settings, journal=journal) as world:
        world.run_to(900.0)
    journal.close()
    found = replay(tmp_path, plant().factory)
    assert found.same
    assert found.core is not None
    assert found.core.settings == msgspec.structs.replace(settings, slice=1e9)
    assert found.core.seed == 9


def test_the_result_is_data_that_can_be_kept(tmp_path: Path) -> None:
    one_bulb(tmp_path)
    found: Replayed = replay(tmp_path, bulbs())
    (segment,) = found.segments
    assert segment.fsmv2
    assert segment.python == sys.version.split()[0]
    assert segment.first == 1_700_000_000.0
    assert segment.last >= segment.first + 120
    assert segment.size == segment.path.stat().st_size


def test_the_journal_of_another_version_is_refused_by_its_name(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parent / "journal_of_0_1_0", tmp_path, dirs_exist_ok=True)
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())
    with pytest.raises(JournalError) as raised:
        replay(tmp_path, factory)
    this = fsmv2.__version__
    assert f"it was recorded by fsmv2 0.1.0, and this is fsmv2 {this}: the" in str(raised.value)
    assert raised.value.fix == "Replay it with fsmv2 0.1.0."
