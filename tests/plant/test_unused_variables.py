"""What a document says and nothing reads is warned of, and runs all the same."""

from __future__ import annotations

import pytest

from fsmv2.plant import parse_plant

HEAD = "agent: {name: plant, location: {enterprise: acme}}\n"
TEMPLATE = 'templates:\n  plc: {connection: {host: "{{ .HOST }}", port: "{{ .global.port }}"}}\n'


def warnings(text: str) -> list[str]:
    found = parse_plant(HEAD + text).diagnostics
    assert all(d.warning for d in found)
    return [f"{d.code} {d.mark.line}:{d.mark.column} {d.message} {d.fix}" for d in found if d.mark]


def bridge(variables: str) -> str:
    return f"bridges:\n  - {{name: filler, template: plc, variables: {variables}}}\n"


def test_a_variable_that_no_section_reads_is_warned_of_with_the_name_that_was_meant() -> None:
    text = "global: {port: 502}\n" + TEMPLATE + bridge("{HOST: h, HOTS: x, EXTRA: 1}")
    assert warnings(text) == [
        (
            "FSM0140 6:56 nothing reads the variable 'HOTS'. "
            "Remove it; 'HOST', which is read, is set as well."
        ),
        "FSM0140 6:65 nothing reads the variable 'EXTRA'. Remove it, or correct its name.",
    ]


def test_unused_templates_and_global_variables_are_warned_of() -> None:
    text = (
        "global: {port: 502, prot: 5}\n"
        + TEMPLATE
        + "  spare: {connection: {host: h, port: 5}}\n"
        + bridge("{HOST: h}")
    )
    assert [w.partition(" ")[2] for w in warnings(text)] == [
        (
            "2:21 nothing reads the global variable 'prot'. "
            "Remove it; 'port', which is read, is set as well."
        ),
        "5:3 nothing uses the template 'spare'. Remove it, or correct its name.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "global: {port: 502}\n" + TEMPLATE + bridge("{HOST: h}"),
        'global: {key: k}\nbroker: {url: "nats://{{ .global.key }}@h:1"}\n',
        "global: {a: 1, b: 2}\ntemplates:\n  plc: {connection: {host: "
        '"{% for k in .global %}{{ k }}{% endfor %}", port: 1}}\n' + bridge("{}"),
    ],
)
def test_what_is_read_is_not_warned_of(text: str) -> None:
    assert warnings(text) == []


def test_a_template_that_does_not_compile_is_told_once() -> None:
    text = TEMPLATE.replace("{{ .HOST }}", "{{ .HOST").replace('"{{ .global.port }}"', "5")
    codes = [d.code for d in parse_plant(HEAD + text + bridge("{HOST: h}")).diagnostics]
    assert codes == ["FSM0210"]


def test_each_process_is_looked_at_by_itself() -> None:
    numbers = range(100)
    values = ", ".join(f"v{n}: {n}" for n in numbers)
    processes = "".join(f'  p{n}: {{command: [run, "{{{{ .global.v{n} }}}}"]}}\n' for n in numbers)
    assert warnings(f"global: {{{values}}}\nprocesses:\n{processes}") == []
