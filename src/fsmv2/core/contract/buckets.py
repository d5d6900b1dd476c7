"""The bounds of what is measured in buckets, in seconds; few, since each is a series.

Each has the limits at which an alert looks, and what tells usual from unusual around them.
"""

TICK = (0.0001, 0.001, 0.005, 0.025, 0.1)
"""A tick takes some 20 to 50 µs; 5 ms is a whole slice, 50 ms are reported as slow code."""

RENDERING = (0.0001, 0.001, 0.01, 0.1)
"""95 of 100 renderings are to take less than 1 ms, and none more than 10 ms."""

MERGE = (0.00001, 0.0001, 0.001, 0.01)
"""Some microseconds, unless a worker has hundreds of variables."""

RECONCILIATION = (0.001, 0.005, 0.025, 0.1, 0.5)
"""The children of one parent in one tick: 50 new ones take a few ms, and none more than 100 ms."""

PROPAGATION = (0.005, 0.025, 0.05, 0.25, 1.0, 5.0)
"""At most 50 ms below a thousand workers; a hundred thousand take seconds."""

RECOVERY = (5.0, 15.0, 60.0, 300.0, 1800.0)
"""Between the first restart and what has an alert, five minutes; beyond, somebody had to come."""

ACTION = (0.1, 0.5, 2.0, 10.0, 60.0)
"""From a request to a device to the start of a process; most timeouts are 10 or 30 s."""

QUEUE_WAIT = (0.01, 0.1, 1.0, 10.0, 60.0)
"""Without a queue next to nothing; from 1 s on it is reported."""

COMMIT = (0.005, 0.025, 0.1, 0.5, 2.0)
"""A disk that syncs takes 1 to 20 ms; who waits for the store waits at most 5 s."""
