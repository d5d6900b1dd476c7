"""Every check of a state directory, in the order in which a start would meet the trouble.

A check changes nothing, and a tree may be running meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from fsmv2.errors import NotRunningError
from fsmv2.operate.care.directory_checks import (
    check_access,
    check_document,
    check_lock,
    check_space,
)
from fsmv2.operate.care.finding import Examination, StateFinding
from fsmv2.operate.care.record_checks import (
    check_clock,
    check_commands,
    check_journal,
    check_small_files,
    check_survivors,
)
from fsmv2.operate.care.store_checks import check_store
from fsmv2.operate.state_directory import holder, short_path

CHECKS: tuple[Callable[[Path], Iterable[StateFinding]], ...] = (
    check_access,
    check_space,
    check_lock,
    check_store,
    check_document,
    check_small_files,
    check_commands,
    check_journal,
    check_clock,
    check_survivors,
)


def examine(directory: Path) -> Examination:
    """What is wrong with a state directory, and what is right. NotRunningError: there is none."""
    directory = directory.absolute()
    if not directory.exists():
        raise NotRunningError(
            f"there is no state directory {short_path(directory)}.",
            fix="It is made by the first `fsmv2 run`. Name another one with --state-dir; after a "
            "loss, `fsmv2 restore` makes it of a backup.",
        )
    # Of what is no folder, each of the others would say the same once more.
    checks = CHECKS if directory.is_dir() else (check_access,)
    return Examination(
        directory=str(directory),
        process=holder(directory),
        findings=tuple(found for check in checks for found in check(directory)),
    )
