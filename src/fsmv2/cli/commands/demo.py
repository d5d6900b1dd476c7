"""`demo`: three simulated PLCs bridged into a namespace; its parts stand in `cli.demo`."""

from __future__ import annotations

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import WHOLE, For, SaveSvg, StateDir


def demo(
    context: typer.Context,
    seconds: For = None,
    state_dir: StateDir = None,
    save_svg: SaveSvg = None,
) -> None:
    """Bridge three simulated PLCs into a namespace, and count what arrives over MQTT.

    Needs no network and no other software. Exit code 0 only if all bridges were active and exactly
    the accepted samples were received.

    $ fsmv2 demo
    $ fsmv2 demo --for 20s
    """
    from fsmv2.cli.foreground import foreground_process

    with foreground_process(whole_program=context.obj is WHOLE) as process, reported():
        from fsmv2.cli.demo.session import run_demo

        raise typer.Exit(run_demo(process, seconds=seconds, state_dir=state_dir, save_svg=save_svg))
