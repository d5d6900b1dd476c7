"""The command line: all commands together. Each one stands in `commands`, named as its verb."""

from __future__ import annotations

from fsmv2.cli.command_examples import Commands
from fsmv2.cli.commands.new import begin, worker
from fsmv2.cli.lazy_commands import VERBS, app_of

app = app_of(VERBS)
new = Commands(callback=begin)
app.add_typer(new, name="new", short_help="Create something of your own.")
new.command("worker", short_help="Write a worker and its tests, which pass.")(worker)
