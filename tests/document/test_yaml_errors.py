"""What a person reads when a document is wrong, word for word.

The golden files hold sections: a title, the document, `--- says`, and the messages. They are
edited by hand, read aloud, and must tell somebody who has never seen the tool what to do.
"""

from __future__ import annotations

import pytest
import yaml
from golden_sections import TYPED, sections

from fsmv2.document import problem_codes, scan_yaml, yaml_events
from fsmv2.errors import DocumentError

YAML = sections("golden_yaml.txt")


@pytest.mark.parametrize(("title", "text", "said"), YAML, ids=[title for title, _, _ in YAML])
def test_what_is_wrong_as_yaml_is_said_so(title: str, text: str, said: str) -> None:
    with pytest.raises(DocumentError) as raised:
        scan_yaml(text, "plant.yaml").validated()
    assert str(raised.value) == said


@pytest.mark.parametrize(("title", "text", "said"), YAML, ids=[title for title, _, _ in YAML])
def test_the_parser_without_libyaml_refuses_the_same(
    title: str, text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_events, "_Loader", yaml.BaseLoader)
    with pytest.raises(DocumentError) as raised:
        scan_yaml(text, "plant.yaml").validated()
    assert {problem.code for problem in raised.value.diagnostics} == {
        code for code in problem_codes.CATALOGUE if f"error[{code}]" in said
    }


def test_every_message_offers_the_next_step_or_names_a_rule_of_the_struct() -> None:
    for title, _, said in YAML + TYPED:
        assert "  fix: " in said or "FSM0126" in said, title


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85"])
def test_a_line_that_ends_where_no_editor_shows_it_is_named_by_its_character(end: str) -> None:
    with pytest.raises(DocumentError) as raised:
        scan_yaml(f"agent:\n  name: ed{end}ge\n", "plant.yaml")
    (only,) = raised.value.diagnostics
    assert only.code == "FSM0119"
    assert only.message == (
        f"the character U+{ord(end):04X} at the end of this line begins a new one, though no "
        "editor shows it."
    )
    assert only.mark is not None
    assert (only.mark.line, only.mark.column) == (2, 11)


def test_a_second_colon_is_found_in_a_long_line() -> None:
    with pytest.raises(DocumentError, match="second colon"):
        scan_yaml(f"name: {'x' * 400} y: z\n", "plant.yaml")
