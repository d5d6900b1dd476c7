"""Addresses: hosts, host:port and URLs, read strictly, so that a text means one machine or none.

An operating system takes more for an address than people mean: `127.0.0.010` is octal and another
machine than 127.0.0.10, `127.1` and `2130706433` are 127.0.0.1. What no
name server could resolve (a scheme, a variable of another program) is refused, too, with the fix.
Documents read every address of theirs with this.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

MODBUS_PORT = 502
"""Where a device listens when no port is given."""
LONGEST_LABEL, LONGEST_NAME = 63, 253
"""Characters, as RFC 1123 has it."""
LONGEST = 1000
"""Characters of a text that is looked at: a variable may hold a megabyte."""

HOST, HOST_AND_PORT = "a host", "host:port"
_OF_OTHERS = re.compile(
    r"\$\{\{?\s*\.?(\w+)[^}]*\}\}?|\$\((\w+)\)|\$([A-Za-z_]\w*)|%\{?(\w+)\}?%|%\((\w+)\)[sd]|<(\w+)>"
    r"|\{\{?\s*\.?(\w+)\s*\}?\}"
)
"""`${IP}`, `$(IP)`, `$IP`, `%IP%`, `%(IP)s`, `<IP>` and `{IP}`: a variable in other programs."""
_SCHEME = re.compile(r"\A([A-Za-z][A-Za-z0-9+.-]*):/{1,2}")
_NUMBER = re.compile(r"[0-9]+\Z|0[xX][0-9A-Fa-f]*\Z")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\Z")
_PORT = re.compile(r"[1-9][0-9]{0,4}\Z")


class NoAddressError(ValueError):
    """A text that is no address: what is wrong with it, and what to write."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class HostAndPort(NamedTuple):
    """Where to connect to; an IPv6 address without its brackets."""

    host: str
    port: int


def read_host(text: str) -> str:
    """A literal IPv4 or IPv6 address, or the name of a host; NoAddressError otherwise."""
    _refuse_foreign(text, HOST, _check_alone)
    _check_alone(text)
    return text


def _check_alone(text: str) -> None:
    if (inside := _bracketed(text)) is not None:
        raise NoAddressError(
            "has brackets, which are for a port to follow.", _write(inside, _check_host)
        )
    if ":" in text and text.count(":") == 1:
        host, _, port = text.partition(":")
        raise NoAddressError(
            "has a port, and the host stands alone here.",
            f"Write `host: {host}` and `port: {port}`." if port.isdigit() else f"Write {host}.",
        )
    _check_host(text)


@functools.lru_cache(maxsize=1024)  # it is asked for again whenever the address is used
def read_host_and_port(text: str, *, default_port: int) -> HostAndPort:
    """`host:port`, `[::1]:port`, or a host alone; NoAddressError otherwise."""

    def check(part: str) -> None:
        _split(part, default_port)

    _refuse_foreign(text, HOST_AND_PORT, check)
    return _split(text, default_port)


def _split(text: str, default_port: int) -> HostAndPort:
    host, port = text, ""
    if text.startswith("["):
        inside, closed, rest = text[1:].partition("]")
        if not closed or (rest and rest[0] != ":"):
            raise NoAddressError("has a bracket that is not closed before the port.", _V6_FIX)
        host, port = inside, rest
        if ":" not in inside:
            raise NoAddressError(
                "has brackets, which are for IPv6 addresses.",
                _write(inside, _check_host, rest),
            )
    elif text.count(":") > 1:
        raise NoAddressError(
            "has several colons, and so it is not clear where the port begins.", _v6_fix(text)
        )
    elif ":" in text:
        host, _, port = text.partition(":")
        port = f":{port}"
    _check_host(host)
    return HostAndPort(host, _port(port[1:], host, default_port) if port else default_port)


def read_url(text: str, *, schemes: Sequence[str], default_port: int) -> HostAndPort:
    """Where a URL of one of these schemes leads to; NoAddressError otherwise.

    User and password may stand in it and are not looked at; no message quotes them.
    """
    _refuse_long(text)
    found = _SCHEME.match(text)
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    rest = text[found.end() :] if found else text
    user, _, place = rest.rpartition("@")
    if found is None or found[1] not in schemes or not found[0].endswith("://"):
        got = f"begins with {found[0]}" if found else "begins with no scheme"
        fix = f"Write {schemes[0]}://{'user:password@' if user else ''}{place}."
        if _OF_OTHERS.search(place):
            fix = _template_fix(text)
        raise NoAddressError(f"{got}, expected {wanted}.", fix)
    where, slash, path = place.partition("/")
    if path or "?" in where or "#" in where:
        where = re.split("[/?#]", place)[0] or "a host, as in nats://10.0.0.5:4222"
        raise NoAddressError("has something after the port.", f"End it with {where}.")
    if slash:
        place = where
    return read_host_and_port(place, default_port=default_port)


