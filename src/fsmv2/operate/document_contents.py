"""The bytes of a document, read once: what is checked, applied and kept is what was read here."""

from __future__ import annotations

from pathlib import Path

from fsmv2.document import valid_folder
from fsmv2.document.source import read_file, refused
from fsmv2.errors import system_text
from fsmv2.plant import load_document

NOT_READ = "FSM0102"
"""The code of every problem that says that a file cannot be read at all."""


def contents_of(document: Path) -> dict[str, bytes]:
    """The bytes of each file of a document, '' for one of one file. DocumentError: why not."""
    if document.is_dir():
        files = valid_folder(document)
        if files is None:
            load_document(document)  # raises, with all that is wrong with the folder and in it
        try:
            return {file.name: file.read_bytes() for file in files or ()}
        except OSError as error:
            raise refused(
                str(document), NOT_READ, f"it cannot be read: {system_text(error)}."
            ) from error
    return {"": read_file(document)}
