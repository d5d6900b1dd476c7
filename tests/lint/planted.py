"""Samples for the lint: each a module with one worker; planted lines are marked `# FOUND CODE`."""

HEAD = """
import asyncio, contextlib, functools, math, os, random, subprocess, time, uuid, datetime
from collections import deque
from dataclasses import dataclass, field
from time import time as t
from pathlib import Path
import msgspec
from fsmv2 import *
from fsmv2 import ChildSpec, DesiredState, ObservedState, UserSpec, Worker
from fsmv2 import act, action, blocking, check, goto, state, stay

class LampSpec(UserSpec):
    tags: list = []
    limits: dict = {}
    name: str = ""

class LampObserved(ObservedState):
    lit: bool = False
    seen: list = []
"""

IMPURE: dict[str, str] = {
    "direct": """
class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        return stay(str(time.time()))  # FOUND FSM0421
""",
    "helpers two deep": """
def outer(s):
    return inner(s) + 1

def inner(s):
    return random.random()  # FOUND FSM0422

class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        return stay(str(outer(s)))
""",
    "methods via self": """
class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        return self._judge(s)

    def _judge(self, s):
        return stay(self._look(s))

    def _look(self, s):
        return open(s.spec.name).read()  # FOUND FSM0423
""",
    "closure": """
def make():
    n = 0
    def count():
        nonlocal n
        n += 1  # FOUND FSM0425
        return n
    return count

count = make()

class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        return stay(str(count()))
""",
    "alias of an import": """
class Lamp(Worker[LampSpec, LampObserved]):
    def derive_desired_state(self, spec, previous_observed):
        now = t
        return DesiredState("on", config=now())  # FOUND FSM0421
""",
    "class attribute": """
class Lamp(Worker[LampSpec, LampObserved]):
    clock = staticmethod(time.monotonic)
    seen = []

    @state("stopped")
    def stopped(self, s):
        self.seen.append(s.path)  # FOUND FSM0427
        type(self).last = s.path  # FOUND FSM0427
        Lamp.seen.append(1)  # FOUND FSM0425
        return stay(str(self.clock()))  # FOUND FSM0421
""",
    "module-level instance": """
class Clock:
    def __init__(self):
        self.calls = 0
        self.read = time.monotonic

    def now(self):
        self.calls += 1  # FOUND FSM0425
        return self.read()  # FOUND FSM0421

clock = Clock()
rng = random.Random(7)

class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        return stay(f"{clock.now()} {rng.random()}")  # FOUND FSM0422
""",
    "default arguments": """
def remember(s, cache={}):
    cache[s.path] = 1  # FOUND FSM0425
    return cache

def elapsed(since, clock=time.monotonic):
    return clock() - since  # FOUND FSM0421

class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        return stay(f"{remember(s)} {elapsed(s.since)}")

    def derive_desired_state(self, spec, previous_observed, at=time.time()):  # FOUND FSM0421
        return DesiredState("on")
""",
    "comprehension": """
class Lamp(Worker[LampSpec, LampObserved]):
    def derive_desired_state(self, spec, previous_observed):
        names = [uuid.uuid4().hex for _ in spec.tags]  # FOUND FSM0422
        return DesiredState("on", config=names)
""",
    "walrus": """
class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        if (now := datetime.datetime.now()) and now.hour > 5:  # FOUND FSM0421
            return stay("late")
        if (tags := s.spec.tags):
            tags.append("x")  # FOUND FSM0426
        return stay("early")
""",
    "match": """
class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        match s.spec.limits:
            case {"low": low} if low > time.time():  # FOUND FSM0421
                return stay("low")
            case {"rows": rows}:
                rows.append(1)  # FOUND FSM0426
            case _:
                print("other")  # FOUND FSM0423
        return stay("x")
""",
    "property": """
class Lamp(Worker[LampSpec, LampObserved]):
    @property
    def now(self):
        return time.time()  # FOUND FSM0421

    @state("stopped")
    def stopped(self, s):
        return stay(f"at {self.now}")
""",
    "nested function": """
class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        def look():
            return os.environ["LAMP"]  # FOUND FSM0424
        return stay(look())
""",
    "partial": """
def late(clock, since):
    return clock() - since  # FOUND FSM0421

class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        how = functools.partial(late, time.monotonic)
        return stay(str(how(s.since)))
""",
    "map": """
def measure(name):
    return os.stat(name).st_size  # FOUND FSM0423

class Lamp(Worker[LampSpec, LampObserved]):
    def derive_desired_state(self, spec, previous_observed):
        hosts = list(map(os.getenv, spec.tags))  # FOUND FSM0424
        return DesiredState("on", config=[*map(measure, spec.tags), *hosts])
""",
    "getattr of a constant": """
class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        return stay(str(getattr(time, "time")()))  # FOUND FSM0421
""",
    "f-string": """
class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        return stay(f"{'a'} {subprocess.run(['date'])!r}")  # FOUND FSM0423
""",
    "global": """
COUNT = 0
SEEN = {}

class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        global COUNT
        COUNT += 1  # FOUND FSM0425
        SEEN[s.path] = 1  # FOUND FSM0425
        return stay("x")
""",
    "alias of what was given": """
class Lamp(Worker[LampSpec, LampObserved]):
    def derive_desired_state(self, spec, previous_observed):
        limits = spec.limits
        limits["low"] = 5  # FOUND FSM0426
        for row in limits.values():
            row["x"] = 1  # FOUND FSM0426
        tags = spec.tags
        tags += ["x"]  # FOUND FSM0426
        previous_observed.lit = True  # FOUND FSM0426
        setattr(spec, "name", "x")  # FOUND FSM0426
        first, *rest = list(spec.tags)
        first.clear()  # FOUND FSM0426
        return DesiredState("on")
""",
    "kept on self": """
class Lamp(Worker[LampSpec, LampObserved]):
    def __init__(self):
        self.rows = []
        self.tries = 0

    @state("stopped")
    def stopped(self, s):
        self.tries += 1  # FOUND FSM0427
        self.rows.append(s.now)  # FOUND FSM0427
        if self.cpu:  # FOUND FSM0427
            return stay("x")
        return stay("y")

    async def collect_observed_state(self, spec, resources):
        self.cpu = 5
        return LampObserved()
""",
    "decorator": """
def timed(function):
    @functools.wraps(function)
    def inside(*args, **named):
        began = time.perf_counter()  # FOUND FSM0421
        return function(*args, **named)
    return inside

@timed
def judge(s):
    return stay(Path(s.spec.name).read_text())  # FOUND FSM0423

class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        return judge(s)
""",
    "lambda and sort key": """
class Lamp(Worker[LampSpec, LampObserved]):
    @check()
    def consistent(self, view):
        names = sorted(view.dependencies, key=lambda _: random.random())  # FOUND FSM0422
        return names
""",
    "neighbours": """
class Lamp(Worker[LampSpec, LampObserved]):
    @state("stopped")
    def stopped(self, s):
        if self.parent.ready:  # FOUND FSM0428
            return stay("x")
        return stay(s.siblings["a"].reason)  # FOUND FSM0428
""",
    "method of the spec, default factory": """
class DeepSpec(UserSpec):
    rows: list = []

    def grown(self):
        self.rows.append(1)  # FOUND FSM0426
        return self.rows

@dataclass
class Note:
    at: float = field(default_factory=time.time)  # FOUND FSM0421

class Lamp(Worker[DeepSpec, LampObserved]):
    def derive_desired_state(self, spec, previous_observed):
        return DesiredState("on", config=(spec.grown(), Note()))
""",
    "base class and super": """
class Base(Worker[LampSpec, LampObserved], abstract=True):
    def judge(self, s):
        return stay(str(time.time()))  # FOUND FSM0421

class Lamp(Base):
    @state("stopped")
    def stopped(self, s):
        return super().judge(s)
""",
}

