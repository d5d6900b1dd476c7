"""What was accepted against what was received: the demo's claim, counted sample by sample.

A sample is its subject and its payload. It counts when it was accepted while the subscription was
acknowledged; MQTT keeps nothing for a client that is not there. When the subscriber itself is cut
off (the broker was killed), what is still under way then is counted apart, not as missing.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict

import msgspec

Sample = tuple[str, bytes]

REMEMBERED = 200_000
"""How many settled samples are remembered to know duplicates; older ones are forgotten."""


class DeliveryCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The count so far.

    `missing` were accepted and have not been received; `apart` could not be witnessed, of which
    `apart_received` arrived all the same; `unknown` were received and never accepted.
    """

    accepted: int
    received: int
    missing: int
    duplicates: int
    unknown: int
    apart: int
    apart_received: int

    @property
    def agree(self) -> bool:
        """Whether the set received equals the set accepted, and is not empty."""
        return self.accepted > 0 and self.missing == 0 and self.unknown == 0


class Tally:
    """Fed by the engine (any thread) and the subscriber; memory is bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = False
        self._awaited: Counter[Sample] = Counter()
        self._apart: Counter[Sample] = Counter()
        self._settled: OrderedDict[Sample, None] = OrderedDict()
        self._accepted = self._received = self._duplicates = self._unknown = 0
        self._apart_total = self._apart_received = 0

    def accept(self, subject: str, payload: bytes) -> None:
        """The engine accepted a sample and owes its delivery."""
        with self._lock:
            sample = (subject, payload)
            if self._open:
                self._accepted += 1
                self._awaited[sample] += 1
            else:
                self._set_apart(sample)

    def receive(self, subject: str, payload: bytes) -> None:
        """The subscriber received a sample."""
        sample = (subject, payload)
        with self._lock:
            if _take(self._awaited, sample):
                self._received += 1
            elif _take(self._apart, sample):
                self._apart_received += 1
            elif sample in self._settled:
                self._duplicates += 1
                return
            else:
                self._unknown += 1
                return
            self._settled[sample] = None
            if len(self._settled) > REMEMBERED:
                self._settled.popitem(last=False)

    def open(self) -> None:
        """The subscription is acknowledged: from now on every accepted sample must arrive."""
        with self._lock:
            self._open = True

    def cut(self) -> None:
        """The subscriber lost its connection: what is under way cannot be witnessed."""
        with self._lock:
            self._open = False
            under_way = list(self._awaited.elements())
            self._awaited.clear()
            self._accepted -= len(under_way)
            for sample in under_way:
                self._set_apart(sample)

    @property
    def awaited(self) -> int:
        """How many accepted samples are still to be received."""
        with self._lock:
            return self._awaited.total()

    def figures(self) -> DeliveryCounts:
        """The count so far."""
        with self._lock:
            return DeliveryCounts(
                accepted=self._accepted,
                received=self._received,
                missing=self._awaited.total(),
                duplicates=self._duplicates,
                unknown=self._unknown,
                apart=self._apart_total,
                apart_received=self._apart_received,
            )

    def _set_apart(self, sample: Sample) -> None:
        self._apart_total += 1
        self._apart[sample] += 1
        if len(self._apart) > REMEMBERED:
            del self._apart[next(iter(self._apart))]


def _take(counter: Counter[Sample], sample: Sample) -> bool:
    left = counter.get(sample, 0)
    if left > 1:
        counter[sample] = left - 1
    elif left == 1:
        del counter[sample]
    return left > 0
