"""An entry of `processes:`: words, paths and commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fsmv2 import SpecError, WorkerFactory
from fsmv2.builtin import register_builtins
from fsmv2.builtin.agent import AgentSpec
from fsmv2.builtin.process.spec import ProcessSpec
from fsmv2.flow import AsyncioEngine
from fsmv2.plant import parse_plant
from fsmv2.runtime import expand


def test_words_are_text_and_paths_are_below_the_folder() -> None:
    """No broker is made for processes alone."""
    text = (
        "agent: {name: edge}\nprocesses:\n  a:\n    command: [run, '{{ .N }}', '{{ .B }}']\n"
        "    env: {N: '{{ .N }}'}\n    files: {etc/a.ini: '{{ .N }}', ~/b: x}\n    cwd: sub\n"
        "    ready: {port: '{{ .N }}', file: up}\n    variables: {N: 502, B: true}\n"
    )
    plant = parse_plant(text, folder=Path("/srv"))
    assert isinstance(plant.root.user_spec, AgentSpec)
    assert plant.root.user_spec.broker is None
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())
    config: Any = next(n.config for n in expand(plant.root, factory) if n.path == "edge/a")
    assert (config.command, config.env) == (("run", "502", "true"), {"N": "502"})
    assert (config.cwd, config.files) == ("/srv/sub", {"/srv/etc/a.ini": "502", "~/b": "x"})
    assert (config.ready.port, config.ready.file) == (502, "/srv/up")


def test_a_path_with_an_at_sign_is_of_this_machine() -> None:
    """As the pages of a development server have; before the path it would be a user."""
    ready = "ready: {http: 'http://127.0.0.1:5173/@vite/client'}"
    parse_plant(f"agent: {{name: e}}\nprocesses:\n  a: {{command: [x], {ready}}}\n")


def test_a_command_that_is_one_text_is_refused_with_whatever_quotes_it_has() -> None:
    with pytest.raises(SpecError, match="write the list"):
        ProcessSpec(command="sh -c 'x")  # type: ignore[arg-type]
