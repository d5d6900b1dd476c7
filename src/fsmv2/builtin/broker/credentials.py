"""The user and password of the embedded broker: made once, private, kept when it is adopted.

Clients of the plant read the file; nobody else can. Used by process, probe and template.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from fsmv2 import PermanentError
from fsmv2.builtin.broker.broker_config import RESERVED_USERS, BrokerConfig
from fsmv2.flow.nats.login import Credentials, read_credentials
from fsmv2.host.private import replace_private

OWN_USER, ANONYMOUS = RESERVED_USERS
"""Who the plant's own flows are, who may do everything; and everybody who shows no password."""


def credentials_file(config: BrokerConfig) -> Path:
    """Where they are kept."""
    return config.directory / "credentials.json"


def known_credentials(config: BrokerConfig) -> Credentials | None:
    """Those that are kept; None: there are none yet, or they were lost. Changes nothing."""
    return read_credentials(credentials_file(config))


def have_credentials(config: BrokerConfig) -> Credentials:
    """Those that are kept, else new ones; to be called by the only one who starts the broker."""
    file = credentials_file(config)
    try:
        known = read_credentials(file)
        if known is not None:
            file.chmod(0o600)
            return known
        made = Credentials(user=OWN_USER, password=secrets.token_hex(24))
        replace_private(file, msgspec.json.encode(made))
    except OSError as error:
        raise PermanentError(
            f"the broker's credentials cannot be kept in {file}: {error.strerror}.",
            fix="Set --state-dir to a directory of your own.",
        ) from error
    return made
