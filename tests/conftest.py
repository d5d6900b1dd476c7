"""What all tests share: coroutine tests run, and real servers that must not be missing in CI."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import importlib.util
import inspect
import logging
import os
import pkgutil
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

import blocking_calls
import fsmv2.core
import fsmv2.document
import fsmv2.model
from fsmv2.cli.log_filter import NOISY
from fsmv2.host.install_command import install_command
from rewritten_tests import rewrite_share

settings.register_profile("mutants", database=None, derandomize=True, deadline=None)
"""Every mutant meets the same examples, so that what survives does not depend on luck."""


def pytest_configure() -> None:
    """Have what is started here be hung up on, also where these tests run below `nohup`."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine in a fresh event loop."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


LEVELS = {name: logging.getLogger(name).level for name in NOISY}
"""How loud libraries are before any test."""


@pytest.fixture(autouse=True)
def _as_loud_as_before() -> Iterator[None]:
    """A command that is called in this process silences libraries; the next test may listen."""
    configured, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for name, level in LEVELS.items():  # a fixture of a whole module may have called one before
        logging.getLogger(name).setLevel(level)
    yield
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)
    root.setLevel(level)
    for handler in [one for one in root.handlers if one not in handlers]:
        if type(handler).__module__.startswith("fsmv2."):
            root.removeHandler(handler)
    if structlog.get_config() != configured:
        structlog.configure(**configured)


blocking_calls.watch()


@pytest.fixture(autouse=True)
def _nothing_blocks_a_loop() -> Iterator[None]:
    """No open, lookup, connect or start of a program on a thread that runs a loop of ours."""
    blocking_calls.found.clear()
    yield
    assert not blocking_calls.found, "blocks a loop:\n" + "\n".join(blocking_calls.found)


HERE = Path(__file__).parent
MEASURED = (HERE / "core", HERE / "model", HERE / "document")
"""Where the tests are by which `spec` and `core` are to be covered: their own."""

MEASURED_SECONDS = 0.1
"""Of the processor time of one test. Being measured makes core code three times as slow, and a test
that runs for longer comes to the same lines again and again.
"""

for package in (
    fsmv2.core,
    fsmv2.model,
    fsmv2.document,
):  # measured, as the collection of tests is not
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)


@contextlib.contextmanager
def unmeasured() -> Iterator[None]:
    """Without coverage.

    Not by the mark `no_cover`: in a process of pytest-xdist it stops one of two measurements.
    """
    here, threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        sys.settrace(here)
        threading.settrace(threads)  # type: ignore[arg-type]


@contextlib.contextmanager
def measured_for(seconds: float) -> Iterator[None]:
    """With coverage until so much processor time is used up."""
    threads = threading.gettrace()
    if threads is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, lambda *_: sys.settrace(None))
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        # As in a new thread: the one that was cut off is still inside of calls that have ended.
        sys.settrace(threads)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Without coverage, by which it takes twice as long, and without looking for garbage.

    What is there afterwards stays to the end, so the collector is to pass it over: to walk two
    million objects takes longer than most tests.
    """
    gc.disable()
    with unmeasured():
        rewrite_share(session.config, sorted(HERE.rglob("test_*.py")))
        done = yield
    gc.freeze()
    gc.enable()
    return done


class Thaw:
    """Notes that somebody has thawed all: to count what is frozen would walk all of it."""

    def __init__(self) -> None:
        self.noted = False
        self._unfreeze = gc.unfreeze
        gc.unfreeze = self  # type: ignore[assignment]  # it is called as the function is

    def __call__(self) -> None:
        self._unfreeze()
        self.noted = True


THAW = Thaw()


def pytest_runtest_logfinish() -> None:
    """`bounded_pauses`, in which a command runs a tree, thaws all when it ends."""
    if THAW.noted:
        THAW.noted = False
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure the coverage of the tests of `core` and `spec` only, and not for long."""
    measured = any(item.path.is_relative_to(folder) for folder in MEASURED)
    with measured_for(MEASURED_SECONDS) if measured else unmeasured():
        return (yield)


def missing_servers() -> str:
    """What the tests marked `real` need and do not find; '' when all is there."""
    missing = [
        name for name in ("pymodbus", "nats", "aiomqtt") if importlib.util.find_spec(name) is None
    ]
    beside = Path(sys.executable).with_name("nats-server")
    if not beside.exists() and shutil.which("nats-server") is None:
        missing.append("nats-server")
    return ", ".join(missing)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests with real servers fail in CI when those are missing, and skip elsewhere."""
    if item.get_closest_marker("real") is None:
        return
    missing = missing_servers()
    if missing:
        text = f"not installed: {missing}; run: {install_command('industrial')}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(text)
