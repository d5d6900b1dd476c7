"""One parser for every address of a document: it means one machine, or what to write is said."""

from __future__ import annotations

import pytest

from fsmv2.model.network_address import NoAddressError, read_host, read_host_and_port, read_url


@pytest.mark.parametrize(
    "host",
    [
        *("10.0.0.5", "255.255.255.254", "localhost", "plc", "plc-7.line.acme.example", "plc."),
        *("my_container", "3com.example", "7seg", "a" * 63, "::1", "2001:DB8::5"),
        *("::ffff:10.0.0.5", "xn--mnchen-3ya.de", ".".join(["a" * 49] * 5)),
    ],
)
def test_a_host_is_taken_as_it_is(host: str) -> None:
    assert read_host(host) == host


WRONG_HOSTS = {
    "127.0.0.010": "Write 127.0.0.10.",
    "192.168.001.010": "takes it for 192.168.1.8. Write 192.168.1.10.",
    "127.0.0.08": "a leading zero. Write 127.0.0.8.",
    "00.0.0.1": "Write 0.0.0.1.",
    "127.1": "2 numbers, an IPv4 address has four. Write all four; to an operating system this is "
    "127.0.0.1.",
    "2130706433": "to an operating system this is 127.0.0.1.",
    "1.2.3.4.5": "Write all four.",
    "10.0.0.256": "has the number 256",
    "10.0.0.4294967296": "has the number 4294967296",
    "0x7f.0.0.1": "four decimal numbers",
    "0x7f000001": "four decimal numbers",
    "plc.5": "no name of a host ends with a number",
    "10.0.0.5.": "four decimal numbers",
    "[::1]": "Write ::1.",
    "::g": "is not an IPv6 address",
    "1::2::3": "is not an IPv6 address",
    "fe80::1%eth0": "has a zone",
    "tcp://10.0.0.5": "begins with tcp://, expected a host. Write 10.0.0.5.",
    "modbus://10.0.0.5:502/x": "Write 10.0.0.5, and 502 as the port.",
    "opc.tcp://[::1]:4840": "Write ::1, and 4840 as the port.",
    "${IP}": 'Variables are written "{{ .IP }}", in quotes.',
    "$IP": '"{{ .IP }}"',
    "$(IP)": '"{{ .IP }}"',
    "%IP%": '"{{ .IP }}"',
    "<ip>": '"{{ .ip }}"',
    "{IP}": '"{{ .IP }}"',
    "plc-${N}.local": '"plc-{{ .N }}.local"',
    "10.0.0.5:502": "Write `host: 10.0.0.5` and `port: 502`.",
    " 10.0.0.5": "Write 10.0.0.5.",
    "10.0.0.5\u200b": "Write 10.0.0.5.",
    "10.0.0.5\n": "Write 10.0.0.5.",
    "admin@10.0.0.5": "Write 10.0.0.5.",
    "10.0.0.5/24": "Write 10.0.0.5.",
    "": "is empty, expected a host.",
    "   ": "is empty",
    "0.0.0.0": "the address of no machine",  # noqa: S104  (it is refused)
    "::": "the address of no machine",
    "224.0.0.5": "a group of machines",
    "255.255.255.255": "a group of machines",
    "ff02::1": "a group of machines",
    "0.1.2.3": "the address of no machine",
    "::ffff:0.0.0.0": "the address of no machine",
    "::ffff:224.0.0.1": "a group of machines",
    "fe80::1": "a link-local address",
    "%(IP)s": '"{{ .IP }}"',
    "10.0.0.5 7": "in it. Write the name of a host, or an address as in 10.0.0.5.",
    "@IP@": "Write the name of a host",
    "..": "Write the name of a host",
    "tcp://127.1": "Write the name of a host",
    "${a" * 50_000: "has 150000 characters",
    "_": "is not the name of a host",
    "-plc": "is not the name of a host",
    "plc-": "is not the name of a host",
    "plc;ls": "is not the name of a host",
    "plc..local": "has a dot too many. Write plc.local.",
    ".plc": "Write plc.",
    "münchen.de": "Write xn--mnchen-3ya.de",
    "１0.0.0.5": "Write 10.0.0.5, if that is what is meant.",
    "a" * 64: "a part of 64 characters",
    ".".join(["a" * 49] * 6): "has 299 characters",
}


