"""What the log says of applies: each event happens, and looks as its reference says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from document_place import HEAD, NEVER_CONVERGES, Place, events
from tests.runtime.log.test_event_table import FROM_AN_APPLY, problem

from fsmv2.operate.changes import convergence_reports
from fsmv2.operate.changes.apply_data import ApplyRequest
from fsmv2.runtime.log.entry import LogEntry, json_line
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.log_writer import LogWriter


async def test_every_event_of_an_apply_happens_and_is_as_the_reference_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convergence_reports, "FIRST_AFTER", 0.0)
    monkeypatch.setattr(convergence_reports, "EVERY", 0.0)
    entries: list[LogEntry] = []
    place, log = Place(tmp_path), LogWriter(LogLevels(), [entries.append])
    async with place.runs(HEAD, log=log) as tree:
        await tree.apply(ApplyRequest(document=place.write(HEAD + "# two\n")), wait=30)
        endless = ApplyRequest(document=place.write(NEVER_CONVERGES), timeout=600)
        await tree.apply(endless, who="ann", wait=0)
        text = place.write(NEVER_CONVERGES + NEVER_CONVERGES.splitlines()[-1].replace("a,", "b,"))
        late = ApplyRequest(document=text, timeout=0.1, rollback=True)
        await tree.apply(late, who="ben (test)", wait=30)
        await events(tree, "generation 5 has converged")
        again = ApplyRequest(document=place.write(HEAD + "# two\n"), reason="keep it")
        await tree.apply(again, who="cy", wait=30)
        await events(tree, "generation 5 is no longer pinned, as applied by cy (keep it)")
    log.close()
    lines = [json.loads(json_line(one)) for one in entries]
    assert not list(filter(None, map(problem, lines)))
    assert {line["event"] for line in lines} >= FROM_AN_APPLY
    applied = [line for line in lines if line["event"] == "generation_applied"]
    assert [(one["generation"], one["who"], one["rollback_of"]) for one in applied] == [
        (2, "program", 0),
        (3, "ann", 0),
        (4, "ben (test)", 0),
        (5, "fsmv2 (automatic rollback)", 2),
    ]
    assert applied[-1]["automatic"]
    (pin,) = [line for line in lines if line["event"] == "generation_pinned"]
    assert (pin["generation"], pin["pinned"], pin["who"], pin["why"]) == (5, False, "cy", "keep it")
    (failed,) = [line for line in lines if line["event"] == "generation_not_converged"]
    assert "edge/b" in failed["pending"]
