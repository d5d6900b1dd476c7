"""`explain CODE`: what an error of this code means, and what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import OK, USAGE


def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A code such as FSM0211.")],
) -> None:
    """Say when an error of this code is raised, and what to do.

    $ fsmv2 explain FSM0211
    """
    with reported():
        from fsmv2.cli.console import complain, put
        from fsmv2.operate.code_pages import page_of, suggestion

        page = page_of(code)
        if page is None:
            complain(f"there is no error code '{code}'", fix=suggestion(code))
            raise typer.Exit(USAGE)
        put(page, end="")
        raise typer.Exit(OK)
