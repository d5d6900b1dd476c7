"""Looks at the file that a tree follows, and finds out when it says something else.

The look that secret files have, too: a few `stat`, again and again. Editors write a new file and
rename it, a checkout writes one file after the other, a mounted ConfigMap turns a link, and a look
may come in the middle of that. So nothing is taken at once, but what two looks in a row find the
same; and only what its files say counts, since tools touch files without changing them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fsmv2.host.file_signature import Signature
from fsmv2.operate.document_files import digests, signature_of

EVERY = 5.0
"""Seconds between two looks of a tree that only reports a change."""

EVERY_TO_APPLY = 1.0
"""Seconds between two looks of a tree that applies it: somebody waits for that."""

CONFIRM = 1.0
"""Seconds until what has changed is looked at again; what is written in pieces is done by then."""


class DocumentWatch:
    """The text of one document as it was found last. All of it blocks: a file system may hang."""

    def __init__(self, file: Path, digests_before: Mapping[str, str]) -> None:
        """`digests_before`: what the file said when it was read last."""
        self._file = file
        self._seen: dict[str, Signature] | None = None
        self.text = dict(digests_before)
        """The digests of what the file says, as far as that is certain; empty: it is not there."""
        self.moving = True
        """Whether it is to be looked at again soon: it has changed a moment ago."""

    def look(self) -> None:
        """Look once. `text` is another one when the file has been the same for two looks."""
        seen = signature_of(self._file)
        if seen != self._seen:
            self._seen, self.moving = seen, True
        elif self.moving:
            found = digests(self._file)
            # What was written while it was read is looked at again.
            self.moving = signature_of(self._file) != seen
            if not self.moving:
                self.text = found
