"""A document with a template and the variables it uses."""

from __future__ import annotations

import pytest

from fsmv2.document import Document, scan_yaml


@pytest.fixture
def plant() -> Document:
    return scan_yaml(
        "templates:\n"
        '  plc: {host: "{{ .IP }}", port: "{{ .PORT }}", timeout: "{{ .T }}s"}\n'
        "bridges:\n"
        "  - {name: filler, variables: {IP: 10.0.0.1, PORT: 150200, T: 1}}\n",
        "plant.yaml",
    ).validated()
