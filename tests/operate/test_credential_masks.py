"""What looks like a credential is found in the text of a document, and nothing else."""

from __future__ import annotations

import pytest

from fsmv2.operate.credential_masks import masked, replaced


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("password: geheim", "password: ***"),
        ("password: 'geheim'  # why", "password: ***  # why"),
        ("{user: ann, password: geheim}", "{user: ann, password: ***}"),
        ("mqtt_password: geheim", "mqtt_password: ***"),
        ("api-key: abc", "api-key: ***"),
        ("url: nats://ann:geheim@host:4222", "url: nats://ann:***@host:4222"),
        ("password: {env: PW}", "password: {env: PW}"),
        ('password: "{{ .PW }}"', 'password: "{{ .PW }}"'),
        ("password:\n  file: pw", "password:\n  file: pw"),
        ("tokens: 5", "tokens: ***"),
        ("name: passwords", "name: passwords"),
    ],
)
def test_what_looks_like_a_credential_is_masked(text: str, says: str) -> None:
    assert masked(text) == says


def test_a_block_of_text_is_masked_line_by_line_and_its_line_ends_stay() -> None:
    text = "token: |\r\n  one\r\n\r\n  two\r\nname: x\r\n"
    assert masked(text) == "token: |\r\n  ***\r\n\r\n  ***\r\nname: x\r\n"


def test_what_is_put_in_their_place_is_given_each() -> None:
    found: list[str] = []

    def number(credential: str) -> str:
        found.append(credential)
        return f"<{len(found)}>"

    text = "a: nats://ann:one@host\nurl: https://hooks.example/two/three\nsecret: 'four'  # why\n"
    assert replaced(text, number) == (
        "a: nats://ann:<1>@host\nurl: https://hooks.example/<2>\nsecret: <3>  # why\n"
    )
    assert found == ["one", "two/three", "'four'"]
