"""The reference of the document says of each key what it means, with an example that is valid."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from fsmv2.plant import parse_plant
from fsmv2.plant.document_schema import document_schema

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def page() -> Iterator[ModuleType]:
    sys.path.insert(0, str(DOCS))
    import document_page

    yield document_page
    sys.path.remove(str(DOCS))


def keys(page: ModuleType) -> list[tuple[type[msgspec.Struct], msgspec.structs.FieldInfo]]:
    parts = page.parts_below(page.sections.PlantSection)
    structs = [part for part in parts if not isinstance(part, page.OneOf)]
    return [(struct, field) for struct in structs for field in msgspec.structs.fields(struct)]


def test_every_key_says_what_it_means(page: ModuleType) -> None:
    without = [
        f"{struct.__name__}.{field.name}"
        for struct, field in keys(page)
        if not page.meanings_of(struct).get(field.name)
    ]
    assert not without, "write a string below the field in the source"


def test_every_key_has_an_example(page: ModuleType) -> None:
    examples = page.all_examples()
    without = [
        f"{struct.__name__}.{field.encode_name}"
        for struct, field in keys(page)
        if (struct, field.encode_name) not in examples
    ]
    assert not without, "add it to docs/documents/every-key.yaml"


@pytest.mark.parametrize("file", sorted((DOCS / "documents").glob("*.yaml")), ids=lambda f: f.stem)
def test_the_examples_are_valid(file: Path) -> None:
    found = parse_plant(file.read_text(), file.name, folder=DOCS).diagnostics
    assert found == (), "\n".join(problem.render() for problem in found)


def test_an_editor_shows_the_same(page: ModuleType) -> None:
    schema = document_schema()
    parts = {"PlantSection": schema, **schema["definitions"]}
    for struct, field in keys(page):
        meaning = page.meanings_of(struct)[field.name]
        if struct.__name__ in parts:
            shown = parts[struct.__name__]["properties"][field.encode_name]["description"]
            assert meaning in shown


def test_a_long_example_is_cut_between_its_parts(page: ModuleType) -> None:
    long = {"first": {"a": "x" * 40, "b": ["y" * 40]}, "second": 5}
    assert page.short("key", {"a": [1, {"b": 2}]}) == "key: {a: [1, {b: 2}]}"
    assert page.short("key", long) == "key: {first: {…}, second: 5}"
