"""Read the text of a document: every way a file can be no text at all, said in plain words."""

from __future__ import annotations

import re
from pathlib import Path

from fsmv2.errors import Diagnostic, DocumentError, Mark

LARGEST = 10 << 20
"""Bytes; a thousand bridges take about half a megabyte."""

UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_file(path: Path) -> bytes:
    """The bytes of a file; DocumentError says why there are none."""
    name = str(path)
    try:
        if path.is_dir():
            raise refused(name, "FSM0102", "this is a folder, expected a YAML file.")
        if path.stat().st_size > LARGEST:
            raise refused(name, "FSM0103", f"the file is larger than {LARGEST >> 20} MiB.")
        return path.read_bytes()
    except FileNotFoundError:
        beside = [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        known = f"YAML files there: {', '.join(sorted(beside)[:5])}." if beside else ""
        raise refused(name, "FSM0102", "there is no such file.", fix=known) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise refused(name, "FSM0102", f"the file cannot be read: {reason}.") from None


def decode_text(data: bytes, name: str) -> str:
    """The text of a document in UTF-8; a byte order mark is left out."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        fix = "Save it as UTF-8."
        raise refused(name, "FSM0104", "the file is UTF-16, expected UTF-8.", fix=fix)
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode(errors="replace")) + 1
        raise refused(
            name,
            "FSM0104",
            f"the byte 0x{data[error.start]:02x} is not UTF-8.",
            fix="Save the file as UTF-8.",
            mark=Mark(name, line, column),
        ) from None
    strange = UNPRINTABLE.search(text)
    if strange is not None:
        before_text = text[: strange.start()]
        mark = Mark(name, before_text.count("\n") + 1, len(before_text.rpartition("\n")[2]) + 1)
        code_point = f"U+{ord(strange[0]):04X}"
        raise refused(
            name,
            "FSM0104",
            f"the character {code_point} cannot stand in a document.",
            fix='Remove it; in double quotes it can be written as an escape such as "\\x01".',
            mark=mark,
        )
    return text


def refused(
    name: str, code: str, message: str, *, fix: str = "", mark: Mark | None = None, source: str = ""
) -> DocumentError:
    """The error for a document that cannot be used at all."""
    text = message if mark else f"{name}: {message}"
    return DocumentError([Diagnostic(code=code, message=text, fix=fix, source=source, mark=mark)])
