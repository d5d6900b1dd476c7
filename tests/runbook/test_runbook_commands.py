"""Each command on a page of the runbook prints what the page says, on a tree in that trouble.

`make runbook` writes into the pages what the commands really print, wherever that differs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from firing import silent
from page_blocks import Block, blocks, difference, rewritten, same
from troubled_machines import MACHINES
from troubled_programs import PROGRAMS
from troubled_tree import TroubledTree
from troubled_trees import QUICK
from troubled_trees import TREES as WORKERS

REWRITE = bool(os.environ.get("REWRITE_RUNBOOK"))
PATIENCE = 20.0 if REWRITE else 60.0
"""Seconds for a tree to get where a command prints what its page says."""

pytestmark = pytest.mark.real


TREES = {**WORKERS, **MACHINES, **PROGRAMS}
NAMES = [pytest.param(name, marks=() if name in QUICK else pytest.mark.thorough) for name in TREES]


@pytest.mark.parametrize("name", NAMES)
def test_commands_print_what_the_pages_say_of_a_tree(name: str) -> None:
    wrong: list[str] = []
    done = {""}
    with TREES[name]() as tree:
        steps = ["", *tree.steps]  # what changes the tree comes last, whatever page it is on
        for block in sorted(of_tree(name), key=lambda block: steps.index(block.after)):
            if block.after not in done:
                tree.steps[block.after]()
                done.add(block.after)
            wrong += differences(tree, block)
        # Last, as it takes seconds, and a trouble may become another one meanwhile.
        wrong += filter(None, map(silent, tree.exports))
    assert not wrong, "\n\n".join(wrong)


def of_tree(name: str) -> list[Block]:
    return [block for block in blocks() if block.tree == name]


def differences(tree: TroubledTree, block: Block) -> Iterator[str]:
    printed = {
        one.words: tree.printed(one, PATIENCE if one.printed or not REWRITE else 0.0)
        for one in block.commands
    }
    wrong = {one.words: one for one in block.commands if not same(one.printed, printed[one.words])}
    if wrong and REWRITE:
        rewritten(block, {words: printed[words] for words in wrong})
        return
    for words, one in wrong.items():
        shown = difference(one.printed, printed[words])
        yield f"docs/runbook/{block.page}:{block.line}: `{words}` prints something else:\n{shown}"


def test_each_block_names_a_tree_that_there_is() -> None:
    lost = [f"{one.page}:{one.line}" for one in blocks() if one.tree not in TREES]
    assert lost == [], f"write tree=NAME, one of {', '.join(TREES)}"


def test_each_tree_is_asked_something() -> None:
    assert {*TREES} - {one.tree for one in blocks()} == set()
