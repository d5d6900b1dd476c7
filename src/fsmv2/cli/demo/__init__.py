"""`fsmv2 demo`: machines to bridge, the tree that bridges them, and a witness that counts.

plcs        three simulated PLCs, each a process of its own.
document    the document the demo runs, where a user can read and change it.
subscriber  a standard MQTT client on the namespace.
tally       what was accepted against what was received.
session     the whole of it, from start to summary.
"""
