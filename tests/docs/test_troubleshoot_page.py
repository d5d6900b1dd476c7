"""`docs/how-to/troubleshoot.md`: the messages that it explains are those that fsmv2 prints."""

from __future__ import annotations

import re
from pathlib import Path

import source_texts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "troubleshoot.md"


def test_each_message_that_the_page_explains_is_in_the_source() -> None:
    messages = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(messages) > 15
    source = source_texts.of_source()
    assert [one for one in messages if not source_texts.occurs(one, source)] == []
