"""Secrets are tokens everywhere but where they are used, and tokens again on the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from fsmv2 import SecretError, VariableBundle, Vault, render_template
from fsmv2.model.secrets.vault import FORMER_FOR

VALUE = 'p@ss "wörd"/1'


class Config(msgspec.Struct, frozen=True):
    url: str
    port: int = 1
    more: Any = None


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, environ={"PLC_PASSWORD": VALUE, "EMPTY": "", "PIN": "12"})


def test_a_token_names_its_source_and_not_its_value(vault: Vault) -> None:
    token = vault.from_environment("PLC_PASSWORD")
    assert token.startswith("***env:PLC_PASSWORD#")
    assert VALUE not in token + repr(vault)
    assert vault.from_environment("PLC_PASSWORD") == token
    assert vault
    assert not Vault()


def test_a_changed_value_gives_another_token_and_another_vault_another_digest() -> None:
    environ = {"A": "first-value"}
    vault = Vault(environ=environ)
    old = vault.from_environment("A")
    environ["A"] = "second-value"
    assert vault.from_environment("A") != old
    assert Vault(environ={"A": "first-value"}).from_environment("A") != old


def test_tokens_pass_through_templates_and_are_revealed_at_any_depth(vault: Vault) -> None:
    token = vault.from_environment("PLC_PASSWORD")
    scope = VariableBundle({"PASSWORD": token})
    rendered = render_template({"url": "opc://user:{{ .PASSWORD }}@plc", "n": [1]}, scope)
    config = Config(rendered["url"], 7, {"deep": [(token, b"x")], "same": "plain"})
    shown = vault.reveal(config)
    assert shown == Config(f"opc://user:{VALUE}@plc", 7, {"deep": [(VALUE, b"x")], "same": "plain"})
    assert VALUE not in repr(config)
    assert vault.redact(shown) == config


def test_what_holds_no_secret_is_shared(vault: Vault) -> None:
    vault.from_environment("PLC_PASSWORD")
    config = Config("plain", 1, {"a": [1, (2, "b")]})
    assert vault.reveal(config) is config
    assert vault.redact(config) is config


def test_a_short_secret_is_used_but_not_taken_out_of_texts(vault: Vault) -> None:
    """Or every 12 in every text would be one."""
    token = vault.from_environment("PIN")
    assert vault.reveal(token) == "12"
    assert vault.redact("12 bottles") == "12 bottles"


@pytest.mark.parametrize("template", ["{{ .S | upper }}", "{{ .S | replace('#', '') }}"])
def test_a_token_that_was_changed_is_refused_and_not_used(vault: Vault, template: str) -> None:
    token = vault.from_environment("PLC_PASSWORD")
    changed = render_template(template, {"S": token})
    with pytest.raises(SecretError, match="changed before it was used"):
        vault.reveal(changed)


def test_a_text_that_looks_like_a_token_reveals_nothing(vault: Vault) -> None:
    vault.from_environment("PLC_PASSWORD")
    with pytest.raises(SecretError):
        vault.reveal("***env:PLC_PASSWORD#000000000000***")
    assert vault.reveal("***") == "***"


def test_a_default_counts_when_the_source_is_not_there(vault: Vault) -> None:
    assert vault.reveal(vault.from_environment("ABSENT", "spare")) == "spare"
    assert vault.reveal(vault.from_file("absent", "spare")) == "spare"


def test_a_replaced_value_is_handed_out_and_both_are_taken_out_of_texts(
    vault: Vault, tmp_path: Path
) -> None:
    (tmp_path / "plc").write_text("first-of-two")
    old = vault.from_file("plc", variable="PASSWORD")
    assert vault.replace("plc", "second-of-two", 0.0) == "PASSWORD changed (file plc)"
    new = vault.current(old)
    assert new != old
    assert vault.current({"a": (f"me:{old}@plc", 1)}) == {"a": (f"me:{new}@plc", 1)}
    assert vault.reveal(new) == vault.reveal(old) == "second-of-two"
    assert vault.redact("first-of-two, second-of-two") == f"{old}, {new}"
    vault.replace("plc", "first-of-two", 1.0)
    assert vault.current(new) == old


def test_values_that_were_replaced_are_forgotten_in_the_end(vault: Vault, tmp_path: Path) -> None:
    """H39: a secret that is rotated each hour for years does not grow anything."""
    (tmp_path / "plc").write_text("v00000-00000v")
    first = vault.from_file("plc")
    other = vault.from_environment("PLC_PASSWORD")
    hour = 3600.0
    for at in range(1, 17):
        vault.replace("plc", f"v{at:05}-{at:05}v", at * hour)
    assert vault.redact("v00000-00000v") == first, "one of the last sixteen"
    for at in range(17, 3000):
        vault.replace("plc", f"v{at:05}-{at:05}v", at * hour)
    assert vault.redact("v00000-00000v") == "v00000-00000v"
    assert "02990" not in vault.redact("v02990-02990v")
    assert len(vault._values) <= 20
    assert len(vault._sources) <= 1050
    assert vault.redact(VALUE) == other
    assert vault.reveal(other) == VALUE


def test_many_changes_within_an_hour_are_all_remembered(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "plc").write_text("value-number-0")
    vault.from_file("plc")
    for at in range(1, 100):
        vault.replace("plc", f"value-number-{at:05}", at * 10.0)
    assert "value" not in vault.redact("value-number-00001")


def test_redactions_are_those_of_the_secrets_in_a_value_and_of_no_other() -> None:
    """For a program of its own, which is to know no more than it is given."""
    vault = Vault(environ={"A": "pa55word", "B": "other secret"})
    token, _ = vault.from_environment("A"), vault.from_environment("B")
    found = dict(vault.redactions({"env": {"URL": "tcp://u:pa55word@h"}}))
    assert found["pa55word"] == token
    assert set(found.values()) == {token}
    assert found["cGE1NXdvcmQ"] == token
    assert [len(text) for text in found] == sorted(map(len, found), reverse=True)
    assert vault.redactions("nothing") == ()


def test_secrets_of_the_environment_have_limits() -> None:
    environ = {"BIG": "x" * 1_000_000, "HALF": "a\udcff", "GOOD": "ü" * 1000}
    vault = Vault(environ=environ)
    with pytest.raises(SecretError, match="has more than 65536 characters"):
        vault.from_environment("BIG")
    with pytest.raises(SecretError, match="is not UTF-8 text"):
        vault.from_environment("HALF")
    assert vault.reveal(vault.from_environment("GOOD")) == "ü" * 1000


def in_next_document(vault: Vault, folder: Path, *names: str) -> Vault:
    """That of a document that is read with the key of `vault`, and names these files."""
    made = Vault(folder, key=vault.key)
    for name in names:
        made.from_file(name, variable=name.upper())
    return made


def secret_file(folder: Path, name: str, value: str) -> str:
    (folder / name).write_text(value)
    (folder / name).chmod(0o600)
    return name


def test_with_one_key_the_same_value_has_the_same_token(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    token = vault.from_file(secret_file(tmp_path, "plc", "a-password"))
    assert in_next_document(vault, tmp_path, "plc").from_file("plc") == token


def test_another_document_brings_its_secrets_and_drops_the_others(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    old = vault.from_file(secret_file(tmp_path, "old", "old-password"))
    secret_file(tmp_path, "new", "new-password")
    vault.take_over(in_next_document(vault, tmp_path, "new"), 1.0)
    assert vault.files == ("new",)
    assert vault.reveal(vault.from_file("new")) == "new-password"
    assert vault.reveal(old) == "old-password", "who stops with it still needs it"
    assert vault.redact("says old-password") != "says old-password"
    vault.take_over(in_next_document(vault, tmp_path, "new"), 2.0 + FORMER_FOR)
    assert vault.redact("says old-password") == "says old-password", "nobody can say it any more"
    with pytest.raises(SecretError):
        vault.reveal(old)


def test_what_was_read_before_a_rotation_does_not_bring_the_old_value_back(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    first = vault.from_file(secret_file(tmp_path, "plc", "first-password"))
    read_before = in_next_document(vault, tmp_path, "plc")
    vault.replace("plc", "second-password", 1.0)
    vault.take_over(read_before, 2.0)
    assert vault.reveal(first) == "second-password"
    assert vault.reveal(vault.current(first)) == "second-password"


def test_a_value_that_was_read_later_is_taken(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    first = vault.from_file(secret_file(tmp_path, "plc", "first-password"))
    secret_file(tmp_path, "plc", "second-password")
    vault.take_over(in_next_document(vault, tmp_path, "plc"), 1.0)
    assert vault.reveal(first) == "second-password"
    assert vault.counts("plc", "second-password")
    assert vault.redact("first-password") != "first-password"


def test_a_file_that_is_declared_no_more_takes_no_value(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.from_file(secret_file(tmp_path, "plc", "first-password"))
    vault.take_over(in_next_document(vault, tmp_path), 1.0)
    assert vault.replace("plc", "second-password", 2.0) == ""
    assert vault.counts("plc", "whatever")
    assert vault.files == ()
