"""Desired states as YAML, and back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from plc_spec import spec_type_of

from fsmv2.document import desired_from_yaml
from fsmv2.errors import (
    SpecError,
)
from fsmv2.model import (
    ChildSpec,
    DesiredState,
    UserSpec,
    VariableBundle,
    desired_from_json,
    to_yaml,
)


def test_text_that_does_not_parse_is_refused() -> None:
    """As one of our errors."""
    with pytest.raises(SpecError, match="Not JSON"):
        desired_from_json(b"{", spec_type_of)
    with pytest.raises(SpecError, match="Not YAML"):
        desired_from_yaml("a: [", spec_type_of)


@pytest.mark.parametrize("text", ["a\x85b", "a\u2028b", " lead", "no", "12:30:00", "0123", "ä\n"])
def test_awkward_text_survives_yaml(text: str) -> None:
    """What YAML would fold or take for something else."""
    desired = DesiredState("on", config={"t": text})
    assert desired_from_yaml(to_yaml(desired), spec_type_of) == desired


class PumpSpec(UserSpec):
    host: str = ""
    port: int = 0
    scale: float = 0.0
    more: dict[str, Any] = msgspec.field(default_factory=dict)


def spec_with(value: Any) -> ChildSpec:
    return ChildSpec("a", "pump", PumpSpec(variables=VariableBundle({"v": value})))


def kind(_: str) -> type[UserSpec]:
    return PumpSpec


@pytest.mark.parametrize(
    "text",
    [
        *("[" * 100_000, "{a: " * 100_000, "- " * 100_000, "a: &a [*a]", "2001-99-99", "9" * 5000),
        *("!!python/object/apply:os.system [id]", "? [a]\n  : b", "a: b: c", "\0", "\ud800", "`"),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_a_stored_state_that_is_damaged_is_refused_in_our_words(text: str) -> None:
    with pytest.raises(SpecError):
        desired_from_yaml(f"state: on\nconfig:\n  {text}", kind)
    with pytest.raises(SpecError):
        desired_from_json(f'{{"state": "on", "config": {text}', kind)


def test_aliases_of_aliases_in_a_stored_state_are_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{n}: &{n} [{', '.join([f'*{o}'] * 10)}]" for o, n in zip("abcdefgh", "bcdefghi")]  # noqa: B905
    with pytest.raises(SpecError, match="Aliases of aliases multiply"):
        desired_from_yaml("\n".join(["state: on", "config:", *(f"  {s}" for s in lines)]), kind)


def test_a_stored_state_still_comes_back_from_yaml() -> None:
    state = DesiredState("on", (spec_with(["no", "0123", "1e3", "0o17", 1.5, 2**70, "ü\u2028"]),))
    assert desired_from_yaml(to_yaml(state), kind) == state
