"""What each command has beside its own: examples, environment variables, and errors as JSON.

The lines of a docstring that begin with `$ `, or stand below a `\\b`, are its examples; `--help`
shows them last. A test refuses a command without any.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from fsmv2.cli.exit_codes import USAGE

PREFIX = "FSMV2"
EXAMPLE = "$ "
PLACES = {"file": "state_dir", "state_dir": "file"}
"""Options that both name a tree: what is typed for one counts more than the other's variable."""


def environment_variable(words: list[str], option: str) -> str:
    """The variable of an option, by the words of its command: FSMV2_RUN_LOG_LEVEL."""
    parts = [PREFIX, *words, option.lstrip("-")]
    return "_".join(parts).replace("-", "_").upper()


def long_name(param: Any) -> str:
    """An option as it is written in full: `--file`."""
    return str(max(param.opts, key=len))


def wants_json(words: list[str]) -> bool:
    """Whether these words ask for JSON, also when they are wrong otherwise."""
    asked = words[: words.index("--")] if "--" in words else words
    pairs = set(itertools.pairwise(asked))
    return (
        not {"--json", "-ojson", "--output=json"}.isdisjoint(asked)
        or ("-o", "json") in pairs
        or ("--output", "json") in pairs
    )


def split_examples(text: str) -> tuple[str, tuple[str, ...]]:
    """The text of a command without its examples, and those.

    They are the lines that begin with `$ `, and those of a paragraph that begins with `\\b`, which
    is how Click is asked not to wrap one.
    """
    kept: list[str] = []
    examples: list[str] = []
    marked = False
    for line in text.split("\n"):
        bare = line.strip()
        if bare == "\b":
            marked = True
        elif bare.startswith(EXAMPLE):
            examples.append(bare)
        elif marked and bare.startswith("fsmv2 "):
            examples.append(f"{EXAMPLE}{bare}")
        else:
            marked = marked and bool(bare)
            kept.append(line)
    return "\n".join(kept).rstrip(), tuple(examples)


class CommandWithExamples(TyperCommand):
    """A command with examples, whose options are read from the environment as well."""

    def __init__(self, name: str | None, **rest: Any) -> None:
        super().__init__(name, **rest)
        self.help, self.examples = split_examples(self.help or "")

    # The contexts, parameters and formatters are of a module that Typer keeps to itself, so they
    # have no type that could be named here.

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words; what is not among them is taken from the environment."""
        words = _words(ctx)
        for param in self.params:
            if param.param_type_name == "option":
                # The type of `param` has the attribute, which Typer fills from `envvar=`.
                vars(param)["envvar"] = environment_variable(words, long_name(param))
                vars(param)["show_envvar"] = False  # of each option it would be a line of --help
        rest = super().parse_args(ctx, args)
        sources = {name: _source(ctx, name) for name in PLACES}
        for name, other in PLACES.items():
            if sources[name] == "COMMANDLINE" and sources[other] == "ENVIRONMENT":
                ctx.params[other] = None
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Do what the command does; with JSON asked for, its errors are JSON, too."""
        if not (ctx.params.get("as_json") or "json" in (ctx.params.get("output"),)):
            return super().invoke(ctx)
        from fsmv2.cli.console import errors_as_json

        with errors_as_json():
            return super().invoke(ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What the line about the usage shows after the name: as the reference page has it."""
        return ["[OPTIONS]", *(_place(param) for param in self.params if _is_argument(param))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write what each argument and each option is for."""
        arguments = [(_place(p), _help(p)) for p in self.params if _is_argument(p)]
        records = (p.get_help_record(ctx) for p in self.get_params(ctx) if not _is_argument(p))
        for title, rows in (("Arguments", arguments), ("Options", [r for r in records if r])):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples, and how options are given in the environment."""
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"  {example}\n")
        options = [p for p in self.params if p.param_type_name == "option" and not _hidden(p)]
        if options:
            name = long_name(options[-1])
            variable = environment_variable(_words(ctx), name)
            formatter.write_paragraph()
            formatter.write(f"Each option can be a variable of the environment: {name}\n")
            formatter.write(f"is {variable}.\n")


class CommandGroup(TyperGroup):
    """All commands, or those that begin with one word; wrong words are errors as JSON, too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words up to the name of a command."""
        ctx.meta[__name__] = words = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            if hasattr(error, "format_message"):
                _explained(error, words)
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is named."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            # Wrong words are an exception of a type that Typer keeps to itself.
            if not hasattr(error, "format_message"):
                raise
            source = _variable_of(error)
            if source and hasattr(error, "message"):
                error.message = f"{error.message} (from the environment: {source})"
            fix = _explained(error, ctx.meta[__name__], shown=not wants_json(ctx.meta[__name__]))
            if not wants_json(ctx.meta[__name__]):
                raise
            from fsmv2.cli.console import put_problem
            from fsmv2.operate.problem import Problem

            put_problem(
                Problem("Wrong usage", 400, error.format_message(), fix=fix or _usage(error))
            )
            raise typer.Exit(int(getattr(error, "exit_code", USAGE))) from None


class Commands(typer.Typer):
    """A `Typer` whose commands are of the types above."""

    def __init__(self, **settings: Any) -> None:
        # Rich would cost 0.1 s of CPU on every --help.
        super().__init__(cls=CommandGroup, no_args_is_help=True, rich_markup_mode=None, **settings)

    def command(
        self, name: str | None = None, *, cls: type[TyperCommand] | None = None, **settings: Any
    ) -> Callable[[Any], Any]:
        """Add a command; see `typer.Typer.command`."""
        return super().command(name, cls=cls or CommandWithExamples, **settings)


def _words(ctx: Any) -> list[str]:
    """The words that name the command of a context, without that of the program."""
    words: list[str] = []
    while ctx.parent is not None:
        words.insert(0, ctx.info_name)
        ctx = ctx.parent
    return words


def _source(ctx: Any, name: str) -> str:
    found = ctx.get_parameter_source(name)
    return found.name if found is not None else ""


def _is_argument(param: Any) -> bool:
    return bool(param.param_type_name == "argument")


def _place(param: Any) -> str:
    """An argument as the usage shows it: `FILE`, `[PATH...]`."""
    return str(param.metavar or param.name.upper())


def _help(param: Any) -> str:
    return str(getattr(param, "help", "") or "")


def _hidden(param: Any) -> bool:
    return bool(getattr(param, "hidden", False))


def _variable_of(error: Any) -> str:
    """The environment variable that a wrong value comes from; empty: it was typed."""
    param, ctx = getattr(error, "param", None), getattr(error, "ctx", None)
    if param is None or ctx is None or _source(ctx, param.name) != "ENVIRONMENT":
        return ""
    return str(param.envvar) if os.environ.get(str(param.envvar)) else ""


def _explained(error: Any, words: list[str], *, shown: bool = True) -> str:
    """The fix for wrong words, which is put behind the message where that is `shown`."""
    if not hasattr(error, "message") or "fsmv2_fix" in vars(error):
        return str(vars(error).get("fsmv2_fix", ""))
    from fsmv2.cli.usage_fixes import meant

    error.message, fix = meant(error, words)
    if "possibilities" in vars(error):
        error.possibilities = None
    if fix and shown:
        error.message += f"\n  fix: {fix}"
    error.fsmv2_fix = fix
    return fix


def _usage(error: Any) -> str:
    ctx = getattr(error, "ctx", None)
    return f"See `{ctx.command_path} --help`." if ctx is not None else ""
