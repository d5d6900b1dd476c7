"""What `generate:` may say, in a document and in Python; and each mistake at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2 import DocumentError, SpecError
from fsmv2.builtin.agent import AgentSpec
from fsmv2.flow.inputs.generate.generate_config import GenerateInput
from fsmv2.flow.inputs.generate.generated_tag import GeneratedTag
from fsmv2.plant import parse_plant

PLANT = """\
agent: {{name: edge, location: {{enterprise: acme}}}}
bridges:
  - name: oven
    location: {{site: hall}}
    variables: {{N: 2, T: 3s}}
    read:
      input:
        generate:
{keys}
"""
ONE = "tags: [{name: t, curve: sine}]"


def plant(*lines: str) -> str:
    return PLANT.format(keys="\n".join(f"          {line}" for line in lines))


def told(*lines: str) -> list[str]:
    """What is wrong with a section of these lines; warnings that nothing reads a variable apart."""
    try:
        found = parse_plant(plant(*lines)).diagnostics
    except DocumentError as error:
        found = error.diagnostics
    prefix = "bridges[0].read.input.generate"
    return [
        f"{p.path.removeprefix(prefix)}: {p.message} {p.fix}".rstrip()
        for p in found
        if p.code != "FSM0140"
    ]


def test_a_sound_section_is_no_trouble_and_templates_are_rendered_in_it() -> None:
    assert told(ONE) == []
    assert (
        told(
            'every: "{{ .T }}"',
            'tags: [{name: t, curve: counter, amplitude: "{{ .N }}", period: "{{ .T }}"}]',
        )
        == []
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["evry: 1s", ONE], ".evry: there is no key 'evry' in 'bridges[0].read.input.generate'."),
        (["every: 1ms", ONE], ".every: expected a duration of at least 10ms, got '1ms'."),
        (["every: 1s"], ": 'bridges[0].read.input.generate' has no 'tags'."),
        (["tags: []"], ".tags: expected at least 1 entry, got none."),
        (
            ["tags: [{name: t}]"],
            ".tags[0]: 'bridges[0].read.input.generate.tags[0]' has no 'curve'",
        ),
        (
            ["tags: [{name: t, curve: sinus}]"],
            (
                ".tags[0].curve: expected one of sine, counter, random, steps, got the text "
                "'sinus'. Did you mean sine?"
            ),
        ),
        (
            ["tags: [{name: t, curve: sine, amplitud: 1}]"],
            ".tags[0].amplitud: there is no key 'amplitud'",
        ),
        (["tags: [{name: t, curve: steps}]"], ".tags[0].values: bridge 'oven': tags[0] (t): steps"),
        (
            ["tags: [{name: t, curve: sine, values: [1]}]"],
            ".tags[0].values: bridge 'oven': tags[0] (t): a sine makes its values itself",
        ),
        (
            ["tags: [{name: t, curve: steps, values: [1, 2], amplitude: 2}]"],
            ".tags[0].amplitude: bridge 'oven': tags[0] (t): steps go through their `values`",
        ),
        (
            ["tags: [{name: t, curve: steps, values: [on, off], deadband: 2}]"],
            ".tags[0].deadband: bridge 'oven': tags[0] (t): a value that is not a number changes",
        ),
        (
            ["tags: [{name: t, curve: sine}, {name: t, curve: counter}]"],
            ".tags[1].name: bridge 'oven': tags[1] (t): the tag name is taken by tags[0]",
        ),
        (
            ["tags: [{name: a b, curve: sine}]"],
            ".tags[0].name: bridge 'oven': tags[0] (a b): the tag name 'a b' has a character",
        ),
        (
            ['tags: [{name: t, curve: sine, period: "{{ .N }}"}]'],
            "bridges[0].variables.N: bridge 'oven': expected a duration with a unit, got 2.",
        ),
    ],
)
def test_a_mistake_is_said_at_its_place(lines: list[str], said: str) -> None:
    found = told(*lines)
    assert [text for text in found if text.startswith(said)], found
    assert len(found) == 1


def test_a_bridge_that_makes_its_values_watches_no_connection() -> None:
    """Nor does one whose template has one, for the machine that it plays."""
    spec = parse_plant(plant(ONE)).root.user_spec
    assert isinstance(spec, AgentSpec)
    assert spec.bridges[0].spec.connection is None
    played = plant(ONE).replace("    location:", "    template: plc\n    location:") + (
        "templates:\n  plc:\n    connection: {host: plc, port: 502}\n"
    )
    spec = parse_plant(played).root.user_spec
    assert isinstance(spec, AgentSpec)
    assert spec.bridges[0].spec.connection is None


def test_all_that_is_wrong_in_python_is_told_at_once() -> None:
    bad = GeneratedTag(name="a b", curve="sine", period=0, amplitude=float("nan"), values=(1,))
    with pytest.raises(SpecError) as caught:
        GenerateInput(tags=(bad, bad), every=0)
    for said in (
        "every is 0 s",
        "tags[0] (a b): the tag name",
        "period is 0 s",
        "amplitude nan",
        "only steps have `values`",
        "tags[1] (a b): the tag name is taken by tags[0]",
    ):
        assert said in str(caught.value)
    with pytest.raises(SpecError, match="tags is empty"):
        GenerateInput(tags=())


def test_it_is_one_folder_and_one_registration() -> None:
    """No other file of the source knows of it."""
    source = Path(__file__).resolve().parents[4] / "src" / "fsmv2"
    knows = {
        str(file.relative_to(source))
        for file in source.rglob("*.py")
        if "inputs.generate" in file.read_text() or "GENERATE" in file.read_text()
    }
    folder = {f"flow/inputs/generate/{f.name}" for f in (source / "flow/inputs/generate").glob("*")}
    assert knows - folder == {"flow/registry.py"}
