"""A changed secret is named where it is used; one that cannot be read is shown at the root."""

from __future__ import annotations

from typing import Any

import pytest
from lamp_tree import by_hand, device

from fsmv2.core.contract.events import SecretsUnread
from fsmv2.core.policy.secret_changes import changed_between
from fsmv2.core.state.conditions import SECRETS
from fsmv2.core.state.tick_record import Cause
from fsmv2.testing import ByHand

OLD, NEW = "***file:a#000000000000***", "***file:a#111111111111***"
OTHER = "***file:b#222222222222***"


@pytest.fixture
def tree() -> ByHand:
    return by_hand(device("a"))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ({"password": OLD}, {"password": NEW}, True),
        ({"password": OLD}, {"password": OLD}, False),
        (("x", [OLD]), ("x", [NEW]), True),
        (device("a", template=OLD), device("a", template=NEW), True),
        (device("a", template=OLD), device("a", template=NEW, pin=1), True),
        ({"password": OLD}, {"password": OTHER}, False),
        ({"password": "plain"}, {"password": NEW}, False),
        ([OLD], [OLD, NEW], True),
        ([OLD, NEW], [NEW, NEW], True),
    ],
)
def test_the_secret_of_a_difference_is_named(tree: ByHand, old: Any, new: Any, named: bool) -> None:
    tree.core.secrets.changed = {"file:a": "a of the broker", "file:b": "b of nobody"}
    found = changed_between(tree.core, old, new)
    assert (str(found) if found else "") == ("secret a of the broker" if named else "")


def test_a_difference_is_not_a_secret_where_none_has_changed(tree: ByHand) -> None:
    assert changed_between(tree.core, {"password": OLD}, {"password": NEW}) is None


def test_secrets_that_cannot_be_read_are_shown_until_they_can(tree: ByHand) -> None:
    tree.core.handle(SecretsUnread(("a cannot be read.", "b is gone.")), 0.0)
    assert (tree["a"].conditions or {})[SECRETS].reason == "a cannot be read. b is gone."
    tree.core.handle(SecretsUnread(), 0.0)
    assert tree["a"].conditions is None


def test_a_restarted_root_shows_them_too(tree: ByHand) -> None:
    tree.core.handle(SecretsUnread(("a cannot be read.",)), 0.0)
    tree["a"].next_incarnation(tree["a"].registered, tree["a"].worker)
    tree.core.mark(tree["a"], Cause("test"))
    tree.tick()
    assert SECRETS in (tree["a"].conditions or {})
