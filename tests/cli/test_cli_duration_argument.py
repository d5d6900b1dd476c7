"""Durations on the command line."""

import pytest
import typer

from fsmv2.cli.duration_argument import duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20s", 20), ("2m", 120), ("500ms", 0.5), ("1.5h", 5400), (" 3 s ", 3)],
)
def test_a_number_with_a_unit_is_a_duration(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


def test_a_number_without_a_unit_is_refused_with_the_likely_meaning() -> None:
    with pytest.raises(typer.BadParameter, match="Did you mean '20s'"):
        duration("20")


@pytest.mark.parametrize("text", ["", "s", "-3s", "0s", "nan", "1e3s", "9" * 400 + "h", "2 weeks"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        duration(text)


def test_h84_an_option_is_quoted_without_codes_for_the_terminal() -> None:
    with pytest.raises(typer.BadParameter) as refused:
        duration("\x1b]0;x\x07")
    assert "\\x1b]0;x\\x07" in str(refused.value)
