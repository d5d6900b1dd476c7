"""A document that is edited: credentials in it stay where they are, and are never seen.

Each is named by its number and its generation, so that a text that was put aside can be taken up
later: what a name stands for is in that generation, and the name has no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from fsmv2.errors import RequestRefusedError, UnknownGenerationError
from fsmv2.operate.changes.apply_data import DocumentText
from fsmv2.operate.credential_masks import MASK, replaced
from fsmv2.store import Generation

_NAME = re.compile(r"<credential-(?P<number>\d{1,9})-of-generation-(?P<generation>\d{1,15})>")
NAMED = 5


class EditableText(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a generation as they may be shown and edited, and what their names stand for."""

    files: dict[str, str]
    credentials: dict[str, str]


def editable(generation: Generation) -> EditableText:
    """The text of a generation with a name in the place of each credential.

    RequestRefusedError: it is not UTF-8, so that it cannot be edited without damage.
    """
    credentials: dict[str, str] = {}

    def name(credential: str) -> str:
        found = f"<credential-{len(credentials) + 1}-of-generation-{generation.number}>"
        credentials[found] = credential
        return found

    files = {}
    for file, data in sorted(generation.files.items()):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise RequestRefusedError(
                f"cannot edit generation {generation.number}: {file or 'its text'} is not UTF-8.",
                fix="Apply a document from a file: `fsmv2 apply FILE`.",
            ) from None
        files[file] = replaced(text, name)
    return EditableText(files=files, credentials=credentials)


def restored(files: Mapping[str, str], generation: Callable[[int], Generation]) -> dict[str, bytes]:
    """The text that was edited, with each credential in its place again.

    `generation` gives one that is kept. RequestRefusedError: a name stands for nothing.
    """
    known: dict[int, dict[str, str]] = {}

    def credential(found: re.Match[str]) -> str:
        number = int(found["generation"])
        if number not in known:
            try:
                known[number] = editable(generation(number)).credentials
            except UnknownGenerationError:
                known[number] = {}
        if found[0] not in known[number]:
            raise RequestRefusedError(
                f"cannot apply: {found[0]} stands for no credential that is kept.",
                fix="Write the credential itself there, or better where it comes from: "
                "{env: NAME} or {file: PATH}.",
            )
        return _NAME.sub(credential, known[number][found[0]])

    # Bytes that are not UTF-8 go on as they are: whoever reads the document names their place.
    return {
        name: _NAME.sub(credential, text).encode("utf-8", "surrogateescape")
        for name, text in files.items()
    }


def refuse_masks(document: DocumentText) -> None:
    """RequestRefusedError: it has what hides a credential, where the credential ought to be."""
    found = list(_masks(document.files))
    if not found:
        return
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    raise RequestRefusedError(
        f"cannot apply: {', '.join(found[:NAMED])}{more}: that only stands for a credential which "
        "was not shown. Nothing has changed.",
        fix="Write the credential itself there, or better where it comes from: {env: NAME} or "
        "{file: PATH}. A text that `fsmv2 edit` has put aside: `fsmv2 edit FILE`.",
    )


def _masks(files: Mapping[str, bytes]) -> Iterator[str]:
    for name, data in sorted(files.items()):
        if b"<credential-" not in data and MASK.encode() not in data:
            continue
        where = f"{name}, line" if name else "line"
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            if (name_found := _NAME.search(line)) is not None:
                yield f"{where} {number} has {name_found[0]}"
            elif MASK in line and _hides(line):
                yield f"{where} {number} has {MASK}"


def _hides(line: str) -> bool:
    """Whether the mask stands where a credential would."""
    hidden: list[str] = []

    def see(credential: str) -> str:
        hidden.append(credential)
        return MASK

    replaced(line, see)
    return any(one.strip("\"'") == MASK for one in hidden) or line.strip() == MASK
