"""A plan in a file: what would be done, of which text, and what it was made against.

Applied later, it is refused when any of that differs by then; and at once when the file is not as
it was saved, since the plan that somebody has read would not be the one that is applied.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec

from fsmv2.document.source import SAVED_PLAN
from fsmv2.errors import SpecError, system_text
from fsmv2.host.private import replace_private
from fsmv2.operate.changes.apply_data import DocumentText
from fsmv2.operate.changes.change_plan import ChangePlan

FORMAT = "fsmv2 plan 2"
BEGINNING = 200
"""Bytes by which a saved plan is known."""

_HEAD = re.compile(rb'\{"format":"fsmv2 plan (\d+)"(?:,"checksum":"([0-9a-f]{64})",)?')


class SavedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan and the text it was made of.

    The generation, the digest of the text and that of what would be done are those of the plan.
    """

    plan: ChangePlan
    document: DocumentText


def save_plan(file: Path, plan: ChangePlan, document: DocumentText) -> None:
    """Write a plan for its owner alone, as it may hold credentials. SpecError: it cannot be.

    An older plan is replaced; anything else, such as the document itself, is left as it is.
    """
    if kept := _what_is_there(file):
        raise SpecError(
            f"the plan was not saved: {file} is {kept}, and is left as it is.",
            fix="Name a new file, such as change.plan.",
        )
    try:
        replace_private(file, encoded_plan(SavedPlan(plan=plan, document=document)))
    except OSError as error:
        raise SpecError(
            f"the plan cannot be saved in {file}: {system_text(error)}.",
            fix="Name a file in a writable directory with enough room.",
        ) from error


def _what_is_there(file: Path) -> str:
    """What stands where a plan is to be written and is none; empty: it may be written."""
    try:
        if file.is_dir():
            return "a folder"
        if not file.exists():
            return ""
        if not file.is_file():
            return "no file that could be replaced"
        with file.open("rb") as opened:
            beginning = opened.read(BEGINNING)
    except OSError as error:
        return f"a file that cannot be read ({system_text(error)})"
    return "" if not beginning or is_saved_plan(beginning) else "another file, and no saved plan"


def encoded_plan(saved: SavedPlan) -> bytes:
    """The content of the file: a head with the form of the rest and its checksum, and the rest."""
    rest = msgspec.json.encode(saved, enc_hook=str).removeprefix(b"{")
    head = f'{{"format":"{FORMAT}","checksum":"{hashlib.sha256(rest).hexdigest()}",'
    return head.encode() + rest


def is_saved_plan(content: bytes) -> bool:
    """Whether a file holds a plan, rather than a document; also one that was changed since."""
    return SAVED_PLAN.match(content) is not None


def read_plan(file: Path) -> SavedPlan:
    """The plan in a file; SpecError says why it cannot be used. OSError: it cannot be read."""
    content = file.read_bytes()
    again = "Make it again with `fsmv2 plan FILE -o PLAN`."
    if not is_saved_plan(content):
        raise SpecError(f"{file} is not a saved plan.", fix=again)
    head = _HEAD.match(content)
    if head is not None and head[1].decode() != FORMAT.rpartition(" ")[2]:
        raise SpecError(f"the plan in {file} is of another version of fsmv2.", fix=again)
    checksum = hashlib.sha256(content[head.end() :]).hexdigest() if head is not None else ""
    if head is None or head[2] is None or head[2].decode() != checksum:
        how = "changed" if _is_json(content) else "cut off or damaged"
        raise SpecError(
            f"the plan in {file} was {how} after it was saved. Nothing has changed.",
            fix=f"A plan is applied as it was made: change the document. {again}",
        )
    try:
        return msgspec.json.decode(content, type=SavedPlan)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise SpecError(
            f"the plan in {file} is of another version of fsmv2: {error}.", fix=again
        ) from error


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
