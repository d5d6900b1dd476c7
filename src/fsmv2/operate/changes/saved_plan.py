"""A plan in a file: what would be done, of which text, and what it was made against.

Applied later, it is refused when any of that differs by then.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from fsmv2.document.source import SAVED_PLAN
from fsmv2.errors import SpecError, system_text
from fsmv2.host.private import replace_private
from fsmv2.operate.changes.apply_data import DocumentText
from fsmv2.operate.changes.change_plan import ChangePlan

FORMAT = "fsmv2 plan 1"


class SavedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan and the text it was made of. `format`: what marks such a file, with its version.

    The generation, the digest of the text and that of what would be done are those of the plan.
    """

    format: str = FORMAT
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
        replace_private(
            file, msgspec.json.encode(SavedPlan(plan=plan, document=document), enc_hook=str)
        )
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
            beginning = opened.read(len(SAVED_PLAN))
    except OSError as error:
        return f"a file that cannot be read ({system_text(error)})"
    return "" if not beginning or is_saved_plan(beginning) else "another file, and no saved plan"


def is_saved_plan(content: bytes) -> bool:
    """Whether a file holds a plan, rather than a document."""
    return content.startswith(SAVED_PLAN)


def read_plan(file: Path) -> SavedPlan:
    """The plan in a file; SpecError says why it cannot be used. OSError: it cannot be read."""
    content = file.read_bytes()
    again = "Make it again with `fsmv2 plan FILE -o PLAN`."
    if not is_saved_plan(content):
        raise SpecError(f"{file} is not a saved plan.", fix=again)
    try:
        found = msgspec.json.decode(content, type=SavedPlan)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise SpecError(f"the plan in {file} cannot be read: {error}.", fix=again) from error
    if found.format != FORMAT:
        raise SpecError(f"the plan in {file} is of another version of fsmv2.", fix=again)
    return found
