"""What a flow's config refuses, and what its figures say."""

from __future__ import annotations

import pytest

from fsmv2 import SpecError
from fsmv2.flow import ModbusInput, Register, UnsOutput
from fsmv2.flow.stats import Rate
from fsmv2.flow.uns.subject import subject_from, subject_of, topic_of


def test_all_problems_of_an_input_are_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        ModbusInput(
            host="",
            port=70000,
            every=0,
            registers=(
                Register(name="a b", address=0),
                Register(name="coil", address=1, kind="coil", type="int16"),
                Register(name="end", address=65535, type="float32"),
                Register(name="text", address=3, type="string"),
                Register(name="twice", address=4),
                Register(name="twice", address=5),
            ),
        )
    text = str(caught.value)
    for told in (
        "host is empty",
        "port 70000",
        "every 0 s",
        "registers[0] (a b)",
        "its type is bool, not int16",
        "beyond address 65535",
        "a string needs length",
        "registers[5] (twice): the tag name is taken by registers[4]",
    ):
        assert told in text, f"{told!r} is not in: {text}"


def test_one_name_may_stand_below_two_virtual_paths() -> None:
    tags = [Register(name="energy", address=a, virtual_path=v) for a, v in ((0, "in"), (1, "out"))]
    assert ModbusInput(host="plc", registers=tuple(tags)).registers == tuple(tags)


def test_an_output_needs_a_location_and_a_clean_contract() -> None:
    with pytest.raises(SpecError, match=r"needs at least its first level.*contract"):
        UnsOutput(url="nats://127.0.0.1", location_path="", contract="_ra w")


def test_subjects_are_topics_with_dots() -> None:
    subject = subject_of("acme.cologne", "_raw", "meter", "energy")
    assert subject == "umh.v1.acme.cologne._raw.meter.energy"
    assert subject_of("acme", "_raw", "", "speed") == "umh.v1.acme._raw.speed"
    assert topic_of(subject) == "umh/v1/acme/cologne/_raw/meter/energy"
    assert subject_from(topic_of(subject)) == subject


def test_a_rate_is_of_the_full_seconds_of_its_window() -> None:
    rate = Rate(window=10)
    assert rate.value(100.0) == 0.0
    for second in range(100, 130):
        rate.add(5, second + 0.1)
        rate.add(5, second + 0.6)
    assert rate.value(130.0) == 10.0
    assert rate.value(135.0) == 5.0
    assert rate.value(200.0) == 0.0
