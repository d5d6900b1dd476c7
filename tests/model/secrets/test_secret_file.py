"""A file that holds a secret: what is read of it, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from fsmv2 import SecretError, Vault
from fsmv2.model.secrets.secret_file import LONGEST

VALUE = 'p@ss "wörd"/1'


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, environ={"PLC_PASSWORD": VALUE, "EMPTY": "", "PIN": "12"})


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


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda v: v.from_environment("PLC_PASSWORT"), "Did you mean 'PLC_PASSWORD'"),
        (lambda v: v.from_environment("EMPTY"), "the secret env:EMPTY is empty"),
        (lambda v: v.from_file("absent"), "does not exist"),
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


@pytest.mark.parametrize("path", ["a" * 5000, "a\0b", "\ud800", "", ".", "/", "/dev/zero"])
def test_what_is_no_secret_file_is_refused_in_our_words(path: str, tmp_path: Path) -> None:
    vault = Vault(tmp_path, environ={})
    with pytest.raises(SecretError):
        vault.from_file(path)
    try:
        token = vault.from_file(path, "a default")
    except SecretError:  # something is there, and no file
        return
    assert vault.reveal(token) == "a default"
