"""Readers of single values: what each takes, and what to write instead."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Optional

import msgspec
import pytest
from decoded_text import problems_of, problems_rendered, read
from document_plant import Connection

from fsmv2.document import Document, scan_yaml
from fsmv2.model.decoder import Duration, Node, decode


def test_text_where_a_number_was_rendered_says_which_of_the_two_is_the_reason(
    plant: Document,
) -> None:
    (from_variable,) = problems_rendered(plant, port="502")
    assert from_variable.fix == "Write 502."
    quoted = (
        scan_yaml('t: {host: h, port: "{{ .PORT }}"}\nv: {PORT: "502"}\n', "plant.yaml")
        .validated()
        .root
    )
    template = quoted.get("t")
    assert template is not None
    node = template.render(
        lambda scalar: "502" if scalar.path == "t.port" else scalar.value,
        lambda steps: quoted.get("v", *steps),
    )
    (from_quotes,) = decode(node, Connection)[1]
    assert from_quotes.path == "v.PORT"
    assert from_quotes.fix == "Remove the quotes: 502."
    node = Node.from_data({"host": "h", "port": "502"})
    (mixed,) = decode(node, Connection)[1]
    assert mixed.fix == (
        "Make the template one expression and nothing else; then its value keeps its type."
    )


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
        ("[x]", str, "FSM0122 a expected text, got a list. Write a text."),
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
            (
                "FSM0122 a expected a number, got the text "
                "'1e400000000000000x'. Write a number, without quotes."
            ),
        ),
        (
            "'1e999'",
            float,
            ("FSM0122 a expected a number, got the text '1e999'. Write a number, without quotes."),
        ),
        (
            "''",
            int,
            (
                "FSM0122 a expected a whole number, got an empty text. "
                "Write a whole number, without quotes."
            ),
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
