"""Numbers counted in buckets: each in the first whose bound is not smaller."""

from __future__ import annotations

from fsmv2.model.data.histogram import Histogram, HistogramCounts, add_to


def test_a_bound_belongs_to_its_own_bucket_and_what_is_beyond_to_the_last() -> None:
    found = Histogram((1.0, 10.0))
    for value in (0.0, 1.0, 1.5, 10.0, 11.0, 12.0):
        found.add(value)
    assert found.read() == HistogramCounts((1.0, 10.0), (2, 2, 2), 35.5)


def test_what_was_read_does_not_change() -> None:
    found = Histogram((1.0,))
    before = found.read()
    found.add(0.5)
    assert before == HistogramCounts((1.0,), (0, 0), 0.0)


def test_a_histogram_of_a_key_begins_with_its_first_number() -> None:
    found: dict[str, Histogram] = {}
    add_to(found, "a", (1.0,), 0.5)
    add_to(found, "a", (1.0,), 2.0)
    assert {key: one.read().counts for key, one in found.items()} == {"a": (1, 1)}
