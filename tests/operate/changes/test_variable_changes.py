"""Each variable that changes, with exactly the workers that would be others without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from changed_plant import PLANT, planned, running

from fsmv2.testing import Simulation


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulation]:
    with running() as plant:
        yield plant


def touched(sim: Simulation, *pairs: tuple[str, str]) -> dict[str, tuple[str, ...]]:
    text = PLANT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return {one.name: one.workers for one in planned(sim, text).variables}


def test_two_that_change_at_once_are_told_apart(sim: Simulation) -> None:
    assert touched(sim, ("{IP: 10.0.0.1, REGISTER: 1}", "{IP: 10.0.0.9, REGISTER: 2}")) == {
        "IP": ("plant/filler/connection", "plant/filler/dfc_read"),
        "REGISTER": ("plant/filler/dfc_read",),
    }


def test_a_global_one_touches_only_those_that_render_it(sim: Simulation) -> None:
    assert touched(sim, ("EVERY: 1s", "EVERY: 2s"), ("UNIT: c", "UNIT: f")) == {
        "global.EVERY": ("plant/capper/dfc_read", "plant/filler/dfc_read"),
        "global.UNIT": ("plant/third",),
    }


def test_one_that_means_the_same_touches_nobody(sim: Simulation) -> None:
    assert touched(sim, ("EVERY: 1s", "EVERY: 1000ms")) == {"global.EVERY": ()}


def test_one_that_nobody_reads_touches_nobody(sim: Simulation) -> None:
    assert touched(sim, ("UNIT: c}", "UNIT: c, MORE: 3}")) == {"global.MORE": ()}


def test_one_that_comes_with_the_template_that_reads_it_touches_who_renders_it(
    sim: Simulation,
) -> None:
    found = touched(
        sim,
        ('every: "{{ .global.EVERY }}"', 'every: "{{ .PACE }}"'),
        ("IP: 10.0.0.1,", "IP: 10.0.0.1, PACE: 3s,"),
        ("IP: 10.0.0.2,", "IP: 10.0.0.2, PACE: 3s,"),
    )
    # Without it the whole bridge could not be derived.
    assert "plant/filler/dfc_read" in found["PACE"]
