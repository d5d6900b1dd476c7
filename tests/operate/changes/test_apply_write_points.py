"""A tree is killed before each call that changes a file, from an apply to the end of a rollback.

Of the store and outside of it: the record of the document, the journal, the pipe to the planner,
the folders of processes. What is left is the old or the new generation, whole, and the next start
runs just that, with one of everything. H92
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from document_place import HEAD, running

from fsmv2.operate import open_tree
from fsmv2.operate.generations import digest_of, generation, history
from fsmv2.operate.journal_replay import replay
from write_points import killed_at_each_point

STEP = int(os.environ.get("STEP") or 7)
"""From one point to the next. The order of the points differs from run to run, so that in time all
of them are met; `STEP=1` meets each."""
SLEEP = f"{100_000 + os.getpid()}.4711"
"""By which the processes of this run of the test are known."""
OLD = f"{HEAD}processes:\n  a: {{command: [sleep, '{SLEEP}1']}}\n"
NEW = f"""\
{HEAD}processes:
  a: {{command: [sleep, '{SLEEP}2']}}
  b: {{command: [sleep, '{SLEEP}3']}}
# {"so long that a planner reads it " * 150}
"""

CHANGES = """
import asyncio, os
from pathlib import Path
from fsmv2.operate import open_tree
from fsmv2.operate.changes.apply_data import ApplyRequest, DocumentText, RollbackRequest

async def change(file, new):
    async with open_tree(file, state_dir=file.parent / "state") as tree:
        await tree.until(lambda view: (a := view.get("edge/a")) and a.healthy, timeout=200)
        (file.parent / "begun").mkdir()
        file.write_text(new)
        document = DocumentText(source=str(file), files={"": new.encode()})
        answer = await tree.apply(ApplyRequest(document=document), wait=60)
        assert answer.progress.state == "converged", answer
        print("acknowledged 2", flush=True)
        answer = await tree.rollback(RollbackRequest(), wait=60)
        assert answer.progress.state == "converged", answer
        print("acknowledged 3", flush=True)
        os._exit(0)

def main(folder, new):
    asyncio.run(change(Path(folder, "plant.yaml"), Path(new).read_text()))
"""

pytestmark = [pytest.mark.campaign, pytest.mark.real, pytest.mark.timeout(3600)]


def sleeping() -> list[str]:
    """The last digit of the processes of this test that live."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0] == b"sleep" and words[1].startswith(SLEEP.encode()):
                found.append(words[1].decode()[-1])
    return sorted(found)


async def test_h92_killed_at_each_write_point_the_old_or_the_new_one_runs_whole(
    tmp_path: Path,
) -> None:
    first, new = tmp_path / "first", tmp_path / "new.yaml"
    first.mkdir()
    (first / "plant.yaml").write_text(OLD)
    new.write_text(NEW)
    points, heads = 0, []
    for point, folder, _, said in killed_at_each_point(
        first, CHANGES, str(new), threads=True, step=STEP
    ):
        points, state = point, folder / "state"
        kept, head = history(state)
        assert head is not None, f"point {point}"
        assert [one.number for one in kept] == [*range(1, head.number + 1)], f"point {point}"
        assert head.number >= int(said.split()[-1] if said else 1), f"point {point}: {said}"
        for one in kept:
            files = generation(state, one.number).files
            assert files == {"": (NEW if one.number == 2 else OLD).encode()}
            assert digest_of(files) == one.digest
        assert replay(state / "journal").found.difference is None, f"point {point}"
        heads.append(head.number)
        names = ["a", "b"] if head.number == 2 else ["a"]
        async with open_tree(folder / "plant.yaml", state_dir=state) as tree:
            assert tree.running.number == head.number, f"point {point}"
            await running(tree, *names)
            await tree.until(
                lambda view, names=names: len(view.nodes) == 2 + len(names), timeout=200
            )
            await tree.until(lambda view: not view["edge"].observed.orphans, timeout=200)
            assert sleeping() == (["2", "3"] if head.number == 2 else ["1"]), f"point {point}"
        assert sleeping() == [], f"point {point}: a stop left something behind"
    print(f"{points} points; killed with these heads: {heads}")
    assert {*heads} == {1, 2, 3}
