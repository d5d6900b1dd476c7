"""The YAML file a person writes: text → nodes with places → typed structs, all problems at once.

source, scan, yaml_events, node_builder,
  yaml_scalars, yaml_errors               text → nodes, or what is wrong with it
node, document, node_paths                the tree, and places in it
folder                                    many files as one document
decode, decoders, struct_reader, containers,
  unions, scalars, one_of, template_fields, duration, address_fields  nodes → typed values
desired_yaml                              a desired state read back from YAML
problem_codes, display                    the catalogue of problems; values as messages show them
"""

from fsmv2.document.address_fields import Host, HostAndPort
from fsmv2.document.decode import Sound, decode, decode_sound, rendered
from fsmv2.document.desired_yaml import desired_from_yaml
from fsmv2.document.document import MOST_SHOWN, Document, in_order
from fsmv2.document.duration import Duration, parse_duration
from fsmv2.document.folder import documents_in, scan_contents, scan_folder, sound_folder
from fsmv2.document.node import Node
from fsmv2.document.node_paths import around, parse_path
from fsmv2.document.one_of import OneOf
from fsmv2.document.problem_codes import CATALOGUE, explain
from fsmv2.document.scan import scan_file, scan_yaml
from fsmv2.document.template_fields import AsWritten, Templated

__all__ = [
    "CATALOGUE",
    "MOST_SHOWN",
    "AsWritten",
    "Document",
    "Duration",
    "Host",
    "HostAndPort",
    "Node",
    "OneOf",
    "Sound",
    "Templated",
    "around",
    "decode",
    "decode_sound",
    "desired_from_yaml",
    "documents_in",
    "explain",
    "in_order",
    "parse_duration",
    "parse_path",
    "rendered",
    "scan_contents",
    "scan_file",
    "scan_folder",
    "scan_yaml",
    "sound_folder",
]
