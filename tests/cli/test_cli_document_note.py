"""The live tree says for as long as it is so that the document is newer than what runs."""

from __future__ import annotations

import io

from fsmv2.cli.document_note import DocumentNote
from fsmv2.cli.live_tree import LiveTree, Screen
from fsmv2.runtime import TreeView


class Tree:
    newer_document = ""


def test_h90_the_live_tree_says_while_it_is_so_that_the_document_is_newer() -> None:
    note, tree, out = DocumentNote(), Tree(), io.StringIO()
    assert list(note()) == [], "the tree does not run yet"
    note.tree = tree
    show = LiveTree(Screen(file=out, width=80, height=20, force_terminal=True), "run", note)
    show.frame(TreeView(0.0, ()))
    assert "newer" not in out.getvalue()
    tree.newer_document = "the document is newer than what runs"
    show.frame(TreeView(0.0, ()))
    show.close()
    assert "the document is newer than what runs" in out.getvalue()
