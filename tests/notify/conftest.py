"""Fixtures for the tests of notifications."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.notify.hook_server import Hook

from fsmv2.model import Vault
from fsmv2.notify.channel import Texts


@pytest.fixture
def texts() -> Texts:
    """Texts without variables and secrets."""
    return Texts({}, Vault())


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A web server."""
    made = Hook()
    yield made
    made.close()
