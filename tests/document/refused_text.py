"""What the reading of a document that is refused says."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2 import Diagnostic
from fsmv2.document import scan_yaml
from fsmv2.errors import DocumentError


def message_of(error: pytest.ExceptionInfo[DocumentError], path: Path | None = None) -> str:
    """The whole message, with `path` as plant.yaml."""
    text = str(error.value)
    return text.replace(str(path), "plant.yaml") if path else text


def refused(source: bytes | str) -> str:
    """The message with which this text is refused."""
    with pytest.raises(DocumentError) as raised:
        scan_yaml(source, "plant.yaml").validated()
    return message_of(raised)


def problems(source: str) -> list[Diagnostic]:
    """What is wrong with this text as YAML; none if nothing is."""
    try:
        return list(scan_yaml(source, "plant.yaml").problems)
    except DocumentError as error:
        return list(error.diagnostics)
