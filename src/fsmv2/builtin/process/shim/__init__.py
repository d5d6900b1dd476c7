"""The shim: a small process of its own beside each command, which outlives fsmv2.

It starts the command, holds the reading ends of what it writes, keeps the end of that within
bounds, and writes down how the command ended, whoever watches. It is run by a bare interpreter
(`python -I -S`), so nothing here imports anything but a few modules of the standard library, and
those of `fsmv2.host` that do the same.

__main__       how it is started.            loop      what it does, to the end of the command.
command_start  the start of the command.     leftover  what a command left behind, ended.
output_lines   bytes become lines: whole, clean, short, without secrets.
segments       the lines on the disk, bounded.
rate_limit     a flood of lines, thinned.    line_search  the line that says it is ready.
record_writer  `process.json`.
"""
