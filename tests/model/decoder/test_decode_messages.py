"""What a person reads when a value does not fit its type, word for word."""

from __future__ import annotations

import pytest
from document_plant import Plant
from golden_sections import TYPED

from fsmv2.document import scan_yaml
from fsmv2.model.decoder import decode


@pytest.mark.parametrize(("title", "text", "said"), TYPED, ids=[title for title, _, _ in TYPED])
def test_what_does_not_fit_its_type_is_said_so(title: str, text: str, said: str) -> None:
    value, problems = decode(scan_yaml(text, "plant.yaml").validated().root, Plant)
    assert value is None
    assert "\n".join(problem.render() for problem in problems) == said
