"""POST a notification to a web server: within a bounded time, whatever the server does.

The standard library's client: `requests` and `httpx` would bring a store of certificates of their
own, and miss the authority that a plant has added to its machines; their timeouts are for each
read, as those of `http.client` are, so that a server which sends a byte a second holds them for as
long as it likes. Here each step gets what is left of one limit for all of them.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import io
import re
import select
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import msgspec

from fsmv2.errors import error_text
from fsmv2.escaping import printable_line
from fsmv2.notify.channel import DeliveryError, Texts, as_json
from fsmv2.notify.notification import Notification
from fsmv2.notify.notify_settings import WebhookSettings
from fsmv2.version import __version__

QUOTED = 200
"""Characters of an answer that are quoted when it was not 2xx."""
READ = 4096
"""Bytes of an answer that are read; nobody needs the rest."""
MOST_REDIRECTS = 3
LONGEST_PAUSE = 3600.0
"""Seconds that a server may ask for in `Retry-After`."""
RETRY = frozenset({408, 425, 429})
"""Answers besides 5xx after which the same may be tried again; others mean that it is wrong."""
KEPT_METHOD = frozenset({307, 308})
"""Redirects after which a POST is still a POST."""
SECRET_FROM = 6
"""Characters of a word that is hidden where a server quotes the request; shorter are no secret."""

_PLAIN = {"→": "->", "…": "..."}
"""How signs of our own messages are written where only those of Latin-1 can be."""
_BETWEEN = re.compile(r"[\s/&=?:;,@]+")


class Webhook:
    """One address."""

    kind = "webhook"

    def __init__(self, settings: WebhookSettings, texts: Texts) -> None:
        self._settings = settings
        self._texts = texts
        self._open: socket.socket | None = None
        self._aborted = False
        self._private: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Scheme and host: what comes behind is often a password."""
        try:
            url = checked_url(self._texts.of(self._settings.url))
        except DeliveryError:
            return "an address that cannot be used"
        return self._texts.redact(_origin(url))

    def send(self, one: Notification) -> str:
        """The status that was answered."""
        url = checked_url(self._texts.of(self._settings.url))
        body, content_type = self._body(one)
        headers = {
            "Content-Type": content_type,
            "User-Agent": f"fsmv2/{__version__}",
            "Idempotency-Key": one.id,
            "Connection": "close",
        }
        given = self._texts.of(dict(self._settings.headers), _for_headers(one))
        _set_headers(headers, given)
        self._private = _words([*given.values(), url.path, url.query])
        deadline = time.monotonic() + self._settings.timeout
        for _ in range(MOST_REDIRECTS + 1):
            status, reason, answered, found = self._exchange(url, body, headers, deadline)
            if 200 <= status < 300:
                return f"HTTP {status}"
            elsewhere = answered.get("location", "")
            if status not in KEPT_METHOD or not elsewhere:
                break
            url = self._redirected(url, elsewhere)
        text = f"it answers HTTP {status} {self._quoted(reason)}".rstrip()
        if 300 <= status < 400:
            text += ", a redirect that is not followed; write the address it leads to"
        elif found.strip():
            text += f": {self._quoted(found)}"
        retry = status >= 500 or status in RETRY
        raise DeliveryError(text, retry=retry, after=_pause(answered.get("retry-after", "")))

    def abort(self) -> None:
        """Close the connection under whoever waits for it."""
        self._aborted = True
        opened = self._open
        if opened is not None:
            with contextlib.suppress(OSError):
                # Of the plain socket: that of TLS would take away what the other thread uses.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)

    # ---- one request ------------------------------------------------------------------------

    def _body(self, one: Notification) -> tuple[bytes, str]:
        if self._settings.body is None:
            return as_json(one), "application/json"
        body = self._texts.of(self._settings.body, one)
        if isinstance(body, str):
            return body.encode(), "text/plain; charset=utf-8"
        return msgspec.json.encode(body), "application/json"

    def _quoted(self, text: str) -> str:
        """What a server said, without what the request said: it may quote that."""
        text = self._texts.redact(text)
        for word in self._private:
            text = text.replace(word, "***")
        return printable_line(text.strip()[:QUOTED])

    def _redirected(self, url: SplitResult, elsewhere: str) -> SplitResult:
        target = checked_url(urljoin(url.geturl(), elsewhere))
        if _origin(target) != _origin(url):
            raise DeliveryError(
                f"it redirects to another host, {self._quoted(_origin(target))}, which is not "
                "followed, since headers may be secret; write that address",
                retry=False,
            )
        return target

    def _exchange(
        self, url: SplitResult, body: bytes, headers: Mapping[str, str], deadline: float
    ) -> tuple[int, str, Mapping[str, str], str]:
        """Status, reason, headers and the beginning of the answer."""
        try:
            with contextlib.closing(self._connect(url, deadline)) as connected:
                self._open = connected
                if self._aborted:
                    raise DeliveryError("fsmv2 ends")
                connection = http.client.HTTPConnection(_host(url), url.port)
                connection.sock = _Limited(connected, deadline)
                address = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
                connection.request("POST", address, body, dict(headers))
                answer = connection.getresponse()
                found = answer.read(READ).decode("utf-8", "replace")
                answered = {key.lower(): value for key, value in answer.getheaders()}
                return answer.status, answer.reason, answered, found
        except TimeoutError:
            within = f"{self._settings.timeout:g} s"
            raise DeliveryError(f"it has not answered within {within}") from None
        except ssl.SSLCertVerificationError as error:
            raise DeliveryError(
                f"its certificate is not trusted: {error.verify_message}; name the authority in "
                "`ca_file`, or correct the address"
            ) from None
        except (OSError, http.client.HTTPException) as error:
            what = "fsmv2 ends" if self._aborted else self._quoted(_why(error))
            raise DeliveryError(f"it cannot be reached: {what}") from None
        finally:
            self._open = None

    def _connect(self, url: SplitResult, deadline: float) -> socket.socket:
        """A connection, encrypted and verified for https."""
        port = url.port or (443 if url.scheme == "https" else 80)
        context = self._context() if url.scheme == "https" else None
        wrong: OSError = OSError("it has no address")
        for family, kind, protocol, _, place in socket.getaddrinfo(
            _host(url), port, type=socket.SOCK_STREAM
        ):
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(_left(deadline))
                made.connect(place)
                return _encrypted(context, made, _host(url), deadline) if context else made
            except OSError as error:
                made.close()
                wrong = error
            except BaseException:
                made.close()
                raise
        raise wrong

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._settings.ca_file:
            try:
                context.load_verify_locations(self._texts.of(self._settings.ca_file))
            except (OSError, ssl.SSLError) as error:
                raise DeliveryError(
                    f"`ca_file` cannot be read: {self._quoted(_why(error))}"
                ) from None
        return context


