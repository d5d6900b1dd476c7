"""An apply as JSON, as the API takes it."""

from __future__ import annotations

import msgspec
import pytest

from fsmv2.operate.changes.apply_data import ApplyRequest, DocumentText, RollbackRequest


def test_a_document_that_is_not_utf_8_survives_json() -> None:
    asked = ApplyRequest(document=DocumentText(source="/plant.yaml", files={"": b"a: \xff\n"}))
    assert msgspec.json.decode(msgspec.json.encode(asked), type=ApplyRequest) == asked


@pytest.mark.parametrize("timeout", [0, -1, 8 * 86_400])
def test_a_limit_in_no_time_or_after_more_than_a_week_is_refused(timeout: float) -> None:
    with pytest.raises(msgspec.ValidationError, match="timeout"):
        msgspec.json.decode(f'{{"timeout": {timeout}}}', type=RollbackRequest)


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="generaton"):
        msgspec.json.decode(b'{"generaton": 3}', type=RollbackRequest)
