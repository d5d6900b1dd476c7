"""Delays between attempts: doubling, capped, with jitter drawn ahead.

The jitter of attempt n is a pure function of seed, key and n, so the next delays can be told
truthfully before they are used, and a replay draws the same ones.
"""

from __future__ import annotations

import hashlib

import msgspec

from fsmv2.core.contract.settings import EngineSettings
from fsmv2.model import Backoff


class ExponentialBackoff(msgspec.Struct, frozen=True):
    """`delay(n)` is the step min(cap, base × 2ⁿ) less at most the share `jitter` of it.

    For attempt n = 0, 1, …, in seconds. With a jitter of one half or less no delay is shorter than
    the one before, until the cap is reached: the longest of a step is the shortest of the next.
    """

    base: float = 1.0
    """The delay before the second try, in seconds."""
    cap: float = 60.0
    """The longest delay, in seconds."""
    seed: int = 0
    """Of the tree; the same seed draws the same delays."""
    key: str = ""
    """The path of the worker, so that workers with one trouble draw different delays."""
    jitter: float = 0.5
    """Share of each delay that is left to chance, from 0 to 1."""
    reset_after: float = 300.0
    """Seconds without trouble after which failed attempts are forgotten."""

    def ceiling(self, attempt: int) -> float:
        """The longest delay that attempt may draw; saturates at the cap however large (H48)."""
        # 2.0 ** 1024 overflows; nobody waits 2**64 × base, so the exponent may stop there.
        return min(self.cap, self.base * 2.0 ** min(max(attempt, 0), 64))

    def delay(self, attempt: int) -> float:
        """Seconds to wait before this attempt."""
        # A hash instead of a generator: nothing has to be kept between two attempts, so a
        # checkpoint holds no state of chance, and `why` can draw the delay after next without using
        # one up.
        text = f"{self.seed}:{self.key}:{attempt}".encode()
        drawn = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64
        return (1.0 - self.jitter * drawn) * self.ceiling(attempt)


class Attempts:
    """How often one worker had to be retried since its last long healthy time.

    `proven`: since the last failure it was healthy for as long as its next delay would be.
    """

    __slots__ = ("count", "escalated", "proven", "retry_at", "warned")

    def __init__(self) -> None:
        self.count = 0
        self.retry_at = 0.0
        self.proven = False
        self.warned = False
        self.escalated = False

    def fail(self, now: float, backoff: ExponentialBackoff) -> float:
        """Count one more; returns and keeps the time at which the next try is due."""
        self.retry_at = now + backoff.delay(self.count)
        self.count += 1
        self.proven = False
        return self.retry_at


def backoff_of(settings: EngineSettings, own: Backoff, seed: int, path: str) -> ExponentialBackoff:
    """The backoff of the worker at `path`, which has `own` settings for it."""
    found = own.over(
        Backoff(
            base=settings.backoff_base,
            cap=settings.backoff_cap,
            jitter=settings.backoff_jitter,
            reset_after=settings.healthy_reset,
        )
    )
    # The settings of the engine leave none of them out.
    assert found.base is not None and found.cap is not None  # noqa: S101, PT018
    # The settings of the engine leave none of them out.
    assert found.jitter is not None and found.reset_after is not None  # noqa: S101, PT018
    return ExponentialBackoff(found.base, found.cap, seed, path, found.jitter, found.reset_after)
