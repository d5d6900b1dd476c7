"""Looks for new hostile inputs, guided by coverage; what it finds becomes a file of a corpus.

Needs atheris, which is not among the dependencies: `pip install atheris`. Then, for two minutes:

    python tests/corpora/explore.py template /tmp/found -max_total_time=120 -timeout=10

The corpus here is where it starts from. An exception that is none of ours, or an input that takes
longer than `-timeout`, ends it and is written to a file `crash-…` or `timeout-…`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(
    include=["fsmv2.model", "fsmv2.document", "fsmv2.plant", "fsmv2.errors", "jinja2"]
):
    from fsmv2 import model
    from fsmv2.document import desired_from_yaml, scan_yaml
    from fsmv2.errors import FsmError
    from fsmv2.model.decoder import parse_duration
    from fsmv2.model.template.jinja_template import compile_jinja
    from fsmv2.model.template.reference_templates import compile_fast
    from fsmv2.plant.load import parse_plant

SCOPE: dict[str, Any] = {
    "s": "text",
    "l": [1, 2, {"a": "b"}],
    "m": {"a": 1, "items": [3]},
    "n": 5,
    "f": 1.5,
    "z": None,
    "global": {"g": "x"},
    "location": {"0": "acme"},
}


def document(data: bytes) -> None:
    """Any bytes as a document."""
    scan_yaml(data, "plant.yaml").validated()


def plant(data: bytes) -> None:
    """Any text as a whole plant."""
    parse_plant(data.decode("utf-8", "replace"))


def template(data: bytes) -> None:
    """Any text as a template."""
    model.render_template(data.decode("utf-8", "replace"), SCOPE)


def roads(data: bytes) -> None:
    """Both roads of rendering give the same, where the fast one takes a template at all."""
    text = "{{ " + data.decode("utf-8", "replace") + " }}"
    fast = compile_fast(text)
    if fast is not None:
        assert ended(fast) == ended(compile_jinja(text)), text


def ended(compiled: Any) -> tuple[str, Any]:
    """What a render gives, or the class of its error."""
    try:
        return "gives", compiled.render(SCOPE)
    except FsmError as error:
        return "raises", type(error)


def name(data: bytes) -> None:
    """Any text as a level, a level's name, a duration, a child's name."""
    text = data.decode("utf-8", "replace")
    roads = (
        lambda: model.compute_location_path(model.normalise_location({"site": text})),
        lambda: model.normalise_location([{text: "a"}]),
        lambda: parse_duration(text),
        lambda: model.ChildSpec(text, "pump", model.UserSpec()),
    )
    for road in roads:
        try:
            road()
        except FsmError:
            continue


def stored(data: bytes) -> None:
    """Any bytes as a desired state in JSON or YAML."""
    try:
        model.desired_from_json(data, lambda _: model.UserSpec)
    except FsmError:
        desired_from_yaml(data.decode("utf-8", "replace"), lambda _: model.UserSpec)


TARGETS = {f.__name__: f for f in (document, plant, template, roads, name, stored)}
SEEDS = {"document": "documents", "plant": "documents", "template": "templates", "name": "names"}


def main() -> None:
    """`explore.py TARGET FOLDER [options of libFuzzer]`."""
    target, folder = TARGETS[sys.argv[1]], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for seed in (Path(__file__).parent / SEEDS.get(sys.argv[1], "values")).iterdir():
        if seed.suffix != ".expr":
            shutil.copy(seed, folder)

    def one(data: bytes) -> None:
        try:
            target(data)
        except FsmError:
            return

    atheris.Setup([sys.argv[0], *sys.argv[2:], f"-artifact_prefix={folder}/"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
