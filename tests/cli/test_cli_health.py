"""`health`: whether fsmv2 works, whether its tree is ready, and that the document is newer."""

from __future__ import annotations

import json

from changed_tree import HEAD, changed_tree


def test_h90_health_says_that_the_document_is_newer_and_exits_as_before() -> None:
    with changed_tree(HEAD) as tree:
        before = tree("health", "--json")
        assert json.loads(before.output)["document_change"] == ""
        assert "document" not in tree("health").output.split("not ready")[0]
        tree.write(HEAD + "processes: {web: {command: [sleep, '1000']}}\n")
        shown = tree("health")
        assert shown.exit_code == before.exit_code == 3  # its broker is not there
        assert "document: the document was changed at " in shown.output
        assert "fsmv2 apply" in shown.output
        found = json.loads(tree("health", "--json").output)
        assert "was changed at" in found["document_change"]
        assert found["health"]["status"] != "stuck"
        assert found["readiness"]["ready"] is False