PURE: dict[str, str] = {
    "replace": "return DesiredState('on', config=msgspec.structs.replace(spec, name='x'))",
    "fresh list": "rows = []\nrows.append(spec.name)\nrows += [1]\nreturn DesiredState('on')",
    "copied list": "rows = list(spec.tags)\nrows.append('x')\nrows.sort()\nreturn rows",
    "copied dict": "found = dict(spec.limits)\nfound['a'] = 1\nfound.update(b=2)\nreturn found",
    "copy method": "found = spec.limits.copy()\nfound.pop('a', None)\nreturn found",
    "math": "return math.floor(math.sqrt(len(spec.tags)) + math.pi)",
    "dataclass": "return Point(1, 2)",
    "constant": "return LIMIT * 2 + len(NAMES)",
    "sorted": "return sorted(spec.tags, key=lambda tag: tag.lower())",
    "formatting": "return f'{spec.name:>10} %s {len(spec.tags)}' % spec.name",
    "a local named time": "time = spec.limits.get('time', 1)\nreturn time.time",
    "an argument named random": "return [random.name for random in spec.tags]",
    "comprehensions": "return {name: [x for x in spec.tags] for name in spec.limits}",
    "numbers and texts": "n = len(spec.tags)\nn += 1\nname = spec.name\nname += '!'\nreturn n",
    "split text": "parts = spec.name.split('.')\nparts.append('x')\nreturn parts",
    "fresh object": "note = Notes()\nnote.add('x')\nreturn note.rows",
    "logging through nothing": "log = Nothing()\nlog.info('x')\nreturn log",
    "path arithmetic": "return os.path.join(spec.name, 'a') + str(Path(spec.name) / 'b')",
    "seeded": "return random.Random(spec.name).random()",
    "match": (
        "match spec.limits:\n    case {'a': a}:\n        return a\n    case _:\n        return 1"
    ),
    "partial of pure": "return functools.partial(max, 1)(2)",
    "deque": "last = deque(spec.tags)\nlast.popleft()\nreturn last",
    "time of a given moment": "return datetime.datetime.fromtimestamp(5, datetime.UTC)",
    "nested with nonlocal": "n = 0\ndef up():\n    nonlocal n\n    n += 1\nup()\nreturn n",
    "a field that is named like a method": (
        "rows = [str(spec.reverse), LIMIT]\nrows.append(max(spec.update, 1))\nreturn rows"
    ),
    "grouped": (
        "found = {}\nfor tag in spec.tags:\n    found.setdefault(tag[:1], []).append(tag)\n"
        "return {**found, 'n': 1}"
    ),
    "picked apart": (
        "by_name = {tag: tag for tag in spec.tags}\nby_name.pop('a', None)\n"
        "first, *rest = spec.tags\nrest.append(first)\nreturn by_name, rest"
    ),
    "counted": (
        "import collections, hashlib\nn = collections.Counter(spec.tags)\nn.update('a')\n"
        "h = hashlib.sha256()\nh.update(b'a')\nreturn n, h.hexdigest()"
    ),
    "deep copy": "import copy\nd = copy.deepcopy(spec.limits)\nd['a']['b'] = 1\nreturn d",
    "words of the system": "import signal\nreturn signal.Signals(15).name, os.strerror(2)",
    "errors": (
        "try:\n    return int(spec.name)\nexcept (OSError, subprocess.SubprocessError):\n    pass"
    ),
}

