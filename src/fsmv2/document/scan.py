"""From YAML text to nodes: the way in, called by whoever reads documents.

source         bytes → text              yaml_events  text → raw tree, within limits
other_programs whose text it is          node_builder raw tree → nodes
yaml_errors    what libyaml says, in plain words
"""

from __future__ import annotations

from pathlib import Path

import yaml

from fsmv2.diagnostic import Mark
from fsmv2.document.document import Document
from fsmv2.document.node_builder import Expansion
from fsmv2.document.other_programs import other_program
from fsmv2.document.source import decode_text, read_file, refused
from fsmv2.document.yaml_errors import plain_words
from fsmv2.document.yaml_events import read_events
from fsmv2.errors import DocumentError
from fsmv2.model.decoder.problem_order import in_order


def scan_file(path: Path) -> Document:
    """Read and parse a file, as `scan_yaml` does a text."""
    return scan_yaml(read_file(path), str(path))


def scan_yaml(source: bytes | str, name: str) -> Document:
    """Parse a text; `name` stands in messages where the file's would.

    The document's `root` is the tree of nodes, and `problems` what is wrong with single places of
    it. Raises DocumentError when nothing of it can be read, and nothing else.
    """
    text = decode_text(source, name)
    document = Document(name, text.splitlines())
    if (other := other_program(text)) is not None:
        line = document.line(other.line)
        raise DocumentError(
            [
                document.diagnostic(
                    Mark(name, other.line, len(line) - len(line.lstrip()) + 1),
                    "FSM0129",
                    f"this is {other.what}, expected an fsmv2 document.",
                    fix=other.fix,
                    length=len(line.strip()),
                )
            ]
        )
    try:
        tree = read_events(text, document)
    except yaml.YAMLError as error:
        raise DocumentError([plain_words(error, document, text)]) from None
    if tree is None or tree.is_nothing:
        raise refused(
            name,
            "FSM0114",
            "the document is empty.",
            fix="Write at least a section, for example:  agent: {name: edge}",
        )
    expansion = Expansion(document)
    root = expansion.node(tree, "")
    if root.kind != "mapping":
        what = "a list" if root.kind == "sequence" else "a single value"
        problem = root.problem(
            "FSM0107",
            f"the document is {what}, expected keys and values.",
            fix="Begin it with a key and a colon, for example:  agent: {name: edge}",
        )
        expansion.problems.append(problem)
        raise DocumentError(in_order(expansion.problems))
    document.root = root
    document.problems, document.holes = expansion.problems, expansion.holes
    return document
