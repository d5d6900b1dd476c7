"""Read the text of a document: every way a file can be no text at all, said in plain words."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import select
import stat
import unicodedata
from pathlib import Path

from fsmv2.diagnostic import Diagnostic, Mark
from fsmv2.errors import DocumentError
from fsmv2.name_suggestions import nearest

LARGEST = 10 << 20
"""Bytes; a thousand bridges take about half a megabyte."""

PATIENCE = 2000
"""Milliseconds for somebody to begin to write into a pipe."""

_SHOWN = 5
"""Files that a message lists."""
_MOST_FILES = 10_000
"""Files that are looked at for the one that was meant."""

UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
SAVE_AS = "editors offer that in 'Save as', under 'Encoding'"
_SAMPLE = 4096
"""Bytes by which text is told from what is none."""
_KINDS = {
    b"\x7fELF": "a program",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"PK\x03\x04": "a compressed file (zip)",
    b"%PDF-": "a PDF",
    b"\x89PNG": "a picture",
    b"SQLite format 3\0": "a database (SQLite)",
}
"""What a file is by how it begins, of those that are named by mistake."""
SAVED_PLAN = re.compile(rb'\s*\{\s*"format"\s*:\s*"fsmv2 plan ')
"""How a file begins in which `fsmv2 plan -o` has saved a plan, also once an editor has had it."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_file(path: Path) -> bytes:
    """The bytes of a file; DocumentError says why there are none."""
    name = str(path)
    try:
        data = read_bytes(path, LARGEST + 1)  # bounded: a device file may never end
    except IsADirectoryError:
        beside = _some(_yaml_files(path))
        fix = f"Name the file in it: {beside}." if beside else "Name a file in it."
        raise refused(name, "FSM0102", "this is a folder, expected a YAML file.", fix=fix) from None
    except FileNotFoundError:
        if path.is_symlink():
            message = f"it is a link to '{path.readlink()}', which does not exist."
            fix = "Repair the link, or name the file itself."
            raise refused(name, "FSM0102", message, fix=fix) from None
        raise refused(name, "FSM0102", "there is no such file.", fix=other_file(path)) from None
    except PermissionError:
        fix = f"Make it readable for this user, for example: chmod a+r {name}"
        raise refused(
            name, "FSM0102", "this user may not read the file (permission denied).", fix=fix
        ) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        fix = "Check the path and the name."
        raise refused(name, "FSM0102", f"the file cannot be read: {reason}.", fix=fix) from None
    if path.suffix == ".py":
        fix = f"Run it: fsmv2 python {name}"
        raise refused(name, "FSM0105", "this is a Python program, expected a YAML file.", fix=fix)
    return data


