"""The broker: nats-server run as a process of its own, adopted by identity, or one of the user's.

worker: the supervised worker.    process: start, adopt, stop.    probe: look, change nothing.
record: whose process it is.      ports, config: where it listens, how it is set up.
"""
