"""The YAML file a person writes: text → nodes with places → typed structs, all problems at once.

source, load, node, scalars: YAML.    typed, decode, duration: types.    codes: the catalogue.
"""

from fsmv2.spec.document.codes import CATALOGUE, explain
from fsmv2.spec.document.decode import decode
from fsmv2.spec.document.duration import Duration, parse_duration
from fsmv2.spec.document.load import load_yaml, parse_yaml
from fsmv2.spec.document.node import Document, Node
from fsmv2.spec.document.typed import Templated

__all__ = [
    "CATALOGUE",
    "Document",
    "Duration",
    "Node",
    "Templated",
    "decode",
    "explain",
    "load_yaml",
    "parse_duration",
    "parse_yaml",
]
