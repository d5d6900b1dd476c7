"""`run`: the tree of one document, shown until it is asked to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import (
    WHOLE,
    AsJson,
    For,
    LogFile,
    LogFileSize,
    LogFormat,
    LogLevel,
    OptionalFile,
    SaveSvg,
    StateDir,
    listen_address,
    path_argument,
)


def run(
    context: typer.Context,
    file: OptionalFile = None,
    seconds: For = None,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    init: Annotated[
        Path | None,
        typer.Option(
            "--init",
            parser=path_argument,
            metavar="FILE",
            help="Start a tree that keeps its document itself, in --state-dir, with this one.",
        ),
    ] = None,
    detect_only: Annotated[
        bool, typer.Option("--detect-only", help="Report what would be done; do nothing.")
    ] = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Apply FILE whenever it changes, unless that would remove workers."
        ),
    ] = False,
    no_output: Annotated[
        bool,
        typer.Option(
            "--no-output",
            help=(
                "Leave out what the entries of `processes:` write; their files have it in any case."
            ),
        ),
    ] = False,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
    log_file: LogFile = None,
    log_file_mb: LogFileSize = 10,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            parser=listen_address,
            metavar="HOST:PORT",
            help=(
                "Serve /metrics, /healthz, /readyz and /version to programs of this machine, as on "
                "127.0.0.1:9410; in place of `http:` in the document. Port 0: a free one."
            ),
        ),
    ] = None,
    save_svg: SaveSvg = None,
) -> None:
    """Run the tree of a document and show it: live on a terminal, else as the lines of a log.

    With FILE the tree follows that file: at a start it becomes the next generation. When the
    last run was not stopped in order, or the file is not valid, the last generation runs, with
    a message. Without FILE, what --state-dir keeps is run; --init FILE creates that.

    Off a terminal stdout has the log alone, one JSON object a line; docs/reference/log-events.md
    describes each event. As text, a line that a process wrote follows its path, its stream and a
    bar. stderr is for the person who starts it.

    While it runs, `fsmv2 apply` makes what FILE says by then the next generation. SIGHUP does so
    too, and --watch at each change, unless that would remove workers (see engine.prune); without
    FILE, SIGHUP reads the secrets again.

    Ctrl-C, SIGTERM or a closed terminal stops it in order, a second signal at once. Output that
    is not read, or that cannot be written, is counted and left out, and ends nothing. Exit code 0
    after an orderly stop, 1 when something had to be forced or the start failed, 3 when the time of
    --for was over and something that should run did not, 5 when samples that were read were lost
    because the broker did not take them in time.

    $ fsmv2 run plant.yaml
    $ fsmv2 run plant.yaml --for 30s --json
    $ fsmv2 run --state-dir state --init plant.yaml
    """
    if file is None and state_dir is None:
        raise typer.BadParameter("name the document, or with --state-dir a tree that keeps its own")
    if file is not None and init is not None:
        raise typer.BadParameter(
            "--init cannot be combined with FILE: it starts a tree that follows no file"
        )
    if file is None and watch:
        raise typer.BadParameter("--watch needs FILE: without it there is no file to look at")
    from fsmv2.operate.log_file_choice import takes_the_document

    if takes_the_document(log_file, file or init):
        raise typer.BadParameter(f"--log-file {log_file} is the document; name another file")
    from fsmv2.cli.foreground import foreground_process

    whole = context.obj is WHOLE
    with foreground_process(whole_program=whole, reloads=True) as process, reported():
        from fsmv2.cli.document_session import run_document
        from fsmv2.cli.log_output import LogOptions

        raise typer.Exit(
            run_document(
                file,
                process,
                init=init,
                seconds=seconds,
                as_json=as_json,
                state_dir=state_dir,
                save_svg=save_svg,
                detect_only=detect_only,
                watch=watch,
                listen=listen,
                output=not no_output,
                log=LogOptions(
                    level=log_level, format=log_format, file=log_file, file_mb=log_file_mb
                ),
            )
        )
