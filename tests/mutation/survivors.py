"""What is kept about mutants that survive: which they are, and why that is right.

`survivors.yaml` has one entry for each. A mutant is known by its file, its function, and what it
makes of which lines: the numbers that mutmut gives them move with every change of the code.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

KEPT = Path(__file__).parent / "survivors.yaml"


class Mutant(msgspec.Struct, frozen=True, kw_only=True, rename={"file": "in"}):
    """One change of the code, independent of the rest of the file."""

    file: str
    function: str
    old: str
    new: str

    @property
    def place(self) -> tuple[str, str]:
        """File and function."""
        return self.file, self.function

    def __str__(self) -> str:
        lines = [f"-   {line}" for line in self.old.splitlines()]
        lines += [f"+   {line}" for line in self.new.splitlines()]
        return "\n".join([f"{self.file}, {self.function}:", *lines])


class Survivor(Mutant, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mutant that no test can find, and the reason for it."""

    why: str

    @property
    def mutant(self) -> Mutant:
        """Which mutant it is."""
        return Mutant(file=self.file, function=self.function, old=self.old, new=self.new)


class Outcome(msgspec.Struct, frozen=True):
    """How one mutant ended: `found`, `survived`, `not reached`, or what else there was."""

    name: str
    mutant: Mutant
    ended: str


def read(path: Path = KEPT) -> list[Survivor]:
    """The kept list; msgspec's error says what is wrong with it."""
    return msgspec.yaml.decode(path.read_bytes(), type=list[Survivor])


def judge(
    outcomes: Iterable[Outcome], kept: Iterable[Survivor], *, whole: bool = True
) -> list[str]:
    """What is wrong, one text each: survivors without a reason, and entries that are out of date.

    `whole`: all mutants were made, so that an entry without its mutant has none.
    """
    by_mutant: dict[Mutant, list[Outcome]] = {}
    for outcome in outcomes:
        by_mutant.setdefault(outcome.mutant, []).append(outcome)
    reasons = {entry.mutant: entry.why.strip() for entry in kept}
    wrong = [
        _unexplained(outcome)
        for mutant, same in by_mutant.items()
        for outcome in same
        if outcome.ended not in ("found", "not reached") and mutant not in reasons
    ]
    for mutant, why in reasons.items():
        same = by_mutant.get(mutant, [])
        if not why:
            wrong.append(f"This entry gives no reason.\n{mutant}")
        elif not same and whole:
            wrong.append(f"There is no such mutant any more: remove its entry.\n{mutant}")
        elif same and all(outcome.ended == "found" for outcome in same):
            wrong.append(f"A test finds this one now: remove its entry.\n{mutant}")
    return wrong


def _unexplained(outcome: Outcome) -> str:
    entry = msgspec.yaml.encode([{**msgspec.to_builtins(outcome.mutant), "why": ""}]).decode()
    return (
        f"A mutant {outcome.ended}, and no reason is given for it.\n{outcome.mutant}\n"
        f"see it:   .venv/bin/mutmut show {outcome.name}\n"
        f"find it:  write a test that fails with it, then  make mutants ONLY={outcome.name}\n"
        f"or, if it changes nothing that anybody could see, say why in {KEPT.name}:\n{entry}"
    )
