"""Hands out the connections to brokers that flows of one engine share: one for each broker."""

from __future__ import annotations

from fsmv2.flow.nats.login import Login
from fsmv2.flow.nats.nats_connection import NatsConnection


class SharedNats:
    """Runs on the engine's loop."""

    def __init__(self) -> None:
        self._connections: dict[tuple[str, str, str, Login, bool], NatsConnection] = {}
        self._parting: set[NatsConnection] = set()

    def use(
        self, url: str, stream: str, server: str, login: Login, *, inbound: bool = False
    ) -> NatsConnection:
        """A part in the connection to a broker, made if this is its first user.

        `inbound`: one of its own for what comes in. A flood of commands would hold up the
        acknowledgements of samples, and of answers, which come on the other.
        """
        key = (url, stream, server, login, inbound)
        if key not in self._connections:
            self._connections[key] = NatsConnection(url, stream, server, login)
        connection = self._connections[key]
        connection.users += 1
        return connection

    async def release(self, connection: NatsConnection) -> None:
        """End one use; the last one closes."""
        connection.users -= 1
        if connection.users == 0:
            for key, known in list(self._connections.items()):
                if known is connection:
                    del self._connections[key]
            self._parting.add(connection)
            await connection.aclose()
            self._parting.discard(connection)

    async def aclose(self) -> None:
        """Close all, whoever uses them."""
        for connection in [*self._connections.values(), *self._parting]:
            await connection.aclose()
        self._connections.clear()
