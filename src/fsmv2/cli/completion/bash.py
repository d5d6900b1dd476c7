"""The completion of bash: tables as `case` statements, and one function that walks the words."""

from __future__ import annotations

from fsmv2.cli.completion.completion_table import FLAG, WORDS, CompletedCommand, Word

FUNCTION = r"""
_fsmv2_is_one_of() {
    local one
    for one in $2; do [[ $1 == "$one" ]] && return 0; done
    return 1
}

# What the word may be is in $1, what is typed of it in $2.
_fsmv2_reply() {
    local IFS=$'\n' one
    case $1 in
        path)
            local program=${COMP_WORDS[0]/#\~/$HOME}
            # A path may have letters that a shell would obey.
            for one in $("$program" __paths "$2" "$file" "$folder" 2>/dev/null); do
                printf -v one %q "$one"
                COMPREPLY+=("$one")
            done ;;
        file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$2")) ;;
        folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$2")) ;;
        words:*) IFS=' '; COMPREPLY=($(compgen -W "${1#words:}" -- "$2")) ;;
    esac
}

_fsmv2() {
    local typed=${COMP_WORDS[COMP_CWORD]} command='' option='' file='' folder='' word REPLY
    local -i i number=0 only_arguments=0
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -n $option ]]; then
            [[ $word == = ]] && continue  # bash makes three words of --for=2h
            case $option in
                -f | --file) file=$word ;;
                --state-dir) folder=$word ;;
            esac
            option=''
        elif ((only_arguments)); then
            number+=1
        elif [[ $word == -- ]]; then
            only_arguments=1
        elif [[ $word == -* ]]; then
            _fsmv2_value "$command $word"
            [[ $REPLY == flag ]] || option=$word
        else
            _fsmv2_commands "$command"
            if _fsmv2_is_one_of "$word" "$REPLY"; then
                command=${command:+$command }$word
            else
                number+=1
            fi
        fi
    done
    [[ $typed == = ]] && typed=''
    typed=${typed#[\"\']}
    if [[ -n $option ]]; then
        _fsmv2_value "$command $option"
        _fsmv2_reply "$REPLY" "$typed"
    elif [[ $typed == -* ]] && ((!only_arguments)); then
        _fsmv2_options "$command"
        _fsmv2_reply "words:$REPLY" "$typed"
    else
        _fsmv2_commands "$command"
        if [[ -n $REPLY ]]; then
            _fsmv2_reply "words:$REPLY" "$typed"
        else
            _fsmv2_argument "$command" "$number"
            _fsmv2_reply "$REPLY" "$typed"
        fi
    fi
}

complete -F _fsmv2 fsmv2
"""


def bash_script(table: list[CompletedCommand]) -> str:
    """The script, to be read by `eval` or `source`."""
    groups = {one.words: " ".join(one.commands) for one in table if one.commands}
    options = {one.words: " ".join(o.names[-1] for o in one.options) for one in table}
    values = {
        f"{one.words} {name}": _kind(option.value)
        for one in table
        for option in one.options
        for name in option.names
        if option.value.kind != FLAG
    }
    arguments = {
        pattern: _kind(word)
        for one in table
        for number, word in enumerate(one.arguments)
        for pattern in [f"{one.words} {number}", *([f"{one.words} *"] if word.many else [])]
    }
    return "".join(
        (
            "# Completion of fsmv2 for bash, made by `fsmv2 completion bash`.\n\n",
            _cases("_fsmv2_commands", '"$1"', groups, ""),
            _cases("_fsmv2_options", '"$1"', options, ""),
            _cases("_fsmv2_value", '"$1"', values, FLAG),
            _cases("_fsmv2_argument", '"$1 $2"', arguments, ""),
            FUNCTION.lstrip("\n"),
        )
    )


def _kind(word: Word) -> str:
    return f"words:{' '.join(word.choices)}" if word.kind == WORDS else word.kind


def _cases(name: str, of: str, table: dict[str, str], otherwise: str) -> str:
    """A function that sets REPLY to what stands in the table for its words."""
    patterns = {key: f"'{key[:-1]}'*" if key.endswith(" *") else f"'{key}'" for key in table}
    lines = [f"        {patterns[key]}) REPLY='{value}' ;;\n" for key, value in table.items()]
    return (
        f"{name}() {{\n    case {of} in\n{''.join(lines)}        *) REPLY='{otherwise}' ;;\n"
        "    esac\n}\n\n"
    )
