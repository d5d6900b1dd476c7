"""The commands and their options; each one's work stands in a module of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fsmv2.cli.duration_argument import duration
from fsmv2.cli.exit_codes import reported

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Rich would cost 0.1 s of CPU on every --help.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _named(text: str) -> Path:
    """A path; a usage error for an empty one, which would be the current folder."""
    if not text:
        raise typer.BadParameter("it is empty; is a variable of your shell not set?")
    return Path(text)


File = Annotated[
    Path,
    typer.Argument(parser=_named, metavar="FILE", help="The document, YAML; or a folder of them."),
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
        "--state-dir", parser=_named, metavar="DIR", help="Where the broker and the tree keep data."
    ),
]
Types = Annotated[
    list[str] | None,
    typer.Option(
        "--types",
        metavar="MODULE",
        help="Worker types of yours: package.module, or package.module:factory. Repeatable.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, for programs.")]
NoOutput = Annotated[
    bool,
    typer.Option(
        "--no-output",
        help="Leave out what the entries of `processes:` write; their files have it in any case.",
    ),
]
WHOLE = "the process is that of the command"
"""The context object of `main`; a program that calls the app lives on after it."""
SaveSvg = Annotated[
    Path | None, typer.Option("--save-svg", metavar="FILE", hidden=True, help="The last frame.")
]


def _version(wanted: bool) -> None:
    if wanted:
        from fsmv2 import __version__
        from fsmv2.cli.console import put

        put(f"fsmv2 {__version__}")
        raise typer.Exit


@app.callback()
def fsmv2(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """One file says what should run; fsmv2 keeps it running.

    Start with `fsmv2 demo`.
    """


@app.command(short_help="Say everything that is wrong in a document.")
def validate(file: File, as_json: AsJson = False) -> None:
    """Check a document: every problem at once, with line, caret and fix.

    Exit code 0: usable (warnings allowed), 1: problems.
    """
    with reported():
        from fsmv2.cli.commands.validate import check

        raise typer.Exit(check(file, as_json=as_json))


@app.command(short_help="Show the tree and each rendered config; run nothing.")
def render(
    file: File,
    path: Annotated[
        str, typer.Argument(metavar="[PATH]", help="Only this supervisor and what is below it.")
    ] = "",
) -> None:
    """Show the tree a document gives and each rendered config; nothing is run.

    Exit code 1 when a supervisor could not be derived; its reason is shown.
    """
    with reported():
        from fsmv2.cli.commands.render import render_document

        raise typer.Exit(render_document(file, path))


@app.command(short_help="Say why a worker is as it is, or a variable of it.")
def why(
    file: File,
    path: Annotated[str, typer.Argument(metavar="PATH", help="The worker, as `render` shows it.")],
    var: Annotated[
        str | None, typer.Option("--var", metavar="NAME", help="IP, global.rate, location.site.")
    ] = None,
    types: Types = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Say how a worker of the running tree is, why, and what it will do next, and when.

    With --var: the value that the file gives it for a variable, its tier, who declared it, file
    and line; also what that hides. Nothing needs to run for this; a tree that is older is named.
    """
    if var is not None and (as_json or types):
        raise typer.BadParameter("--var goes without --json and --types")
    with reported():
        if var is not None:
            from fsmv2.cli.variable_origin import why_variable

            raise typer.Exit(why_variable(file, path, var, state_dir=state_dir))
        from fsmv2.cli.commands.why import why_now

        raise typer.Exit(
            why_now(file, path, state_dir=state_dir, types=types or [], as_json=as_json)
        )


@app.command(short_help="Run the tree of a document and show it.")
def run(
    context: typer.Context,
    file: File,
    seconds: For = None,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    detect_only: Annotated[
        bool, typer.Option("--detect-only", help="Say what would be done; do nothing.")
    ] = False,
    no_output: NoOutput = False,
    save_svg: SaveSvg = None,
) -> None:
    """Run the tree of a document and show it: live on a terminal, else as lines.

    PlainLines that a process wrote stand behind its path, its stream and a bar.

    Ctrl-C, SIGTERM or a closed terminal stops it in order, a second signal at once. Output that
    nobody reads, or that cannot be written, is counted and left out, and ends nothing. Exit code 0
    after an orderly stop, 1 when something had to be forced or the start failed, 3 when the time of
    --for was over and something that should run did not, 5 when samples that were read were lost
    because the broker did not take them in time.
    """
    from fsmv2.cli.foreground import foreground_process

    with foreground_process(whole_program=context.obj is WHOLE) as control, reported():
        from fsmv2.cli.commands.run import run_document

        raise typer.Exit(
            run_document(
                file,
                control,
                seconds=seconds,
                as_json=as_json,
                state_dir=state_dir,
                save_svg=save_svg,
                detect_only=detect_only,
                output=not no_output,
            )
        )


@app.command(short_help="Bridge three simulated PLCs into a namespace.")
def demo(
    context: typer.Context,
    seconds: For = None,
    state_dir: StateDir = None,
    save_svg: SaveSvg = None,
) -> None:
    """Bridge three simulated PLCs into a namespace, and count what arrives over MQTT.

    Needs no network and no other software. Exit code 0 only if all bridges were active and exactly
    the accepted samples were received.
    """
    from fsmv2.cli.foreground import foreground_process

    with foreground_process(whole_program=context.obj is WHOLE) as control, reported():
        from fsmv2.cli.demo.session import run_demo

        raise typer.Exit(run_demo(control, seconds=seconds, state_dir=state_dir, save_svg=save_svg))


