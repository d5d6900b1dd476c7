"""What is not YAML: the mistake is found by mending it, so each fix that is proposed works."""

from __future__ import annotations

import pytest
from refused_text import problems

from fsmv2.document import scan_yaml
from fsmv2.errors import DocumentError

BEFORE = """\
agent:
  name: edge
  location: {enterprise: acme}
bridges:
  - name: filler
    template: plc
"""
AFTER = """\
    enabled: true
  - name: capper
    template: plc
"""

LINES = [
    (
        "    host: {a: \u201cx{}\u201d, b: 1}",
        "the character '\u201c' is U+201C (left double quotation mark), not a plain quote.",
        'Write `host: {a: "x{}", b: 1}`.',
    ),
    (
        "\u00a0   state: active",
        "this line has U+00A0 (no-break space) in it, not a plain space.",
        "Write `state: active`.",
    ),
    (
        "    state:\u00a0active",
        "this line has U+00A0 (no-break space) in it, not a plain space.",
        "Write `state: active`.",
    ),
    (
        "    state\uff1aactive",
        "the character '\uff1a' is U+FF1A (fullwidth colon), not ':'.",
        "Write `state: active`.",
    ),
    (
        "    map: {a: 1\uff0c b: 2}",
        "the character '\uff0c' is U+FF0C (fullwidth comma), not ','.",
        "Write `map: {a: 1, b: 2}`.",
    ),
    (
        "  \u2013 name: third",
        "the character '\u2013' is U+2013 (en dash), not '-'.",
        "Write `- name: third`.",
    ),
    (
        "  \u2022 name: third",
        "the character '\u2022' is U+2022 (bullet), not '-'.",
        "Write `- name: third`.",
    ),
    (
        "  * name: third",
        "an entry of a list begins with `- `, not with `*`.",
        "Write `- name: third`.",
    ),
    (
        "    state active",
        "there is no colon between the key and its value.",
        "Write `state: active`.",
    ),
    (
        "    state:active",
        "there is no space after the colon, so YAML takes all of it for one word.",
        "Write `state: active`.",
    ),
    (
        "    state = active",
        "YAML separates a key from its value with a colon, not with =.",
        "Write `state: active`.",
    ),
    (
        "    map: {a: 1; b: 2}",
        "entries are separated by a comma, not by a semicolon.",
        "Write `map: {a: 1, b: 2}`.",
    ),
    (
        "    map: {a: 1; b: 2; c: 3}",
        "entries are separated by commas, not by semicolons.",
        "Write `map: {a: 1, b: 2, c: 3}`.",
    ),
    (
        "    map: {a: one b: 2}",
        "a comma is missing between two entries.",
        "Write `map: {a: one, b: 2}`.",
    ),
    (
        "    map: {a:, b: 2}",
        "`a:` has no value.",
        "Write a value after it, or remove `a:`.",
    ),
    (
        "    map: {a: [1, 2}",
        "the bracket { that opens here is not closed in this line.",
        "",
    ),
    (
        "    map: {a: 1, b: 2",
        "the bracket { that opens here is not closed in this line.",
        "Add } at the end of the line.",
    ),
    (
        "    list: [1, {a: 2",
        "the bracket { that opens here is not closed in this line.",
        "Add }] at the end of the line.",
    ),
    (
        '    state: "active',
        "the quotes that open here are not closed in this line.",
        'Write "active".',
    ),
    (
        '    map: {a: "x, b: 2}',
        "the quotes that open here are not closed in this line.",
        'Write "x".',
    ),
    (
        "    map: {IP: ${PLC_IP}}",
        "${PLC_IP} is how other programs write a variable.",
        (
            'Write "{{ .PLC_IP }}" where a variable of the document is used; the value of one may '
            "be {env: PLC_IP}, which reads the environment."
        ),
    ),
    (
        "     state: active",
        "this line is indented by 5 spaces, which matches no line above it.",
        "Indent it by 4 spaces, like line 6.",
    ),
    (
        "   - name: third",
        "this line is indented by 3 spaces, which matches no line above it.",
        "Indent it by 2 spaces, like line 5.",
    ),
    (
        " global: {}",
        "this line is indented by 1 space, which matches no line above it.",
        "Begin it in the first column, like line 4.",
    ),
]


@pytest.mark.parametrize(("line", "message", "fix"), [one for one in LINES if one[2]])
def test_the_mistake_is_found_and_its_fix_works(line: str, message: str, fix: str) -> None:
    after = "" if line.lstrip()[0] in "-*\u2013\u2022g" else AFTER
    text = f"{BEFORE}{line}\n{after}"
    (problem,) = [one for one in problems(text) if one.code != "FSM0109"]
    assert (problem.message, problem.fix) == (message, fix)
    assert problem.mark is not None
    assert problem.mark.line == 7
    # Where the fix says what to write as a whole line, it is done, and the problem is gone.
    if fix.startswith("Write `"):
        indent = line[: len(line) - len(line.lstrip())].replace("\u00a0", " ")
        mended = text.replace(line, indent + fix[len("Write `") : -len("`.")])
        assert problems(mended) == []


def test_a_mistake_above_the_line_at_which_reading_ends_is_found() -> None:
    """libyaml stops at the next key, which is all right."""
    (problem,) = problems("agent:\n  name:\u00a0edge\n  location: {}\n")
    assert problem.mark is not None
    assert (problem.mark.line, problem.fix) == (2, "Write `name: edge`.")


def test_where_nothing_helps_nothing_is_proposed_that_does_not() -> None:
    with pytest.raises(DocumentError) as raised:
        scan_yaml("a: {]: [}: {{{ ]]]\nb: ]\n", "plant.yaml")
    (problem,) = raised.value.diagnostics
    assert "Write `" not in problem.fix


def test_a_long_text_is_not_read_again_and_again() -> None:
    text = "a: 1\n" * 300_000 + "b: {c: 1\n"
    with pytest.raises(DocumentError) as raised:
        scan_yaml(text, "plant.yaml")
    assert raised.value.diagnostics
