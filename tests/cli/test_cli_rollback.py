"""`rollback`: what it shows and pins, and to which generation it returns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from changed_tree import ChangedTree, changed_tree, document

from fsmv2.cli import apply_session


@pytest.fixture(scope="module")
def tree() -> Iterator[ChangedTree]:
    """With three generations: a; a and b; a and c."""
    with changed_tree(document(a="1000"), managed=True) as found:
        for more in ("b", "c"):
            text = document(a="1000", **{more: "1000"})
            found.says("apply", "-", "-y", "-m", f"with {more}", typed=text)
        yield found


def test_it_goes_back_one_after_the_other_and_not_to_and_fro(
    tree: ChangedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_session, "on_terminal", lambda: True)
    shown = tree.says("rollback", typed="n\n", code=1)
    assert "+ edge/b  process added" in shown
    assert "- edge/c  process removed" in shown
    assert "generation 4, which is generation 2 again, would run" in shown
    assert "nothing has been changed" in shown
    assert tree.numbers() == [1, 2, 3]

    shown = tree.says("rollback", "-m", "c was a mistake", typed="y\n")
    assert "generation 4, which is generation 2 again, runs and is pinned" in shown
    assert "until the next `fsmv2 apply`" in shown
    assert "generation 4 has converged" in shown

    assert "generation 5, which is generation 1 again, runs" in tree.says("rollback", "-y")
    shown = tree.says("rollback", "-y", code=1)
    assert "ran before generation 5, which is generation 1 again" in shown

    shown = tree.says("history")
    assert "*    5  " in shown
    assert "  converged  pinned  " in shown
    assert "fsmv2 rollback: generation 2 again; c was a mistake" in shown
    assert "fsmv2 apply -: with c" in shown
    assert ": ;" not in shown


def test_one_that_is_not_kept_is_refused_and_those_that_are_are_named(tree: ChangedTree) -> None:
    shown = tree.says("rollback", "77", "-y", code=1)
    assert "generation 77 of the document is not kept" in shown
    assert "Kept are: 1 to " in shown


def test_without_a_terminal_it_has_to_be_confirmed(tree: ChangedTree) -> None:
    before = tree.numbers()
    assert "confirm it with --yes" in tree.says("rollback", "2", code=2)
    assert tree.numbers() == before
