"""`describe`: one worker with all there is to know of it."""

from __future__ import annotations

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, Output, StateDir, Types
from fsmv2.cli.request_options import OnePath, Tree
from fsmv2.cli.since_argument import At


def describe(
    path: OnePath,
    file: Tree = None,
    types: Types = None,
    state_dir: StateDir = None,
    at: At = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Show one worker on one screen: its state and why, what it is to do, what comes next.

    Also its conditions, overrides, last observation, retries, children, rendered config
    (credentials masked), runbook, and what happened to it last. A tree that has crashed, or
    does not answer, is read from its journal; so is, with --at, how it was at a moment of the
    past.

    $ fsmv2 describe edge/filler
    $ fsmv2 describe edge/filler -o yaml
    $ fsmv2 describe edge/filler --at 12:01
    """
    with reported():
        from fsmv2.cli.console import put
        from fsmv2.cli.describe_text import lines_of
        from fsmv2.cli.screen_size import screen_size
        from fsmv2.cli.structured_output import chosen_format, put_structured
        from fsmv2.cli.which_tree import which_tree
        from fsmv2.operate import worker_questions

        found = worker_questions.describe(path, which_tree(file, state_dir, types, at=at))
        if put_structured(found, chosen_format(output, as_json=as_json)):
            return
        for line in lines_of(found, screen_size().columns):
            put(*line)
