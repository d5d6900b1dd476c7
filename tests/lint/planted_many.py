"""One worker with many ways to be impure, and lines among them that are not."""

HEAD = """
import asyncio, contextlib, functools, itertools, logging, math, operator, os, random, threading
import time, uuid
import time as tm, datetime as dt
from datetime import datetime as DT, date
from pathlib import Path
from fsmv2 import VariableBundle, Worker, state, stay
"""

MANY = """
log = logging.getLogger(__name__)
lock = threading.Lock()
counter = itertools.count()
REG = {}
HANDLERS = {"a": time.time, "b": lambda s: random.random()}  # FOUND FSM0422
class Mixin:
    def helper(self):
        return uuid.uuid4()  # FOUND FSM0422
class Singleton:
    inst = None
    @classmethod
    def get(cls):
        if cls.inst is None:
            cls.inst = cls()  # FOUND FSM0425
        return cls.inst
@functools.lru_cache
def cached(n):
    return time.time() + n  # FOUND FSM0421
async def agen():
    yield 1
def gen():
    yield time.time()  # FOUND FSM0421
class Ctx:
    def __enter__(self):
        self.t = time.time()  # FOUND FSM0421
        return self
    def __exit__(self, *a): pass
class Op:
    def __add__(self, o):
        return time.time()  # FOUND FSM0421
    def __str__(self):
        return str(time.time())  # FOUND FSM0421
    def __iter__(self):
        yield random.random()  # FOUND FSM0422
    def __getitem__(self, k):
        return os.getpid()  # FOUND FSM0424
@contextlib.contextmanager
def cm():
    yield open("x")  # FOUND FSM0423
def variadic(*fs, **kw):
    return [f() for f in fs] + [kw["clock"]()]  # FOUND FSM0421
def ret():
    return time.time
def swap(a, b):
    return b, a
class W(Mixin, Worker):
    log = log
    table = {"x": time.monotonic}
    def __init__(self, clock=time.time):
        self._clock = clock
        self._h = {"t": time.time}
        self._fns = [time.time]
    @state("stopped")
    def stopped(self, s):
        log.info("x")  # FOUND FSM0423
        self.log.warning("x")  # FOUND FSM0423
        with lock:  # FOUND FSM0423
            pass
        next(counter)  # FOUND FSM0425
        self.helper()
        Singleton.get()
        cached(1)
        list(gen())
        self._clock()  # FOUND FSM0421
        self._h["t"]()  # FOUND FSM0421
        self._fns[0]()  # FOUND FSM0421
        self.table["x"]()  # FOUND FSM0421
        HANDLERS["a"]()  # FOUND FSM0421
        HANDLERS.get("b")(s)
        with Ctx() as c:
            pass
        with cm() as f:
            pass
        Op() + 1
        str(Op())
        for x in Op(): pass
        Op()[1]
        variadic(time.time, clock=time.monotonic)
        ret()()  # FOUND FSM0421
        a, b = swap(1, time.time)
        a()  # FOUND FSM0421
        tm.time()  # FOUND FSM0421
        dt.datetime.now()  # FOUND FSM0421
        DT.utcnow()  # FOUND FSM0421
        date.today()  # FOUND FSM0421
        import random as r
        r.choice([1])  # FOUND FSM0422
        f2 = time.time if s.should_stop else None
        f2 and f2()  # FOUND FSM0421
        try:
            x = 1
        except OSError:
            x = time.time()  # FOUND FSM0421
        finally:
            time.time()  # FOUND FSM0421
        while time.time() < 5:  # FOUND FSM0421
            pass
        assert time.time()  # FOUND FSM0421
        [g() for g in (time.time, time.monotonic)]  # FOUND FSM0421
        x = (lambda: time.time())()  # FOUND FSM0421
        s.spec.a.b["c"] = 5  # FOUND FSM0426
        del s.spec.a  # FOUND FSM0426
        s.observed.rows += 1  # FOUND FSM0426
        object.__setattr__(s.spec, "a", 1)  # FOUND FSM0426
        s.spec.__dict__["x"] = 1  # FOUND FSM0426
        vars(s.spec)["x"] = 1  # FOUND FSM0426
        rows = s.children
        (rows or {})["x"] = 1  # FOUND FSM0426
        REG[s.path] = 1  # FOUND FSM0425
        globals()["x"] = 1  # FOUND FSM0425
        s.spec.tags[:] = []  # FOUND FSM0426
        d = {"k": s.spec.tags}
        d["k"].append(1)  # FOUND FSM0426
        p = (s.spec.tags, 1)
        p[0].append(1)  # FOUND FSM0426
        for i, tags in enumerate(s.spec.rows):
            tags.append(i)  # FOUND FSM0426
        m = s.spec.tags.append
        m(1)  # FOUND FSM0426
        list.append(s.spec.tags, 1)  # FOUND FSM0426
        operator.setitem(s.spec.limits, 1, 2)  # FOUND FSM0426
        dict.update(s.spec.limits, a=1)  # FOUND FSM0426
        self.__dict__["x"] = 1  # FOUND FSM0427
        setattr(self, "x", 1)  # FOUND FSM0427
        helper_mut(s.spec.tags)
        exec("1")  # FOUND FSM0423
        eval("time.time()")  # FOUND FSM0423
        asyncio.create_task(agen())  # FOUND FSM0423
        threading.Thread(target=print).start()  # FOUND FSM0423
        Path(s.spec.name).exists()  # FOUND FSM0423
        (Path("/x") / s.spec.name).read_text()  # FOUND FSM0423
        Path.home()  # FOUND FSM0423
        hash(s.path)  # FOUND FSM0422
        os.environ.get("x")  # FOUND FSM0424
        getattr(os, "environ")["x"]  # FOUND FSM0424
        __import__("time").time()  # FOUND FSM0421
        functools.reduce(lambda a, b: time.time(), [1])  # FOUND FSM0421
        VariableBundle({"a": 1, "parent_state": "x"})  # FOUND FSM0429
        return stay(f"{time.time():.1f}")  # FOUND FSM0421
def helper_mut(rows):
    rows.append(1)  # FOUND FSM0426
"""

