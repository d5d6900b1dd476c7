"""The YAML file a person writes: text → nodes with places → typed structs, all problems at once.

source, load, events, expansion, scalars, complaint    text → nodes, or what is wrong with it
node, document, paths                                  the tree, and places in it
folder                                                 many files as one document
decode, shapes, branches, leaves, templated, duration,
  addresses                                            nodes → typed values
codes, wording                                         the catalogue of problems; their words
"""

from fsmv2.spec.document.addresses import Host, HostAndPort
from fsmv2.spec.document.codes import CATALOGUE, explain
from fsmv2.spec.document.decode import decode, rendered
from fsmv2.spec.document.document import MOST_SHOWN, Document, in_order
from fsmv2.spec.document.duration import Duration, parse_duration
from fsmv2.spec.document.folder import documents_in, scan_folder
from fsmv2.spec.document.load import scan_file, scan_yaml
from fsmv2.spec.document.node import Node
from fsmv2.spec.document.paths import around, parse_path
from fsmv2.spec.document.templated import Templated

__all__ = [
    "CATALOGUE",
    "MOST_SHOWN",
    "Document",
    "Duration",
    "Host",
    "HostAndPort",
    "Node",
    "Templated",
    "around",
    "decode",
    "documents_in",
    "explain",
    "in_order",
    "parse_duration",
    "parse_path",
    "rendered",
    "scan_file",
    "scan_folder",
    "scan_yaml",
]
