"""`python -m fsmv2.cli`, the same as `fsmv2`."""

from fsmv2.cli import main

main()
