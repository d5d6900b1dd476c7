"""From a type to its reader."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.document import Document
from fsmv2.errors import DefinitionError
from fsmv2.model.decoder import Node, decode


@pytest.mark.parametrize("type_", [set[int], dict[int, str], bytes, Document])
def test_a_type_no_document_can_express_is_a_mistake_of_the_program(type_: Any) -> None:
    with pytest.raises(DefinitionError, match="A document cannot give a value of the type"):
        decode(Node.from_data(1), type_)