@pytest.mark.parametrize("host", WRONG_HOSTS)
def test_what_is_no_host_is_refused_with_what_to_write(host: str) -> None:
    with pytest.raises(NoAddressError) as refused:
        read_host(host)
    assert WRONG_HOSTS[host] in f"{refused.value.message} {refused.value.fix}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("10.0.0.5:15020", ("10.0.0.5", 15020)),
        ("10.0.0.5", ("10.0.0.5", 502)),
        ("localhost:1", ("localhost", 1)),
        ("plc.local:65535", ("plc.local", 65535)),
        ("[2001:db8::5]:502", ("2001:db8::5", 502)),
        ("[::1]", ("::1", 502)),
    ],
)
def test_a_host_with_or_without_a_port(text: str, place: tuple[str, int]) -> None:
    assert read_host_and_port(text, default_port=502) == place


WRONG_PLACES = {
    "::1": "Write [::1].",
    "2001:db8::5:502": "or [2001:db8::5]:502 if 502 is the port.",
    "[10.0.0.5]:502": "Write 10.0.0.5:502.",
    "[::1": "a bracket that is not closed",
    "[::1]502": "a bracket that is not closed",
    "[127.0.0.010]:502": "brackets",
    "plc:": "Write plc:502, or plc.",
    "plc:0": "no port from 1 to 65535",
    "plc:65536": "no port from 1 to 65535",
    "plc:99999999999": "no port from 1 to 65535",
    "plc:http": "no port from 1 to 65535",
    "plc:-1": "no port from 1 to 65535",
    "plc:\u0665": "no port from 1 to 65535",
    "plc:0502": "Write plc:502.",
    "[]:502": "Write the name of a host",
    "%(IP)s:502": '"{{ .IP }}:502"',
    ":502": "has no host before the port",
    "127.0.0.010:502": "Write 127.0.0.10.",
    "127.1:502": "an IPv4 address has four",
    "10.0.0.5: 502": "Write 10.0.0.5:502.",
    "tcp://10.0.0.5:502": "Write 10.0.0.5:502.",
    "${IP}:502": '"{{ .IP }}:502"',
    "%IP%:%PORT%": '"{{ .IP }}:{{ .PORT }}"',
    "10.0.0.5:502/1": "Write 10.0.0.5:502.",
    "u:p@10.0.0.5:502": "Write 10.0.0.5:502.",
}


@pytest.mark.parametrize("text", WRONG_PLACES)
def test_what_is_no_place_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(NoAddressError) as refused:
        read_host_and_port(text, default_port=502)
    assert WRONG_PLACES[text] in f"{refused.value.message} {refused.value.fix}"


def url(text: str) -> tuple[str, int]:
    return read_url(text, schemes=("nats", "tls"), default_port=4222)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("nats://10.0.0.5", ("10.0.0.5", 4222)),
        ("tls://broker.acme.example:4443/", ("broker.acme.example", 4443)),
        ("nats://user:pass@[::1]:4222", ("::1", 4222)),
        ("nats://user:p/a?s@s@plc:1", ("plc", 1)),
    ],
)
def test_a_url_leads_to_a_place_whoever_stands_in_it(text: str, place: tuple[str, int]) -> None:
    assert url(text) == place


WRONG_URLS = {
    "localhost:4222": "Write nats://localhost:4222.",
    "mqtt://plc:1883": "begins with mqtt://, expected nats:// or tls://. Write nats://plc:1883.",
    "nats:/plc": "Write nats://plc.",
    "nats://": "is empty",
    "nats://127.0.0.010": "Write 127.0.0.10.",
    "nats://plc:0": "no port from 1 to 65535 after the colon. Write plc:4222, say.",
    "nats://" + "${a" * 50_000: "characters",
    "nats://${HOST}:4222": "{{ .HOST }}",
    "$BROKER": "{{ .BROKER }}",
    "nats://plc/path": "End it with plc.",
    "nats://plc:1?x=1": "End it with plc:1.",
}


@pytest.mark.parametrize("text", WRONG_URLS)
def test_what_is_no_url_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(NoAddressError) as refused:
        url(text)
    assert WRONG_URLS[text] in f"{refused.value.message} {refused.value.fix}"


@pytest.mark.parametrize("text", ["http://me:geheim@plc", "nats://me:geheim@plc:0", "geheim@plc"])
def test_no_message_quotes_a_password(text: str) -> None:
    with pytest.raises(NoAddressError) as refused:
        url(text)
    assert "geheim" not in f"{refused.value.message} {refused.value.fix}"
