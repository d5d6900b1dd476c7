"""What is known of a device by its address."""

from __future__ import annotations

import pytest

from fsmv2.flow import device_claim


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("localhost", "127.0.0.1"),
        ("LOCALHOST.", "127.0.0.1"),
        ("::1", "localhost"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fe80:0:0::1", "fe80::1"),
        ("PLC1.hall", "plc1.hall."),
    ],
)
def test_h98_a_device_is_the_same_however_its_address_is_written(one: str, other: str) -> None:
    assert device_claim(one, 502) == device_claim(other, 502)


@pytest.mark.parametrize(
    ("one", "other"), [("plc1", "plc2"), ("127.0.0.1", "127.0.0.2"), ("plc1", "10.0.0.1")]
)
def test_what_a_name_resolves_to_is_not_known(one: str, other: str) -> None:
    assert device_claim(one, 502) != device_claim(other, 502)
    assert device_claim(one, 502) != device_claim(one, 503)
