"""A test of notifications: sent by the tree that runs, or from here; and shown."""

from __future__ import annotations

from pathlib import Path

from fsmv2.cli.console import complain, progress, put, put_json, show_diagnostics
from fsmv2.cli.exit_codes import FAILED, OK
from fsmv2.errors import NotRunningError
from fsmv2.notify import TargetTest
from fsmv2.notify.trial import try_targets
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.running_trees import chosen_tree
from fsmv2.plant import load_plant


def notify_test(
    targets: list[str], *, file: Path | None, state_dir: Path | None, as_json: bool
) -> int:
    """Test these targets, or all; the exit code."""
    try:
        directory = chosen_tree(file, state_dir)
    except NotRunningError:
        if file is None:
            raise
        found = _from_here(file, targets)
    else:
        found = RemoteTree(directory, tool="fsmv2 notify-test").test_notifications(targets)
    if as_json:
        put_json(found)
    else:
        for one in found:
            put(_line(one))
    if not found:
        complain(
            "the document has no targets, so no notification is sent",
            fix="Add `notify: {targets: {NAME: {webhook: URL}}}`.",
        )
    return OK if found and all(one.delivered for one in found) else FAILED


def _from_here(file: Path, targets: list[str]) -> tuple[TargetTest, ...]:
    plant = load_plant(file)
    show_diagnostics(plant.diagnostics)
    progress("no tree runs this document: sent from this shell, with its environment")
    return try_targets(plant.root.name, plant.notify, plant.vault, targets)


def _line(one: TargetTest) -> str:
    outcome = f"delivered: {one.answer}" if one.delivered else f"not delivered: {one.error}"
    return f"{one.target}  {one.kind} {one.address}  {outcome} ({one.seconds:.1f} s)"
