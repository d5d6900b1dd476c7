"""Bytes become lines: whole, clean, short, without secrets.

What is kept is always text that a terminal, an editor and `grep` can be given: UTF-8, without
control characters, marks of writing direction and colours, and of a line that overwrites itself its
last look.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Secrets = Sequence[tuple[bytes, bytes]]  # what may stand in a line, and what to put there

CONTROL = bytes(n for n in range(32) if n not in (9, 10)) + b"\x7f"
CONTROL_TO_NUL = bytes(0 if n in CONTROL else n for n in range(256))
OBEYED = dict.fromkeys(
    [*range(0x80, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)],
    "\N{REPLACEMENT CHARACTER}",
)
"""What a terminal obeys of text that is no ASCII: C1, marks of direction, line separators. Listed
here and not imported: whoever stands beside a process has nothing of fsmv2 in memory."""
REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()


class LineSplitter:
    """One stream. `feed` answers with the lines that have become whole, without their ends."""

    def __init__(self, limit: int, secrets: Secrets = ()) -> None:
        """`limit`: bytes of a line that are kept. `secrets`: the longest first."""
        self._limit = limit
        self._secrets = secrets
        self._longest = max((len(secret) for secret, _ in secrets), default=0)
        # So much of a line is waited for: a secret that begins within the limit is in it whole.
        self._patience = limit + self._longest
        self._rest = b""
        self._dropped = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was read."""
        made: list[bytes] = []
        if self._dropped:
            end = data.find(b"\n")
            if end < 0:
                self._dropped += len(data)
                return made
            self._dropped += end
            made.append(self._cut())
            data = data[end + 1 :]
        whole, found, self._rest = (self._rest + data).rpartition(b"\n")
        if found:
            made += self._made(whole)
        if len(self._rest) > self._patience:
            self._dropped = len(self._rest) - self._patience
            self._rest = self._rest[: self._patience]
        return made

    def begun(self) -> bytes:
        """The line that has no end yet, as it would be kept."""
        return self._made(self._rest)[-1] if self._rest else b""

    def end(self) -> list[bytes]:
        """The last line, if it had no end."""
        if self._dropped:
            return [self._cut()]
        rest, self._rest = self._rest, b""
        return self._made(rest) if rest else []

    def _made(self, whole: bytes) -> list[bytes]:
        lines = self._redacted(clean(whole)).split(b"\n")
        if len(whole) > self._limit and max(map(len, lines)) > self._limit:
            lines = [
                line if len(line) <= self._limit else shortened(line, self._limit, len(line))
                for line in lines
            ]
        return lines

    def _cut(self) -> bytes:
        """The line that was too long to be waited for."""
        size = len(self._rest) + self._dropped
        text = self._redacted(clean(self._rest))
        # Half a secret may stand at the end of what was waited for.
        text = text[: max(0, len(text) - self._longest)]
        self._rest, self._dropped = b"", 0
        return shortened(text, self._limit, size)

    def _redacted(self, text: bytes) -> bytes:
        for secret, token in self._secrets:
            if secret in text:
                text = text.replace(secret, token)
        return text


def shortened(line: bytes, limit: int, size: int) -> bytes:
    """At most `limit` bytes of it, no half character, and how long it was."""
    kept = line[:limit].decode(errors="ignore").encode()
    return kept + f"… ({size:,} bytes)".encode()


def clean(text: bytes) -> bytes:
    """Lines as text that harms no terminal; the same object when there is nothing to do."""
    if b"\x1b[" in text:
        first, *parts = text.split(b"\x1b[")
        text = first + b"".join(map(_after_code, parts))
    if b"\r" in text:
        lines = text.split(b"\n")
        text = b"\n".join([line.rstrip(b"\r").rpartition(b"\r")[2] for line in lines])
    if not text.isascii():
        text = text.decode(errors="replace").translate(OBEYED).encode()
    if len(text.translate(None, CONTROL)) != len(text):
        text = text.translate(CONTROL_TO_NUL).replace(b"\0", REPLACEMENT)
    return text


def _after_code(part: bytes) -> bytes:
    """What follows a code for the terminal, such as `31m`."""
    rest = part.lstrip(b"0123456789;:?")
    return rest[1:] if rest[:1].isalpha() else rest
