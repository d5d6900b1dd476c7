"""How fsmv2 is installed stands on one page: it will change once fsmv2 is on a package index."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "docs" / "how-to" / "install.md"
ALLOWED = {
    INSTALL,
    ROOT / "src" / "fsmv2" / "host" / "install_command.py",  # what messages say
    ROOT / "docs" / "reference" / "changed-messages.md",  # what they said
}


@pytest.mark.reads_source
def test_only_one_page_says_how_fsmv2_is_installed_with_pip() -> None:
    """Pages, messages and help of commands link there, or say `make install`."""
    files = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.py")]
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in [*files, *(ROOT / "examples").glob("*.py")]
        if file not in ALLOWED
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if "pip install" in line and "fsmv2" in line
    ]
    assert not found, "\n".join(found)


def test_what_the_page_says_to_make_is_a_target() -> None:
    targets = (ROOT / "Makefile").read_text()
    for target in ("install", "uninstall"):
        assert f"make {target}" in INSTALL.read_text()
        assert f"\n{target}:" in targets