_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
_NO_LINK = "Write an address of the machine that is not link-local."
_V6_FIX = "Write an IPv6 address as in [2001:db8::5]:502."


def _v6_fix(text: str) -> str:
    """What was probably meant by an IPv6 address without brackets."""
    host, _, port = text.rpartition(":")
    if _PORT.match(port) and _is_v6(host) and not _is_v6(text):
        return f"Write [{host}]:{port}."
    if _is_v6(text):
        meant = f", or [{host}]:{port} if {port} is the port" if _is_v6(host) else ""
        return f"Write [{text}]{meant}."
    return _V6_FIX


def _is_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _bracketed(text: str) -> str | None:
    return text[1:-1] if text[:1] == "[" and text[-1:] == "]" else None


def _template_fix(text: str) -> str:
    written = _OF_OTHERS.sub(
        lambda found: f"{{{{ .{next(name for name in found.groups() if name)} }}}}", text
    )
    return f'Variables are written "{written}", in quotes.'


def _write(proposal: str, check: Callable[[str], None], rest: str = "") -> str:
    """The fix that proposes a text, unless it is none either."""
    try:
        check(proposal)
    except NoAddressError:
        return "Write the name of a host, or an address as in 10.0.0.5."
    return f"Write {proposal}{rest}."


def _refuse_long(text: str) -> None:
    if len(text) > LONGEST:
        raise NoAddressError(
            f"has {len(text)} characters, and no address has more than {LONGEST}.", "Shorten it."
        )


def _refuse_foreign(text: str, form: str, check: Callable[[str], None]) -> None:
    """What belongs around an address elsewhere, and has no place in one.

    `check` says of a proposal whether it is an address of this form.
    """
    _refuse_long(text)
    if not text.strip():
        raise NoAddressError(f"is empty, expected {form}.", "Write the address of a machine.")
    if _OF_OTHERS.search(text):
        raise NoAddressError("has a variable as other programs write it.", _template_fix(text))
    if any(c.isspace() or not c.isprintable() for c in text):
        seen = "".join(c for c in text if c.isspace() or c.isprintable()).strip()
        # Elsewhere it may stand for a dot, or between two addresses: these are not to be joined.
        meant = re.sub(r"\s*:\s*", ":", seen)
        raise NoAddressError("has white space or a control character in it.", _write(meant, check))
    if found := _SCHEME.match(text):
        rest = re.split("[/?#]", text[found.end() :])[0].rpartition("@")[2]
        if form == HOST:
            host, colon, port = rest.rpartition(":") if not rest.endswith("]") else (rest, "", "")
            host = (host or rest).strip("[]") if colon or rest.endswith("]") else rest
            then = f", and {port} as the port" if colon else ""
            raise NoAddressError(
                f"begins with {found[0]}, expected a host.", _write(host, _check_host, then)
            )
        raise NoAddressError(f"begins with {found[0]}, expected {form}.", _write(rest, check))
    if "@" in text:
        raise NoAddressError(
            "has a user in it, and none is asked for here.",
            _write(text.rpartition("@")[2], check),
        )
    if "%" in text and ":" in text and "/" not in text:
        raise NoAddressError(
            "has a zone (after the %), which is good on this machine's network card alone.",
            _NO_LINK,
        )
    if found := re.search(r"[/\\?#]", text):
        raise NoAddressError(
            f"has '{found[0]}' in it, expected {form}.",
            _write(text[: found.start()], check),
        )


def _port(text: str, host: str, default: int) -> int:
    if _PORT.match(text) and int(text) <= 65535:
        return int(text)
    where = f"[{host}]" if ":" in host else host
    number = text.lstrip("0")
    if not text:
        raise NoAddressError(
            "has a colon and no port after it.", f"Write {where}:{default}, or {where}."
        )
    if number != text and _PORT.match(number) and int(number) <= 65535:
        raise NoAddressError("has a port with a leading zero.", f"Write {where}:{number}.")
    raise NoAddressError(
        "has no port from 1 to 65535 after the colon.", f"Write {where}:{default}, say."
    )


def _check_host(host: str) -> None:
    if ":" in host:
        _check_v6(host)
    elif not host.isascii():
        _check_name(host)
    elif not host:
        raise NoAddressError("has no host before the port.", "Write host:port, as in 10.0.0.5:502.")
    elif _NUMBER.match(host.rstrip(".").rpartition(".")[2]):
        _check_v4(host)
    else:
        _check_name(host)


