"""What is found of bridges that were disturbed though nobody asked anything of them."""

from __future__ import annotations

from untouched import disturbed, own_gaps

LIVES = [(100.0, 110.0), (111.0, 121.0)]


def samples(*spans: tuple[float, float]) -> list[int]:
    """Five a second in each span."""
    return [int(1000 * (b + n / 5)) for b, e in spans for n in range(int(5 * (e - b)))]


WHOLE = samples((101.0, 110.0), (112.0, 121.0))


def gaps(one: list[int]) -> list[str]:
    return own_gaps({"one": one, **{f"t{n}": WHOLE for n in range(5)}}, LIVES)


def test_a_kill_and_a_start_are_no_gap() -> None:
    assert gaps(WHOLE) == []


def test_one_that_has_a_gap_alone_is_found() -> None:
    assert gaps(samples((101.0, 104.0), (108.0, 110.0), (112.0, 121.0))) == [
        "one: 4.2 s from 103.8"
    ]


def test_one_that_falls_silent_or_never_begins_is_found() -> None:
    assert len(gaps(samples((101.0, 105.0), (112.0, 121.0)))) == 1
    assert len(gaps(samples((101.0, 110.0), (117.0, 121.0)))) == 1
    assert len(gaps([])) == 2


def test_what_most_have_is_the_machine() -> None:
    slow = samples((101.0, 102.0), (108.0, 110.0))
    assert own_gaps({f"t{n}": slow for n in range(5)}, LIVES[:1]) == []


def test_a_bridge_that_starts_again_or_is_stopped_is_found() -> None:
    def report(path: str, state: str, kind: str = "transition") -> dict[str, str]:
        return {"path": path, "state": state, "kind": kind, "text": f"→ {state}"}

    start = [report("m1", "starting_connection"), report("m1", "active")]
    assert disturbed(start, ["m1"]) == []
    assert disturbed([*start, report("m1", "degraded"), report("m1", "active")], ["m1"]) == []
    assert disturbed([*start, report("m2", "stopping")], ["m1"]) == []
    assert disturbed([*start, report("m1", "stopping")], ["m1"]) == ["m1: → stopping"]
    assert disturbed([*start, report("m1", "starting_broker")], ["m1"]) == ["m1: → starting_broker"]
