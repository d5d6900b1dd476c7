"""The plan of a document, from whoever can make it: the tree that runs, or this process."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from fsmv2.errors import NotRunningError
from fsmv2.operate.changes.apply_data import DocumentText
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.changes.document_choice import followed_document
from fsmv2.operate.changes.offline_plan import plan_offline
from fsmv2.operate.changes.saved_plan import save_plan
from fsmv2.operate.document_contents import contents_of
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.running_trees import tree_of

OFFLINE = "Or compare with what is kept: --against GENERATION, or --against DOCUMENT."


class DocumentPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, and the text that it is of."""

    plan: ChangePlan
    document: DocumentText

    def save(self, file: Path) -> None:
        """Keep both in a file, for its owner alone. OSError: it cannot be written."""
        save_plan(file, self.plan, self.document)


def plan_of(
    document: Path | None,
    against: str = "",
    *,
    text: bytes | None = None,
    state_dir: Path | None = None,
    types: Iterable[str] = (),
    tool: str = "program",
) -> DocumentPlan:
    """What `document` would change in the tree that runs it, or in what it is held against.

    None: the file that the tree follows, as it is now; RequestRefusedError: it follows none.
    `text`: that of the document, which is no file then; it takes the place of what the tree runs.
    DocumentError: all that is wrong with it. NotRunningError: no tree could be asked.
    ApiUnavailableError: it does not answer; PlannerError: it could make no plan.
    """
    if document is None:
        tree = RemoteTree(_tree(None, state_dir), tool=tool)
        given = followed_document(tree.overview(), "plan")
        if not against:
            return DocumentPlan(plan=tree.plan_document(given), document=given)
        document = Path(given.source)
    files = contents_of(document) if text is None else {"": text}
    given = DocumentText(source=os.path.abspath(document), files=files)
    if against:
        plan = plan_offline(document, against, text=text, state_dir=state_dir, types=types)
        return DocumentPlan(plan=plan, document=given)
    tree = RemoteTree(_tree(None if text is not None else document, state_dir), tool=tool)
    if text is not None:
        given = DocumentText(source=tree.overview().document, files=files)
    return DocumentPlan(plan=tree.plan_document(given), document=given)


def _tree(document: Path | None, state_dir: Path | None) -> Path:
    try:
        return tree_of(document, None, state_dir)
    except NotRunningError as error:
        raise NotRunningError(error.message, fix=f"{error.fix} {OFFLINE}".strip()) from None
