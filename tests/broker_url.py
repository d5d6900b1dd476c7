"""How a program of a test signs in at an embedded broker."""

from __future__ import annotations

from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.credentials import known_credentials


def connect_url(config: BrokerConfig) -> str:
    """The NATS URL of the user that has all rights; it holds the password."""
    known = known_credentials(config)
    assert known is not None, "the broker has made no credentials"
    return f"nats://{known.user}:{known.password}@{config.host}:{config.port}"
