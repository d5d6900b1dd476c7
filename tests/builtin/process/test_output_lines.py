"""Bytes that become lines: whole, clean, short, without secrets, however the reads are cut."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from fsmv2.builtin.process.shim.output_lines import LineSplitter, clean


def fed(data: bytes, cuts: list[int], lines: LineSplitter) -> list[bytes]:
    """What comes of `data` when it is read in pieces."""
    made: list[bytes] = []
    edges = [0, *sorted(cuts), len(data)]
    for begin, end in pairwise(edges):
        made += lines.feed(data[begin:end])
    return made + lines.end()


def test_a_line_is_there_when_it_is_whole() -> None:
    """A look in the middle of a line, of a character even, shows no half of it."""
    lines = LineSplitter(100)
    assert lines.feed(b"one\ntw") == [b"one"]
    assert lines.feed("o\n\nthré".encode()[:-1]) == [b"two", b""]
    assert lines.feed("é".encode()[1:] + b"e\r\n") == ["thrée".encode()]
    assert lines.end() == []


def test_a_last_line_without_an_end_is_kept() -> None:
    lines = LineSplitter(100)
    assert lines.feed(b"panics") == []
    assert lines.end() == [b"panics"]
    assert lines.end() == []


@pytest.mark.parametrize(
    ("wrote", "kept"),
    [
        (b"\x1b[31mred\x1b[0m and \x1b[1;32mgreen\x1b[m", b"red and green"),
        (b"10%\r50%\r100%", b"100%"),
        (b"dos\r", b"dos"),
        (b"a\tb", b"a\tb"),
        (b"nul\x00bell\x07", "nul\N{REPLACEMENT CHARACTER}bell\N{REPLACEMENT CHARACTER}".encode()),
        (b"\xff\xfeabc", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}abc".encode()),
        ("grüß → 世界".encode(), "grüß → 世界".encode()),
        ("\x9b\u202e\u2028x".encode(), 3 * "\N{REPLACEMENT CHARACTER}".encode() + b"x"),
    ],
)
def test_what_is_kept_is_text_that_harms_no_terminal(wrote: bytes, kept: bytes) -> None:
    assert clean(wrote) == kept


def test_rubbish_becomes_text_whatever_it_is() -> None:
    rubbish = random.Random(7).randbytes(100_000)
    for line in fed(rubbish, [1, 4096, 4097, 65_536], LineSplitter(500)):
        text = line.decode()
        assert not any(ord(letter) < 32 and letter != "\t" for letter in text)
        assert len(line) < 600


def test_a_long_line_is_cut_counted_and_takes_no_memory() -> None:
    lines = LineSplitter(100)
    made = []
    for _ in range(100):
        made += lines.feed(b"y" * 100_000)
        assert len(lines._rest) <= 100
    made += lines.feed(b"\nafter\n")
    assert made == [b"y" * 100 + "… (10,000,000 bytes)".encode(), b"after"]


def test_a_cut_leaves_no_half_character() -> None:
    [line] = LineSplitter(5).feed("äöü\n".encode())
    assert line == "äö… (6 bytes)".encode()


@pytest.mark.parametrize("seed", range(40))
def test_no_part_of_a_secret_is_kept_however_it_is_cut(seed: int) -> None:
    """In short lines, in long ones that are cut, and where the reads are cut."""
    draw = random.Random(seed)
    secret, token = b"hunter2-" * draw.randint(1, 9), b"***env:PW***"
    parts = []
    for _ in range(60):
        parts.append(draw.choice([secret, b"x" * draw.randint(0, 150), b"\n", b" ", b"\r\n"]))
    data = b"".join(parts)
    cuts = [draw.randrange(len(data)) for _ in range(20)]
    for line in fed(data, cuts, LineSplitter(100, [(secret, token)])):
        assert b"hunter" not in line.replace(token, b"")
