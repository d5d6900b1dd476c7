"""The document of a managed tree in an editor: until it is valid, applied, or given up.

What was written is never lost: unless it was applied, it stays in its file, and that is named.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fsmv2.cli.console import count, progress, show_diagnostics
from fsmv2.cli.editor import edit_files
from fsmv2.cli.exit_codes import FAILED, OK
from fsmv2.diagnostic import Diagnostic, visible
from fsmv2.errors import DocumentError

NOTE = "#|"
"""How a line of ours begins, above the text: it is taken out again."""

SUFFIXES = (".yaml", ".yml")

Texts = Mapping[str, str]


class EditSession:
    """One document in a folder of its own. Texts are by file name, '' for a document of one."""

    def __init__(self, runs: Texts, source: Path, about: Sequence[str]) -> None:
        """`runs`: the text that runs; `about` stands above it, a line each."""
        self._runs = dict(runs)
        self._about = list(about)
        self._folder = Path(tempfile.mkdtemp(prefix="fsmv2-edit-"))
        name = source.name if source.suffix in SUFFIXES else f"{source.name}.yaml"
        self._places = {file: self._folder / (file or name) for file in runs}

    def carry_out(
        self, begin: Texts, apply: Callable[[Texts], int], applied: Callable[[], bool]
    ) -> int:
        """Have it edited, beginning with this text, and applied; the exit code.

        `applied`: whether that was done, however `apply` has ended. On a DocumentError the text is
        opened again, with the mistakes above it.
        """
        kept = False
        try:
            texts = self._edited(begin, self._about)
            while texts != self._runs:
                if not "".join(texts.values()).strip():
                    progress("the text is empty, so nothing has been changed")
                    return FAILED
                kept = True
                try:
                    code = apply(texts)
                except DocumentError as error:
                    before, found = texts, error.diagnostics
                    notes = self._mistakes(found)
                else:
                    return code
                texts = self._edited(before, notes)
                if texts == before:
                    progress("it is not valid, and was not edited any further:")
                    show_diagnostics(found)
                    return FAILED
            progress("it is the text that runs: nothing has been changed")
            kept = False
            return OK
        finally:
            if not applied() and (kept or self._written(begin)):
                progress(f"your text is kept; continue with it: fsmv2 edit {self._place()}")
            else:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _place(self) -> Path:
        return self._places.get("", self._folder)

    def _edited(self, texts: Texts, notes: Sequence[str]) -> dict[str, str]:
        above = "".join(f"{NOTE} {line}".rstrip() + "\n" for line in notes)
        for index, (file, place) in enumerate(self._places.items()):
            _write(place, texts.get(file, "") if index else above + texts.get(file, ""))
        edit_files(self._places.values())
        found = self._on_disk()
        for file, place in self._places.items():
            _write(place, found[file])
        return found

    def _on_disk(self) -> dict[str, str]:
        return read_texts(self._places)

    def _written(self, begin: Texts) -> bool:
        """Whether there is more in the files than there was; an editor may fail after a save."""
        return self._on_disk() not in (dict(begin), self._runs) and any(self._on_disk().values())

    def _mistakes(self, diagnostics: Sequence[Diagnostic]) -> list[str]:
        """Each mistake as a note above the text, with its line as it stands below the notes."""
        found = [one for one in diagnostics if not one.warning]
        lines = len(self._about) + 3 + len(found) + sum(bool(one.fix) for one in found)
        first = next(iter(self._places.values())).name
        notes = [
            *self._about,
            "",
            f"It is not valid ({count(len(found), 'problem')}), so nothing has been changed:",
        ]
        for one in found:
            where = ""
            if one.mark is not None:
                file = Path(one.mark.file).name
                above = lines if len(self._places) == 1 or file == first else 0
                name = f"{file}, " if len(self._places) > 1 else ""
                where = f"{name}line {one.mark.line + above}: "
            notes.append(f"- {visible(where)}{visible(one.message)}")
            if one.fix:
                notes.append(f"  fix: {visible(one.fix)}")
        return [*notes, "Save it unchanged to give up; your text is kept then."]


def read_texts(places: Mapping[str, Path]) -> dict[str, str]:
    """What stands in these files, without our notes; nothing in one that is not there."""
    found = {}
    for file, place in places.items():
        try:
            text = place.read_bytes().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            text = ""
        found[file] = _without_notes(text)
    return found


def _write(place: Path, text: str) -> None:
    place.write_bytes(text.encode("utf-8", "surrogateescape"))


def _without_notes(text: str) -> str:
    lines = text.splitlines(keepends=True)
    while lines and lines[0].startswith(NOTE):
        del lines[0]
    return "".join(lines)