class _Limited:
    """A socket as `http.client` uses one, each call within what is left of the limit."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket = connected
        self._deadline = deadline

    def sendall(self, data: Any) -> None:
        self._socket.settimeout(_left(self._deadline))
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        del mode
        return io.BufferedReader(_Reading(self._socket, self._deadline))

    def close(self) -> None:
        """It is closed by who opened it: the client closes it before the answer is read."""


class _Reading(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket = connected
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(_left(self._deadline))
        return self._socket.recv_into(buffer)


def _encrypted(
    context: ssl.SSLContext, made: socket.socket, host: str, deadline: float
) -> ssl.SSLSocket:
    made.setblocking(False)
    wrapped = context.wrap_socket(made, server_hostname=host, do_handshake_on_connect=False)
    try:
        while True:
            try:
                wrapped.do_handshake()
                return wrapped
            except ssl.SSLWantReadError:
                ready = select.select([wrapped], [], [], _left(deadline))[0]
            except ssl.SSLWantWriteError:
                ready = select.select([], [wrapped], [], _left(deadline))[1]
            if not ready:
                raise TimeoutError
    except BaseException:
        wrapped.close()
        raise


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def checked_url(text: str) -> SplitResult:
    """The parts of an address. DeliveryError: it is none; it is not quoted, as it may be secret."""
    try:
        url = urlsplit(text)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise DeliveryError("its `url` does not begin with http:// or https://", retry=False)
        if url.username is not None:
            raise DeliveryError(
                "its `url` has a user or a password, which are not sent; write a header "
                "`Authorization`",
                retry=False,
            )
        url.hostname.encode("idna")  # as looking up its address does
        if url.port == 0 or not (text.isascii() and text.isprintable()) or " " in text:
            raise ValueError
    except ValueError:
        raise DeliveryError("its `url` is not an address that can be used", retry=False) from None
    return url


def _host(url: SplitResult) -> str:
    return url.hostname or ""


def _origin(url: SplitResult) -> str:
    port = f":{url.port}" if url.port else ""
    host = _host(url)
    return f"{url.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _for_headers(one: Notification) -> Notification:
    """The same in characters that a header may have: what a device said must not stop it."""
    texts = {
        name: _in_latin(value)
        for name in one.__struct_fields__
        if isinstance(value := getattr(one, name), str)
    }
    return msgspec.structs.replace(one, **texts)


def _in_latin(text: str) -> str:
    for sign, plain in _PLAIN.items():
        text = text.replace(sign, plain)
    return "".join(
        c if c.isprintable() and ord(c) < 256 else " " if c.isspace() else "?" for c in text
    )


def _set_headers(headers: dict[str, str], given: Mapping[str, str]) -> None:
    """Put in the headers of the document; names as theirs replace ours. A value is not quoted."""
    for name, value in given.items():
        if not value.isprintable() or not all(ord(character) < 256 for character in value):
            raise DeliveryError(
                f"the value of its header '{name}' has characters that no header may have",
                retry=False,
            )
        for known in [known for known in headers if known.lower() == name.lower()]:
            del headers[known]
        headers[name] = value


def _words(values: list[str]) -> tuple[str, ...]:
    """What of these may be secret: each as a whole and in its parts; the longest first."""
    whole = {form for value in values for form in (value, unquote(value))}
    parts = {part for value in whole for part in (*_BETWEEN.split(value), *value.split())}
    return tuple(sorted((w for w in whole | parts if len(w) >= SECRET_FROM), key=len, reverse=True))


def _pause(text: str) -> float:
    """The seconds of a `Retry-After`, which is a number or a date."""
    text = text.strip()
    if text.isdecimal():
        return min(float(text[:9]), LONGEST_PAUSE)
    try:
        at = email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    return max(0.0, min(at - time.time(), LONGEST_PAUSE))


def _why(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or error_text(error)
    return str(text)
