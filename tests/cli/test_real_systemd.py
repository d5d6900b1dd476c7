"""A plant as a service of a real systemd: start, crash, watchdog, upgrade, restart, stop.

As a user manager in namespaces of its own, so that nothing of this machine is touched; that takes
root and a cgroup that may be written, as in a container.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from debian_tools import debian_program, systemd_environment

HERE = Path(__file__).parent
DOCUMENT = 'agent: {name: edge}\nprocesses:\n  ticker: {command: [sleep, "987653"]}\n'
APART = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--cgroup", "--mount-proc"]

NOT_IN_NAMESPACES = r"^(User|ProtectKernelLogs|ProtectKernelTunables)=.*\n"
"""A user manager has one user, and cannot mount over /proc once more."""


@pytest.mark.real
@pytest.mark.campaign
@pytest.mark.timeout(300)
def test_a_plant_lives_through_what_systemd_does_to_it(tmp_path: Path) -> None:
    manager, environment = debian_program("systemd"), systemd_environment()
    if subprocess.run([*APART, "true"], capture_output=True).returncode:
        pytest.skip("namespaces of its own need root")
    folder = tmp_path / "a plant 100% $x"
    folder.mkdir()
    (folder / "plant.yaml").write_text(DOCUMENT)
    control = debian_program("systemctl")
    for name, options in (("fsmv2-plant", []), ("keeping", ["--keep-on-restart"])):
        words = [sys.executable, "-m", "fsmv2.cli", "systemd", str(folder / "plant.yaml"), *options]
        text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        text = re.sub(NOT_IN_NAMESPACES, "", text, flags=re.MULTILINE)
        run = f"{sys.executable} {HERE}/stuck_run.py {tmp_path}/stuck"
        text = re.sub(r"^ExecStart=.*?( run .*)$", rf"ExecStart={run}\1", text, flags=re.MULTILINE)
        text = text.replace("WatchdogSec=30", "WatchdogSec=3").replace(
            "RestartSec=5", "RestartSec=1"
        )
        log = f"append:{tmp_path}/log"
        text += f"[Service]\nStandardOutput={log}\nStandardError={log}\n"
        text += f"Environment=PATH={control.parent}:/usr/bin:/bin\n"
        text += f"Environment=LD_LIBRARY_PATH={environment['LD_LIBRARY_PATH']}\n"
        (tmp_path / f"{name}.service").write_text(text)
    scenario = [sys.executable, str(HERE / "systemd_scenario.py"), str(tmp_path)]
    programs = [str(manager), str(control)]
    done = subprocess.run(
        [*APART, *scenario, *programs, environment["LD_LIBRARY_PATH"]],
        env={name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {
        "after start": ["active", "running"],
        "command runs": True,
        "reload": "",
        "reloaded": "active, edge/more runs",
        "a mistake fails": "Job for fsmv2-plant.service failed",
        "a removal fails": "Job for fsmv2-plant.service failed",
        "after both": "active, edge/more runs",
        "one process all the time": True,
        "after kill -9": True,
        "after watchdog": True,
        "stacks": True,
        "keep": "fsmv2 has ended; broker and processes keep running, and the next run adopts them",
        "kept": True,
        "after keep and start": True,
        "restart is stop and start": True,
        "after stop": ["inactive", "success", 0],
        "kept by a restart": True,
        "stopped by a stop": ["inactive", "success", 0],
    }