def read_bytes(path: Path, most: int) -> bytes:
    """At most so many bytes of a file; OSError also for a pipe that nobody comes to write into.

    Opening or reading such a pipe would wait forever. One that somebody holds, as `<(command)` of
    a shell is and /dev/stdin behind a `|`, is waited for.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:  # IsADirectoryError: it is a folder
        before = b""
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            waiting = select.poll()
            waiting.register(descriptor, select.POLLIN)
            waiting.poll(PATIENCE)
            with contextlib.suppress(BlockingIOError):  # somebody will write
                before = os.read(descriptor, most)
                if not before:
                    raise OSError(errno.EPIPE, "it is a pipe, and nothing writes into it")
        os.set_blocking(descriptor, True)
        return before + file.read(most - len(before))


def decode_text(data: bytes | str, name: str) -> str:
    """The text of a document in UTF-8; a byte order mark at its begin is left out."""
    if len(data) > LARGEST:
        raise refused(
            name,
            "FSM0103",
            f"the file is larger than {LARGEST >> 20} MiB.",
            fix="Check that it is the right file; a thousand bridges take about half a megabyte.",
        )
    text = data.removeprefix("\ufeff") if isinstance(data, str) else _decode_bytes(data, name)
    strange = UNPRINTABLE.search(text)
    if strange is not None:
        raise _unprintable(text, strange.start(), name)
    return text


def _decode_bytes(data: bytes, name: str) -> str:
    if data and not data.strip(b"\0"):
        raise refused(
            name,
            "FSM0104",
            "the file holds only zero bytes, which is what a power failure can leave.",
            fix="Restore it from a copy; `fsmv2 show` prints the document that a tree has run.",
        )
    if kind := _known_begin(data):
        message = f"this is {kind}, expected a YAML file."
        raise refused(name, "FSM0104", message, fix="Check that it is the right file.")
    sample = data[:64]
    if data.startswith(_UTF16) or (
        len(sample) > 3 and 0 in sample[:4] and sample.count(0) * 3 >= len(sample)
    ):
        raise refused(
            name,
            "FSM0104",
            "the file is UTF-16 or UTF-32, expected UTF-8.",
            fix=f"Save it as UTF-8; {SAVE_AS}.",
        )
    if SAVED_PLAN.match(data):
        message = "this is a saved plan, expected a document."
        raise refused(name, "FSM0104", message, fix=f"Apply it: fsmv2 apply {name}")
    if kind := _kind_of(data):
        message = f"this is {kind}, expected a YAML file."
        raise refused(name, "FSM0104", message, fix="Check that it is the right file.")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        mark = _place(before, name)
        line_start = max(data.rfind(b"\n", 0, error.start), data.rfind(b"\r", 0, error.start)) + 1
        byte = data[error.start]
        guess = bytes([byte]).decode("cp1252", errors="replace")
        meant = f"; in the old Windows encoding it is '{guess}'" if guess.isalpha() else ""
        raise refused(
            name,
            "FSM0104",
            f"byte {error.start - line_start + 1} of this line, 0x{byte:02x}, is not UTF-8{meant}.",
            fix=f"Save the file as UTF-8; {SAVE_AS}.",
            mark=mark,
            source=_line(data[line_start : line_start + 400].decode(errors="replace"), 1),
        ) from None


def _known_begin(data: bytes) -> str:
    return next((kind for begin, kind in _KINDS.items() if data.startswith(begin)), "")


def _kind_of(data: bytes) -> str:
    """What a file is that no editor has written; empty: it may be text, also in another encoding.

    A text in an old encoding has strange bytes, and no control characters among them.
    """
    sample = data[:_SAMPLE]
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in sample)
    is_utf8 = sample.decode(errors="ignore").encode() == sample
    return "no text" if controls * 20 > len(sample) and not is_utf8 else ""


def _unprintable(text: str, at: int, name: str) -> DocumentError:
    mark = _place(text[:at], name)
    character = text[at]
    what = unicodedata.name(character, "").lower() or "a control character"
    code = ord(character)
    escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    meant = f'; where it is meant, write it in double quotes as "{escape}"'
    is_text = not 0xD800 <= code < 0xE000
    return refused(
        name,
        "FSM0119",
        f"the character U+{code:04X} ({what}) is not allowed in a document.",
        fix=f"Remove it{meant if is_text else ''}.",
        mark=mark,
        source=_line(text, mark.line),
    )


def _place(before: str, name: str) -> Mark:
    """The mark of what follows `before`."""
    lines = (before + ".").splitlines()
    return Mark(name, len(lines), len(lines[-1]))


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return UNPRINTABLE.sub("\ufffd", lines[number - 1]) if number <= len(lines) else ""


def other_file(path: Path) -> str:
    """What to do about a file that is not there: the one that was meant, or where to look."""
    folder = path.parent
    if not _is_folder(folder):
        above = folder.parent
        near = nearest(folder.name, _names_in(above, folders=True))
        meant = f" Did you mean '{above / near / path.name}'?" if near else ""
        return f"There is no folder '{folder}'.{meant}"
    files = _yaml_files(folder)
    near = nearest(path.name, files) or nearest(path.name, _names_in(folder, folders=False))
    fix = f"Did you mean '{near}'? " if near else ""
    return fix + (f"YAML files there: {_some(files)}." if files else "Check the path and the name.")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _names_in(folder: Path, *, folders: bool) -> list[str]:
    try:
        return sorted(
            p.name for p in itertools.islice(folder.iterdir(), _MOST_FILES) if p.is_dir() == folders
        )
    except (OSError, ValueError):
        return []


def _yaml_files(folder: Path) -> list[str]:
    try:
        return sorted(p.name for p in itertools.islice(folder.glob("*.y*ml"), _MOST_FILES))
    except (OSError, ValueError):
        return []


def _some(names: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def refused(
    name: str, code: str, message: str, *, fix: str = "", mark: Mark | None = None, source: str = ""
) -> DocumentError:
    """The error for a document that cannot be used at all."""
    text = message if mark else f"{name}: {message}"
    return DocumentError([Diagnostic(code=code, message=text, fix=fix, mark=mark, source=source)])
