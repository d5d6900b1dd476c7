"""The generations as lines: what became of each, who, and why."""

from __future__ import annotations

from typing import Any

from fsmv2.cli.console import Styled
from fsmv2.cli.history_text import WIDTH, history_lines
from fsmv2.operate.known_generations import DocumentHistory
from fsmv2.store import GenerationInfo, Head


def generation(number: int, **more: Any) -> GenerationInfo:
    about = {"tool": "fsmv2 apply", "why": "", "source": "/etc/plant.yaml", **more}
    return GenerationInfo(number=number, at=0.0, who="ann@host", digest="", **about)


def lines(
    *generations: GenerationInfo, head: Head | None = None, late: dict[int, str] | None = None
) -> list[str]:
    history = DocumentHistory(generations=generations, head=head, not_converged=late or {})
    return [
        "".join(part.text if isinstance(part, Styled) else part for part in line)
        for line in history_lines(history)
    ]


def test_what_became_of_each_stands_beside_it() -> None:
    shown = lines(
        generation(1, outcome="converged"),
        generation(2, outcome="rolled back", why="a new press"),
        generation(3, rollback_of=1),
        head=Head(number=3, pinned=True),
    )
    assert shown[0].endswith("  converged  ann@host")
    assert shown[1] == "        fsmv2 apply (/etc/plant.yaml)"
    assert shown[2].startswith("     2  ")
    assert shown[2].endswith("  rolled back  ann@host")
    assert shown[3] == "        fsmv2 apply: a new press (/etc/plant.yaml)"
    assert shown[4].startswith("*    3  ")
    assert shown[4].endswith("  converging  pinned  ann@host")
    assert shown[5] == "        fsmv2 apply: generation 1 again (/etc/plant.yaml)"


def test_whoever_had_not_converged_is_named() -> None:
    late = {1: "edge/broker: disconnected: no route to host; edge/a: waits for the broker"}
    shown = lines(generation(1, outcome="not converged"), head=Head(number=1), late=late)
    assert shown[0].endswith("  not converged  ann@host")
    assert shown[2].startswith("        not in time: edge/broker: disconnected: no route")


def test_of_an_old_one_nothing_is_claimed() -> None:
    assert lines(generation(1), head=Head(number=2))[0].endswith(":00  ann@host")


def test_a_long_reason_is_wrapped_and_the_path_stands_below() -> None:
    shown = lines(generation(1, why="because of this and that " * 9, source="/" + "p" * 60))
    assert max(map(len, shown)) <= WIDTH
    assert shown[-1] == "        /" + "p" * 60


def test_without_any_it_says_so() -> None:
    assert lines() == ["no generation of the document is kept yet"]
