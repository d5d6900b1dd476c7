"""The completion of zsh: a function for each command, with what each option is for."""

from __future__ import annotations

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

PATHS = r"""
_fsmv2_paths() {
    local file=${opt_args[-f]:-${opt_args[--file]}} folder=${opt_args[--state-dir]}
    local -a found
    found=(${(f)"$($_fsmv2_program __paths "${(Q)PREFIX}" "$file" "$folder" 2>/dev/null)"})
    (( $#found )) && compadd -- "${found[@]}"
}
"""


def zsh_script(table: list[CompletedCommand]) -> str:
    """The script: a file `_fsmv2` in a folder of `fpath`, or to be read by `source`."""
    functions = [_group(one, table) if one.commands else _command(one) for one in table]
    return (
        "#compdef fsmv2\n# Completion of fsmv2 for zsh, made by `fsmv2 completion zsh`.\n"
        f"{PATHS}\n{''.join(functions)}"
        'if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n    _fsmv2 "$@"\n'
        "else\n    compdef _fsmv2 fsmv2\nfi\n"
    )


def _name(words: str) -> str:
    return "_".join(["_fsmv2", *words.replace("-", "_").split()])


def _group(one: CompletedCommand, table: list[CompletedCommand]) -> str:
    helps = {other.words: other.help for other in table}
    described = [
        f"        {_quoted(name.replace(':', chr(92) + ':') + ':' + helps[_inner(one, name)])}\n"
        for name in one.commands
    ]
    cases = [f"                {name}) {_name(_inner(one, name))} ;;\n" for name in one.commands]
    options = "".join(f"        {spec} \\\n" for option in one.options for spec in _specs(option))
    return (
        f"{_name(one.words)}() {{\n"
        "    local context state state_descr line curcontext=$curcontext\n"
        "    typeset -A opt_args\n"
        + ("    local _fsmv2_program=${(Q)${words[1]/#\\~/$HOME}}\n" if not one.words else "")
        + f"    local -a commands=(\n{''.join(described)}    )\n"
        f"    _arguments -C \\\n{options}        '1: :->command' '*:: :->rest'\n"
        "    case $state in\n        command) _describe command commands ;;\n"
        f"        rest)\n            case $words[1] in\n{''.join(cases)}"
        "            esac ;;\n    esac\n}\n\n"
    )


def _inner(one: CompletedCommand, name: str) -> str:
    return f"{one.words} {name}".strip()


def _command(one: CompletedCommand) -> str:
    specs = [spec for option in one.options for spec in _specs(option)]
    for number, word in enumerate(one.arguments, 1):
        place = "*" if word.many else str(number)
        specs.append(_quoted(f"{place}:{_escaped(word.name)}:{_action(word)}"))
    body = " \\\n        ".join(specs)
    return (
        f"{_name(one.words)}() {{\n    typeset -A opt_args\n"
        f"    _arguments -s \\\n        {body}\n}}\n\n"
    )


def _specs(option: CompletedOption) -> list[str]:
    flag = option.value.kind == FLAG
    value = "" if flag else f":{_escaped(option.value.name)}:{_action(option.value)}"
    others = "" if option.many else f"({' '.join(option.names)})"
    first = "*" if option.many else others
    return [
        _quoted(f"{first}{name}{_equals(name, flag=flag)}[{_escaped(option.help)}]{value}")
        for name in option.names
    ]


def _equals(name: str, *, flag: bool) -> str:
    """How a value may follow: of a short option also without a space, of a long one after `=`."""
    return "" if flag else ("=" if name.startswith("--") else "+")


def _action(word: Word) -> str:
    if word.kind == WORDS:
        return f"({' '.join(word.choices)})"
    return {PATH: "_fsmv2_paths", FILE: "_files", FOLDER: "_files -/"}.get(word.kind, " ")


def _escaped(text: str) -> str:
    for letter in "\\[]:":
        text = text.replace(letter, f"\\{letter}")
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
