"""A document is edited without its credentials, and gets each of them back."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmv2.errors import RequestRefusedError, UnknownGenerationError
from fsmv2.operate.changes.apply_data import DocumentText
from fsmv2.operate.changes.kept_credentials import editable, refuse_masks, restored
from fsmv2.store import Generation

TEXT = """\
agent: {name: edge}
broker: {url: "nats://ann:geheim@host:4222", password: geheim}
global:
  token: "nats://ann:geheim@host"  # a comment
  secret: |
    geheim
    geheim2

  api_key: {env: KEY}
"""


def generation(text: str, number: int = 5) -> Generation:
    return Generation(
        number=number,
        at=0.0,
        who="ann",
        tool="t",
        why="",
        source="/p",
        digest="d",
        files={"": text.encode()},
    )


def kept(number: int) -> Generation:
    if number != 5:
        raise UnknownGenerationError(f"generation {number} is not kept.")
    return generation(TEXT)


def test_no_credential_is_shown_and_each_comes_back() -> None:
    found = editable(generation(TEXT))
    assert "geheim" not in found.files[""]
    assert "ann:<credential-1-of-generation-5>@host:4222" in found.files[""]
    assert "{env: KEY}" in found.files[""]
    assert restored(found.files, kept) == {"": TEXT.encode()}


def test_lines_may_be_moved_removed_and_given_another_value() -> None:
    lines = editable(generation(TEXT)).files[""].splitlines(keepends=True)
    assert "<credential-2-of-generation-5>" in lines[1]
    lines[1] = lines[1].replace("<credential-2-of-generation-5>", "another")
    moved = [lines[0], *lines[2:], lines[1]]
    text = restored({"": "".join(moved)}, kept)[""].decode()
    expected = TEXT.splitlines(keepends=True)
    expected[1] = expected[1].replace("password: geheim", "password: another")
    assert text == "".join([expected[0], *expected[2:], expected[1]])


@pytest.mark.parametrize(
    "name", ["<credential-99-of-generation-5>", "<credential-1-of-generation-4>"]
)
def test_a_name_that_stands_for_nothing_is_refused(name: str) -> None:
    with pytest.raises(RequestRefusedError, match=f"{name} stands for no credential"):
        restored({"": f"password: {name}\n"}, kept)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\npassword: <credential-1-of-generation-5>\n", "line 2 has <credential-1-of-"),
        ("url: nats://ann:***@host\n", r"line 1 has \*\*\*"),
        ("password: '***'\n", r"line 1 has \*\*\*"),
        ("secret: |\n  ***\n", r"line 2 has \*\*\*"),
    ],
)
def test_what_hides_a_credential_is_not_applied(text: str, says: str) -> None:
    with pytest.raises(RequestRefusedError, match=says) as raised:
        refuse_masks(DocumentText(source="/p", files={"": text.encode()}))
    assert "fsmv2 edit FILE" in raised.value.fix


@pytest.mark.parametrize(
    "text", ["# *** section ***\n", "name: '***'\n", "password: 'a***b'\n", "p: {env: A}\n"]
)
def test_stars_elsewhere_are_applied(text: str) -> None:
    refuse_masks(DocumentText(source="/p", files={"": text.encode()}))


def test_a_text_that_is_not_utf_8_is_not_edited() -> None:
    odd = msgspec.structs.replace(generation(""), files={"": b"\xff"})
    with pytest.raises(RequestRefusedError, match="not UTF-8"):
        editable(odd)


WORDS = st.sampled_from(
    [
        *("password: ", "token", "url: https://h/", "nats://a:b@c", "***", "é", "x"),
        *(": ", "'", '"', "|", "\n", "\r\n", "  ", "#", "{", "}", ","),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=30).map("".join))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    found = editable(generation(text))
    assert restored(found.files, lambda _: generation(text)) == {"": text.encode()}
