"""Whether a log may be written into a file that is named for it."""

from __future__ import annotations

from pathlib import Path


def takes_the_document(log_file: Path | None, document: Path | None) -> bool:
    """Whether a log there would be written into the document, or into a file of its folder."""
    if log_file is None or document is None:
        return False
    try:
        if log_file.suffix in (".yaml", ".yml") and document.is_dir():
            return log_file.exists() and log_file.parent.samefile(document)
        return log_file.samefile(document)
    except OSError:  # one of the two is not there, or may not be read: opening it says why
        return False
