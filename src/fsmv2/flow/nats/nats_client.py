"""The one way in which this program becomes a client of a NATS server: flows, and looks at it.

One attempt, without the client's own retries; and the words for what went wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fsmv2.errors import SpecError
from fsmv2.flow.nats.broker_url import BrokerAddress, parse_address
from fsmv2.flow.nats.login import Login, read_credentials
from fsmv2.flow.nats.peer import is_another_users
from fsmv2.flow.optional_packages import industrial, silence
from fsmv2.host.names import resolve

CONNECT_WITHIN = 1.0
"""Seconds for each step of connecting."""

LOOKUP_WITHIN = 1.0
"""Seconds within which the name of the broker must be found."""

OnError = Callable[[Exception], Awaitable[None]]
OnClosed = Callable[[], Awaitable[None]]


async def stream_exists(nats: Any, stream: str) -> bool:
    """Whether JetStream has a stream of this name; an error where it does not answer."""
    try:
        await nats.jetstream(timeout=1.0).stream_info(stream)
    except industrial("nats.js.errors").NotFoundError:
        return False
    return True


class NatsClient:
    """A connection that is being made to one server, and then `nats`, the client itself.

    `server`: what the server's name begins with; to another nothing of the login is shown.
    """

    def __init__(self, url: str, login: Login, *, server: str = "") -> None:
        silence("nats", "nats.aio.client")
        self.address: BrokerAddress | None = None
        self.nats: Any = industrial("nats.aio.client").Client()
        self.nats._send_ping = self._ping_in_turn
        self.refused = ""
        self._shows = ""
        self._url = url
        self._login = login
        self._server = server

    async def connect(
        self, *, closed: OnClosed | None = None, failed: OnError | None = None
    ) -> None:
        """Connect, once. Whatever goes wrong is raised; `reason_of` has the words for it."""

        async def note(error: Exception) -> None:
            if "permissions violation" in str(error).lower():
                self.refused = str(error).removeprefix("nats: ")
            if not self.nats.is_connected:
                raise error  # else the client tries again by itself, two seconds later
            if failed is not None:
                await failed(error)

        self.address = address = parse_address(self._url)
        # Looked up here, so that the reason is the name's; the client finds it known.
        await resolve(address.host, address.port, timeout=LOOKUP_WITHIN)
        user, password, token = await self._shown(address)
        options: dict[str, Any] = {"closed_cb": closed, "disconnected_cb": closed}
        if user:
            options |= {"user": user, "password": lambda: self._checked(password)}
        elif token:
            options["token"] = lambda: self._checked(token)
        if self._login.ca_file:
            options["tls"] = ssl.create_default_context(cafile=self._login.ca_file)
        await self.nats.connect(
            [str(address)],
            allow_reconnect=False,
            connect_timeout=CONNECT_WITHIN,
            ping_interval=2,
            max_outstanding_pings=2,
            no_echo=True,  # answers to commands are below their subjects, and would come back
            error_cb=note,
            **options,
        )
        self._checked("")

    async def _shown(self, address: BrokerAddress) -> tuple[str, str, str]:
        """User, password and token; the login's own, else the URL's."""
        login = self._login
        if login.file:
            found = await asyncio.to_thread(read_credentials, Path(login.file))
            if found is None:
                raise ConnectionError(
                    f"the credentials of the broker cannot be read from {login.file}"
                )
            self._shows = f"the credentials in {login.file}"
            return found.user, found.password, ""
        user, password, token = login.user, login.password, login.token
        if not user and not token:
            user, password = address.user, address.password
        if user and not password:
            user, colon, password = user.partition(":")
            if not colon:
                user, token = "", user
        self._shows = "user and password" if user else "the token" if token else ""
        return user, password, token

    def _checked(self, secret: str) -> str:
        """The secret, if it may be shown to who is there; called just before it would be sent."""
        info = self.nats._server_info
        name = str(info.get("server_name", ""))
        if not name.startswith(self._server):
            raise ConnectionError(f"a broker other than ours answers there, '{name}'")
        writer = getattr(self.nats._transport, "_io_writer", None)
        if self._login.file and writer is not None and is_another_users(writer):
            raise ConnectionError("a program of another user has the port of our broker")
        if self.address is not None and self.address.tls and not info.get("tls_required"):
            raise ConnectionError(
                "the broker offers no TLS, so nothing is sent to it; write nats:// if that is meant"
            )
        return secret

    async def _ping_in_turn(self, pong: asyncio.Future[bool] | None = None) -> None:
        """Send a ping behind all that was to be sent before it.

        The client's own (nats-py 2) goes to the socket at once, ahead of what waits to be written.
        Its pong then says nothing of a subscription or its end that was asked for before the ping.
        """
        client = self.nats
        ping = industrial("nats.aio.client").PING_PROTO
        client._pongs.append(pong or asyncio.get_running_loop().create_future())
        await client._send_command(ping)
        await client._flush_pending()

    async def close(self) -> None:
        """Close for good, within a second."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1.0):
                await self.nats.close()
        # One that closed without a word has left its socket open, and closes no more. Aborted: to
        # close it would wait forever for a broker that does not take what is still to be written.
        writer = getattr(getattr(self.nats, "_transport", None), "_io_writer", None)
        if writer is not None:
            writer.transport.abort()

    def reason_of(self, error: Exception) -> str:
        """What went wrong, in words that name the broker and never anything of the login."""
        if isinstance(error, SpecError):
            return str(error)
        return f"{self.address or 'the broker'}: {self._words(error)}"

    def _words(self, error: Exception) -> str:
        name, text = type(error).__name__, str(error).removeprefix("nats: ")
        if "authorization violation" in text.lower() or "authentication" in text.lower():
            return self._not_let_in()
        denied = text if "permissions violation" in text.lower() else ""
        if denied or (self.refused and isinstance(error, TimeoutError)):
            return f"the broker does not allow what is needed: {denied or self.refused}"
        if isinstance(error, ConnectionRefusedError):
            return "connection refused"
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"the broker's certificate is not trusted ({error.verify_message}); "
                "set broker.ca_file to the certificate of its authority"
            )
        if isinstance(error, ssl.SSLError):
            return f"TLS failed: {error.reason or text}"
        if isinstance(error, TimeoutError):
            return "no answer"
        if name == "NoServersError":
            return "no broker answers there"
        if "expecting INFO" in text or "json parse" in text:
            return "what answers is not a NATS server"
        if name in ("ServiceUnavailableError", "NoRespondersError"):
            return "JetStream is not ready; is it enabled for this user?"
        return text or name

    def _not_let_in(self) -> str:
        if self._shows:
            return f"the broker refuses {self._shows}"
        return "the broker asks for user and password; set broker.user and broker.password"
