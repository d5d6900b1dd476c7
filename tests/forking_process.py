"""The process that `forked_python` starts: it has everything imported, and forks when asked to."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from typing import Any

PACKAGES = ("cli", "operate", "plant", "runtime", "testing", "lint", "builtin")


def load() -> None:
    """Import what most commands and programs need."""
    import fsmv2

    for package in PACKAGES:
        path = [f"{fsmv2.__path__[0]}/{package}"]
        for found in pkgutil.walk_packages(path, f"fsmv2.{package}."):
            if not found.name.endswith(("__main__", "pytest_plugin")):
                importlib.import_module(found.name)


def serve(asking: socket.socket) -> None:
    """Fork for each request; return in the process that was forked for one, or at the end."""
    running: dict[int, tuple[int, int]] = {}  # by the descriptor that tells when it has ended
    while True:
        for ready in select.select([asking, *running], [], [])[0]:
            if ready is not asking:
                pid, answer = running.pop(ready)
                os.close(ready)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                tell(answer, code)
                os.close(answer)
                continue
            word, descriptors, _, _ = socket.recv_fds(asking, 1, 5)
            if not word:
                return
            pid = os.fork()
            if not pid:
                asking.close()
                for one, (_, theirs) in running.items():
                    os.close(one)
                    os.close(theirs)
                become(descriptors)
            *given, answer = descriptors
            for one in given:
                os.close(one)
            running[os.pidfd_open(pid)] = (pid, answer)
            tell(answer, pid)


def tell(answer: int, number: int) -> None:
    """Unless who asked has given up meanwhile."""
    with contextlib.suppress(BrokenPipeError):
        os.write(answer, b"%d\n" % number)


def become(descriptors: list[int]) -> None:
    """Run what is asked for, and end."""
    request, *streams, answer = descriptors
    os.close(answer)
    with open(request) as file:
        asked = json.load(file)
    for number, one in enumerate(streams):
        os.dup2(one, number)
        os.close(one)
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    os.chdir(asked["cwd"])
    code = 1
    try:
        run(asked)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001  (as the interpreter does)
        traceback.print_exc()
    # As at the end of the interpreter, without taking apart all that was imported.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def run(asked: dict[str, Any]) -> None:
    if "words" in asked:
        from fsmv2.cli import main

        sys.argv = ["fsmv2", *asked["words"]]
        sys.path[0] = asked["cwd"]
        main()
        return
    sys.argv = [asked["program"]]
    sys.path[0] = os.path.dirname(asked["program"])
    warnings.simplefilter("error")
    runpy.run_path(asked["program"], run_name="__main__")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    load()
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1, "a process that forks has one thread"
    with socket.socket(fileno=int(sys.argv[1])) as theirs:
        serve(theirs)
