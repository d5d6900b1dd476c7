"""`systemd`: the unit that runs a document as a service."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import OptionalFile, StateDir


def systemd(
    file: OptionalFile = None,
    user: Annotated[
        str, typer.Option("--user", metavar="NAME", help="The user that it runs as.")
    ] = "fsmv2",
    name: Annotated[
        str,
        typer.Option(
            "--name", metavar="NAME", help="Of the unit, fsmv2-NAME. Default: the document's."
        ),
    ] = "",
    state_dir: StateDir = None,
    keep_on_restart: Annotated[
        bool,
        typer.Option(
            "--keep-on-restart",
            help="Have `systemctl restart` restart fsmv2 alone: broker and processes run on.",
        ),
    ] = False,
) -> None:
    """Print a systemd unit that runs FILE as a service, hardened, with a watchdog.

    For systemd 252 and later. Nothing is installed: the first lines of the unit say how that is
    done. It keeps its state in /var/lib/fsmv2/NAME unless --state-dir names another place.
    Without FILE, the unit runs the document that the tree in --state-dir keeps itself.

    $ fsmv2 systemd plant.yaml --user fsmv2
    $ fsmv2 systemd /etc/fsmv2/plant.yaml --keep-on-restart
    $ fsmv2 systemd --state-dir state
    """
    for option, text in (("--user", user), ("--name", name or "default")):
        if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", text) is None:
            raise typer.BadParameter(f"{option} {text!r}: letters, digits, dots, - and _ only")
    if file is None and state_dir is None:
        raise typer.BadParameter("name the document, or with --state-dir a tree that keeps its own")
    with reported():
        from fsmv2.cli.console import put, show_diagnostics
        from fsmv2.operate.systemd_unit import UnitOptions, kept_settings, systemd_unit
        from fsmv2.plant import load_plant

        if file is not None:
            plant = load_plant(file)
            show_diagnostics(plant.diagnostics)
            settings = plant.settings
        else:
            assert state_dir is not None  # noqa: S101  (one of the two is named)
            settings = kept_settings(state_dir.absolute())
        options = UnitOptions(
            document=file,
            user=user,
            name=name,
            state_dir=state_dir,
            keep_on_restart=keep_on_restart,
        )
        put(systemd_unit(options, settings), end="")
