"""The URL of a receiver of telemetry, read strictly; no credentials stand in it."""

from __future__ import annotations

import pytest

from fsmv2.model.collector_url import read_collector_url
from fsmv2.model.network_address import NoAddressError


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:4318",
        "http://localhost:4318/",
        "https://collector.example/otlp",
        "http://[::1]:4318/v1/traces",
    ],
)
def test_a_url_of_http_with_a_path_or_without(text: str) -> None:
    assert read_collector_url(text) == text


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("127.0.0.1:4318", "no scheme", "Write http://127.0.0.1:4318."),
        ("grpc://a:4317", "expected http:// or https://", "http://a:4317"),
        ("http://me:secret@a:4318", "a user or a password", "OTEL_EXPORTER_OTLP_HEADERS"),
        ("http://a:99999", "port", ""),
        ("http://", "", ""),
        ("http://a:1/x?y=1", "after its path", "End it with http://a:1/x."),
        ("http://a:1/x#y", "after its path", "End it with http://a:1/x."),
        ("http://a:1/x y", "after its path", ""),
    ],
)
def test_what_is_none_says_why_and_what_to_write(text: str, message: str, fix: str) -> None:
    with pytest.raises(NoAddressError) as refused:
        read_collector_url(text)
    assert message in refused.value.message
    assert fix in refused.value.fix
    assert "secret" not in refused.value.message + refused.value.fix
