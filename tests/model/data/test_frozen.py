"""Frozen mappings: no change, and equal ones are one object."""

from __future__ import annotations

import pickle

import msgspec
import pytest

from fsmv2.model.data.frozen import EMPTY, FrozenDict, share


def test_frozen_mappings_refuse_every_change() -> None:
    """They are shared, so a change would be everybody's."""
    frozen = share({"a": "1"})
    assert type(frozen) is FrozenDict
    changes = (
        lambda: frozen.__setitem__("a", "2"),
        lambda: frozen.__delitem__("a"),
        lambda: frozen.update(a="2"),
        lambda: frozen.pop("a"),
        frozen.popitem,
        frozen.clear,
        lambda: frozen.setdefault("b", "1"),
        lambda: frozen.__ior__({"b": "1"}),
    )
    for change in changes:
        with pytest.raises(TypeError, match="frozen"):
            change()
    assert frozen == {"a": "1"}
    assert pickle.loads(pickle.dumps(frozen)) == frozen  # noqa: S301
    assert msgspec.json.encode(frozen) == b'{"a":"1"}'


def test_equal_mappings_are_shared() -> None:
    """One object for equal text mappings, however often they are made."""
    assert share({"a": "1"}) is share({"a": "1"})
    assert share({}) is EMPTY
    assert share(share({"a": "1"})) is share({"a": "1"})
