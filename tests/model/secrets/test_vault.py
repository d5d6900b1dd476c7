"""Secrets are tokens everywhere but where they are used, and tokens again on the way back."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fsmv2 import SecretError, VariableBundle, Vault, render_template
from fsmv2.model.secrets.secret_file import LONGEST

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


@pytest.mark.parametrize(
    "text",
    [
        f"login {VALUE} failed",
        f"KeyError({VALUE!r})",
        '{"password": "p@ss \\"wörd\\"/1"}',
        '{"password": "p@ss \\"w\\u00f6rd\\"/1"}',
        "nats://u:p%40ss%20%22w%C3%B6rd%22%2F1@host",
        "Authorization: Basic cEBzcyAid8O2cmQiLzE=",
    ],
)
def test_a_secret_is_found_in_the_forms_it_takes_in_texts(vault: Vault, text: str) -> None:
    token = vault.from_environment("PLC_PASSWORD")
    assert token in vault.redact(text)
    assert "ss" not in vault.redact(text).replace(token, "").replace("password", "")


def test_bytes_and_keys_are_redacted_too(vault: Vault) -> None:
    token = vault.from_environment("PLC_PASSWORD")
    assert vault.redact({VALUE: VALUE.encode()}) == {token: token.encode()}


def test_the_longer_of_two_secrets_is_taken_out_first() -> None:
    vault = Vault(environ={"A": "abcdef", "B": "abcdefgh"})
    a, b = vault.from_environment("A"), vault.from_environment("B")
    assert vault.redact("abcdefgh abcdef") == f"{b} {a}"


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


def test_a_file_is_read_without_its_last_line_end(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "plc").write_bytes(b"from a file\r\n")
    token = vault.from_file("plc")
    assert token.startswith("***file:plc#")
    assert vault.reveal(token) == "from a file"
    os.chmod(tmp_path / "plc", 0o600)
    assert not vault.exposed("plc")
    os.chmod(tmp_path / "plc", 0o644)
    assert vault.exposed("plc")
    assert not vault.exposed("absent")


def test_a_default_counts_when_the_source_is_not_there(vault: Vault) -> None:
    assert vault.reveal(vault.from_environment("ABSENT", "spare")) == "spare"
    assert vault.reveal(vault.from_file("absent", "spare")) == "spare"


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda v: v.from_environment("PLC_PASSWORT"), "Did you mean 'PLC_PASSWORD'"),
        (lambda v: v.from_environment("EMPTY"), "the secret env:EMPTY is empty"),
        (lambda v: v.from_file("absent"), "is not there"),
        (lambda v: v.from_file("."), "is not a regular file"),
        (lambda v: v.from_file("large"), f"more than {LONGEST} bytes"),
        (lambda v: v.from_file("binary"), "is not UTF-8"),
    ],
)
def test_what_is_wrong_with_a_source_is_said(
    vault: Vault, tmp_path: Path, ask: Any, said: str
) -> None:
    (tmp_path / "large").write_bytes(b"x" * (LONGEST + 1))
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(SecretError) as raised:
        ask(vault)
    assert said in str(raised.value)
    assert VALUE not in str(raised.value)


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


HARD = "p@ss#w/rd%41:x"
LONG = "Tr0ub4dor&3/with:halves@the-end"


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (HARD, "ss#w/rd%41:x:4222 cannot be asked"),  # split at its first @
        (HARD, "host ss#w/rd%41"),
        (HARD, "p%40ss%23w%2frd%2541%3ax"),  # encoded by hand, in lower case
        (HARD, "p@ss#w/rdA:x"),  # decoded once more than it should be
        (HARD, "refused: p@ss#w/…"),
        (HARD, "…/rd%41:x refused"),
        (LONG, "Tr0ub4dor&3/with"),
        (LONG, "lookup of tr0ub4dor&3/with:halves@the-end failed"),
        (LONG, "Tr0ub4dor&amp;3/with:halves@the-end"),
        (LONG, "connect to with:halves@the-end"),
        (LONG, "cut after 12: Tr0ub4dor&3/"),
    ],
)
def test_h89_a_secret_that_was_taken_apart_cut_or_encoded_is_taken_out(
    secret: str, text: str
) -> None:
    """What is left of it in a text is one still; the longest piece of it left has 3 characters."""
    vault = Vault(environ={"PW": secret})
    vault.from_environment("PW")
    left = vault.redact(text)
    assert "***env:PW#" in left
    plain = re.sub(r"\*\*\*.*?\*\*\*", "", left)
    for size in range(4, len(secret)):
        for start in range(len(secret) - size + 1):
            assert secret[start : start + size] not in plain, left


@pytest.mark.parametrize("user", ["u", "us", "use", "user"])
def test_h89_a_secret_behind_a_user_in_base64_is_taken_out(user: str) -> None:
    """Three bytes become four characters: each place of the secret in them looks another way."""
    vault = Vault(environ={"PW": LONG})
    token = vault.from_environment("PW")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        sent = encode(f"{user}:{LONG}".encode()).decode()
        left = vault.redact(f"Authorization: Basic {sent}").partition(token)
        assert left[1], sent
        assert LONG[:4] not in f"{base64.b64decode(left[0][21:] + '===')!r}"
        assert len(left[2]) <= 3


@pytest.mark.parametrize("separator", ["", " ", ":"])
def test_h89_a_secret_in_a_dump_is_taken_out(separator: str) -> None:
    vault = Vault(environ={"PW": LONG})
    token = vault.from_environment("PW")
    dump = LONG.encode().hex(separator) if separator else LONG.encode().hex()
    for text in (dump, dump.upper()):
        assert vault.redact(f"sent {text}") == f"sent {token}"


def test_h89_each_line_of_a_secret_is_taken_out() -> None:
    """A key is many lines, and programs show them one by one."""
    lines = ["-----BEGIN KEY-----", *(f"MIIEvQIBADANBgkq{n:04}hkiG9w0B" for n in range(20)), "Qx=="]
    vault = Vault(environ={"PW": "\r\n".join(lines)})
    token = vault.from_environment("PW")
    assert [vault.redact(f"line: {line}") for line in lines[:-1]] == [f"line: {token}"] * 21


def test_h89_plain_words_of_a_secret_are_left_in_other_texts() -> None:
    vault = Vault(environ={"PW": "filler:broker@7/Xy"})
    vault.from_environment("PW")
    text = "p/filler: waits for the broker, 4222 samples"
    assert vault.redact(text) == text
    assert "7/Xy" not in vault.redact("host 7/Xy is not known")
