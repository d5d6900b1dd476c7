"""What a person reads when a document is wrong, word for word.

The golden files hold sections: a title, the document, `--- says`, and the messages. They are
edited by hand, read aloud, and must tell somebody who has never seen the tool what to do.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from document_plant import Plant

from fsmv2.document import problem_codes, scan_yaml, yaml_events
from fsmv2.errors import DocumentError, SpecError
from fsmv2.model.decoder import decode

HERE = Path(__file__).parent


def sections(name: str) -> list[tuple[str, str, str]]:
    """(title, document, messages) of each section of a golden file."""
    found = []
    # Not splitlines(): a document may contain other line breaks.
    for part in (HERE / name).read_text(encoding="utf-8").split("=== ")[1:]:
        title, _, rest = part.partition("\n")
        document, _, said = rest.partition("--- says\n")
        found.append((title, document, said.removesuffix("\n")))
    return found


YAML = sections("golden_yaml.txt")
TYPED = sections("golden_typed.txt")


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


@pytest.mark.parametrize(("title", "text", "said"), TYPED, ids=[title for title, _, _ in TYPED])
def test_what_does_not_fit_its_type_is_said_so(title: str, text: str, said: str) -> None:
    value, problems = decode(scan_yaml(text, "plant.yaml").validated().root, Plant)
    assert value is None
    assert "\n".join(problem.render() for problem in problems) == said


def test_every_message_offers_the_next_step_or_names_a_rule_of_the_struct() -> None:
    for title, _, said in YAML + TYPED:
        assert "  fix: " in said or "FSM0126" in said, title


@pytest.mark.parametrize("code", sorted(problem_codes.CATALOGUE))
def test_every_code_has_a_page_with_a_title(code: str) -> None:
    page = problem_codes.explain(code.lower())
    assert page is not None
    assert page.startswith(f"{code}: ")
    assert page.count("\n") >= 3


def test_a_code_that_is_none_has_no_page() -> None:
    assert problem_codes.explain("FSM9999") is None


def test_every_code_the_package_raises_is_in_the_catalogue() -> None:
    package = Path(problem_codes.__file__).parents[1]
    source = "".join(p.read_text() for p in package.rglob("*.py") if p.name != "problem_codes.py")
    raised = {word for word in source.replace('"', " ").split() if word.startswith("FSM01")}
    assert raised
    assert raised <= {*problem_codes.CATALOGUE, SpecError.code}
