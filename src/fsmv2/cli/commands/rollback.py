"""`rollback`: an older generation of the document runs again."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir, generation_number
from fsmv2.cli.request_options import (
    CONVERGED_WITHIN,
    ConvergedWithin,
    Tree,
    UnlessConverged,
    WaitForNone,
    Why,
    WithoutAsking,
)


def rollback(
    number: Annotated[
        int | None,
        typer.Argument(
            parser=generation_number,
            metavar="[GENERATION]",
            help="As `history` lists it. Default: the one before what runs.",
        ),
    ] = None,
    reason: Why = "",
    timeout: ConvergedWithin = CONVERGED_WITHIN,  # type: ignore[assignment]  # its parser makes seconds of it
    back: UnlessConverged = False,
    no_wait: WaitForNone = False,
    yes: WithoutAsking = False,
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Make an older generation of the document run again, as a new one.

    The plan is shown first; on a terminal you are asked, elsewhere --yes is needed. Secrets
    keep their current values. The new generation is pinned: it runs until the next apply, also
    after a restart of fsmv2, whatever the file says that the tree follows. Without GENERATION
    it is the one that ran before; called again, the one before that.

    It waits as `apply` does. Exit code 3 when some worker has not converged in time, 6 when
    another change superseded it, 7 when it was rolled back itself.

    $ fsmv2 rollback -m 'the new recipe overfills'
    $ fsmv2 rollback 11 --yes
    """
    with reported():
        from fsmv2.cli.apply_session import ChangeSession
        from fsmv2.operate.changes.apply_data import ApplyAnswer, RollbackRequest
        from fsmv2.operate.changes.change_plan import ChangePlan
        from fsmv2.operate.remote_tree import RemoteTree
        from fsmv2.operate.running_trees import chosen_tree

        tree = RemoteTree(chosen_tree(file, state_dir), tool="fsmv2 rollback")
        about = tree.overview()

        def send(plan: ChangePlan | None, *, dry_run: bool) -> ApplyAnswer:
            request = RollbackRequest(
                generation=number,
                reason=reason,
                based_on=None if plan is None else plan.generation,
                timeout=timeout,
                rollback=back,
            )
            return tree.roll_back(request, dry_run=dry_run)

        session = ChangeSession(tree, timeout=timeout, wait=not no_wait, yes=yes, as_json=as_json)
        runs = f"generation {about.generation} of {about.document}"
        raise typer.Exit(
            session.carry_out(
                send,
                question=f"apply this to {runs}?",
                note="it runs until the next `fsmv2 apply`, also after a restart of fsmv2",
            )
        )
