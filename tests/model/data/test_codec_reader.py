"""Reading back what was written exactly: in pieces, and with classes that changed."""

from __future__ import annotations

from typing import Any

import pytest
from codec_round_trip import Colour, Point, Tall, find

from fsmv2.errors import JournalError
from fsmv2.model.data.codec import ExactWriter, NotKept
from fsmv2.model.data.codec_reader import ExactReader


def test_what_is_no_data_is_marked_and_named() -> None:
    writer = ExactWriter()
    plain = writer.write({"client": object(), "n": 1})
    reader = ExactReader(find)
    assert reader.read(plain) == {"client": NotKept("builtins:object"), "n": 1}
    assert writer.unkept == reader.not_kept == ["builtins:object"]


def test_what_follows_a_forget_is_read_by_itself() -> None:
    shared = {"a": 1}
    writer, reader = ExactWriter(), ExactReader(find)
    first = writer.write([shared, shared])
    writer.forget()
    second = writer.write([shared])
    assert first != second
    for plain, count in ((first, 2), (second, 1)):
        reader.forget()
        assert reader.read(plain) == [shared] * count


def written(value: Any) -> Any:
    return ExactWriter().write(value)


def refused(plain: Any, what: str) -> None:
    with pytest.raises(JournalError, match=what):
        ExactReader(find).read(plain)


def test_a_class_that_changed_is_refused() -> None:
    plain = written(Tall(height=3))
    refused([*plain, 4], "has 3 fields now, and had 4")
    refused([plain[0], f"{__name__}:Point", *plain[2:]], "is not the kind of class")
    refused([plain[0], f"{__name__}:find", *plain[2:]], "is not the kind of class")
    member = written(Colour.RED)
    refused([*member[:2], "GREEN"], "has no member 'GREEN' any more")
    refused([*written(Point(1)), 2, 3], "fields now, and had")
    refused([99, "x"], "unknown kind: 99")
    refused([], "unknown kind: None")
