"""The skeleton of a worker: a folder with it and its tests, which pass as they stand."""

from __future__ import annotations

import keyword
import os
import re
import sys
import tempfile
from pathlib import Path

from fsmv2.errors import SpecError

LONGEST = 60
"""Characters of a name: the file of its tests must not be too long for any disk."""
WORKER = '''\
"""`@type@`: keeps a file at its text.

Replace the file by your own thing.
"""

from pathlib import Path

from fsmv2 import (
    ObservedState,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    act,
    action,
    goto,
    state,
    stay,
)


class @Class@Spec(UserSpec):
    """What the user writes."""

    file: str
    text: str = "hello"


class @Class@Observed(ObservedState):
    """What is. The defaults count before the first look."""

    exists: bool = False
    right: bool = False


Snap = Snapshot[@Class@Spec, @Class@Observed]


class @Class@(Worker[@Class@Spec, @Class@Observed]):
    """stopped → starting → running; stopping → stopped."""

    worker_type = "@type@"
    interval = 1.0

    async def collect_observed_state(
        self, spec: @Class@Spec, resources: Resources[None]
    ) -> @Class@Observed:
        """Look at the real thing; change nothing."""
        path = Path(spec.file)
        if not path.exists():
            return @Class@Observed()
        right = path.read_text() == spec.text
        return @Class@Observed(exists=True, right=right)

    @action(timeout=5.0)
    async def start(self, spec: @Class@Spec, resources: Resources[None]) -> None:
        """Make it so. It may run twice."""
        Path(spec.file).write_text(spec.text)

    @action(timeout=5.0)
    async def end(self, spec: @Class@Spec, resources: Resources[None]) -> None:
        """Undo it. It may run twice."""
        Path(spec.file).unlink(missing_ok=True)

    @state("stopped", to="starting stopping")
    def stopped(self, s: Snap) -> Step:
        """Nothing of it is there."""
        if not s.should_stop:
            return goto(self.starting, "asked to run")
        if s.fresh and s.observed.exists:
            return goto(self.stopping, "one of an earlier run is still there")
        return stay("asked to be stopped")

    @state("starting", to="running stopping")
    def starting(self, s: Snap) -> Step:
        """It is being made."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.exists and s.observed.right:
            return goto(self.running, "it is as it should be")
        return act(self.start, "it is not as it should be")

    @state("running", to="starting stopping")
    def running(self, s: Snap) -> Step:
        """It is as it should be."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.exists and s.observed.right:
            return stay("it is as it should be")
        return goto(self.starting, "somebody changed it")

    @state("stopping", to="stopped")
    def stopping(self, s: Snap) -> Step:
        """It is being ended."""
        if s.observed.exists:
            return act(self.end, "ends it")
        return goto(self.stopped, "it has ended")
'''

TESTS = '''\
"""What `@module@` promises."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from fsmv2 import ChildSpec, WorkerFactory
from fsmv2.testing import Conformance, FsmBench, Simulation, check_fsm
from fsmv2.testing.conformance_checks import checks

from @module@ import @Class@, @Class@Spec


class @Class@Conformance(Conformance):
    """The world in which actions and collections may run."""

    worker = @Class@

    def __init__(self, folder: Path | None = None) -> None:
        self.file = (folder or Path(tempfile.mkdtemp())) / "file"

    def specs(self) -> Iterable[@Class@Spec]:
        """Those to try."""
        return [@Class@Spec(file=str(self.file))]

    @contextlib.asynccontextmanager
    async def world(self) -> AsyncIterator[None]:
        """A folder without the file."""
        self.file.unlink(missing_ok=True)
        yield


@pytest.mark.parametrize("check", checks())
def test_it_keeps_the_rules(check: str, tmp_path: Path) -> None:
    checks()[check](@Class@Conformance(tmp_path))


def test_its_states_are_valid() -> None:
    spec = @Class@Spec(file="any")
    report = check_fsm(FsmBench(worker=@Class@, specs=(spec,)))
    assert not report.findings, report.text()


def test_it_mends_what_somebody_changed_and_stops(tmp_path: Path) -> None:
    factory = WorkerFactory()
    factory.register(@Class@)
    file = tmp_path / "file"
    root = ChildSpec("one", @Class@, @Class@Spec(file=str(file)))
    with Simulation(root, factory) as sim:
        sim.run(10)
        assert sim["one"].state == "running"
        file.write_text("graffiti")
        sim.run(10)
        assert file.read_text() == "hello"
        assert sim["one"].state == "running"
        sim.stop()
        assert not file.exists()
'''


def write_skeleton(name: str, parent: Path) -> Path:
    """Write a folder named `name` below `parent`; SpecError when it may not bear that name."""
    module = _module_of(name)
    folder = parent / module
    if os.path.lexists(folder):
        raise SpecError(
            f"{folder} already exists, and nothing is overwritten.",
            fix="Use another name, or move it away.",
        )
    words = {
        "@Class@": "".join(word.capitalize() for word in module.split("_")),
        "@module@": module,
        "@type@": module.replace("_", "-"),
    }
    parent.mkdir(parents=True, exist_ok=True)
    # Made aside and then put in its place, so that nobody ever finds half of it.
    with tempfile.TemporaryDirectory(prefix=f".{module}-", dir=parent) as aside:
        whole = Path(aside) / module
        whole.mkdir()
        for file, text in ((f"{module}.py", WORKER), (f"test_{module}.py", TESTS)):
            written = text
            for mark, word in words.items():
                written = written.replace(mark, word)
            (whole / file).write_text(written, encoding="utf-8")
        whole.rename(folder)
    return folder


def _module_of(name: str) -> str:
    """`name` as a module; a proposal is in the error."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:LONGEST]).lower().replace("-", "_")
    if len(name) > LONGEST:
        raise SpecError(
            f"a name of {len(name):,} characters is too long for a module.",
            fix=f"Write at most {LONGEST}.",
        )
    if re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", words) and _usable(words):
        return words
    cleaned = re.sub(r"[^a-z0-9]+", "_", words).strip("_").lstrip("0123456789_")
    if cleaned and not _usable(cleaned):
        cleaned += "_worker"
    raise SpecError(
        f"'{name}' cannot be the name of a worker: it names a Python module and a class too.",
        fix=f"Write '{cleaned.replace('_', '-')}'." if cleaned else "Write lower-case words: lamp.",
    )


def _usable(module: str) -> bool:
    """Whether a module may be called so, and hides none that the skeleton imports."""
    taken = {"fsmv2", "pytest", "worker", *sys.stdlib_module_names}
    return not keyword.iskeyword(module) and module not in taken
