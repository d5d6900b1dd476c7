"""Whether a document can be used, and everything that is wrong with it, at once."""

from __future__ import annotations

from pathlib import Path

import msgspec

from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import DocumentError
from fsmv2.plant import load_contents, load_plant


class Validation(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a document. It is valid without problems; warnings refuse nothing."""

    diagnostics: tuple[Diagnostic, ...]
    """All that was found, in the order of the file."""

    @property
    def warnings(self) -> int:
        """How many of the diagnostics are warnings."""
        return sum(diagnostic.warning for diagnostic in self.diagnostics)

    @property
    def problems(self) -> int:
        """How many of them refuse the document."""
        return len(self.diagnostics) - self.warnings


def validate(document: Path | str, text: bytes | None = None) -> Validation:
    """Check a document, or a folder of them; that it cannot be read is a problem, too.

    `text`: that of the document, which is no file then.
    """
    try:
        if text is not None:
            return Validation(diagnostics=load_contents(Path(document), {"": text}).diagnostics)
        return Validation(diagnostics=load_plant(Path(document)).diagnostics)
    except DocumentError as error:
        return Validation(diagnostics=error.diagnostics)
