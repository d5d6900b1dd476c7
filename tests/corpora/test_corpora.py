"""The corpora: each file is one hostile input, and its name says what must become of it.

`NAME.OUTCOME.ending`: the outcome is `ok` or the code of the first problem. A file that ends in
`.expr` is a Python expression, for what is too large to keep. A document that says `is:` and
`meant:` must read both alike; a template that is `ok` has what it gives, as JSON, below `----`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fsmv2.builtin import register_builtins
from fsmv2.cli.tree_yaml import as_yaml
from fsmv2.document import scan_file, scan_yaml
from fsmv2.errors import DocumentError, LocationError, TemplateError
from fsmv2.flow import AsyncioEngine
from fsmv2.model import (
    UserSpec,
    VariableBundle,
    check_name_part,
    compute_location_path,
    desired_from_json,
    normalise_location,
    render_template,
)
from fsmv2.plant.load import parse_plant
from fsmv2.runtime import expand
from fsmv2.worker import WorkerFactory

HERE = Path(__file__).parent
SECONDS = 10.0
"""Of the processor, for any one input: a hundred times what most take, on a busy machine."""
MEMORY = 64 << 20
"""Bytes, for any one small input."""
ROOM = 1 << 30
"""Bytes of the whole process for the large ones: ten megabytes of text, and the tree of it."""


def cases(folder: str) -> list[Any]:
    found = sorted(file for file in (HERE / folder).iterdir() if file.suffix != ".expr")
    return [pytest.param(file, id=file.stem) for file in found]


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Each input costs a bounded time and memory, whatever becomes of it."""
    tracemalloc.start()
    begin = time.process_time()
    yield
    took = time.process_time() - begin
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took < SECONDS
    assert peak < MEMORY


def outcome(file: Path) -> str:
    return file.name.split(".")[-2]


def read(data: bytes, name: str) -> str:
    """How a document ends: `ok`, or the code of its first problem."""
    try:
        found = scan_yaml(data, name).validated().root.to_data()
    except DocumentError as error:
        shown = "\n".join(problem.render() for problem in error.diagnostics[:100])
        assert all(c.isprintable() or c in "\n\t" for c in shown)
        first = error.diagnostics[0]
        assert len(first.render()) < 10_000
        assert first.fix
        return first.code
    if "meant" in found:
        assert (found["is"], type(found["is"])) == (found["meant"], type(found["meant"]))
    return "ok"


@pytest.mark.parametrize("file", cases("documents"))
def test_a_hostile_document_ends_as_its_file_says(file: Path) -> None:
    assert read(file.read_bytes(), "plant.yaml") == outcome(file)


def read_large(files: Iterable[str]) -> None:
    """In a process of its own: print how each ends, and how long it took."""
    resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
    for file in files:
        data = eval(Path(file).read_text()).encode()  # noqa: S307  (our own expressions)
        begin = time.process_time()
        ended = read(data, "plant.yaml")
        print(json.dumps([file, ended, time.process_time() - begin]), flush=True)


@pytest.mark.slow
def test_a_large_document_ends_as_its_file_says() -> None:
    """Within bounds on the memory of the whole process, and on the time of each."""
    files = sorted((HERE / "documents").glob("*.expr"))
    program = f"import sys; sys.path.insert(0, {str(HERE)!r}); import test_corpora as t"
    ran = subprocess.run(
        [sys.executable, "-c", f"{program}; t.read_large(sys.argv[1:])", *map(str, files)],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    ended = [json.loads(line) for line in ran.stdout.splitlines()]
    assert {Path(name).name: code for name, code, _ in ended} == {
        file.name: outcome(file) for file in files
    }
    assert max(took for _, _, took in ended) < SECONDS


def test_a_document_that_is_too_large_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
    with pytest.raises(DocumentError, match="larger than 10 MiB"):
        scan_file(file).validated()


def harmless() -> str:
    return "called"


SCOPE = {
    "s": "text",
    "l": [1, 2],
    "m": {"a": 1, "items": 3, "__class__": "k"},
    "f": harmless,
    "template": "{{ .s }}{% include 'x' %}",
    "endraw": "{% endraw %}{{ .s }}",
    "yaml": "x\nadmin: true",
}


@pytest.mark.parametrize("file", cases("templates"))
def test_a_hostile_template_ends_as_its_file_says(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if outcome(file) == "ok":
        template, _, expected = text.partition("\n----\n")
        assert render_template(template, SCOPE) == json.loads(expected)
        return
    with pytest.raises(TemplateError) as raised:
        render_template(text, SCOPE)
    # UndefinedVariableError is a TemplateError with a code of its own: nothing is there by name.
    assert raised.value.code in {outcome(file), "FSM0211"}
    assert raised.value.line >= 1


@pytest.mark.parametrize("file", cases("values"))
def test_a_hostile_value_goes_through_as_it_is(file: Path) -> None:
    """Into a config, into the plan that is shown, and through what is stored."""
    value = file.read_bytes().decode()
    scope = VariableBundle({"V": value, "IP": "10.0.0.1"})
    given = render_template({"a": "{{ .V }}", "b": ["<{{ .V }}>"]}, scope)
    assert given == {"a": value, "b": [f"<{value}>"]}
    escaped = "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08x}" for c in value)
    text = (
        "agent: {name: edge, location: {enterprise: acme}}\n"
        "broker: {embedded: false, url: 'nats://127.0.0.1:1'}\n"
        "processes:\n  one:\n    command: [echo, '{{ .V }}', '<{{ .V }}>']\n"
        f'    variables: {{V: "{escaped}"}}\n'
    )
    planned = planned_config(text)
    assert planned["command"] == ["echo", value, f"<{value}>"]
    state = json.dumps({"state": "a", "config": {"v": value}})
    assert desired_from_json(state, lambda _: UserSpec).config == {"v": value}


def planned_config(text: str) -> Any:
    plant = parse_plant(text)
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())
    shown = as_yaml(expand(plant.root, factory, settings=plant.settings))
    return yaml.safe_load(shown)["edge"]["children"]["one"]["config"]


@pytest.mark.parametrize("file", cases("names"))
def test_a_hostile_name_ends_as_its_file_says(file: Path) -> None:
    name = file.read_bytes().decode()
    if outcome(file) == "ok":
        assert compute_location_path(normalise_location({"0": name})) == name
        return
    with pytest.raises(LocationError) as raised:
        normalise_location({"enterprise": name})
    assert raised.value.path == "location.enterprise"
    if raised.value.fix.startswith("Use '"):  # what is proposed must be accepted
        proposed = raised.value.fix[len("Use '") : -len("'.")]
        assert check_name_part(proposed, "name") == proposed


def test_a_million_levels_are_refused_at_once() -> None:
    with pytest.raises(LocationError, match="has 1,000,000 levels; a location has at most 32"):
        normalise_location([{"32": "a"}] * 1_000_000)
    with pytest.raises(LocationError, match="has 33 levels; a location has at most 32"):
        normalise_location([{str(n): "a"} for n in range(33)])
    with pytest.raises(LocationError, match="no location level '32'"):
        normalise_location([{"32": "a"}])
