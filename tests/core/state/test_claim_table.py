"""By claim, who holds it and who waits for it; nothing of what is let go stays."""

from __future__ import annotations

from fsmv2.core.state.claim_table import ClaimTable


def test_several_hold_one_claim_and_it_is_forgotten_with_the_last() -> None:
    table = ClaimTable()
    table.hold("port 1", ("a", 1))
    table.hold("port 1", ("b", 1))
    table.let_go("port 1", ("a", 1))
    assert table.held == {"port 1": (("b", 1),)}
    table.let_go("port 1", ("b", 1))
    table.let_go("port 1", ("b", 1))
    assert table.held == {}


def test_who_waits_is_kept_once_and_in_order() -> None:
    table = ClaimTable()
    for path in ("b", "a", "b"):
        table.wait("port 1", path)
    assert table.waiting == {"port 1": ("b", "a")}
