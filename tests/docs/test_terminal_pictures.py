"""Pictures of a terminal are of the code of now, and a page shows each of them.

`test_snippets.py` holds them to the code, as all that `make docs` makes.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
import terminal_pictures
from terminal_pictures import PICTURES, picture

DOCS = Path(__file__).resolve().parents[2] / "docs"

SHOWN = {
    "demo": ("fsmv2 demo", "over MQTT: 762 received", "try: kill -9 …", "connection refused"),
    "status": ("fsmv2 status", "11 workers: 7 running, 4 degraded", "connection refused"),
    "why": ("fsmv2 why cologne-edge/capper", "because", "goto degraded_connection"),
    "plan": ("fsmv2 plan plant.yaml", "bridge removed, with 2 below", "2 untouched"),
    "top": ("what happened last", "cologne-edge", "filter"),
}


def words(svg: str) -> str:
    """The text of a picture."""
    return re.sub(r"<[^>]+>", "", svg).replace("&#160;", " ")


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_the_command_and_the_trouble(name: str) -> None:
    shown = words(picture(name))
    assert [text for text in SHOWN[name] if text not in shown] == []


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_same_each_time_wherever_it_is_made(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = picture(name)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    terminal_pictures.plant_in_trouble.cache_clear()
    try:
        assert picture(name) == before
        assert os.environ["TZ"] == "Asia/Tokyo"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("name", PICTURES)
def test_a_page_shows_the_picture_and_says_what_is_on_it(name: str) -> None:
    link = re.compile(rf"!\[[^\]]{{20,}}\]\((\.\.|docs)/images/{name}\.svg\)")
    pages = [DOCS.parent / "README.md", *DOCS.rglob("*.md")]
    assert [page.name for page in pages if link.search(page.read_text())]


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_of_a_picture_is_fetched_from_elsewhere(name: str) -> None:
    svg = picture(name)
    assert "@font-face" not in svg
    assert "url(http" not in svg
    assert " href=" not in svg