def _check_v4(host: str) -> None:
    """Four decimal numbers, as every program reads them."""
    parts = host.split(".")
    if not all(re.fullmatch("[0-9]{1,10}", part) for part in parts):
        raise NoAddressError(
            "is not an IPv4 address, and no name of a host ends with a number.",
            "Write four decimal numbers, as in 10.0.0.5.",
        )
    numbers = [int(part) for part in parts]
    if len(parts) == 4 and max(numbers) > 255:
        raise NoAddressError(
            f"has the number {max(numbers)}, and those of an address go from 0 to 255.",
            "Write four numbers from 0 to 255.",
        )
    if len(parts) != 4:
        meant = _expanded(numbers)
        raise NoAddressError(
            f"has {len(parts)} number{'s' if len(parts) > 1 else ''}, an IPv4 address has four.",
            f"Write all four; to an operating system this is {meant}."
            if meant
            else "Write all four.",
        )
    if any(part != str(number) for part, number in zip(parts, numbers, strict=True)):
        meant, octal = ".".join(map(str, numbers)), _octal(parts)
        as_octal = f": octal to an operating system, which takes it for {octal}" if octal else ""
        raise NoAddressError(f"has a number with a leading zero{as_octal}.", f"Write {meant}.")
    _refuse_no_machine(ipaddress.IPv4Address(host))


def _octal(parts: Sequence[str]) -> str:
    """What the operating system makes of leading zeros; '' if nothing else."""
    if any(part[0] == "0" and set(part) & {"8", "9"} for part in parts):
        return ""
    numbers = [int(part, 8) if part[0] == "0" else int(part) for part in parts]
    same = numbers == [int(part) for part in parts]
    return "" if same or max(numbers) > 255 else ".".join(map(str, numbers))


def _expanded(numbers: Sequence[int]) -> str:
    """A short form as the operating system expands it; '' if it does not."""
    *first, last = numbers
    if len(numbers) > 4 or any(number > 255 for number in first) or last >= 256 ** (4 - len(first)):
        return ""
    return str(ipaddress.IPv4Address(bytes(first) + last.to_bytes(4 - len(first), "big")))


def _check_v6(host: str) -> None:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        raise NoAddressError("is not an IPv6 address.", "Write one as in 2001:db8::5.") from None
    _refuse_no_machine(address)


def _refuse_no_machine(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address.version == 6 and address.ipv4_mapped is not None:
        address = address.ipv4_mapped  # an operating system connects to this one
    if address in _THIS_NETWORK or address.is_unspecified:
        own = "127.0.0.1" if address.version == 4 else "::1"
        raise NoAddressError(
            "is the address of no machine; a server that listens there listens on all of its own.",
            f"Write the machine's own address; this machine is {own}.",
        )
    if address.is_multicast or str(address) == "255.255.255.255":
        raise NoAddressError(
            "is the address of a group of machines.", "Write the address of one machine."
        )
    if address.version == 6 and address.is_link_local:
        raise NoAddressError("is a link-local address, which leads nowhere by itself.", _NO_LINK)


def _check_name(host: str) -> None:
    if not host.isascii():
        raise NoAddressError(
            "has letters in it that no host name has; what looks like one name may be another.",
            _encoded_fix(host),
        )
    labels = host.removesuffix(".").split(".")  # one dot at the end: the name is complete
    if "" in labels:
        fewer = ".".join(filter(None, labels))
        raise NoAddressError("has a dot too many.", _write(fewer, _check_host))
    for label in labels:
        if len(label) > LONGEST_LABEL:
            raise NoAddressError(
                f"has a part of {len(label)} characters, and a name takes {LONGEST_LABEL}.",
                "Shorten it.",
            )
        if not _LABEL.match(label) or not re.search("[A-Za-z0-9]", label):
            raise NoAddressError(
                f"is not the name of a host: '{label[:40]}' has other characters than letters, "
                "digits and hyphens within.",
                "Write the name, or an address as in 10.0.0.5.",
            )
    if len(host.removesuffix(".")) > LONGEST_NAME:
        raise NoAddressError(
            f"has {len(host)} characters, and a name takes {LONGEST_NAME}.", "Shorten it."
        )


def _encoded_fix(host: str) -> str:
    try:
        encoded = host.encode("idna").decode()
        _check_host(encoded)
    except (UnicodeError, NoAddressError):
        return "Write it with letters, digits and hyphens."
    return f"Write {encoded}, if that is what is meant."
