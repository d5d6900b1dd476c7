"""Which document is applied to which tree: a file, what stands in a saved plan, or standard input.

Decided here once, for every command that hands a tree a document.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from fsmv2.errors import RequestRefusedError
from fsmv2.operate.changes.apply_data import DocumentText
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.changes.kept_credentials import editable
from fsmv2.operate.changes.saved_plan import BEGINNING, is_saved_plan, read_plan
from fsmv2.operate.document_contents import contents_of
from fsmv2.operate.generations import generation
from fsmv2.operate.remote_tree import RemoteTree, TreeOverview
from fsmv2.operate.running_trees import tree_of
from fsmv2.store import Generation

STANDARD_INPUT = "-"


class ChosenDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is to be applied, and the tree. `plan`: that which was saved with it."""

    directory: Path
    tree: TreeOverview
    document: DocumentText
    plan: ChangePlan | None = None


def choose_document(
    named: str | None,
    *,
    tree: Path | None,
    state_dir: Path | None,
    tool: str,
    standard_input: Callable[[], bytes],
) -> ChosenDocument:
    """What is to be applied: a document, a saved plan, `-`, or None: the file that is followed.

    DocumentError: it cannot be read. SpecError: the saved plan cannot be used. NotRunningError,
    ApiUnavailableError: there is no tree that could be asked. RequestRefusedError: it cannot be.
    """
    if named is None or named == STANDARD_INPUT:
        directory = tree_of(None, tree, state_dir)
        about = RemoteTree(directory, tool=tool).overview()
        document = (
            followed_document(about, "apply")
            if named is None
            else _handed_in(about, standard_input)
        )
        return ChosenDocument(directory=directory, tree=about, document=document)
    plan, document = _named(Path(named))
    directory = tree_of(Path(document.source), tree, state_dir)
    about = RemoteTree(directory, tool=tool).overview()
    if plan is not None and not plan.generation:
        raise RequestRefusedError(
            f"cannot apply: the plan in {named} was made against a document, and not against the "
            "tree that runs. Nothing has changed.",
            fix="Make it again without --against: `fsmv2 plan FILE -o PLAN`.",
        )
    return ChosenDocument(directory=directory, tree=about, document=document, plan=plan)


def _named(file: Path) -> tuple[ChangePlan | None, DocumentText]:
    if file.is_file() and is_saved_plan(_beginning(file)):
        saved = read_plan(file)
        return saved.plan, saved.document
    return None, DocumentText(source=os.path.abspath(file), files=contents_of(file))


def _beginning(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(BEGINNING)
    except OSError:
        return b""  # reading it as a document says why


def followed_document(about: TreeOverview, verb: str) -> DocumentText:
    """The file or folder that a tree follows, as it is now, for a command that none was named to.

    RequestRefusedError: it follows none. DocumentError: it cannot be read.
    """
    if about.managed:
        raise RequestRefusedError(
            "this tree follows no file: it keeps its document itself.",
            fix=f"Name the document: `fsmv2 {verb} FILE`. To change what runs: `fsmv2 edit`.",
        )
    return DocumentText(source=about.document, files=contents_of(Path(about.document)))


def _handed_in(about: TreeOverview, standard_input: Callable[[], bytes]) -> DocumentText:
    if not about.managed:
        raise RequestRefusedError(
            f"cannot apply what comes from standard input: this tree follows {about.document}.",
            fix="Write it there, and run `fsmv2 apply`.",
        )
    # It takes the place of what runs, so that the folder it is relative to stays the same.
    return DocumentText(source=about.document, files={"": standard_input()})


class DocumentToEdit(msgspec.Struct, frozen=True, kw_only=True):
    """The document that a managed tree keeps, with a name in the place of each credential.

    `generation` gives an older one, in which are the credentials that a kept text names.
    """

    number: int
    source: str
    files: dict[str, str]
    credentials: bool
    generation: Callable[[int], Generation]


def document_to_edit(tree: RemoteTree) -> DocumentToEdit:
    """What runs, to be edited. RequestRefusedError: this tree follows a file."""
    about = tree.overview()
    if not about.managed:
        raise RequestRefusedError(
            f"this tree follows {about.document}, and has no text of its own.",
            fix="Edit the file, and run `fsmv2 apply`.",
        )

    def kept(number: int) -> Generation:
        return generation(tree.directory, number)

    text = editable(kept(about.generation))
    return DocumentToEdit(
        number=about.generation,
        source=about.document,
        files=text.files,
        credentials=bool(text.credentials),
        generation=kept,
    )
