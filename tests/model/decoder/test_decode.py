"""The typed decoder: what is taken, what is refused, and where a problem is shown."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Optional

import msgspec
import pytest
from document_plant import Bridge, Connection, Limits, Mode, Plant, Register

from fsmv2.diagnostic import Diagnostic
from fsmv2.document import Document, scan_yaml
from fsmv2.errors import DefinitionError, DocumentError, FsmError
from fsmv2.model.decoder import Duration, Node, Templated, decode


class Tree(msgspec.Struct, kw_only=True):
    """A struct that contains itself."""

    name: str
    children: list[Tree] = []


class Refusing(msgspec.Struct, kw_only=True):
    """A struct that finds several problems in itself."""

    why: str = "several"

    def __post_init__(self) -> None:
        if self.why == "several":
            raise DocumentError(
                [
                    Diagnostic(code="FSM0126", message="one.", path="why"),
                    Diagnostic(code="FSM0126", message="two.", path="elsewhere"),
                ]
            )
        raise FsmError("a rule.", fix="Mend it.")


MaybeNumber = Templated[int | None]


class Empty(msgspec.Struct):
    """Without any key."""


def read(text: str, type_: Any) -> Any:
    """The value of `a: text`."""
    node = scan_yaml(f"a: {text}", "plant.yaml").validated().root.get("a")
    assert node is not None
    value, problems = decode(node, type_)
    assert problems == []
    return value


def problems_of(text: str, type_: Any, path: str | None = None) -> list[str]:
    """code, path and message of each problem of `a: text`."""
    node = scan_yaml(f"a: {text}", "plant.yaml").validated().root.get("a")
    assert node is not None
    value, problems = decode(node, type_, path=path)
    assert value is None
    return [f"{p.code} {p.path} {p.message} {p.fix}".rstrip() for p in problems]


def test_a_whole_document_becomes_structs_with_their_defaults() -> None:
    document = scan_yaml(
        "agent: {name: edge, location: [1, {x: ~}]}\n"
        "global: {rate: 5}\n"
        "protocolConverter:\n"
        "  - name: filler\n"
        "    connection: {host: h, port: 502, timeout: 500ms}\n"
        "    limits: {low: 1, high: 2}\n"
        "    mode: slow\n"
        "    every: 1m\n"
        "    registers: [{name: hot, scale: 2}]\n"
        "    pair: [3, x]\n"
        "    tags: [a]\n"
        "    either: text\n"
        "  - {name: capper}\n",
        "plant.yaml",
    ).validated()
    value, problems = decode(document.root, Plant)
    assert problems == []
    assert value == Plant(
        agent={"name": "edge", "location": [1, {"x": None}]},
        global_={"rate": 5},
        bridges=[
            Bridge(
                name="filler",
                connection=Connection(host="h", port=502, timeout=0.5),
                limits=Limits(low=1, high=2),
                mode=Mode.SLOW,
                every=60.0,
                registers=[Register(name="hot", scale=2.0)],
                pair=(3, "x"),
                tags=("a",),
                either="text",
            ),
            Bridge(name="capper"),
        ],
    )
    assert type(value.bridges[0].registers[0].scale) is float


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("5", float, 5.0),
        ("5", int | str, 5),
        ("x", int | str, "x"),
        ("", int | None, None),
        ("~", Optional[str], None),  # noqa: UP045  (the older spelling is what is tested)
        ("~", type(None), None),
        ("{b: 1}", dict[str, int], {"b": 1}),
        ("{b: [1]}", Mapping[str, list[int]], {"b": [1]}),
        ("{b: x}", dict, {"b": "x"}),
        ("[1, x]", list, [1, "x"]),
        ("[1]", Sequence[int], (1,)),
        ("[1, 2]", tuple[int, ...], (1, 2)),
        ("[1, x]", tuple[int, str], (1, "x")),
        ("x", Literal["x", 1], "x"),
        ("1", Literal["x", 1], 1),
        ("true", Literal[True, "auto"], True),
        ("[1, {b: x}]", Any, [1, {"b": "x"}]),
        ("1h", Duration, 3600.0),
        ("4", Annotated[int, msgspec.Meta(multiple_of=2)], 4),
        ("{}", Empty, Empty()),
        ("[1]", list[int] | int, [1]),
        ("{name: x}", Tree | str, Tree(name="x")),
        ("{name: x, children: [{name: y}]}", Tree, Tree(name="x", children=[Tree(name="y")])),
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
        ("'0x10'", int, ("FSM0122 a expected a whole number, got the text '0x10'. "
                        "Remove the quotes: 0x10.")),
        ("1e400000000000000x", float, ("FSM0122 a expected a number, got the text "
                                      "'1e400000000000000x'. Write a number, without quotes.")),
        ("'1e999'", float, ("FSM0122 a expected a number, got the text '1e999'. "
                           "Write a number, without quotes.")),
        ("''", int, ("FSM0122 a expected a whole number, got an empty text. "
                    "Write a whole number, without quotes.")),
        ("maybe", bool, ("FSM0122 a expected true or false, got the text 'maybe'. "
                        "Write true or false.")),
        ("[]", bool, "FSM0122 a expected true or false, got a list. Write true or false."),
        ("5", Annotated[int, msgspec.Meta(multiple_of=2)],
         ("FSM0123 a expected a whole number of a multiple of 2, got 5. "
         "Write a whole number of a multiple of 2.")),
        ("5", Annotated[int, msgspec.Meta(lt=5)],
         ("FSM0123 a expected a whole number of less than 5, got 5. "
         "Write a whole number of less than 5.")),
        ("ab", Annotated[str, msgspec.Meta(min_length=3)],
         "FSM0127 a expected text of at least 3 characters, got 'ab'. Write a longer one."),
        ("ab", Annotated[str, msgspec.Meta(pattern="^[0-9]", description="a number plate")],
         "FSM0127 a expected a number plate, got 'ab'. Write a number plate."),
        ("5", type(None), "FSM0122 a expected nothing, got the number 5. Remove the value."),
        ("'1'", Literal[1, 2], ("FSM0125 a expected one of 1, 2, got the text '1'. "
                               "Remove the quotes: 1.")),
        ("1", Literal["1"], 'FSM0125 a expected 1, got the number 1. Put it in quotes: "1".'),
        ("[x]", Literal["x"], "FSM0125 a expected x, got a list. Write x."),
        ("", Literal["x"], "FSM0125 a expected x, got nothing. Write x."),
        ("[1]", Duration, ("FSM0122 a expected a duration such as 500ms, 1s or 2m, got a list. "
                          "Write a number and a unit: 1s.")),
        ("$RATE", Duration, ("FSM0124 a expected a duration such as 500ms, 1s or 2m, got '$RATE'. "
                            'Variables are written "{{ .RATE }}", in quotes.')),
        ("[x]", dict[str, int], ("FSM0122 a expected keys and values, got a list. "
                                "Write {key: value} in place of the list.")),
        ("\n  - x", dict[str, int], ("FSM0122 a expected keys and values, got a list. "
                                      "Remove the `- ` before the keys.")),
        ("x", dict[str, int], ("FSM0122 a expected keys and values, got the text 'x'. "
                              "Write keys in lines of their own below, indented.")),
        ("{b: x}", dict[str, int], ("FSM0122 a.b expected a whole number, got the text 'x'. "
                                   "Write a whole number, without quotes.")),
        ("{b: 1}", Annotated[dict[str, int], msgspec.Meta(min_length=3)],
         "FSM0128 a expected at least 3 keys, got 1. Add 2 more."),
        ("", list[int], "FSM0122 a expected a list, got nothing. Put `- ` before each entry."),
        ("5", tuple[int, str], (
            "FSM0122 a expected a list of 2 entries (a whole number, text), got the number 5. "
            "Write [ and ] around 2 entries, with commas between.")),
        ("[1, 2]", tuple[int, str], ("FSM0122 a[1] expected text, got the number 2. "
                                    'Put it in quotes: "2".')),
        ("{b: 1}", Empty, ("FSM0120 a.b there is no key 'b' in 'a'. "
                          "Remove it; no keys are known here.")),
        ("99", Annotated[int, msgspec.Meta(le=5)] | None,
         ("FSM0123 a expected a whole number of at most 5, got 99. "
         "Write a whole number of at most 5.")),
        ("99", Annotated[int, msgspec.Meta(le=5)] | str | bool,
         ("FSM0123 a expected a whole number of at most 5, got 99. "
         "Write a whole number of at most 5.")),
        ("1.5", bool | Literal["auto"],
         "FSM0122 a expected true or false or auto, got the number 1.5. Write true or false."),
        ("{nam: x}", Tree | str, ("FSM0120 a.nam there is no key 'nam' in 'a'. "
                                 "Did you mean 'name'? Known: children, name.")),
        ("5", None | type(None), "FSM0122 a expected nothing, got the number 5. Remove the value."),
    ],
)  # fmt: skip
def test_each_type_refuses_the_rest_with_the_next_step(text: str, type_: Any, said: str) -> None:
    assert problems_of(text, type_) == [said]


def test_everything_wrong_is_said_at_once_in_the_order_of_the_file() -> None:
    text = "{port: 0, tiemout: 1s}\nbridges: 5"
    document = scan_yaml(f"connection: {text}", "plant.yaml").validated()
    node = document.root.get("connection")
    assert node is not None
    _, problems = decode(node, Connection)
    assert [(p.code, p.path) for p in problems] == [
        ("FSM0121", "connection"),
        ("FSM0123", "connection.port"),
        ("FSM0120", "connection.tiemout"),
    ]


def test_a_misspelt_required_key_is_not_reported_as_missing_too() -> None:
    assert problems_of("{nmae: x}", Tree) == [
        "FSM0120 a.nmae there is no key 'nmae' in 'a'. Did you mean 'name'? Known: children, name."
    ]


def test_an_empty_value_of_a_required_key_has_no_default_to_fall_back_to() -> None:
    assert problems_of("{name: }", Tree) == [
        "FSM0122 a.name 'name' has no value, expected text. Write it after 'name:'."
    ]


@pytest.mark.parametrize(
    ("default", "hint"),
    [(5, " to have 5"), (True, " to have true"), ("x", " to have x"), ("", ""), ((), "")],
)
def test_an_empty_value_may_be_left_out_for_the_default(default: Any, hint: str) -> None:
    struct = msgspec.defstruct("S", [("port", type(default) if default != () else list, default)])
    (said,) = problems_of("{port: }", struct)
    assert said.endswith(f"Write it after 'port:', or remove the key{hint}.")


def test_what_a_struct_finds_in_itself_is_shown_at_the_field_or_its_key() -> None:
    assert problems_of("{why: several}", Refusing) == [
        "FSM0126 a.elsewhere two.",
        "FSM0126 a.why one.",
    ]
    assert problems_of("{why: x}", Refusing) == ["FSM0001 a a rule. Mend it."]


def test_a_template_is_kept_as_text_until_it_is_rendered() -> None:
    assert read('{host: "{{ .IP }}", port: "{{ .PORT }}"}', Connection) == Connection(
        host="{{ .IP }}",
        port="{{ .PORT }}",  # type: ignore[arg-type]  # what Templated is for
    )
    assert read('"{% if .a %}1{% endif %}"', MaybeNumber) == "{% if .a %}1{% endif %}"
    assert read("7", MaybeNumber) == 7


def test_a_text_of_a_rendered_value_is_not_a_template_again() -> None:
    _, problems = decode(Node.from_data({"host": "h", "port": "{{ x }}"}, "connection"), Connection)
    assert [f"{p.path}: {p.message} {p.fix}" for p in problems] == [
        (
            "connection.port: expected a whole number from 1 to 65535, got the text '{{ x }}'. "
            "The value of a variable is not rendered again; write there what is meant."
        )
    ]


@pytest.fixture
def plant() -> Document:
    return scan_yaml(
        "templates:\n"
        '  plc: {host: "{{ .IP }}", port: "{{ .PORT }}", timeout: "{{ .T }}s"}\n'
        "bridges:\n"
        "  - {name: filler, variables: {IP: 10.0.0.1, PORT: 150200, T: 1}}\n",
        "plant.yaml",
    ).validated()


def problems_rendered(plant: Document, **values: Any) -> list[Diagnostic]:
    """Problems of the template rendered for the bridge."""
    template, variables = plant.node_of("templates.plc"), plant.node_of("bridges[0].variables")
    assert template is not None
    assert variables is not None
    data = {"host": "10.0.0.1", "port": 150200, "timeout": "1s"} | values
    node = template.render(
        lambda scalar: data[scalar.path.rpartition(".")[2]], lambda steps: variables.get(*steps)
    )
    return decode(node, Connection, path="bridges[0].connection")[1]


def test_a_wrong_value_is_shown_where_its_variable_is_set_and_where_it_is_used(
    plant: Document,
) -> None:
    (problem,) = problems_rendered(plant)
    assert problem.path == "bridges[0].variables.PORT"
    assert problem.render() == (
        "plant.yaml:4:52: error[FSM0123]: expected a whole number from 1 to 65535, got 150200.\n"
        "4 |   - {name: filler, variables: {IP: 10.0.0.1, PORT: 150200, T: 1}}\n"
        "                                                       ^^^^^^\n"
        "plant.yaml:2:34: the value is used here, as templates.plc.port\n"
        '2 |   plc: {host: "{{ .IP }}", port: "{{ .PORT }}", timeout: "{{ .T }}s"}\n'
        "                                     ^^^^^^^^^^^^^\n"
        "  fix: Write a whole number from 1 to 65535."
    )


def test_a_wrong_value_of_a_mixed_template_is_shown_at_the_template(plant: Document) -> None:
    (problem,) = problems_rendered(plant, port=502, timeout="1000s")
    assert problem.path == "bridges[0].connection.timeout"
    assert str(problem.mark) == "plant.yaml:2:58"
    assert problem.related == ()


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


def test_a_variable_whose_value_is_its_own_template_is_a_value_and_not_a_template(
    plant: Document,
) -> None:
    (problem,) = problems_rendered(plant, port="{{ .PORT }}")
    assert problem.path == "bridges[0].variables.PORT"
    assert problem.message.endswith("got the text '{{ .PORT }}'.")
    assert problem.fix == (
        "The value of a variable is not rendered again; write there what is meant."
    )


@pytest.mark.parametrize(
    ("path", "shown"), [("", ".b"), ("x", "x.b"), ("x[0].y", "x[0].y.b"), (None, "a.b")]
)
def test_another_path_can_stand_for_that_of_the_node(path: str | None, shown: str) -> None:
    (problem,) = problems_of("{b: x}", dict[str, int], path)
    assert problem.split()[1] == shown


def test_a_path_can_be_given_to_a_whole_document() -> None:
    root = scan_yaml("a: x", "plant.yaml").validated().root
    assert decode(root, dict[str, int], path="p")[1][0].path == "p.a"
    assert (
        decode(scan_yaml("a.b: x", "f").validated().root, dict[str, int], path="p")[1][0].path
        == 'p["a.b"]'
    )


@pytest.mark.parametrize("type_", [set[int], dict[int, str], bytes, Document])
def test_a_type_no_document_can_express_is_a_mistake_of_the_program(type_: Any) -> None:
    with pytest.raises(DefinitionError, match="A document cannot give a value of the type"):
        decode(Node.from_data(1), type_)


def test_of_very_many_problems_the_first_are_shown_and_the_rest_is_counted() -> None:
    text = "a:\n" + "  - x\n" * 100_000
    begin = time.process_time()
    error = DocumentError(
        decode(scan_yaml(text, "plant.yaml").validated().root, dict[str, list[int]])[1]
    )
    assert time.process_time() - begin < 10.0
    assert len(error.diagnostics) == 501
    assert [str(d.mark) for d in error.diagnostics[498:]] == [
        "plant.yaml:500:5",
        "plant.yaml:501:5",
        "plant.yaml:502:5",
    ]
    assert error.diagnostics[-1].render() == (
        "plant.yaml:502:5: error[FSM0101]: from here on, 99,500 more problems are not shown.\n"
        "502 |   - x\n"
        "          ^\n"
        "  fix: Mend those above first; check that it is the right file."
    )


def test_one_problem_more_than_are_shown_is_shown_too() -> None:
    text = "a:\n" + "  - x\n" * 501
    _, problems = decode(scan_yaml(text, "plant.yaml").validated().root, dict[str, list[int]])
    assert [problem.code for problem in problems] == ["FSM0122"] * 501
