"""A session of `run`: the tree of one document, shown until it is asked to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

from fsmv2.api.activation import served
from fsmv2.cli.console import progress, show_diagnostics
from fsmv2.cli.display_choice import choose_display, save_picture
from fsmv2.cli.foreground import ForegroundProcess
from fsmv2.cli.http_address import listening
from fsmv2.cli.log_filter import filter_logs
from fsmv2.cli.log_output import LogOptions, opened_log, shown_format
from fsmv2.cli.reload_signal import reloads_by_signal
from fsmv2.cli.run_entries import document_problem, run_started
from fsmv2.cli.run_summary import EXIT_CODES, summary
from fsmv2.cli.screen.live_source import LiveSource
from fsmv2.cli.service_notices import service_notices
from fsmv2.cli.tree_display import TreeDisplay
from fsmv2.cli.tree_session import TreeSession
from fsmv2.host.service_manager import ServiceManager
from fsmv2.operate.prepared_tree import PreparedTree, prepare
from fsmv2.operate.run_outcome import RunOutcome
from fsmv2.operate.state_directory import short_path
from fsmv2.operate.systemd_unit import longest_stop
from fsmv2.operate.tree_opening import start
from fsmv2.runtime import bounded_pauses
from fsmv2.runtime.log.log_writer import LogWriter


class _Outside(NamedTuple):
    """Who is answered or told beside the user: at the TCP socket, and a service manager."""

    tcp: socket.socket | None
    manager: ServiceManager | None


def run_document(
    file: Path | None,
    process: ForegroundProcess,
    *,
    seconds: float | None,
    as_json: bool,
    state_dir: Path | None,
    save_svg: Path | None,
    init: Path | None = None,
    detect_only: bool = False,
    watch: bool = False,
    listen: str | None = None,
    output: bool = True,
    log: LogOptions | None = None,
) -> int:
    """Run the tree of `file`; returns the exit code.

    `watch`: whether a change of the file is applied. `listen`: where to serve metrics and health,
    in place of what the document says. `output`: whether what processes write is shown, too. `log`:
    what the log is to be like.
    """
    filter_logs()
    manager = ServiceManager.of(os.environ)  # before anything is started, which would inherit it
    log = log or LogOptions()
    with prepare(
        file, state_dir=state_dir, init=init, detect_only=detect_only, tell=progress
    ) as prepared:
        show_diagnostics(prepared.plant.diagnostics)
        if detect_only:
            progress("detect only: what would be done is reported, and nothing is done")
        show_diagnostics(prepared.problems)
        if prepared.warning:
            progress(prepared.warning)
        if prepared.generation is not None:
            progress(f"runs generation {prepared.generation.number} of its document")
        progress(f"keeps its data in {short_path(prepared.directory.path)}")
        title = f"fsmv2 run {prepared.document.name}"
        lines = shown_format(log, as_json=as_json, live=save_svg is not None)
        show = None
        address = prepared.plant.listen if listen is None else listen
        with contextlib.ExitStack() as stack:
            with _noted_unless_started(prepared):
                process.signals.started()
                tcp = stack.enter_context(listening(address))
                writer = stack.enter_context(
                    opened_log(log, prepared.plant.log, lines, process.output.out)
                )
            source = LiveSource(title)
            if lines is None:
                out = process.output.out
                show = choose_display(source, out, as_json=as_json, save_svg=save_svg)
            return asyncio.run(
                _run(
                    prepared,
                    process,
                    show,
                    writer,
                    seconds,
                    save_svg,
                    _Outside(tcp, manager),
                    output=output,
                    watch=watch,
                    source=source,
                )
            )


@contextlib.contextmanager
def _noted_unless_started(prepared: PreparedTree) -> Iterator[None]:
    """What fails inside, a port that is taken say, came before anything was started."""
    try:
        yield
    except BaseException:  # a signal, perhaps
        prepared.not_started()
        raise


@contextlib.asynccontextmanager
async def _ended_when(left: asyncio.Event, session: TreeSession) -> AsyncIterator[None]:
    """While inside, the session ends also when somebody has asked to end fsmv2 alone."""

    async def wait() -> None:
        await left.wait()
        session.request_end()

    waiting = asyncio.get_running_loop().create_task(wait())
    try:
        yield
    finally:
        waiting.cancel()


async def _run(
    prepared: PreparedTree,
    process: ForegroundProcess,
    show: TreeDisplay | None,
    log: LogWriter | None,
    seconds: float | None,
    save_svg: Path | None,
    outside: _Outside,
    *,
    output: bool,
    watch: bool,
    source: LiveSource,
) -> int:
    with TreeSession(show, process, log) as session:
        filter_logs(session.wrote if output else None, log)
        if log is not None:
            log.put(run_started(prepared))
            for found in (*prepared.plant.diagnostics, *prepared.problems):
                log.put(document_problem(found))
        async with bounded_pauses(), start(prepared, listener=session.listener, log=log) as tree:
            source.runs(tree)
            with service_notices(outside.manager, tree) as notices:
                async with (
                    tree.following(applies=watch),
                    reloads_by_signal(session, tree, notices),
                    served(tree, outside.tcp),
                    _ended_when(tree.left, session),
                ):
                    await session.hold(seconds)
                signalled = session.signal_name
                if notices is not None:
                    notices.stopping(longest_stop(prepared.plant.settings))
                before = await tree.view()
                if show is not None:
                    save_picture(show, save_svg)
                if tree.leaving:
                    session.show_progress("ends, and leaves broker and processes running")
                    await tree.leave()
                else:
                    session.show_progress(
                        f"{session.why}stopping, children before parents; Ctrl-C again forces"
                    )
                    await session.end(tree, who=session.signal_name or "--for")
        outcome = RunOutcome.of(tree, before, by_hand=bool(signalled))
        session.summary(*summary(outcome))
    return EXIT_CODES[outcome.verdict]