@app.command(short_help="Try the FSM of a worker type with all it can see.")
def check(
    worker: Annotated[
        str, typer.Argument(metavar="TYPE", help="package.module:Type, or an FsmBench there.")
    ],
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Only the diagram.")] = False,
) -> None:
    """Ask every state of a worker type about everything it can see, and say what is wrong.

    Unreachable states, livelocks, no way to stop, dead ends, transitions nobody takes. Exit code
    1 when something was found.
    """
    with reported():
        from fsmv2.cli.commands.check import check_type

        raise typer.Exit(check_type(worker, mermaid=mermaid))


@app.command(short_help="Say what an error code means.")
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A code such as FSM0211.")],
) -> None:
    """Say when an error of this code is raised, and what to do."""
    with reported():
        from fsmv2.cli.commands.explain import explain_code

        raise typer.Exit(explain_code(code))


@app.command(short_help="Report mistakes in worker classes.")
def lint(
    paths: Annotated[
        list[Path],
        typer.Argument(parser=_named, metavar="PATH...", help="Python files, or folders of them."),
    ],
    as_json: AsJson = False,
) -> None:
    """Find impure derives and steps, blocking calls and swallowed cancellations; run nothing.

    A finding is silenced in its line: `# fsmv2: ignore[CODE] reason`. Exit code 0: none, 1: some;
    notices, of what cannot be judged, fail nothing.
    """
    with reported():
        from fsmv2.cli.commands.lint import lint_paths

        raise typer.Exit(lint_paths(paths, as_json=as_json))


new = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(new, name="new", short_help="Begin something of your own.")


@new.callback()
def begin() -> None:
    """Begin something of your own, from a skeleton that works."""


@new.command("worker", short_help="Write a worker and its tests, which pass.")
def new_worker(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as lamp or pump-station.")],
    parent: Annotated[
        Path, typer.Option("--in", parser=_named, metavar="DIR", help="Where to put it.")
    ] = Path(),
) -> None:
    """Write a folder NAME with a worker and its tests, which pass as they stand.

    Nothing is overwritten: exit code 1 if the folder exists or the name cannot be used.
    """
    with reported():
        from fsmv2.cli.commands.new import new_worker as write

        raise typer.Exit(write(name, parent))


@app.command(short_help="Run a tree under seeded faults in virtual time.")
def simulate(
    tree: Annotated[
        str,
        typer.Argument(
            metavar="TREE", help="A document, or package.module:name of a worker type or a tree."
        ),
    ],
    seconds: Annotated[
        float | None,
        typer.Option(
            "--for", metavar="DURATION", parser=duration, help="Virtual time: 30d, 6h. Default 1d."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Draws all faults.")] = 0,
    every: Annotated[
        float | None,
        typer.Option(
            "--every", metavar="DURATION", parser=duration, help="Between two faults. Default 60s."
        ),
    ] = None,
    only: Annotated[
        str,
        typer.Option("--only", metavar="N,N", help="Of the seed's faults only these; a replay."),
    ] = "",
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", min=1, help="So many seeds, from --seed on.")
    ] = 1,
    jobs: Annotated[
        int, typer.Option("--jobs", metavar="N", min=1, help="Seeds at once, in processes.")
    ] = 1,
    least: Annotated[
        int,
        typer.Option(
            "--least", metavar="N", min=0, help="How often each fault must meet each phase."
        ),
    ] = 0,
) -> None:
    """Run a whole tree under faults drawn from a seed, in virtual time, and check what must hold.

    What a document's workers look at and act on is simulated; the workers are the real ones. A
    failure prints the fewest faults found that bring it about, and the command that replays
    them. Exit code 0: everything held, 1: something did not.
    """
    with reported():
        from fsmv2.cli.commands.simulate import run_simulation

        raise typer.Exit(
            run_simulation(
                tree,
                seconds=seconds or 86_400.0,
                seed=seed,
                every=every or 60.0,
                only=only,
                seeds=seeds,
                jobs=jobs,
                least=least,
            )
        )


@app.command(short_help="Decide again what a journal records, and compare.")
def replay(
    journal: Annotated[
        Path,
        typer.Argument(
            parser=_named,
            metavar="JOURNAL",
            help="The folder `journal` of a run, or a file of it.",
        ),
    ],
    types: Types = None,
    since: Annotated[
        str,
        typer.Option(
            "--from", metavar="TIME", help="Begin at the last checkpoint before: 14:03, or a date."
        ),
    ] = "",
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="End after this.")] = "",
    path: Annotated[
        str, typer.Option("--path", metavar="PATH", help="Tell the story of this worker.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Hand the core again what it was handed, and say whether it decides the same.

    Nothing is run: no collection, no action. `--path` tells what happened to a worker, what it
    decided and what it asked for. Exit code 0: every decision was the same, 1: it cannot be
    replayed, 4: one was not the same; it is shown.
    """
    with reported():
        from fsmv2.cli.commands.replay import replay_journal

        raise typer.Exit(
            replay_journal(
                journal, types=types or [], since=since, until=until, path=path, as_json=as_json
            )
        )
