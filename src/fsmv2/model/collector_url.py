"""The URL of a receiver of telemetry: `http://host:4318`, with a path or without."""

from __future__ import annotations

from urllib.parse import urlsplit

from fsmv2.model.network_address import NoAddressError, read_url


def read_collector_url(text: str) -> str:
    """The URL as it is; NoAddressError says why it is none."""
    scheme, _, rest = text.partition("://")
    place = rest.split("/", 1)[0]
    if "@" in place:
        raise NoAddressError(
            "holds a user or a password.",
            "Set the variable OTEL_EXPORTER_OTLP_HEADERS to authorization=Basic%20...",
        )
    read_url(f"{scheme}://{place}" if rest else text, schemes=("http", "https"), default_port=80)
    try:
        found = urlsplit(text)
    except ValueError as error:
        raise NoAddressError(f"is not a URL: {error}.", "Write http://127.0.0.1:4318.") from error
    if found.query or found.fragment or not text.isprintable() or " " in text:
        raise NoAddressError(
            "has something after its path.", f"End it with {text.split('?')[0].split('#')[0]}."
        )
    return text
