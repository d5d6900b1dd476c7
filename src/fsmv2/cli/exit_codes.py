"""The exit codes of the commands: one meaning a number, but for the 2 of `plan`.

What a command can end with beyond 0, 1 and 2 is in its docstring, which is compared with what its
code imports from here; the page for users is made from this file.
"""

OK = 0
"""Done as asked; a run that was ended in order."""

FAILED = 1
"""It failed, or the answer is no: problems in a document, a start that failed, something that had
to be forced, figures that do not agree, a difference."""

USAGE = 2
"""The command line itself is wrong, or names what is not there."""

CHANGES = 2
"""Of `plan`, as of other planners: something would change; 0: nothing would, 1: there is no plan,
wrong words included."""

PENDING = 3
"""Not everything has come about within the time: something that should run does not, or what was
asked for is in force and has not had its effect, or somebody has not converged."""

DIFFERS = 4
"""`replay` came to another decision than the one that is recorded."""

DROPPED = 5
"""It stopped in order, but samples that had been read are lost: no broker took them in time."""

SUPERSEDED = 6
"""What was applied did not converge before another change was."""

ROLLED_BACK = 7
"""What was applied did not converge in time, and `--rollback` undid it."""

NOT_REACHED = 8
"""`wait`: the worker was not as wanted within the time."""

INTERRUPTED = 130
"""Ctrl-C ended a command that asks or waits; what was asked for goes on."""
