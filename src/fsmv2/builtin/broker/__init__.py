"""The broker: nats-server run as a process of its own, adopted by identity, or one of the user's.

worker: the supervised worker.       process: start, adopt, stop.    probe: look, change nothing.
record: whose process it is.         kernel: what /proc knows.       protocol: what a look says.
config, template: how it is set up.  ports: where it listens.        spawn: the new process.
ending: signal and wait.             lock: one start at a time, one server for each store.
"""
