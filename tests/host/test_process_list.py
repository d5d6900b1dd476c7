"""The processes of our user, and what they were started with."""

from __future__ import annotations

import os
import subprocess
import time

from fsmv2.host.process_identity import living
from fsmv2.host.process_list import (
    age_of,
    began_at,
    command_line,
    environment,
    own_process,
    own_processes,
)


def test_a_living_child_is_there_with_all_that_it_was_started_with() -> None:
    words = ["sleep", "600"]
    with subprocess.Popen(words, env={"MARK": "a=b", "EMPTY": ""}) as child:
        try:
            (found,) = (one for one in own_processes() if one.pid == child.pid)
            own = own_process(os.getpid())
            assert own is not None
            assert found == own_process(child.pid)
            assert found.parent == os.getpid()
            assert found.identity == living(child.pid)
            assert abs(began_at(found.start_time) - time.time()) < 5
            assert 0 <= age_of(found.start_time) < age_of(own.start_time)
            assert command_line(child.pid) == [b"sleep", b"600"]
            assert environment(child.pid)[b"MARK"] == b"a=b"
            assert environment(child.pid)[b"EMPTY"] == b""
        finally:
            child.kill()
    assert own_process(child.pid) is None
    assert command_line(child.pid) == []
    assert environment(child.pid) == {}


def test_this_process_is_none_of_them() -> None:
    assert os.getpid() not in {one.pid for one in own_processes()}
