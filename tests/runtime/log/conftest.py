"""Fixtures of these tests."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
import structlog
from logged_trees import in_trouble, talked

from fsmv2.runtime.log.entry import json_line


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    configured, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    found = [line for sim in in_trouble() for line in sim.lines] + asyncio.run(talked())
    structlog.configure(**configured)
    root.handlers[:] = handlers
    root.setLevel(level)
    return [json.loads(json_line(line)) for line in found]
