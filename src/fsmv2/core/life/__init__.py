"""From the creation of a supervisor to its release, and what restarts it.

create          make the worker of a declared child       recreate  replace it, in its turn
stop            asked, passed down, drained               release   its end, and what follows
restart_policy  what becomes of a child that failed or finished: OTP's rules
requests        what an operator asks: stop, start, pause, resume, set, restart, retry, ...
"""
