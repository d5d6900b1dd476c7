"""Tags of other programs: the fix is what a document has in place of each."""

from __future__ import annotations

import pytest
from refused_text import problems

HERE = 'Declare a variable with the value {value}, and use it here as "{{{{ .NAME }}}}".'


@pytest.mark.parametrize(
    ("tagged", "set_here", "elsewhere"),
    [
        ("!env PLC_IP", "Write {env: PLC_IP}.", HERE.format(value="{env: PLC_IP}")),
        ("!env_var PLC_IP", "Write {env: PLC_IP}.", HERE.format(value="{env: PLC_IP}")),
        ("!file secrets/ip", "Write {file: secrets/ip}.", HERE.format(value="{file: secrets/ip}")),
        (
            "!secret plc_ip",
            "Write {env: PLC_IP}. {file: secrets/plc_ip} reads a file.",
            HERE.format(value="{env: PLC_IP}") + " {file: secrets/plc_ip} reads a file.",
        ),
        (
            "!vault [a]",
            "Write {file: secrets/NAME}. {env: NAME} reads the environment.",
            HERE.format(value="{file: secrets/NAME}") + " {env: NAME} reads the environment.",
        ),
        ("!vault a/b", "Write {file: a/b}.", HERE.format(value="{file: a/b}")),
        (
            "!Ref PlcIp",
            "Write the value itself: a variable cannot be made of others.",
            'Variables are written "{{ .PlcIp }}", in quotes.',
        ),
        ("!!int '1'", "Remove the tag: 1.", "Remove the tag: 1."),
        *(
            (
                f"!include{suffix} x.yaml",
                *[
                    (
                        "Write it here itself. What bridges have in common belongs in "
                        "`templates:`, and a folder of documents is read as one."
                    )
                ]
                * 2,
            )
            for suffix in ("", "_dir_list", "_dir_merge_named")
        ),
        *(
            (
                f"{tag} x",
                *["Remove the tag. Numbers, true and false need none, and text stands in quotes."]
                * 2,
            )
            for tag in ("!lambda", "!!python/name:os.system", "!Sub-x")
        ),
    ],
)
def test_what_a_document_has_instead(tagged: str, set_here: str, elsewhere: str) -> None:
    for text, fix in (
        (f"global: {{IP: {tagged}}}", set_here),
        (f"bridges: [{{variables: {{IP: {tagged}}}}}]", set_here),
        (f"bridges: [{{host: {tagged}}}]", elsewhere),
    ):
        (problem,) = problems(text)
        assert (problem.code, problem.fix) == ("FSM0111", fix)
