"""The YAML file a person writes: text → nodes with places; what they mean is decoded in `model`.

source, scan, yaml_events, node_builder,
  yaml_scalars, yaml_errors               text → nodes, or what is wrong with it
document                                  the text, its tree, and what is wrong where
folder                                    many files as one document
desired_yaml                              a desired state read back from YAML
problem_codes, plant_problem_codes        the catalogue of problems
"""

from fsmv2.document.desired_yaml import desired_from_yaml
from fsmv2.document.document import Document
from fsmv2.document.folder import documents_in, scan_contents, scan_folder, valid_folder
from fsmv2.document.problem_codes import CATALOGUE, explain
from fsmv2.document.scan import scan_file, scan_yaml

__all__ = [
    "CATALOGUE",
    "Document",
    "desired_from_yaml",
    "documents_in",
    "explain",
    "scan_contents",
    "scan_file",
    "scan_folder",
    "scan_yaml",
    "valid_folder",
]
