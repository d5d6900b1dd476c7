"""`docs/how-to/run-in-a-container.md`: fsmv2 as process 1 of a pid namespace, as in a container."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import forked_python

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "run-in-a-container.md"
NAMESPACE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc")
PLANT = """
agent: {name: box}
processes:
  web: {command: [sh, -c, 'echo "$$" >> started; exec sleep 1000'], cwd: FOLDER}
"""


def test_the_command_of_the_image_is_a_list_and_asks_what_its_health_check_asks() -> None:
    image = re.findall(r"^```dockerfile\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert 'CMD ["fsmv2", "run", "/etc/fsmv2/plant.yaml", "--state-dir", ' in image[0]
    assert "ENV FSMV2_TREE=/var/lib/fsmv2/plant\n" in image[0]


@pytest.mark.real
@pytest.mark.thorough
def test_as_process_1_it_stops_in_order_and_starts_again_after_a_kill(tmp_path: Path) -> None:
    if subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode:
        pytest.skip("this machine lets no one make a pid namespace")
    document, state, started = tmp_path / "plant.yaml", tmp_path / "state", tmp_path / "started"
    document.write_text(PLANT.replace("FOLDER", str(tmp_path)))
    command = [Path(sys.executable).with_name("fsmv2"), "run", document, "--state-dir", state]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    for number, how in enumerate((signal.SIGKILL, signal.SIGTERM), 1):
        with (tmp_path / f"{number}.log").open("w+") as log:
            run = subprocess.Popen(
                [*NAMESPACE, "--kill-child", *command], env=environment, stdout=log, stderr=log
            )
            limit = time.monotonic() + forked_python.PATIENCE
            while not started.exists() or len(started.read_text().splitlines()) < number:
                assert run.poll() is None, Path(log.name).read_text()
                assert time.monotonic() < limit
                time.sleep(0.1)
            child = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()[0]
            os.kill(int(child), how)
            code = run.wait(forked_python.PATIENCE)
        text = Path(log.name).read_text()
        assert (code == 0) == (how is signal.SIGTERM), text
    assert "before the stop: 2 workers" in text
