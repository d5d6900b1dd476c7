"""`render`: the tree a document gives, as YAML; nothing is run."""

from __future__ import annotations

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import FAILED, OK
from fsmv2.cli.options import FileOrInput, Subtree


def render(
    file: FileOrInput,
    path: Subtree = "",
) -> None:
    """Show the tree a document gives and each rendered config; nothing is run.

    stderr shows who would be notified of what.

    Exit code 1 when a worker could not be derived; its reason is shown.

    $ fsmv2 render plant.yaml
    $ fsmv2 render plant.yaml edge/filler
    """
    with reported():
        from fsmv2.cli.console import progress, put, show_diagnostics, styled
        from fsmv2.cli.progress_line import long_work
        from fsmv2.cli.standard_input import named_or_input
        from fsmv2.cli.tree_yaml import as_yaml
        from fsmv2.operate.document_expansion import expand

        document, given = named_or_input(file)
        with long_work(f"rendering {document}"):
            expansion = expand(document, text=given)
        workers = expansion.below(path) if path else expansion.workers
        show_diagnostics(expansion.plant.diagnostics)
        if expansion.change:
            note = f"this is what the file declares: {expansion.change}"
            progress(styled("note: ", fg="yellow"), note)
        for line in () if path else expansion.notifications:
            progress(f"notifies {line}")
        with long_work("writing the tree"):
            text = as_yaml(workers)
        put(text, end="")
        raise typer.Exit(FAILED if any(worker.problem for worker in workers) else OK)
