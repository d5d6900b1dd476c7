"""`completion`: what a shell reads to complete the commands, options and paths of fsmv2."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import shell_name


def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish"],
        typer.Argument(parser=shell_name, metavar="SHELL", help="bash, zsh or fish."),
    ],
) -> None:
    """Print shell completion: commands, options, and the paths of the trees that run.

    For bash, add `eval "$(fsmv2 completion bash)"` to ~/.bashrc; for zsh
    `source <(fsmv2 completion zsh)` to ~/.zshrc, below `compinit`; for fish
    `fsmv2 completion fish | source` to ~/.config/fish/config.fish.

    $ fsmv2 completion bash
    $ fsmv2 completion fish | source
    """
    with reported():
        from fsmv2.cli.app import app
        from fsmv2.cli.completion.bash import bash_script
        from fsmv2.cli.completion.completion_table import completion_table
        from fsmv2.cli.completion.fish import fish_script
        from fsmv2.cli.completion.zsh import zsh_script
        from fsmv2.cli.console import put

        script = {"bash": bash_script, "zsh": zsh_script, "fish": fish_script}[shell]
        # All of them: what is loaded for this command line is this command alone.
        put(script(completion_table(typer.main.get_command(app))), end="")
