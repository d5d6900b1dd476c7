"""Readers of single values: what each takes, and what to write instead."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Optional

import msgspec
import pytest
from decoded_text import problems_of, problems_rendered, read
from document_plant import Connection

from fsmv2.document import Document, scan_yaml
from fsmv2.model.decoder import Duration, Node, decode


def test_a_number_in_quotes_is_that_number(plant: Document) -> None:
    """Whoever writes `PORT: "502"`, or has it from a variable, means the number."""
    assert problems_rendered(plant, port="502") == []
    quoted = scan_yaml('{host: h, port: "502", timeout: 5s}', "plant.yaml").validated().root
    value, problems = decode(quoted, Connection)
    assert problems == []
    assert value is not None
    assert value.port == 502
    assert type(value.port) is int


@pytest.mark.parametrize("text", ["5 02", "0502", "502.0", "5e2", "0x1f6", "1_502", "+502"])
def test_another_text_is_not_taken_for_a_number(plant: Document, text: str) -> None:
    (problem,) = problems_rendered(plant, port=text)
    assert problem.code == "FSM0122"


def test_a_number_in_quotes_keeps_the_limits(plant: Document) -> None:
    (problem,) = problems_rendered(plant, port="70000")
    assert problem.message == "expected a whole number from 1 to 65535, got 70000."


def test_data_of_a_program_keeps_its_types() -> None:
    (problem,) = decode(Node.unplaced({"host": "h", "port": "502"}), Connection)[1]
    assert problem.fix == "Write 502."


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("５０２", "Write 502: '５' is U+FF15 (fullwidth digit five), not '5'."),
        ("“502”", "Write 502: '“' is U+201C (left double quotation mark), not a plain quote."),
        ("50\u200b2", "Write 502: it has an invisible character in it, U+200B (zero width space)."),
    ],
)
def test_where_a_character_is_the_reason_the_fix_is_about_it(
    plant: Document, text: str, fix: str
) -> None:
    (problem,) = problems_rendered(plant, port=text)
    assert problem.fix == fix


def test_nothing_rendered_is_said_as_a_wrong_value(plant: Document) -> None:
    (problem,) = problems_rendered(plant, port=None)
    assert problem.message == "expected a whole number from 1 to 65535, got nothing."


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("5", float, 5.0),
        ("~", Optional[str], None),  # noqa: UP045  (the older spelling is what is tested)
        ("~", type(None), None),
        ("x", Literal["x", 1], "x"),
        ("1", Literal["x", 1], 1),
        ("true", Literal[True, "auto"], True),
        ("[1, {b: x}]", Any, [1, {"b": "x"}]),
        ("1h", Duration, 3600.0),
        ("4", Annotated[int, msgspec.Meta(multiple_of=2)], 4),
    ],
)
def test_each_type_takes_its_values(text: str, type_: Any, value: Any) -> None:
    assert read(text, type_) == value


@pytest.mark.parametrize(
    ("text", "type_", "said"),
    [
        ("1.0", int, "FSM0122 a expected a whole number, got the number 1.0. Write 1."),
        ("true", int, "FSM0122 a expected a whole number, got true. Write a whole number."),
        ("true", float, "FSM0122 a expected a number, got true. Write a number."),
        ("0x1F", str, 'FSM0122 a expected text, got the number 31. Put it in quotes: "0x1F".'),
        ("1.10", str, 'FSM0122 a expected text, got the number 1.1. Put it in quotes: "1.10".'),
        ("true", str, 'FSM0122 a expected text, got true. Put it in quotes: "true".'),
        ("[x]", str, "FSM0122 a expected text, got a list. Remove the brackets: x."),
        ("", str, "FSM0122 a expected text, got nothing. Write a text."),
        ("0b101", int, "FSM0122 a expected a whole number, got the text '0b101'. Write 5."),
        (
            "'0x10'",
            int,
            ("FSM0122 a expected a whole number, got the text '0x10'. Remove the quotes: 0x10."),
        ),
        (
            "1e400000000000000x",
            float,
            ("FSM0122 a expected a number, got the text '1e400000000000000x'. Write a number."),
        ),
        (
            "'1e999'",
            float,
            ("FSM0122 a expected a number, got the text '1e999'. Write a number."),
        ),
        (
            "''",
            int,
            ("FSM0122 a expected a whole number, got an empty text. Write a whole number."),
        ),
        (
            "maybe",
            bool,
            ("FSM0122 a expected true or false, got the text 'maybe'. Write true or false."),
        ),
        ("[]", bool, "FSM0122 a expected true or false, got a list. Write true or false."),
        (
            "5",
            Annotated[int, msgspec.Meta(multiple_of=2)],
            (
                "FSM0123 a expected a whole number of a multiple of 2, got 5. "
                "Write a whole number of a multiple of 2."
            ),
        ),
        (
            "5",
            Annotated[int, msgspec.Meta(lt=5)],
            (
                "FSM0123 a expected a whole number of less than 5, got 5. "
                "Write a whole number of less than 5."
            ),
        ),
        (
            "ab",
            Annotated[str, msgspec.Meta(min_length=3)],
            "FSM0127 a expected text of at least 3 characters, got 'ab'. Write a longer one.",
        ),
        (
            "ab",
            Annotated[str, msgspec.Meta(pattern="^[0-9]", description="a number plate")],
            "FSM0127 a expected a number plate, got 'ab'. Write a number plate.",
        ),
        ("5", type(None), "FSM0122 a expected nothing, got the number 5. Remove the value."),
        (
            "'1'",
            Literal[1, 2],
            ("FSM0125 a expected one of 1, 2, got the text '1'. Remove the quotes: 1."),
        ),
        ("1", Literal["1"], 'FSM0125 a expected 1, got the number 1. Put it in quotes: "1".'),
        ("[x]", Literal["x"], "FSM0125 a expected x, got a list. Write x."),
        ("", Literal["x"], "FSM0125 a expected x, got nothing. Write x."),
        (
            "[1]",
            Duration,
            (
                "FSM0122 a expected a duration such as 500ms, 1s or 2m, got a list. "
                "Write a number and a unit: 1s."
            ),
        ),
        (
            "$RATE",
            Duration,
            (
                "FSM0124 a expected a duration such as 500ms, 1s or 2m, got '$RATE'. "
                'Variables are written "{{ .RATE }}", in quotes.'
            ),
        ),
    ],
)
def test_each_type_refuses_the_rest_with_the_next_step(text: str, type_: Any, said: str) -> None:
    assert problems_of(text, type_) == [said]
