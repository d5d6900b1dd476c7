"""Which files a plant may leave in its state directory after an orderly stop, how many, and why.

A file of no kind, or one more of a kind than its reason allows, is something that piles up. What
depends on how busy the machine is, such as how far a run came, is in the reasons and not in a sum.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

STARTED = "Starting nats-server"
MQTT_STREAMS = 5
"""nats-server keeps MQTT sessions and messages in so many streams of its own; samples in one."""
BLOCK = 1 << 20
"""Bytes: the least a full block of a stream has; it begins another only then."""


class Kind(NamedTuple):
    """Files by a pattern of their paths below the state directory; a directory ends with `/`."""

    pattern: str
    at_most: int
    why: str


def kinds(state: Path, runs: int, processes: int, journal_bytes: int) -> list[Kind]:
    """Those of a plant with an embedded broker, MQTT, and processes, after so many runs."""
    brokers = sum(
        log.read_text(errors="replace").count(STARTED)
        for log in (state / "broker").glob("nats-server.log*")
    )
    streams = state / "broker/store/jetstream/$G/streams"
    stored = sum(file.stat().st_size for file in streams.glob("*/msgs/*.blk"))
    stream = r"broker/store/jetstream/\$G/streams/(UMH|\$MQTT_\w+)"
    journal = sum(file.stat().st_size for file in (state / "journal").glob("*.journal"))
    return [
        Kind(r"fsmv2\.lock|document\.json|store\.db|store\.db\.lock", 4, "one of each"),
        Kind(r"journal/(lock|trouble)", 2, "one of each"),
        Kind(
            r"journal/\d{8}\.journal",
            runs if journal <= journal_bytes else 0,
            f"each run begins one, up to {journal_bytes} bytes in all; there are {journal}",
        ),
        Kind(
            r"broker/(credentials\.json|ports\.json|broker\.json\.spare|start\.lock|store\.lock"
            r"|nats-server\.(conf|log|out|pid))",
            9,
            "one of each",
        ),
        Kind(
            r"broker/broker\.json\.other",
            1,
            "what was about to be put in place at a kill; the next record takes the name",
        ),
        Kind(r"broker/nats-server\.out\.previous", 1, "the last words of one that crashed"),
        Kind(r"broker/nats-server\.log\..+", 3, "the server keeps so many old logs"),
        Kind(rf"{stream}/meta\.(inf|sum)", 2 * (MQTT_STREAMS + 1), "two of a stream"),
        Kind(rf"{stream}/msgs/index\.db", MQTT_STREAMS + 1, "one of a stream"),
        Kind(rf"{stream}/(msgs|obs)/", 2 * (MQTT_STREAMS + 1), "empty directories of a stream"),
        Kind(
            rf"{stream}/msgs/\d+\.blk",
            MQTT_STREAMS + 1 + stored // BLOCK,
            f"one of a stream, and others for the {stored} bytes stored",
        ),
        Kind(
            rf"{stream}/obs/[^/]+/(meta\.inf|meta\.sum|o\.dat)",
            3 * brokers,
            f"each of the {brokers} servers had a consumer of retained messages, which the next"
            " one removes five minutes after the last use",
        ),
        Kind(
            r"processes/[^/]+/(process\.json|process\.json\.spare|output\.log|output\.previous|output\.told"
            r"|lock|keeper\.lock|keeper\.err|out|err)",
            10 * processes,
            "one of each for a process",
        ),
        Kind(
            r"processes/[^/]+/((out|err|output\.log|output\.previous)\.new|process\.json\.other)",
            5 * processes,
            "what a shim that was killed was about to put in place; the next takes the name",
        ),
    ]


def surplus(state: Path, runs: int, processes: int, journal_bytes: int) -> list[str]:
    """What there is too much of, in words; nothing when all is as it may be."""
    known = kinds(state, runs, processes, journal_bytes)
    found: Counter[Kind] = Counter()
    problems: list[str] = []
    for path in sorted(state.rglob("*")):
        name = path.relative_to(state).as_posix()
        if path.is_dir():
            if any(path.iterdir()):
                continue
            name += "/"
        kind = next((kind for kind in known if re.fullmatch(kind.pattern, name)), None)
        if kind is None:
            problems.append(f"{name}: of no known kind")
        else:
            found[kind] += 1
    problems += [
        f"{count} of {kind.pattern}, at most {kind.at_most} are expected: {kind.why}"
        for kind, count in found.items()
        if count > kind.at_most
    ]
    return problems
