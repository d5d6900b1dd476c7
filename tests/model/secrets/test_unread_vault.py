"""Secrets that are named and not read: equal where the place is, and never asked for."""

from __future__ import annotations

from fsmv2.model.secrets.unread_vault import UnreadVault
from fsmv2.model.secrets.vault import digests


def test_one_place_has_one_token_in_every_vault_whether_it_is_there_or_not() -> None:
    one, other = UnreadVault(), UnreadVault()
    assert one.from_environment("NOT_SET") == other.from_environment("NOT_SET", "default")
    assert one.from_file("/none/there") == other.from_file("/none/there")
    assert one.from_file("/none/there") != one.from_file("/none/here")


def test_a_token_names_its_place_as_that_of_any_vault() -> None:
    vault = UnreadVault()
    assert {*digests([vault.from_environment("NAME"), vault.from_file("a/b")])} == {
        "env:NAME",
        "file:a/b",
    }
    assert not vault.exposed("a/b")
