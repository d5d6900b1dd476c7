"""One of several keys: which was written, and what is said when none was, or two."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest

from fsmv2 import SpecError
from fsmv2.document import scan_yaml
from fsmv2.errors import UnfitError
from fsmv2.model.decoder import AsWritten, Node, OneOf, Templated, decode


class Sea(msgspec.Struct, frozen=True, kw_only=True):
    ship: str


class Air(msgspec.Struct, frozen=True, kw_only=True):
    plane: str = "kite"
    seats: Templated[int] = 1
    rows: Templated[int] = 1

    def __post_init__(self) -> None:
        if self.seats < self.rows:
            raise UnfitError("air", [("rows", f"{self.rows} rows and {self.seats} seats")])


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    by: Annotated[Any, OneOf(choices={"sea": Sea, "air": Air})]
    back: Annotated[Any, OneOf(choices={"sea": Sea, "air": Air}, default="air")] = Air()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    trip: AsWritten[Trip]


def told(text: str, type_: Any = Trip) -> list[str]:
    _, problems = decode(scan_yaml(text, "it").root, type_)
    return [f"{problem.path}: {problem.message} {problem.fix}" for problem in problems]


def test_the_key_says_what_is_below_it() -> None:
    assert decode(Node.from_data({"by": {"sea": {"ship": "ida"}}}), Trip)[0] == Trip(
        by=Sea(ship="ida"), back=Air()
    )
    chosen, _ = decode(Node.from_data({"by": {"air": {}}, "back": {}}), Trip)
    assert chosen == Trip(by=Air(), back=Air())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "by: {}",
            (
                "by: 'by' has no 'sea' or 'air'. Add one of them, such as `sea:`, and below it, "
                "indented, `ship:`."
            ),
        ),
        ("by: {see: {}}", "by.see: there is no key 'see' in 'by'. Did you mean 'sea'?"),
        (
            "by: {sea: {ship: a}, air: {}}",
            "by.air: 'by' has 'sea' and 'air', and there can be only one. Remove the others.",
        ),
        ("by: {air: {plne: a}}", "by.air.plne: there is no key 'plne' in 'by.air'."),
        ("by: {sea: }", "by.sea: 'sea' has no value, expected keys and values."),
        ("by: sea", "by: expected keys and values, got the text 'sea'."),
        ("by: {air: {rows: 2}}", "by.air.rows: 2 rows and 1 seats "),
        ("by: {air: {seats: 0}}", "by.air.rows: 1 rows and 0 seats "),
    ],
)
def test_what_is_wrong_is_said_at_its_key(text: str, message: str) -> None:
    (said,) = told(text)
    assert said.startswith(message)


def test_what_is_as_written_is_checked_and_not_made() -> None:
    """Its rules wait until it is rendered; its keys and types do not."""
    whole, problems = decode(
        scan_yaml("trip: {by: {air: {rows: 2, seats: '{{ .N }}'}}}", "it").root, Plan
    )
    assert (whole, problems) == (Plan(trip=None), [])  # type: ignore[arg-type]
    assert told("trip: {by: {air: {rows: x, seat: 1}}}", Plan) == [
        ("trip.by.air.rows: expected a whole number, got the text 'x'. Write a whole number."),
        (
            "trip.by.air.seat: there is no key 'seat' in 'trip.by.air'. Did you mean 'seats'? "
            "Known: plane, rows, seats."
        ),
    ]


def test_a_config_that_does_not_fit_is_a_spec_error_with_each_problem() -> None:
    with pytest.raises(SpecError, match="air: 3 rows and 1 seats") as caught:
        Air(rows=3)
    assert caught.value.problems == ("3 rows and 1 seats",)
