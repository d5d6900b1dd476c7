"""Options and arguments that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from fsmv2.cli.duration_argument import duration
from fsmv2.name_suggestions import suggest


def path_argument(text: str) -> Path:
    """A path; a usage error for an empty one, which would be the current folder."""
    return Path(path_text(text))


def path_text(text: str) -> str:
    """The same as it was written, where `-` and `./-` are two things."""
    if not text:
        raise typer.BadParameter("it is empty; is a variable of your shell not set?")
    return text


def generation_number(text: str) -> int:
    """The number of a generation; a usage error says where they are listed."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise typer.BadParameter(
            f"expected the number of a generation, as `fsmv2 history` lists them, got {text!r}."
        )
    return number


def listen_address(text: str) -> str:
    """A loopback address with a port; a usage error says why it is none."""
    from fsmv2.model.listen_address import read_listen_address
    from fsmv2.model.network_address import NoAddressError

    try:
        read_listen_address(text)
    except NoAddressError as error:
        raise typer.BadParameter(f"{text!r} {error.message} {error.fix}") from None
    return text


def _log_level(text: str) -> str:
    return one_of(text, "debug", "info", "warning", "error")


def _log_format(text: str) -> str:
    return one_of(text, "json", "text")


def shell_name(text: str) -> str:
    """A shell that is known; a usage error names the nearest."""
    return one_of(text, "bash", "zsh", "fish")


def _output(text: str) -> str:
    return one_of(text, "table", "wide", "name", "json", "yaml")


def one_of(text: str, *choices: str) -> str:
    """The text, if it is one of the choices; else a usage error that names the nearest."""
    if text not in choices:
        raise typer.BadParameter(f"there is no {text!r}. {suggest(text, choices)}")
    return text


File = Annotated[
    Path,
    typer.Argument(
        parser=path_argument, metavar="FILE", help="The document, YAML; or a folder of them."
    ),
]
OptionalFile = Annotated[
    Path | None,
    typer.Argument(
        parser=path_argument, metavar="[FILE]", help="The document, YAML; or a folder of them."
    ),
]
FileOrInput = Annotated[
    Path,
    typer.Argument(
        parser=path_argument,
        metavar="FILE",
        help="The document, YAML; or a folder of them; or - for standard input.",
    ),
]
OptionalFileOrInput = Annotated[
    Path | None,
    typer.Argument(
        parser=path_argument,
        metavar="[FILE]",
        help="The document, YAML; or a folder of them; or - for standard input.",
    ),
]
Subtree = Annotated[
    str, typer.Argument(metavar="[PATH]", help="Only this worker and what is below it.")
]
OfSubtree = Annotated[
    str, typer.Argument(metavar="[PATH]", help="Only of this worker and what is below it.")
]
Subtrees = Annotated[
    str,
    typer.Argument(
        metavar="[PATH]", help="Only this worker and all below it; * and ** stand for several."
    ),
]
For = Annotated[
    float | None,
    typer.Option(
        "--for",
        parser=duration,
        metavar="DURATION",
        help="End after this long: 20s, 2m, 500ms. Default: run until Ctrl-C.",
    ),
]
StateDir = Annotated[
    Path | None,
    typer.Option(
        "--state-dir",
        parser=path_argument,
        metavar="DIR",
        help="Where the broker and the tree keep data.",
    ),
]
Types = Annotated[
    list[str] | None,
    typer.Option(
        "--types",
        metavar="MODULE",
        help="Your own worker types: package.module, or package.module:factory. Repeatable.",
    ),
]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"] | None,
    typer.Option(
        "--log-level",
        parser=_log_level,
        metavar="LEVEL",
        help=(
            "Log from this level on: debug, info, warning, error. Default: that of the document, "
            "else info."
        ),
    ),
]
LogFormat = Annotated[
    Literal["json", "text"] | None,
    typer.Option(
        "--log-format",
        parser=_log_format,
        metavar="FORMAT",
        help=(
            "Log lines as `json` or as `text` on stdout. Default: json off a terminal; on one the "
            "tree is shown instead."
        ),
    ),
]
LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log-file",
        parser=path_argument,
        metavar="FILE",
        help="Write the log into this file, too; full ones become FILE.1 to FILE.5.",
    ),
]


LogFileSize = Annotated[
    int,
    typer.Option("--log-file-mb", min=1, metavar="MB", help="Megabytes of one file."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, for programs.")]
Output = Annotated[
    Literal["table", "wide", "name", "json", "yaml"] | None,
    typer.Option(
        "--output",
        "-o",
        parser=_output,
        metavar="FORMAT",
        help="table, wide (each in one line, nothing left out), name (paths alone), json or yaml.",
    ),
]
SaveSvg = Annotated[
    Path | None, typer.Option("--save-svg", metavar="FILE", hidden=True, help="The last frame.")
]
WHOLE = "the process is that of the command"
"""The context object of `main`; a program that calls the app lives on after it."""
