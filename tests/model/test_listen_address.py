"""Where a server of ours may listen: this machine alone, and every other address says why not."""

from __future__ import annotations

import pytest

from fsmv2.model.listen_address import address_text, read_listen_address
from fsmv2.model.network_address import NoAddressError


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9410", "127.0.0.1", 9410),
        ("127.0.0.1", "127.0.0.1", 9410),
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("127.8.8.8:1", "127.8.8.8", 1),
        ("localhost:80", "127.0.0.1", 80),
        ("LocalHost", "127.0.0.1", 9410),
        ("[::1]:9410", "::1", 9410),
        ("[::1]:0", "::1", 0),
    ],
)
def test_addresses_of_this_machine(text: str, host: str, port: int) -> None:
    assert tuple(read_listen_address(text)) == (host, port)


@pytest.mark.parametrize("text", ["0.0.0.0:9410", ":9410", "*:9410", "[::]:9410", "10.0.0.5:9410"])
def test_an_address_over_the_network_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(NoAddressError) as refused:
        read_listen_address(text)
    assert "over the network is not offered yet" in refused.value.message
    assert refused.value.fix.startswith("Write 127.0.0.1:9410, and let a reverse proxy")


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("9410", "Write 127.0.0.1:9410."),
        ("", "Write 127.0.0.1:9410."),
        ("plant.example:1", "Write 127.0.0.1:1, and let"),
        ("::1", "Write [::1]"),
        ("127.0.0.1:99999", "Write 127.0.0.1:9410"),
        ("http://127.0.0.1:9410", "Write 127.0.0.1:9410."),
        ("127.0.0.1:00", "Write 127.0.0.1:9410"),
    ],
)
def test_what_is_no_address_is_refused_with_what_to_write(text: str, fix: str) -> None:
    with pytest.raises(NoAddressError) as refused:
        read_listen_address(text)
    assert refused.value.fix.startswith(fix)


def test_an_address_as_it_stands_in_a_url() -> None:
    assert address_text("127.0.0.1", 1) == "127.0.0.1:1"
    assert address_text("::1", 1) == "[::1]:1"
