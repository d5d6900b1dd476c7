"""The reference page of the document: each key with its meaning, unit, default and an example.

The meanings are the strings below the fields of the types that documents are decoded to, which
`fsmv2 schema` gives to editors, too. The examples are the values of the documents in `documents/`,
which a test holds to be valid.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from fsmv2.core.contract.settings import EngineSettings
from fsmv2.document import scan_yaml
from fsmv2.duration import written_duration
from fsmv2.model.decoder import OneOf
from fsmv2.model.decoder.decoders import reader_of
from fsmv2.model.decoder.key_meanings import key_meanings
from fsmv2.plant import sections

DOCUMENTS = Path(__file__).resolve().parent / "documents"
SECTION = re.compile(
    r"(?P<name>(?:(?:One|An) entry of )?`\w+:`(?: below `\w+:`)?)[,;]? (?P<meaning>.+)", re.DOTALL
)
"""How the docstring of a section opens: its name, which is the heading, and what it is for."""
LONGEST = 64
"""Characters of an example; what has more is shown without its inner parts."""

INTRODUCTION = (
    "YAML, read by fsmv2's own rules: only `true` and `false` are booleans, `no` and `on` are "
    "text, `0123` is refused, a key that stands twice is refused. Durations bear a unit: `500ms`, "
    "`1s`, `2m`, `1h30m`, `7d`. Where a value may be a template, `{{ .NAME }}` is replaced by the "
    "variable; a value that is nothing else keeps its type. `fsmv2 schema` prints the same for an "
    "editor ([Have an editor check documents](../how-to/use-an-editor.md)); what each error means "
    "is on [its own page](errors.md).\n\n"
    "An example `…` stands for more keys and values, which have their own tables further down.\n\n"
)

Part = type[msgspec.Struct] | OneOf


def document_page(note: str) -> str:
    """Every section and key of the document."""
    examples = all_examples()
    parts = [
        one_of_part(part) if isinstance(part, OneOf) else section_part(part, examples)
        for part in parts_below(sections.PlantSection)
    ]
    return f"# The document\n\n{note}\n{INTRODUCTION}" + "\n".join(parts)


def parts_below(cls: type[msgspec.Struct]) -> Iterator[Part]:
    """A section and all sections below it, each once, whoever describes them."""
    waiting: list[Any] = [cls]
    seen: list[Any] = []
    while waiting:
        found = waiting.pop(0)
        if any(found is one for one in seen):
            continue
        seen.append(found)  # kept, so that no other has its identity
        if is_part(found):
            yield found
        waiting[:0] = below(found)


def is_part(type_: Any) -> bool:
    """Whether it has a table of its own."""
    is_type = isinstance(type_, type)
    return isinstance(type_, OneOf) or (is_type and issubclass(type_, msgspec.Struct))


def below(type_: Any) -> list[Any]:
    """The types directly below a type, in the order of their tables."""
    if isinstance(type_, OneOf):
        return list(type_.choices.values())
    if is_part(type_):
        hints = typing.get_type_hints(type_, include_extras=True)
        return [hints[field.name] for field in msgspec.structs.fields(type_)]
    notes = getattr(type_, "__metadata__", ())
    inner = (type_.__origin__,) if notes else typing.get_args(type_)
    return [one for one in (*notes, *inner) if not isinstance(one, msgspec.Meta)]


Examples = dict[tuple[type[msgspec.Struct], str], Any]


def all_examples() -> Examples:
    """The first value of each key, by the type that has it; `every-key.yaml` goes first."""
    found: Examples = {}
    for file in sorted(DOCUMENTS.glob("*.yaml"), key=lambda file: file.name != "every-key.yaml"):
        data = scan_yaml(file.read_text(), file.name).validated().root.to_data()
        note_examples(sections.PlantSection, data, found)
    return found


def note_examples(type_: Any, data: Any, found: Examples) -> None:
    """Note the values of a part of a document that is of a type, whichever of several it fits."""
    if isinstance(type_, OneOf):
        for key, choice in type_.choices.items():
            if isinstance(data, Mapping) and key in data:
                note_examples(choice, data[key], found)
    elif is_part(type_):
        hints = typing.get_type_hints(type_, include_extras=True)
        fields = {field.encode_name: field.name for field in msgspec.structs.fields(type_)}
        if isinstance(data, Mapping) and data.keys() <= fields.keys():
            for key, value in data.items():
                found.setdefault((type_, key), value)
                note_examples(hints[fields[key]], value, found)
    elif not isinstance(type_, type) or typing.get_args(type_):
        entries = [data]
        if typing.get_origin(type_) in (dict, list, tuple):
            entries = list(data.values() if isinstance(data, Mapping) else data)
        for inner in below(type_):
            for entry in entries:
                note_examples(inner, entry, found)


def section_part(cls: type[msgspec.Struct], examples: Examples) -> str:
    """The keys of a section."""
    hints = typing.get_type_hints(cls, include_extras=True)
    meanings = meanings_of(cls)
    rows = []
    for field in sorted(msgspec.structs.fields(cls), key=lambda field: not field.required):
        key = field.encode_name
        default = "required" if field.required else shown(field)
        expected = reader_of(hints[field.name]).expected
        if "duration" in expected and isinstance(field.default, float):
            default = f"`{written_duration(field.default)}`"
        example = short(key, examples[cls, key]) if (cls, key) in examples else ""
        cells = (f"`{key}`", expected, default, meanings.get(field.name, ""), f"`{example}`")
        rows.append(row(*cells))
    return page_part(str(inspect.getdoc(cls)), rows)


def meanings_of(cls: type[msgspec.Struct]) -> dict[str, str]:
    """What each key of a section means."""
    return key_meanings(EngineSettings if cls is sections.EngineSection else cls)


def one_of_part(one: OneOf) -> str:
    """The keys of which one is written."""
    required = "required" if len(one.choices) == 1 else "one of these"
    rows = []
    for key, cls in one.choices.items():
        first_line = (inspect.getdoc(cls) or "").split("\n")[0]
        meaning = first_line.split("` ", 1)[-1].removeprefix("below `write:`, ")
        default = "as below" if key == one.default else required
        rows.append(
            row(f"`{key}`", "keys and values", default, meaning[:1].upper() + meaning[1:], "below")
        )
    return page_part(one.summary, rows)


def row(*cells: str) -> str:
    """A row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page_part(text: str, rows: list[str]) -> str:
    """A heading with the name of the section, what it is for, and a table."""
    named = SECTION.match(text)
    heading, meaning = (named["name"], named["meaning"]) if named else (text.removesuffix("."), "")
    about = f"{meaning[:1].upper()}{meaning[1:]}\n\n" if meaning else ""
    return (
        f"## {heading}\n\n{about}"
        "| key | value | default | what it is | example |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def shown(field: Any) -> str:
    """A default as it would stand in a document."""
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if isinstance(value, msgspec.Struct):
        return "as below"
    if value in ("", None, {}, [], ()):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def short(key: str, value: Any) -> str:
    """`key: value` on one line; of a long one the inner parts are left out."""
    for depth in (9, 2, 1, 0):
        text = flow({key: cut(value, depth)})
        if len(text) <= LONGEST:
            break
    return text


def cut(value: Any, depth: int) -> Any:
    """A value whose parts below a depth are left out."""
    if isinstance(value, dict):
        if depth == 0:
            return {"…": None}
        return {key: cut(one, depth - 1) for key, one in value.items()}
    if isinstance(value, list):
        if depth == 0:
            return ["…"]
        return [cut(one, depth - 1) for one in value]
    return value


def flow(value: dict[str, Any]) -> str:
    """A mapping in the flow style of YAML, without its outer braces."""
    text = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000
    )
    return text.strip()[1:-1].replace("{…: null}", "{…}")
