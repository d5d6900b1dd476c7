"""The broker: nats-server run as a process of its own, adopted by identity, or one of the user's.

broker_worker: the supervised worker.     server: start, adopt, stop.
broker_status: look, change nothing.      handshake: what a look says.
broker_record: whose process it is.       own_servers: which processes are ours.
broker_config, server_config, credentials: how it is set up.   ports: where it listens.
spawn: the new process.
"""
