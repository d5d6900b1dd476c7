"""What tells that a file was changed, without reading it."""

from __future__ import annotations

import os
from pathlib import Path

from fsmv2.host.file_signature import signature


def test_it_differs_once_a_file_was_rewritten_replaced_or_linked_elsewhere(tmp_path: Path) -> None:
    file, other, link = tmp_path / "a", tmp_path / "b", tmp_path / "link"
    file.write_text("one")
    other.write_text("one")
    link.symlink_to(file)
    seen = [signature(link)]
    assert signature(link) == seen[0]
    file.write_text("four")
    seen.append(signature(link))
    (tmp_path / "new").write_text("four")
    (tmp_path / "new").replace(file)
    seen.append(signature(link))
    (tmp_path / "turned").symlink_to(other)
    (tmp_path / "turned").replace(link)
    seen.append(signature(link))
    assert len(set(seen)) == len(seen)


def test_what_is_not_there_or_cannot_be_a_path_has_none(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    assert signature(tmp_path / "none") == ()
    assert signature(file / "below") == ()
    assert signature(Path(f"{file}\0")) == ()
    os.unlink(file)
    assert signature(file) == ()
