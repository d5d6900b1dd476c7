"""Hands out the shared connections of an engine: one for each address, to whoever uses it."""

from __future__ import annotations

from typing import TypeVar

from fsmv2.flow.device import DeviceStatus, device_claim
from fsmv2.flow.inputs.modbus.modbus_connection import ModbusConnection
from fsmv2.flow.inputs.modbus.modbus_device import ModbusDevice

K = TypeVar("K")
Address = tuple[str, int]
NOWHERE: Address = ("", 0)


class Use:
    """One user's part in a shared connection. `release` ends it; the last one closes."""

    def __init__(
        self,
        of: SharedConnections,
        connection: ModbusConnection,
        *,
        user: str,
        unit: int,
        gap: float,
    ) -> None:
        self.connection = connection
        self.user, self.unit, self.gap = user, unit, gap
        self._of = of

    @property
    def others(self) -> int:
        """How many other flows use the connection."""
        return len({use.user for use in self._of.uses(self.connection)} - {self.user})

    @property
    def conflict(self) -> str:
        """Whose setting counts in place of this user's, in words; '' when its own does.

        Devices have one pause between requests, whoever asks: the longest counts. And one that
        another flow reaches by another name has a second connection, for which it may have no room.
        """
        if (other := self._of.at_same_device(self.connection)) is not None:
            by = self._of.uses(other)[0].user
            return (
                f"{by} has a connection of its own to this device, as {other.host}: write one "
                "address for both"
            )
        longest = max(self._of.uses(self.connection), key=lambda use: use.gap, default=self)
        if not self.gap or longest.gap == self.gap:
            return ""
        return (
            f"waits {longest.gap * 1000:g} ms between requests, as {longest.user} asks of this "
            f"device, not its own {self.gap * 1000:g} ms: write one `request_gap` for both"
        )

    def release(self) -> None:
        """This user is done; harmless if it was already."""
        self._of.release(self)


class SharedConnections:
    """Runs on the engine's loop; `status` may be asked from any thread."""

    def __init__(self) -> None:
        self._connections: dict[Address, ModbusConnection] = {}
        self._by_device: dict[str, tuple[ModbusConnection, ...]] = {}
        self._uses: dict[ModbusConnection, tuple[Use, ...]] = {}
        self._peers: dict[ModbusConnection, Address] = {}
        self._by_peer: dict[Address, tuple[ModbusConnection, ...]] = {}

    def use(self, host: str, port: int, *, user: str, unit: int, gap: float) -> Use:
        """A part in the connection to an address, which is made if this is its first user."""
        key = _key(host, port)
        connection = self._connections.get(key)
        if connection is None:
            connection = self._connections[key] = ModbusConnection(host, port, self._connected)
            device = device_claim(host, port)
            self._by_device[device] = (*self._by_device.get(device, ()), connection)
        use = Use(self, connection, user=user, unit=unit, gap=gap)
        self._set(connection, (*self.uses(connection), use))
        return use

    def use_for(self, device: ModbusDevice, *, user: str) -> Use:
        """The same for a config."""
        return self.use(
            device.host, device.port, user=user, unit=device.unit, gap=device.request_gap
        )

    def uses(self, connection: ModbusConnection) -> tuple[Use, ...]:
        """Who uses it now."""
        return self._uses.get(connection, ())

    def release(self, use: Use) -> None:
        """End one use."""
        connection = use.connection
        left = tuple(one for one in self.uses(connection) if one is not use)
        if left or connection not in self._uses:
            self._set(connection, left)
            return
        del self._uses[connection]
        del self._connections[_key(connection.host, connection.port)]
        _take_out(self._by_device, device_claim(connection.host, connection.port), connection)
        self._forget_peer(connection)
        connection.close()

    def at_same_device(self, connection: ModbusConnection) -> ModbusConnection | None:
        """Another connection to the device behind this one, by another name; from any thread."""
        at = self._by_peer.get(self._peers.get(connection, NOWHERE), ())
        return next((one for one in at if one is not connection), None)

    def _connected(self, connection: ModbusConnection) -> None:
        """It stands, perhaps to another device than before: names change their addresses."""
        self._forget_peer(connection)
        if (peer := connection.peer) is not None and connection in self._uses:
            self._peers[connection] = peer
            self._by_peer[peer] = (*self._by_peer.get(peer, ()), connection)

    def _forget_peer(self, connection: ModbusConnection) -> None:
        _take_out(self._by_peer, self._peers.pop(connection, NOWHERE), connection)

    def status(self, host: str, port: int) -> DeviceStatus | None:
        """What the connection to an address knows of it; None: nobody uses it.

        One to another spelling of the address is to the same device, which may have room for no
        second one.
        """
        connection = self._connections.get(_key(host, port))
        if connection is None:
            connection = next(iter(self._by_device.get(device_claim(host, port), ())), None)
        return connection.status if connection is not None else None

    def _set(self, connection: ModbusConnection, uses: tuple[Use, ...]) -> None:
        if not uses:
            return
        self._uses[connection] = uses
        connection.gap = max(use.gap for use in uses)
        connection.units = frozenset(use.unit for use in uses)


def _take_out(
    of: dict[K, tuple[ModbusConnection, ...]], key: K, connection: ModbusConnection
) -> None:
    if left := tuple(one for one in of.get(key, ()) if one is not connection):
        of[key] = left
    else:
        of.pop(key, None)


def _key(host: str, port: int) -> Address:
    return host.lower(), port
