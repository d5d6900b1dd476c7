"""Secrets in texts are replaced, in whatever form or piece they stand there."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from fsmv2 import Vault

VALUE = 'p@ss "wörd"/1'


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, environ={"PLC_PASSWORD": VALUE, "EMPTY": "", "PIN": "12"})


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
