"""The broker's password is changed while the plant runs: only who publishes there reconnects."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from counting_device import devices
from counting_plant import CountingPlant, all_active, bridge

from free_ports import free_port
from fsmv2.builtin.broker.spawn import find_server
from fsmv2.operate.generations import history

pytestmark = pytest.mark.real

NAMES = ("a", "b")
FIRST, SECOND = "first-password", "second-password"


class Broker:
    """A nats-server of the user's, which is told whom to let in."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def lets_in(self, password: str) -> None:
        """The plant signs in with this password from now on."""
        users = f"{{user: admin, password: admin}}, {{user: plant, password: {password}}}"
        self._config.write_text(
            f'listen: 127.0.0.1:{self.port}\njetstream {{ store_dir: "{self._folder}/js" }}\n'
            f"authorization {{ users: [{users}] }}\n"
        )
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    @property
    def _config(self) -> Path:
        return self._folder / "nats.conf"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        command = [find_server(), "-c", str(self._config)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as self._process:
            assert self._process.stderr is not None
            while "Server is ready" not in self._process.stderr.readline():
                pass
            yield
            self._process.kill()
            self._process.communicate()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    made.lets_in(FIRST)
    with made.running():
        yield made


async def test_h99_a_rotated_password_of_the_broker_disturbs_no_device_and_loses_no_sample(
    tmp_path: Path, broker: Broker
) -> None:
    secret = tmp_path / "password"
    secret.write_text(FIRST)
    secret.chmod(0o600)
    async with devices(*NAMES) as plcs:
        plant = CountingPlant(tmp_path)
        plant.url = f"nats://admin:admin@127.0.0.1:{broker.port}"
        head, _, templates = plant.head.partition("templates:")
        plant.head = (
            f"{head.splitlines()[0]}\nglobal: {{PASSWORD: {{file: password}}}}\n"
            f'broker: {{url: "nats://plant:{{{{ .global.PASSWORD }}}}@127.0.0.1:{broker.port}"}}\n'
            "engine: {secrets_interval: 100ms}\n"
            f"processes:\n  other: {{command: [sleep, '1000']}}\ntemplates:{templates}"
        )
        async with plant.runs(*(bridge(name, plcs[name]) for name in NAMES)) as tree:
            await plant.heard(*(f"{name}._raw.reads" for name in NAMES))
            before = await tree.until(
                lambda view: view["edge/other"].state == "running", timeout=30
            )
            connected = {name: plcs[name].connections for name in NAMES}
            broker.lets_in(SECOND)
            await tree.until(
                lambda view: not any(b.healthy for b in view.of_type("bridge")), timeout=30
            )
            secret.write_text(SECOND)
            await all_active(tree, len(NAMES))
            await plant.heard(*(f"{name}._raw.reads" for name in NAMES))
            after = await tree.view()
            assert {name: plcs[name].connections for name in NAMES} == connected
            anew = [n.path for n in after.nodes if n.incarnation != before[n.path].incarnation]
            assert anew == ["edge/broker"], "who looks at the broker; flows are handed it"
            seen: tuple[Any, Any] = before["edge/other"].observed, after["edge/other"].observed
            assert seen[0].pid == seen[1].pid
            for name in NAMES:
                found = await plant.stored(f"{name}._raw.reads")
                assert found == sorted(set(found)), "each once, in order"
                missing = set(range(found[0], found[-1] + 1)) - set(found)
                assert len(missing) <= 1, "but what was being read at the change"
            events = str(await tree.events(limit=1000))
            assert "secret PASSWORD changed" in events
            assert SECOND not in events
    assert [one.number for one in history(plant.state)[0]] == [1]
