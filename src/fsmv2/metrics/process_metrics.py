"""Figures of the process and of the document that it runs."""

from __future__ import annotations

import platform

import fsmv2
from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.readings import Readings


def read_process(source: Source, to: Readings) -> None:
    """Put the figures into `to`."""
    to.put("fsmv2_build_info", 1, fsmv2.__version__, platform.python_version())
    document = source.document()
    if document is not None:
        to.put("fsmv2_generation", document.generation)
        to.put("fsmv2_document_differs", document.differs)
        to.put("fsmv2_pinned", document.pinned)
