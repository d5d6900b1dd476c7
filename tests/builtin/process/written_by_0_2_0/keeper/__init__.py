"""The keeper: a small process of its own beside each command, which outlives fsmv2.

It starts the command, holds the reading ends of what it writes, keeps the end of that within
bounds, and writes down how the command ended, whoever watches. It is run by a bare interpreter
(`python -I -S`), so nothing here imports anything but a few modules of the standard library.

run       how it is started.                loop      what it does, to the end of the command.
command   the start of the command.         leftover  what a command left behind, ended.
lines     bytes become lines: whole, clean, short, without secrets.
segments  the lines on the disk, bounded.   pace      a flood of lines, thinned.
record    `process.json`.                   procfs    what the kernel says of a process.
"""
