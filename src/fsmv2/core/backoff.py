"""Delays between attempts: doubling, capped, with full jitter drawn ahead.

The jitter of attempt n is a pure function of seed, key and n, so the next delays can be told
truthfully before they are used, and a replay draws the same ones.
"""

from __future__ import annotations

import hashlib

import msgspec

from fsmv2.core.settings import EngineSettings


class ExponentialBackoff(msgspec.Struct, frozen=True):
    """`delay(n)` is drawn evenly from 0 to min(cap, base × 2ⁿ) seconds, for attempt n = 0, 1, …"""

    base: float = 1.0
    cap: float = 60.0
    seed: int = 0
    key: str = ""

    def ceiling(self, attempt: int) -> float:
        """The longest delay that attempt may draw; saturates at the cap however large (H48)."""
        # 2.0 ** 1024 overflows; nobody waits 2**64 × base, so the exponent may stop there.
        return min(self.cap, self.base * 2.0 ** min(max(attempt, 0), 64))

    def delay(self, attempt: int) -> float:
        """Seconds to wait before this attempt."""
        text = f"{self.seed}:{self.key}:{attempt}".encode()
        drawn = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64
        return drawn * self.ceiling(attempt)


class Attempts:
    """How often one worker had to be tried again since its last long healthy time."""

    __slots__ = ("count", "escalated", "retry_at", "warned")

    def __init__(self) -> None:
        self.count = 0
        self.retry_at = 0.0
        self.warned = False
        self.escalated = False

    def fail(self, now: float, backoff: ExponentialBackoff) -> float:
        """Count one more; returns and keeps the time at which the next try is due."""
        self.retry_at = now + backoff.delay(self.count)
        self.count += 1
        return self.retry_at


def backoff_of(settings: EngineSettings, seed: int, path: str) -> ExponentialBackoff:
    """The backoff of the worker at `path`."""
    return ExponentialBackoff(settings.backoff_base, settings.backoff_cap, seed, path)
