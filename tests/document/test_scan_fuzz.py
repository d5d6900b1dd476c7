"""Whatever the text, the answer is a tree or a DocumentError that can be shown, in bounded time."""

from __future__ import annotations

import time
import unicodedata

from document_plant import Plant
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fsmv2.document import problem_codes, scan_yaml
from fsmv2.errors import DocumentError
from fsmv2.model.decoder import decode
from fsmv2.model.decoder.node_paths import parse_path

GOOD = """\
agent: &agent {name: edge, location: {enterprise: acme, 1: cologne}}
global: {scan_rate: 500ms}
bridges:
  - name: filler
    connection: &c {host: "{{ .IP }}", port: 502, timeout: 1s}
    registers:
      - {name: hot, type: int16, scale: 0.1}
    tags: [a, 'b']
  - name: capper
    <<: {enabled: true, mode: slow}
    connection: *c
"""
VISIBLE = """
{ } [ ] : - ? &a *a *c ! !!str !!x | > ' " \\ # % @ ` , << ~ 012 1e999 0x yes {{ {{.IP}} ü 😀 a: b:
bridges: name: null 9s
""".split()  # noqa: SIM905  (thirty lines otherwise)
SPACES = [" ", "  ", "\n", "\t", "\n---\n", "\n...\n", "%YAML 1.2\n", "%TAG ! x\n"]
STRANGE = ["\r", "\x85", "\u2028", "\ufeff", "\0", "\x1b", "\ud800", "\xa0"]
TOKENS = st.one_of(st.sampled_from(VISIBLE), st.sampled_from(SPACES), st.sampled_from(STRANGE))
RELAXED = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def answer(source: bytes | str) -> None:
    """Read and decode; hold the answer to what every answer must be."""
    begin = time.process_time()
    try:
        document = scan_yaml(source, "plant.yaml").validated()
    except DocumentError as error:
        problems = list(error.diagnostics)
        assert problems
    else:
        for node in document.root.scalars():
            assert node.mark is not None
            assert document.root.get(*parse_path(node.path)) is node
        value, problems = decode(document.root, Plant)
        assert (value is None) == bool(problems)
    for problem in problems:
        assert problem.code in problem_codes.CATALOGUE or problem.code == "FSM0100"
        shown = problem.render()
        # A terminal must never be sent a control character out of a document.
        assert not [c for c in shown if unicodedata.category(c) == "Cc" and c not in "\n\t"]
        shown.encode()
    assert time.process_time() - begin < 5.0


@RELAXED
@given(st.text())
@example("{{ .IP }}")
@example("a: {{ .IP")
@example("? {a: 1}\n: 2")
@example("{: 1}")
@example("a: &a [*a]")
@example("a: !<tag:yaml.org,2002:python/none> x")
def test_random_text_is_answered(text: str) -> None:
    answer(text)


@RELAXED
@given(st.binary())
def test_random_bytes_are_answered(data: bytes) -> None:
    answer(data)


@RELAXED
@given(st.lists(TOKENS, max_size=40).map("".join))
def test_random_yaml_is_answered(text: str) -> None:
    answer(text)


@RELAXED
@given(
    st.lists(
        st.tuples(st.integers(0, len(GOOD)), st.integers(0, 6), st.one_of(TOKENS, st.text())),
        min_size=1,
        max_size=4,
    )
)
def test_a_mutated_document_is_answered(changes: list[tuple[int, int, str]]) -> None:
    text = GOOD
    for at, cut, put in changes:
        text = text[:at] + put + text[at + cut :]
    answer(text)


def test_the_document_that_is_mutated_is_good() -> None:
    value, problems = decode(scan_yaml(GOOD, "plant.yaml").validated().root, Plant)
    assert problems == []
    assert value is not None
    assert value.bridges[1].connection == value.bridges[0].connection
