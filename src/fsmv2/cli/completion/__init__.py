"""Completion for shells: a script that knows every command and option, and asks for live paths.

completion_table   commands, options, and what each value is, read from the commands themselves.
bash, zsh, fish    the script for each.    paths_callback   what the scripts call for paths.

A script is made once a shell starts and has everything but paths in it, so most words are completed
without starting Python; for a path only the standard library is loaded, not the command line.
"""
