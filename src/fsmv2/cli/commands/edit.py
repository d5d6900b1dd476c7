"""`edit`: the document that a managed tree keeps, in an editor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import StateDir, path_argument
from fsmv2.cli.request_options import (
    CONVERGED_WITHIN,
    ConvergedWithin,
    Tree,
    UnlessConverged,
    WaitForNone,
    Why,
    WithoutAsking,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def edit(
    kept: Annotated[
        Path | None,
        typer.Argument(
            parser=path_argument,
            metavar="[KEPT]",
            help="Continue with a text that an earlier edit has kept.",
        ),
    ] = None,
    reason: Why = "",
    timeout: ConvergedWithin = CONVERGED_WITHIN,  # type: ignore[assignment]  # its parser makes seconds of it
    rollback: UnlessConverged = False,
    no_wait: WaitForNone = False,
    yes: WithoutAsking = False,
    file: Tree = None,
    state_dir: StateDir = None,
) -> None:
    """Edit the document that a managed tree keeps, and apply it.

    VISUAL or EDITOR names the editor, with its arguments. A text with mistakes is opened again,
    with the mistakes listed above it. A text that was not applied, since another change came
    first, say, is kept in a file, which is named.

    Credentials that stand in the document are not shown: each has a name such as
    <credential-1-of-generation-5>, and is put back. Write another value there to
    change it.

    A tree that follows a file has no text of its own: edit the file, and run `fsmv2 apply`.

    It asks and waits as `apply` does. Exit code 3 when some worker has not converged in time,
    6 when another change superseded it, 7 when it was rolled back.

    $ fsmv2 edit -m 'slower poll of line 2'
    $ fsmv2 edit --state-dir state --rollback
    """
    with reported():
        from fsmv2.cli.apply_session import ChangeSession, require_terminal
        from fsmv2.cli.edit_session import EditSession, read_texts
        from fsmv2.operate.changes.apply_data import ApplyAnswer, ApplyRequest, DocumentText
        from fsmv2.operate.changes.change_plan import ChangePlan
        from fsmv2.operate.changes.document_choice import document_to_edit
        from fsmv2.operate.changes.kept_credentials import restored
        from fsmv2.operate.remote_tree import RemoteTree
        from fsmv2.operate.running_trees import chosen_tree

        if not yes:
            require_terminal("an edit is applied once it was confirmed")
        tree = RemoteTree(chosen_tree(file, state_dir), tool="fsmv2 edit")
        runs = document_to_edit(tree)
        session = ChangeSession(tree, timeout=timeout, wait=not no_wait, yes=yes, as_json=False)

        def apply(texts: Mapping[str, str]) -> int:
            document = DocumentText(source=runs.source, files=restored(texts, runs.generation))

            def send(plan: ChangePlan | None, *, dry_run: bool) -> ApplyAnswer:
                request = ApplyRequest(
                    document=document,
                    reason=reason,
                    based_on=runs.number,
                    actions_digest="" if plan is None else plan.actions_digest,
                    timeout=timeout,
                    rollback=rollback,
                )
                return tree.apply_document(request, dry_run=dry_run)

            question = f"apply this to generation {runs.number} of {runs.source}?"
            return session.carry_out(send, question=question)

        about = [f"Generation {runs.number} of {runs.source}. These lines are not part of it."]
        if runs.credentials:
            about.append(
                "<credential-...> stands for a credential as it is; another value changes it."
            )
        begin: Mapping[str, str] = runs.files
        if kept is not None:
            places = {name: kept / name if name else kept for name in runs.files}
            begin = read_texts(places)
        editing = EditSession(runs.files, Path(runs.source), about)
        raise typer.Exit(editing.carry_out(begin, apply, lambda: session.applied))
