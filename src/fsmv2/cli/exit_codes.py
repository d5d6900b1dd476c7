"""The exit codes of the commands."""

OK = 0
"""Done as asked; a run that was ended in order."""
FAILED = 1
"""The document has problems, a start failed, something had to be forced, figures do not agree."""
USAGE = 2
"""The command line itself is wrong; of `plan`, which ends with 1 then, see below."""
CHANGES = 2
"""`plan` found that something would change; 0: nothing would, 1: there is no plan."""
UNSETTLED = 3
"""The time of `run --for` was over, and something that should run did not; it stopped in order."""

DIFFERS = 4
"""`replay` came to another decision than the one that is recorded."""

PENDING = 3
"""What was asked of a running tree is in force, and has not had its effect within the time; of
`apply` and `rollback`: somebody has not converged."""

DROPPED = 5
"""It stopped in order, but samples that had been read are lost: no broker took them in time."""

SUPERSEDED = 6
"""What was applied did not converge before another change was."""

ROLLED_BACK = 7
"""What was applied did not converge in time, and `--rollback` undid it."""
