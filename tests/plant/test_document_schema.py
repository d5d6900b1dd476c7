"""The schema of documents, with all documents of the docs and of the examples, and usual slips."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from fsmv2.document import scan_yaml
from fsmv2.errors import DocumentError
from fsmv2.plant import parse_plant
from fsmv2.plant.document_schema import document_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = document_schema()
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)

PLANT = """
agent:
  name: edge
  location: {enterprise: acme, site: aachen}
global: {rate: 1}
engine: {stop_deadline: 20s, metrics: {series: 10}}
templates:
  plc:
    connection: {host: "{{ .IP }}", port: "{{ .PORT }}"}
    read:
      input:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          every: 1s
          registers:
            - {name: temperature, address: 100, type: float32}
bridges:
  - name: filler
    template: plc
    location: {line: l1}
    variables: {IP: 10.0.0.5, PORT: 502}
processes:
  web:
    command: [/bin/sleep, "1000"]
    ready: {within: 10s}
notify:
  targets:
    oncall: {webhook: {url: "https://example.com/hook"}}
"""

SLIPS = {
    "a section": ("bridges:", "bridegs:"),
    "a key of a bridge": ("    template: plc", "    tempalte: plc"),
    "a key of a protocol": ("          every: 1s", "          evry: 1s"),
    "a protocol": ("        modbus:", "        modubs:"),
    "a duration without its unit": ("every: 1s", "every: 1"),
    "a duration with another unit": ("within: 10s", "within: 10sec"),
    "a number in quotes": ("address: 100", 'address: "low"'),
    "a type that is not known": ("type: float32", "type: flaot32"),
    "a level of a location": ("site: aachen", "siet: aachen"),
    "a setting": ("stop_deadline", "stop_deadlin"),
    "a list that is none": ('command: [/bin/sleep, "1000"]', "command: /bin/sleep"),
    "a key that is missing": ("  name: edge\n", ""),
    "a target": ("webhook:", "webhok:"),
}
"""What is written, and how it is often misspelt."""


def data_of(text: str) -> Any:
    return scan_yaml(text, "plant.yaml").validated().root.to_data()


def complete_documents() -> dict[str, str]:
    """All documents of the docs, the tests and the examples which are valid."""
    texts = {"PLANT": PLANT}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        fences = re.findall(r"```yaml[^\n]*\n(.*?)```", page.read_text(), re.DOTALL)
        texts |= {f"{page.name} {number}": text for number, text in enumerate(fences)}
    for folder in ("tests", "examples"):
        for file in sorted((ROOT / folder).rglob("*.yaml")):
            if "corpora" not in file.parts:
                texts[str(file.relative_to(ROOT))] = file.read_text(errors="replace")
    valid = {}
    for name, text in texts.items():
        try:
            parse_plant(text, name, folder=ROOT)
        except DocumentError:
            continue
        valid[name] = text
    return valid


def test_every_valid_document_is_accepted() -> None:
    documents = complete_documents()
    assert len(documents) > 20
    for name, text in documents.items():
        found = [error.message for error in VALIDATOR.iter_errors(data_of(text))]
        assert not found, f"{name} is valid, and the schema refuses it: {found}"


@pytest.mark.parametrize(("right", "wrong"), SLIPS.values(), ids=list(SLIPS))
def test_a_usual_slip_is_refused(right: str, wrong: str) -> None:
    assert PLANT.count(right) == 1
    assert not VALIDATOR.is_valid(data_of(PLANT.replace(right, wrong)))


def test_every_key_is_described() -> None:
    parts = {"document": SCHEMA, **SCHEMA["definitions"]}
    without = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, one in part["properties"].items()
        if not one.get("description")
    ]
    assert not without
    settings = SCHEMA["definitions"]["EngineSection"]["properties"]
    assert "Default: 30s." in settings["stop_deadline"]["description"]


def test_one_file_of_a_folder_needs_no_key() -> None:
    part = jsonschema_rs.validator_for(document_schema(part=True))
    assert part.is_valid(data_of("bridges:\n  - {name: filler, template: plc}\n"))
    assert not part.is_valid(data_of("bridges:\n  - {nam: filler, template: plc}\n"))


def test_it_is_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(SCHEMA)) == SCHEMA