WAITS = """
import asyncio, time, requests, subprocess, contextlib, socket, httpx, functools
from fsmv2 import *
from fsmv2 import Worker, action, blocking, state, stay
def sync_helper():
    time.sleep(1)  # FOUND FSM0433
async def ahelper():
    requests.post("x")  # FOUND FSM0433
    await nested()
async def nested():
    try:
        await asyncio.sleep(1)
    except:  # FOUND FSM0432
        pass
class Client:
    def __init__(self):
        self.s = requests.Session()
    async def go(self):
        self.s.get("x")  # FOUND FSM0433
@contextlib.asynccontextmanager
async def opened():
    subprocess.check_output(["x"])  # FOUND FSM0433
    yield 1
sleep = time.sleep
class W(Worker):
    def __init__(self):
        self.c = Client()
        self.http = httpx.Client()
    @contextlib.asynccontextmanager
    async def resources(self, spec):
        r, w = await asyncio.open_connection("a", 1)  # FOUND FSM0431
        async with asyncio.timeout(3):
            r, w = await asyncio.open_connection("a", 1)
        async with httpx.AsyncClient() as client:
            await client.get("x")  # FOUND FSM0431
            await client.get("x", timeout=3)
        yield r
    async def collect_observed_state(self, spec, resources):
        sync_helper()
        await ahelper()
        await self.c.go()
        async with opened() as o:
            pass
        sleep(1)  # FOUND FSM0433
        self.http.get("x")  # FOUND FSM0433
        await asyncio.to_thread(sync_helper)
        await asyncio.get_running_loop().run_in_executor(None, time.sleep, 1)
        subprocess.Popen(["x"]).wait()  # FOUND FSM0433
        p = subprocess.Popen(["x"])
        p.communicate()  # FOUND FSM0433
        with socket.create_connection(("a", 1)) as s:  # FOUND FSM0433
            s.recv(1)  # FOUND FSM0433
        for _ in range(3):
            try:
                async with asyncio.timeout(1):
                    await asyncio.sleep(2)
            except BaseException as e:  # FOUND FSM0432
                print(e)
        while True:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError as e:
                if spec: raise
        await asyncio.gather(*[nested() for _ in range(3)])
        task = asyncio.create_task(later())
        return await self.inner()
    async def inner(self):
        socket.gethostbyname("x")  # FOUND FSM0433
        await asyncio.create_subprocess_exec("x")
    @action(timeout=5)
    @blocking
    def flash(self, spec, resources):
        time.sleep(5)
    @action(timeout=float("inf"))  # FOUND FSM0430
    async def endless(self, spec, resources):
        await asyncio.wait_for(asyncio.open_connection("a", 1), timeout=3)
        await asyncio.open_connection("a", 1)  # FOUND FSM0431
    @action(retries=3)  # FOUND FSM0430
    async def no(self, spec, resources): pass
    @state("stopped")
    def stopped(self, s):
        return stay("x")
async def later():
    time.sleep(3)  # FOUND FSM0433
"""
