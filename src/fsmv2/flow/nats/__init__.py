"""What flows, commands and the broker need to talk NATS: an address, a login, a shared connection.

nats_connection, shared_nats: one connection for all flows with one broker and login.
nats_client: the client, made safe.   peer, login, broker_url: to whom, as whom, where.
arrival, message_age: when a message arrived.   subject_turns: who publishes next on a subject.

It knows no flow, no output and no command; those that use it import from here.
"""
