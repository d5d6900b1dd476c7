"""What a process has for itself, as its successor has to wait for it. H98"""

from __future__ import annotations

from typing import Any

from fsmv2 import VariableBundle
from fsmv2.builtin.process.spec import ProcessSpec, Ready, config_of


def claims(name: str = "a", **fields: Any) -> tuple[str, ...]:
    spec = ProcessSpec(command=("/usr/bin/server", "--port", "{{ .PORT }}"), **fields)
    return config_of(spec, VariableBundle({"PORT": 9000}), path=f"plant/{name}").claims


def test_h98_its_ports_and_files_are_claimed_as_rendered() -> None:
    ready = Ready(
        port="{{ .PORT }}", http="http://127.0.0.1:{{ .PORT }}/up", file="/run/{{ .PORT }}"
    )
    found = claims(ready=ready, files={"/etc/server.conf": "x"})
    assert found[:3] == ("port 9000", "the file /etc/server.conf", "the file /run/9000")


def test_a_page_without_a_port_is_at_80() -> None:
    assert claims(ready=Ready(http="http://localhost/"))[0] == "port 80"


def test_h98_by_its_command_it_is_known_under_another_name() -> None:
    (one,) = claims("a")
    assert (one,) == claims("b")
    assert one.startswith("the command server (")
    assert (one,) != claims("a", cwd="/srv")