PURE_HELPERS = """
LIMIT = 5
NAMES = ("a", "b")

@dataclass
class Point:
    x: int
    y: int

class Notes:
    def __init__(self):
        self.rows = []

    def add(self, row):
        self.rows.append(row)

class Nothing:
    def info(self, text):
        pass
"""

WAITING: dict[str, str] = {
    "sleep": "time.sleep(1)  # FOUND FSM0433",
    "requests": "import requests\nrequests.get('x')  # FOUND FSM0433",
    "socket": (
        "import socket\nsock = socket.socket()\nsock.connect(('a', 1))  # FOUND FSM0433\n"
        "sock.recv(5)  # FOUND FSM0433"
    ),
    "swallowed": (
        "try:\n    await asyncio.sleep(1)\nexcept BaseException:  # FOUND FSM0432\n    pass"
    ),
    "bare": "try:\n    await asyncio.sleep(1)\nexcept:  # FOUND FSM0432\n    pass",
    "cancelled": (
        "try:\n    await asyncio.sleep(1)\n"
        "except (OSError, asyncio.CancelledError):  # FOUND FSM0432\n    return 1"
    ),
    "suppressed": (
        "with contextlib.suppress(asyncio.CancelledError):  # FOUND FSM0432\n"
        "    await asyncio.sleep(1)"
    ),
    "raised again": (
        "try:\n    await asyncio.sleep(1)\nexcept asyncio.CancelledError:\n    raise\n"
        "except BaseException:\n    pass"
    ),
    "nothing awaited": "try:\n    int('x')\nexcept BaseException:\n    pass",
    "in a thread": "await asyncio.to_thread(time.sleep, 1)",
    "clock": "return time.time(), random.random(), asyncio.get_running_loop().time()",
    "helper": "return self._slow()",
    "blocking": "return await self._threaded()",
    "bounded by the engine": "await asyncio.open_connection('a', 1)",
}
