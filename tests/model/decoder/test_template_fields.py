"""Fields that may hold a template."""

from __future__ import annotations

from decoded_text import read
from document_plant import Connection

from fsmv2.model.decoder import Templated

MaybeNumber = Templated[int | None]


def test_a_template_is_kept_as_text_until_it_is_rendered() -> None:
    assert read('{host: "{{ .IP }}", port: "{{ .PORT }}"}', Connection) == Connection(
        host="{{ .IP }}",
        port="{{ .PORT }}",  # type: ignore[arg-type]  # what Templated is for
    )
    assert read('"{% if .a %}1{% endif %}"', MaybeNumber) == "{% if .a %}1{% endif %}"
    assert read("7", MaybeNumber) == 7
