"""A process is killed while it applies and rolls back: the old or the new generation, whole. H92"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from document_place import HEAD, Place

from fsmv2.operate import prepare
from fsmv2.operate.generations import digest_of, generation, history

KILLS = 12
APPLIES = """
import asyncio, sys
from pathlib import Path
from fsmv2.operate import open_tree
from fsmv2.operate.changes.apply_data import ApplyRequest, DocumentText, RollbackRequest

async def main(file, state):
    async with open_tree(file, state_dir=state) as tree:
        print(tree.running.number, flush=True)
        while True:
            number = tree.running.number + 1
            text = sys.argv[3].replace("edge}", "edge, location: {enterprise: e%d}}" % number)
            await asyncio.to_thread(file.write_text, text)
            document = DocumentText(source=str(file), files={"": text.encode()})
            request = ApplyRequest(document=document, timeout=60, rollback=True)
            answer = await tree.apply(request, wait=0.05 * (number % 3))
            print(answer.generation, flush=True)
            if number % 4 == 0:
                answer = await tree.rollback(RollbackRequest(), wait=0)
                print(answer.generation, flush=True)

asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
"""


@pytest.mark.campaign
@pytest.mark.real
@pytest.mark.timeout(600)
def test_h92_killed_at_any_moment_the_old_or_the_new_one_runs_whole(tmp_path: Path) -> None:
    seed = time.time_ns()
    chance = random.Random(seed)
    place = Place(tmp_path)
    place.write(HEAD)
    acknowledged = 0
    for kill in range(KILLS):
        program = [sys.executable, "-c", APPLIES, str(place.file), str(place.state), HEAD]
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert int(child.stdout.readline()) >= acknowledged, f"seed {seed}, kill {kill}"
            time.sleep(chance.uniform(0.0, 0.6))
            child.kill()
            for line in child.stdout.read().split():
                acknowledged = max(acknowledged, int(line))
        kept, head = history(place.state)
        assert head is not None
        assert head.number >= acknowledged, f"seed {seed}, kill {kill}"
        numbers = [one.number for one in kept]
        assert numbers[-1] == head.number
        assert {*range(max(1, head.number - 99), head.number)} < {*numbers}
        runs = generation(place.state)
        assert digest_of(runs.files) == runs.digest
        with prepare(place.file, state_dir=place.state) as prepared:
            assert prepared.generation is not None
            assert prepared.generation.number == head.number, "nothing else is begun with"
            assert prepared.generation.digest == runs.digest
    assert acknowledged > KILLS
