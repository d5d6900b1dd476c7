"""Who applies documents to a plant and rolls them back, and what was acknowledged."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path

from operators import TOUCHED
from plant_campaign import PATIENCE, SUPERVISED, Campaign

from fsmv2.errors import (
    ApiUnavailableError,
    GenerationConflictError,
    PlannerError,
    RequestRefusedError,
    TreeStoppingError,
    UnknownGenerationError,
)
from fsmv2.operate.changes.apply_data import (
    ApplyRequest,
    DocumentText,
    RollbackRequest,
)
from fsmv2.operate.generations import digest_of, generation, history
from fsmv2.operate.remote_tree import RemoteTree

CHANGED = [path.rpartition("/")[2] for path in TOUCHED if path != "edge/ticker"]
EXTRA = "extra"


class Applier:
    """Applies one document after another, or returns to the one before."""

    def __init__(self, campaign: Campaign, rng: random.Random, *, rollbacks: float = 0.25) -> None:
        """`rollbacks`: their share."""
        self.tree = RemoteTree(campaign.state, tool="campaign")
        self._campaign = campaign
        self._rng = rng
        self._rollbacks = rollbacks
        self.acknowledged: dict[int, str] = {}
        """By generation, the digest of the text that was sent; of a rollback nothing."""
        self.unanswered = False
        self.conflicts = self.count = 0

    def text(self, number: int) -> str:
        """A document: some bridges are read at another rate, and a process comes or goes."""
        text = plant_of(self._campaign)
        for place, name in enumerate(CHANGED):
            every = 200 + 50 * ((number + place) % 3)
            text = text.replace(
                f"{{name: {name}, template: plc, variables: {{EVERY: 200ms",
                f"{{name: {name}, template: plc, variables: {{EVERY: {every}ms",
            )
        if number % 2:
            command = f"[{sys.executable}, -u, {SUPERVISED}, {self._campaign.folder}, {EXTRA}]"
            text += f"  {EXTRA}: {{command: {command}}}\n"
        return f"{text}# {number}\n"

    async def work(self, *, until: float, pause: float = 0.0) -> None:
        """One after another until this time by the monotonic clock, or it is cancelled.

        `pause`: up to so many seconds after each, in which others get to commit.
        """
        while time.monotonic() < until:
            await self._change()
            await asyncio.sleep(self._rng.uniform(0.0, pause))

    async def _change(self) -> bool:
        wait = self._rng.choice((0.0, 0.0, 0.5))
        timeout = self._rng.choice((None, 60.0))
        roll_back = self._rng.random() < self._rollbacks
        self.unanswered = True
        try:
            if roll_back:
                request = RollbackRequest(reason="campaign", timeout=timeout)
                answer = await self.tree.rollback(request, wait=wait)
            else:
                text = self.text(self._rng.randrange(1_000_000))
                files = {"": text.encode()}
                replace(self._campaign.file, text)
                document = DocumentText(source=str(self._campaign.file), files=files)
                apply = ApplyRequest(document=document, reason="campaign", timeout=timeout)
                answer = await self.tree.apply(apply, wait=wait)
        except (
            *(GenerationConflictError, TreeStoppingError, UnknownGenerationError),
            PlannerError,  # a machine so busy that a plan took too long; nothing has moved
        ):
            self.unanswered = False
            self.conflicts += 1
            await asyncio.sleep(0.05)
            return False
        except RequestRefusedError as error:
            # There have been as many rollbacks as applies.
            if not (roll_back and "no generation is known that ran before" in error.message):
                raise
            self.unanswered = False
            await asyncio.sleep(0.05)
            return False
        except ApiUnavailableError as error:
            self.unanswered = not isinstance(error.__cause__, FileNotFoundError)
            await asyncio.sleep(0.05)
            return False
        assert answer.durable, answer
        self.unanswered = False
        self.count += 1
        self.acknowledged[answer.generation] = "" if roll_back else digest_of(files)
        return True

    async def check(self) -> None:
        """Once the tree answers: the head is whole, what was acknowledged is there, and it runs."""
        limit = time.monotonic() + PATIENCE
        while True:
            try:
                runs = await self.tree.progress()
                break
            except (ApiUnavailableError, UnknownGenerationError):
                assert time.monotonic() < limit, "the API is not served"
                await asyncio.sleep(0.05)
        await self.check_kept(runs.generation)

    async def check_kept(self, runs: int) -> None:
        """As above, of a tree that says it runs this generation."""
        kept, head = await asyncio.to_thread(history, self._campaign.state)
        assert head is not None
        assert head.number == kept[-1].number == runs
        newest = max(self.acknowledged, default=1)
        assert runs >= newest, f"{newest} was acknowledged, and {runs} runs"
        if not self.unanswered:
            assert runs == newest, f"nobody asked for {runs} after {newest}"
        digests = {one.number: one.digest for one in kept}
        assert {*range(max(1, runs - 99), runs + 1)} <= {*digests}, "the last hundred are kept"
        for number, digest in self.acknowledged.items():
            if digest and number in digests:
                assert digests[number] == digest, f"generation {number} has another text"
        self.unanswered = False
        self.acknowledged.setdefault(runs, digests[runs])
        text = await asyncio.to_thread(generation, self._campaign.state, runs)
        assert digest_of(text.files) == digests[runs]
        await self._check_workers(f"  {EXTRA}: ".encode() in text.files[""])

    async def _check_workers(self, extra: bool) -> None:
        """The tree has what its document says, and nothing else."""
        limit = time.monotonic() + PATIENCE
        while True:
            paths = await asyncio.to_thread(self.tree.paths, ["edge/*"])
            if (f"edge/{EXTRA}" in paths) == extra:
                return
            assert time.monotonic() < limit, f"{EXTRA} is {'missing' if extra else 'still there'}"
            await asyncio.sleep(0.1)


def plant_of(campaign: Campaign) -> str:
    """The document of the campaign, with a rate that bridges may set, and a note of the ticker."""
    text = campaign.first_text.replace("every: 200ms", 'every: "{{ .EVERY }}"')
    text = text.replace("ticker: {", "ticker: {variables: {NOTE: 0}, ")
    return text.replace("variables: {PORT", "variables: {EVERY: 200ms, PORT")


def replace(file: Path, text: str) -> None:
    """As editors write: all of it or nothing."""
    part = file.with_suffix(".part")
    part.write_text(text)
    part.replace(file)
