"""`apply`: a document becomes the one that runs, all of it or nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir, path_text
from fsmv2.cli.request_options import (
    CONVERGED_WITHIN,
    ConvergedWithin,
    Tree,
    UnlessConverged,
    WaitForNone,
    Why,
    WithoutAsking,
)


def apply(
    document: Annotated[
        str | None,
        typer.Argument(
            parser=path_text,
            metavar="[FILE|PLAN|-]",
            help="A document or a folder of them, a plan that was saved, or - for standard input. "
            "Default: the file that the tree follows.",
        ),
    ] = None,
    reason: Why = "",
    timeout: ConvergedWithin = CONVERGED_WITHIN,  # type: ignore[assignment]  # its parser makes seconds of it
    rollback: UnlessConverged = False,
    no_wait: WaitForNone = False,
    yes: WithoutAsking = False,
    reload: Annotated[
        bool,
        typer.Option(
            "--reload",
            help="As SIGHUP does: without asking, and refused if it would remove workers.",
        ),
    ] = False,
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Apply a document to a running tree: all of it or nothing.

    The plan is shown first; on a terminal you are asked, elsewhere --yes is needed. Nothing is
    changed when the document has a mistake, or when another one was applied meanwhile. A plan that
    was saved is applied only if the generation that runs, the file that the tree follows and what
    would be done are still the same.

    Then the command waits until all workers that the change touches have converged: they do
    what the document asks, or are no worse than before. The tree itself waits, for --timeout,
    and names those that have not converged by then; with --rollback it undoes the change. That
    holds also with --no-wait, and when this command is interrupted.

    --reload is for service managers: no one looks at the plan, so it is refused also while a rolled
    back generation is pinned, and when it would remove workers, unless the document says `prune:
    true` in `engine:`.

    Exit code 0 when it has converged, or there was nothing to change; 1 when nothing was changed; 3
    when some worker has not converged in time; 6 when another change superseded it; 7 when it was
    rolled back.

    $ fsmv2 apply plant.yaml -m 'second filler'
    $ fsmv2 apply change.plan --rollback --timeout 5m
    $ fsmv2 apply - --yes < plant.yaml
    """
    with reported():
        from fsmv2.cli.apply_session import ChangeSession
        from fsmv2.cli.console import progress
        from fsmv2.cli.standard_input import standard_input
        from fsmv2.errors import DocumentError
        from fsmv2.operate.changes.apply_data import ApplyAnswer, ApplyRequest
        from fsmv2.operate.changes.change_plan import ChangePlan
        from fsmv2.operate.changes.document_choice import choose_document
        from fsmv2.operate.changes.plan_difference import refuse_unless_same
        from fsmv2.operate.remote_tree import RemoteTree

        tool = "fsmv2 apply -" if document == "-" else "fsmv2 apply"
        chosen = choose_document(
            document, tree=file, state_dir=state_dir, tool=tool, standard_input=standard_input
        )
        tree = RemoteTree(chosen.directory, tool=tool)

        def send(plan: ChangePlan | None, *, dry_run: bool) -> ApplyAnswer:
            request = ApplyRequest(
                document=chosen.document,
                reason=reason,
                based_on=None if plan is None else plan.generation,
                # What differs from a plan is named here, where that plan is.
                actions_digest="" if plan is None or dry_run else plan.actions_digest,
                timeout=timeout,
                rollback=rollback,
                reload=reload,
            )
            answer = tree.apply_document(request, dry_run=dry_run)
            if dry_run and plan is not None:
                refuse_unless_same(plan, answer.plan)
            return answer

        session = ChangeSession(
            tree, timeout=timeout, wait=not no_wait, yes=yes or reload, as_json=as_json
        )
        runs = f"generation {chosen.tree.generation} of {chosen.tree.document}"
        try:
            code = session.carry_out(send, question=f"apply this to {runs}?", plan=chosen.plan)
        except DocumentError:
            if not as_json:
                progress("the document is not valid, so nothing has been changed:")
            raise
        raise typer.Exit(code)
