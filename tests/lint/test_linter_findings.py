"""What the lint finds and what it leaves alone, sample by sample, at the right line."""

import re
import textwrap
import time
from pathlib import Path

import pytest
from planted import HEAD, IMPURE, PURE, PURE_HELPERS, WAITING
from planted_many import HEAD as MANY_HEAD
from planted_many import MANY, WAITS

from fsmv2.diagnostic import Diagnostic
from fsmv2.lint import lint

FOUND = re.compile(r"# FOUND (FSM\d+)")


def write(folder: Path, text: str, name: str = "sample.py") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def places(found: list[Diagnostic]) -> set[tuple[int, str]]:
    return {(d.mark.line, d.code) for d in found if d.mark is not None}


def expected(text: str) -> set[tuple[int, str]]:
    lines = enumerate(text.splitlines(), start=1)
    return {(number, match[1]) for number, line in lines if (match := FOUND.search(line))}


@pytest.mark.parametrize("name", IMPURE)
def test_each_planted_impurity_is_found_at_its_line(tmp_path: Path, name: str) -> None:
    text = HEAD + IMPURE[name]
    assert expected(text)
    assert places(lint([write(tmp_path, text)])) == expected(text)


@pytest.mark.parametrize("name", PURE)
def test_what_is_pure_is_left_alone(tmp_path: Path, name: str) -> None:
    body = textwrap.indent(PURE[name], "        ")
    text = (
        f"{HEAD}{PURE_HELPERS}\nclass Lamp(Worker[LampSpec, LampObserved]):\n"
        f"    def derive_desired_state(self, spec, previous_observed):\n{body}\n\n"
        "    @state('stopped')\n    def stopped(self, s):\n"
        "        wait = s.since + 5 - s.now\n"
        "        if s.last(self.light) or s.elapsed > 1:\n"
        "            return act(self.light, 'dark')\n"
        "        return stay(f'{wait:g} {s.spec.name}', wake_after=wait)\n\n"
        "    @action(timeout=5)\n    async def light(self, spec, resources):\n"
        "        self.lit = time.time()\n"
    )
    assert [d.render() for d in lint([write(tmp_path, text)])] == []


def test_each_of_many_ways_is_found_and_nothing_between_them(tmp_path: Path) -> None:
    text = MANY_HEAD + MANY
    assert len(expected(text)) > 60
    assert places(lint([write(tmp_path, text)])) == expected(text)


def test_helpers_of_async_methods_are_followed_too(tmp_path: Path) -> None:
    assert len(expected(WAITS)) > 15
    assert places(lint([write(tmp_path, WAITS)])) == expected(WAITS)


def test_there_are_at_least_twenty_of_each() -> None:
    assert len(IMPURE) >= 20
    assert len(PURE) >= 20


@pytest.mark.parametrize("name", WAITING)
def test_what_an_async_method_must_not_do_is_found(tmp_path: Path, name: str) -> None:
    body = textwrap.indent(WAITING[name], "        ")
    text = (
        f"{HEAD}\nclass Lamp(Worker[LampSpec, LampObserved]):\n"
        "    def _slow(self):\n"
        f"        return subprocess.run(['x']){'  # FOUND FSM0433' if name == 'helper' else ''}\n\n"
        "    @blocking\n    def _threaded(self):\n        time.sleep(1)\n\n"
        f"    async def collect_observed_state(self, spec, resources):\n{body}\n"
    )
    assert places(lint([write(tmp_path, text)])) == expected(text)


def test_an_action_says_how_long_it_may_take(tmp_path: Path) -> None:
    text = f"""{HEAD}
class Lamp(Worker[LampSpec, LampObserved]):
    @action()  # FOUND FSM0430
    async def silent(self, spec, resources): ...

    @action(timeout=5)
    async def sound(self, spec, resources):
        await asyncio.open_connection("a", 1)

    @action(timeout=math.inf)  # FOUND FSM0430
    async def endless(self, spec, resources):
        await asyncio.open_connection("a", 1)  # FOUND FSM0431
        async with asyncio.timeout(5):
            await asyncio.open_connection("a", 1)

    @contextlib.asynccontextmanager
    async def resources(self, spec):
        await asyncio.wait_for(asyncio.open_connection("a", 1), 5)
        yield await asyncio.open_connection("a", 1)  # FOUND FSM0431
"""
    assert places(lint([write(tmp_path, text)])) == expected(text)


