"""What a broker may be configured to, and that its values cannot become settings."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.server_config import digest, quote, render
from fsmv2.errors import SpecError
from fsmv2.flow.nats.login import Credentials

OWN = Credentials(user="fsmv2", password="0" * 8)
HOSTILE = 'a" \n}\nhttp: "0.0.0.0:1" # {{ name }} {% raw %} $HOME \\ jürgen €'


NOT_LOOPBACK = ["0.0.0.0", "192.168.1.4", "::", "localhost", "127.0.0.1\nhttp"]  # noqa: S104
NOT_READ_ALIKE = ["127.1", "127.0.0.010", "127.0.0.\u0661"]


@pytest.mark.parametrize("host", [*NOT_LOOPBACK, *NOT_READ_ALIKE])
def test_only_addresses_of_the_loopback_interface_are_allowed(host: str) -> None:
    with pytest.raises(SpecError, match=r"broker\.host"):
        BrokerConfig(state_dir="/x", host=host)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"port": 65536}, r"broker\.port is 65536"),
        ({"mqtt_port": -1}, r"broker\.mqtt_port is -1"),
        ({"port": 4222, "mqtt_port": 4222}, "both 4222"),
        ({"sync_interval": -1.0}, r"broker\.sync_interval"),
        ({"sync_interval": float("nan")}, r"broker\.sync_interval"),
        ({"max_store_bytes": 0}, r"broker\.max_store_bytes"),
        ({"state_dir": ""}, r"broker\.state_dir"),
    ],
)
def test_a_bad_value_is_refused_and_named(settings: dict[str, object], named: str) -> None:
    with pytest.raises(SpecError, match=named):
        BrokerConfig(**{"state_dir": "/x", **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "written"), [(0.0, '"always"'), (0.25, '"250ms"'), (10.0, '"10000ms"')]
)
def test_the_sync_interval_is_written_in_milliseconds_or_always(
    seconds: float, written: str
) -> None:
    config = BrokerConfig(state_dir="/x", port=1, mqtt_port=2, sync_interval=seconds)
    assert f"sync_interval: {written}\n" in render(config, "n", OWN)


def test_no_value_can_become_a_setting() -> None:
    """A hostile value has the lines, and the settings, of a harmless one."""
    plain = BrokerConfig(state_dir="/x/y", port=1, mqtt_port=2, users={"u": "p"})
    users = {HOSTILE.replace("\n", ""): HOSTILE}
    wild = BrokerConfig(state_dir=f"/x/{HOSTILE}", port=1, mqtt_port=2, users=users)
    harmless, hostile = render(plain, "n", OWN), render(wild, HOSTILE, OWN)
    names = [[line.split(":")[0] for line in text.splitlines()] for text in (harmless, hostile)]
    assert names[0] == names[1]
    assert "http:" not in "".join(line for line in hostile.splitlines() if '"' not in line)


def test_paths_that_are_not_text_can_be_quoted() -> None:
    assert quote("/x/\udcff") == '"/x/\\xff"'


@pytest.mark.real
def test_the_server_reads_a_hostile_path_as_it_is(server_program: str, tmp_path: Path) -> None:
    """nats-server itself accepts the file, with the path that was meant."""
    directory = tmp_path / HOSTILE.replace("/", "")
    directory.mkdir()
    config = BrokerConfig(state_dir=str(directory), port=1, mqtt_port=2)
    config.config_file.write_text(render(config, "n", OWN))
    done = subprocess.run(
        [server_program, "-t", "--config", str(config.config_file)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_digest_changes_with_what_the_server_is_told() -> None:
    one = BrokerConfig(state_dir="/x", port=1, mqtt_port=2)
    assert digest(one, OWN) == digest(BrokerConfig(state_dir="/x", port=1, mqtt_port=2), OWN)
    other = BrokerConfig(state_dir="/x", port=1, mqtt_port=2, sync_interval=0.0)
    assert digest(one, OWN) != digest(other, OWN)


def test_the_digest_is_that_of_0_2_0() -> None:
    """Else each broker that runs would be restarted once by an update of fsmv2."""
    config = BrokerConfig(
        state_dir="/var/lib/fsmv2/broker", port=4222, mqtt_port=1883, users={"grafana": "pw"}
    )
    assert config.identity == "fsmv2-fcc57a0cfda2-"
    assert digest(config, OWN) == "4ffd252164a73ca3"
