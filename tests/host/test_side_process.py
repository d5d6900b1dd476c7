"""What a process does first that works for a running tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from fsmv2.host.side_process import MEMORY, NICENESS

PROGRAM = """
import json, os, resource
from fsmv2.host.side_process import come_last, own_pipes
asked, answers = own_pipes()
come_last()
print("a module that prints")
print(input() if os.read(0, 1) else "nothing to read")
with open("/proc/self/oom_score_adj") as opened:
    score = int(opened.read())
memory = resource.getrlimit(resource.RLIMIT_AS)
answers.write(json.dumps([asked.read().decode(), os.nice(0), score, memory]).encode())
"""


def test_it_comes_last_and_has_its_pipes_to_itself() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=b"asked", capture_output=True, check=True
    )
    asked, niceness, score, memory = json.loads(ended.stdout)
    assert asked == "asked"
    assert niceness == min(os.nice(0) + NICENESS, 19)
    assert score == 1000, "the kernel ends it first"
    assert memory == [MEMORY, MEMORY]
    assert ended.stderr.split(b"\n")[:2] == [b"a module that prints", b"nothing to read"]
