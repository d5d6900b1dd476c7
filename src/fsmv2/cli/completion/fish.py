"""The completion of fish: a line for each command and option, with what it is for."""

from __future__ import annotations

from collections.abc import Iterator

from fsmv2.cli.completion.completion_table import (
    FILE,
    FLAG,
    FOLDER,
    PATH,
    WORDS,
    CompletedCommand,
    CompletedOption,
    Word,
)

FUNCTIONS = r"""
# Whether the words so far are those of this command: the options of fsmv2 itself have no value.
function __fsmv2_is
    set -l words (commandline -opc)
    set -e words[1]
    set -l number (count $argv)
    if test $number -eq 0
        test (count $words) -eq 0
    else if test (count $words) -lt $number
        false
    else
        test "$words[1..$number]" = "$argv"
    end
end

function __fsmv2_paths
    set -l words (commandline -opc)
    set -l file
    set -l folder
    for i in (seq 2 (count $words))
        switch $words[$i]
            case -f --file
                set file $words[(math $i + 1)]
            case '--file=*'
                set file (string replace -- --file= '' $words[$i])
            case --state-dir
                set folder $words[(math $i + 1)]
            case '--state-dir=*'
                set folder (string replace -- --state-dir= '' $words[$i])
        end
    end
    eval $words[1] __paths (string escape -- (commandline -ct)) "'$file'" "'$folder'" 2>/dev/null
end
"""


def fish_script(table: list[CompletedCommand]) -> str:
    """The script, to be read by `source`, or as `fsmv2.fish` in a folder of completions."""
    lines = [line for one in table for line in _lines(one, table)]
    return (
        "# Completion of fsmv2 for fish, made by `fsmv2 completion fish`.\n"
        f"{FUNCTIONS}\ncomplete -c fsmv2 -f\n" + "".join(f"{line}\n" for line in lines)
    )


def _lines(one: CompletedCommand, table: list[CompletedCommand]) -> Iterator[str]:
    here = f"complete -c fsmv2 -n '__fsmv2_is {one.words}'".replace(" '", " '").rstrip()
    helps = {other.words: other.help for other in table}
    for name in one.commands:
        inner = f"{one.words} {name}".strip()
        yield f"{here} -a {name} -d {_quoted(helps[inner])}"
    for option in one.options:
        yield f"{here} {_option(option)}"
    if not one.commands:
        for word in one.arguments:
            if values := _values(word):
                yield f"{here} {values}"


def _option(option: CompletedOption) -> str:
    names = [f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in option.names]
    takes = "" if option.value.kind == FLAG else f" -r {_values(option.value) or '-f'}"
    return f"{' '.join(names)}{takes} -d {_quoted(option.help)}"


def _values(word: Word) -> str:
    """What a word may be, as options of `complete`; empty: anything."""
    if word.kind == WORDS:
        return f"-f -a {_quoted(' '.join(word.choices))}"
    return {
        PATH: "-f -a '(__fsmv2_paths)'",
        FILE: "-F",
        FOLDER: "-f -a '(__fish_complete_directories)'",
    }.get(word.kind, "")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
