"""`top`: a running tree on the screen."""

from __future__ import annotations

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import StateDir, Subtrees
from fsmv2.cli.request_options import Tree


def top(
    path: Subtrees = "",
    file: Tree = None,
    state_dir: StateDir = None,
) -> None:
    """Watch a running tree on the screen, as `run` shows its own: trouble first, then the tree.

    The keys select, unfold, filter and show all there is to know of a worker; `?` lists them. None
    changes the tree. When the tree goes away, as for an upgrade, the screen says so, shows how it
    was, and waits for it. Where there is no screen, as in a pipe or with TERM=dumb, it prints what
    `fsmv2 status` does.

    $ fsmv2 top
    $ fsmv2 top 'edge/line2/*'
    """
    with reported():
        from fsmv2.cli.console import progress, put
        from fsmv2.cli.display_choice import can_draw
        from fsmv2.operate.remote_tree import RemoteTree
        from fsmv2.operate.row_folding import Space
        from fsmv2.operate.running_trees import chosen_tree
        from fsmv2.operate.worker_filter import WorkerFilter

        which = WorkerFilter(path=path)
        directory = chosen_tree(file, state_dir)
        tree = RemoteTree(directory, tool="fsmv2 top")
        if can_draw():
            from fsmv2.cli.screen.top_session import show_top

            tree.report(which, space=Space(1, 80))  # it answers, and somebody is at this path
            show_top(directory, which)
            return
        from fsmv2.cli.screen_size import screen_size
        from fsmv2.cli.status_text import lines_of

        size = screen_size()
        for line in lines_of(tree.report(which, space=size.space), size.columns):
            put(*line)
        progress(
            "`top` needs a terminal with a screen, in the foreground; this is what `fsmv2 status` "
            "prints. `fsmv2 status --follow` prints changes as they come"
        )
