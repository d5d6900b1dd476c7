"""A signal reaches exactly the process that is meant, and only one that handles it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fsmv2.host.process_identity import ProcessIdentity, living
from fsmv2.host.signal_delivery import Delivery, deliver

HANDLES = """
import signal, sys
signal.signal(signal.SIGHUP, lambda *_: print("heard", flush=True))
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
print("ready", flush=True)
while True:
    signal.pause()
"""


@contextmanager
def program() -> Iterator[tuple[subprocess.Popen[str], ProcessIdentity]]:
    command = [sys.executable, "-c", HANDLES]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        found = living(process.pid)
        assert found is not None
        try:
            yield process, found
        finally:
            process.kill()


def test_one_that_handles_it_hears_it() -> None:
    with program() as (process, identity):
        assert process.stdout is not None
        assert deliver(identity, signal.SIGHUP, dry_run=True) == Delivery()
        assert deliver(identity, signal.SIGHUP) == Delivery()
        assert process.stdout.readline() == "heard\n"


def test_one_that_does_not_handle_it_is_left_alone() -> None:
    with program() as (process, identity):
        assert "does not handle USR2, which would end it" in deliver(identity, signal.SIGUSR2)[0]
        assert "does not handle TTIN, which would freeze" in deliver(identity, signal.SIGTTIN)[0]
        assert "ignores USR1" in deliver(identity, signal.SIGUSR1)[0]
        assert deliver(identity, signal.SIGWINCH) == Delivery()
        assert process.poll() is None


def test_a_later_process_with_the_same_pid_gets_nothing() -> None:
    with program() as (process, identity):
        earlier = identity._replace(start_time=identity.start_time - 1)
        assert deliver(earlier, signal.SIGHUP).refused == f"pid {process.pid} has ended"
        of_another_boot = identity._replace(boot="an earlier one")
        assert deliver(of_another_boot, signal.SIGHUP).refused == f"pid {process.pid} has ended"
        deliver(identity, signal.SIGHUP)
        process.stdout and process.stdout.readline()
        process.kill()
        assert process.stdout is not None
        assert process.stdout.read() == "", "it was sent one HUP, not three"


def test_one_that_is_frozen_takes_it_when_it_goes_on() -> None:
    with program() as (process, identity):
        assert process.stdout is not None
        process.send_signal(signal.SIGSTOP)
        while not deliver(identity, signal.SIGHUP).frozen:
            pass  # the kernel stops it in a moment
        assert deliver(identity, signal.SIGCONT) == Delivery()
        assert process.stdout.readline() == "heard\n"


def test_one_that_has_ended_is_named() -> None:
    with program() as (process, identity):
        process.kill()
        process.wait()
        assert deliver(identity, signal.SIGHUP).refused == f"pid {process.pid} has ended"