def test_helpers_are_followed_through_the_modules_of_a_package(tmp_path: Path) -> None:
    package = tmp_path / "plant"
    (package / "inner").mkdir(parents=True)
    write(package, "", "__init__.py")
    write(package / "inner", "", "__init__.py")
    write(package, "from .inner.clocks import now\ndef judge():\n    return now()\n", "judging.py")
    write(package / "inner", "import time\ndef now():\n    return time.time()\n", "clocks.py")
    lamp = write(
        package,
        "from plant import judging\nimport plant.inner.clocks as c\nimport fsmv2\n\n"
        "class Lamp(fsmv2.Worker):\n    @fsmv2.state('stopped')\n    def stopped(self, s):\n"
        "        return fsmv2.stay(f'{judging.judge()} {c.now()}')\n",
        "lamp.py",
    )
    found = lint([lamp])
    assert [(Path(d.mark.file).name, d.mark.line, d.code) for d in found if d.mark] == [
        ("clocks.py", 3, "FSM0421")
    ]
    assert lint([package]) != []


def test_a_class_that_is_no_worker_may_do_what_it_likes(tmp_path: Path) -> None:
    text = f"{HEAD}\nclass Clock:\n    def derive_desired_state(self):\n        time.time()\n"
    assert lint([write(tmp_path, text)]) == []


def test_a_circle_of_calls_ends(tmp_path: Path) -> None:
    text = f"""{HEAD}
def ping(n, f):
    return pong(n - 1, lambda: f)

def pong(n, f):
    return ping(n - 1, lambda: f) + time.time()  # FOUND FSM0421

class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):  # FOUND FSM0436
        return ping(3, None)
"""
    assert places(lint([write(tmp_path, text)])) == expected(text)


def test_loops_in_loops_in_helpers_take_no_time(tmp_path: Path) -> None:
    loops = "".join(f"{'    ' * (n + 1)}for x{n} in range(2):\n" for n in range(12))
    helpers = "".join(
        f"def h{n}(x):\n{loops}{'    ' * 13}h{n + 1}([x, {n}])\n\n" for n in range(20)
    )
    text = (
        f"{HEAD}\n{helpers}\nclass Lamp(Worker[LampSpec, LampObserved]):\n"
        "    @state('stopped')\n    def stopped(self, s):  # FOUND FSM0436\n"
        "        time.time()  # FOUND FSM0421\n        return h0(s)\n"
    )
    began = time.process_time()
    assert places(lint([write(tmp_path, text)])) == expected(text)
    assert time.process_time() - began < 20


def test_a_file_that_is_not_python_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path, "def (:\n", "a.py")
    (tmp_path / "b.py").write_bytes(b"x = '\xff'\n")
    write(tmp_path, HEAD + IMPURE["direct"], "c.py")
    assert [d.code for d in lint([tmp_path])] == ["FSM0420", "FSM0420", "FSM0421"]


SILENCE = f"""{HEAD}
class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        # fsmv2: ignore[FSM0421] the day decides
        self.day = time.time()  # fsmv2: ignore[FSM0427] a memo
        return stay("fsmv2: ignore[FSM0421]")
"""


def test_a_comment_with_a_reason_silences_its_line(tmp_path: Path) -> None:
    assert lint([write(tmp_path, SILENCE)]) == []


def test_a_comment_without_a_reason_silences_nothing(tmp_path: Path) -> None:
    found = lint([write(tmp_path, SILENCE.replace(" a memo", ""))])
    assert sorted(d.code for d in found) == ["FSM0427", "FSM0434"]


def test_a_comment_that_silences_nothing_is_told(tmp_path: Path) -> None:
    found = lint([write(tmp_path, SILENCE.replace("time.time()", "s.now"))])
    assert [d.code for d in found] == ["FSM0434"]
    assert "nothing of FSM0421" in found[0].message


