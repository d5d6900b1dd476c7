"""A cache of at most so many entries, which forgets what is not used."""

from __future__ import annotations

from fsmv2.model.data.bounded_cache import BoundedCache


def test_compiled_templates_are_forgotten() -> None:
    """The cache keeps what is used and drops the rest."""
    cache: BoundedCache[int, str] = BoundedCache(10)
    cache.put(0, "kept")
    for i in range(1, 1000):
        cache.put(i, "x")
        assert cache.get(0) == "kept"
        assert len(cache) <= 10
    assert cache.get(5) is None
    cache.put(0, "again")
    assert cache.get(0) == "again"


def test_what_is_found_among_the_old_is_young_again() -> None:
    cache: BoundedCache[str, int] = BoundedCache(4)
    for number, key in enumerate("abc"):
        cache.put(key, number)
    assert "a" not in cache.young
    assert cache.get("a") == 0
    assert cache.young["a"] == 0


def test_the_smallest_cache_keeps_the_last_two() -> None:
    """One entry for each generation."""
    cache: BoundedCache[str, int] = BoundedCache(0)
    for number, key in enumerate("abc"):
        cache.put(key, number)
    assert [cache.get(key) for key in "cba"] == [2, 1, None]