HIDDEN = {
    "getattr of a name made up": "return getattr(time, 'mono' + 'tonic')()  # FOUND FSM0421",
    "the names of a module": "return vars(time)['time']()  # FOUND FSM0421",
    "the dictionary of a module": "return time.__dict__['time']()  # FOUND FSM0421",
    "the modules of the process": "return sys.modules['time'].time()  # FOUND FSM0424",
    "the hash of a text": "return hash(spec.name)  # FOUND FSM0422",
    "the id of an object": "return id(spec)  # FOUND FSM0422",
    "a frame": "return sys._getframe(1).f_locals  # FOUND FSM0424",
    "a raw file": "return io.FileIO(spec.name)  # FOUND FSM0423",
    "the collector": "gc.collect()  # FOUND FSM0423",
    "a dict of functions": "return {'now': time.time}['now']()  # FOUND FSM0421",
    "a format": "return f'{datetime.datetime.now():%H}'  # FOUND FSM0421",
    "a sort key": "return sorted(spec.name, key=lambda c: time.time())  # FOUND FSM0421",
    "a default of an inner function": "def f(x=time.time()): return x  # FOUND FSM0421",
    "an operator": "class C:\n    def __add__(self, n):\n"
    "        return time.time()  # FOUND FSM0421\nreturn C() + 1",
    "the target of a for": "for spec.x in [1]: pass  # FOUND FSM0426",
    "the target of a with": "with open_lid() as spec.x: pass  # FOUND FSM0426",
    "the class of self": "type(self).n = 1  # FOUND FSM0427",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_an_impurity_that_hides_is_found(tmp_path: Path, name: str) -> None:
    text = (
        f"{HEAD}\nimport datetime, gc, io, sys\nfrom lids import open_lid\n"
        "class Lamp(Worker[LampSpec, LampObserved]):\n"
        "    def derive_desired_state(self, spec, previous_observed):\n"
        f"{textwrap.indent(HIDDEN[name], '        ')}\n"
    )
    assert places(lint([write(tmp_path, text)])) == expected(text)


def test_what_the_worker_was_made_with_is_a_notice_where_it_is_called(tmp_path: Path) -> None:
    """Unless its annotation says what it is, or that it is data."""
    text = f"""{HEAD}
import requests
class Lamp(Worker[LampSpec, LampObserved]):
    def __init__(self, meter, session: requests.Session, name: str, limit=5, clock=time.time):
        self.meter, self.session, self.name = meter, session, name
        self.limit, self.clock = limit, clock

    @state("stopped", to="running")
    def stopped(self, s):
        if self.meter.inner.read() > self.limit:  # FOUND FSM0435
            self.session.get("http://a")  # FOUND FSM0423
        self.clock()  # FOUND FSM0421
        return stay(self.name.upper())

    @action(timeout=5)
    async def act(self, spec, resources):
        self.meter.write(1)
"""
    found = lint([write(tmp_path, text)])
    assert places(found) == expected(text)
    assert [d.code for d in found if d.warning] == ["FSM0435"]


def test_a_monitor_looks_in_time_and_judges_by_what_was_seen(tmp_path: Path) -> None:
    text = f"""{HEAD}
from fsmv2 import Monitor

class Tank(Monitor[LampSpec, LampObserved]):
    async def look(self, spec, resources):
        time.sleep(1)  # FOUND FSM0433
        return LampObserved()

    def judge(self, s):
        open(s.spec.name)  # FOUND FSM0423
        return str(time.time())  # FOUND FSM0421

class Other(Worker[LampSpec, LampObserved]):
    def judge(self, s):
        return str(time.time())
"""
    assert places(lint([write(tmp_path, text)])) == expected(text)


def test_our_own_workers_and_examples_are_clean() -> None:
    root = Path(__file__).resolve().parents[2]
    found = lint([root / "src" / "fsmv2" / "builtin", root / "examples"])
    assert [d.render() for d in found] == []
