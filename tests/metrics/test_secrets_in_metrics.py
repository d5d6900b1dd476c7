"""No secret in what a scrape says: labels are names of types, states and workers, never values."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fsmv2.metrics.exposition import exposition
from fsmv2.operate import open_tree

CANARY = "canary-8f3a-sings-like-no-other"

DOCUMENT = """
agent: {name: edge, location: {enterprise: acme}}
global: {KEY: {env: CANARY}}
broker: {url: "nats://me:{{ .global.KEY }}@127.0.0.1:1"}
processes:
  fails: {command: [/bin/false, "{{ .global.KEY }}"]}
engine: {metrics: {paths: "**"}, backoff_base: 100ms}
"""


async def test_a_plant_in_trouble_keeps_its_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot log in to its broker, and its process fails."""
    monkeypatch.setenv("CANARY", CANARY)
    document = tmp_path / "plant.yaml"
    await asyncio.to_thread(document.write_text, DOCUMENT)
    async with open_tree(document, state_dir=tmp_path / "state") as tree:
        await tree.until(lambda view: any(n.attempts for n in view.nodes), timeout=200)
        for accept in ("", "application/openmetrics-text"):
            body, _ = await asyncio.to_thread(exposition, tree.measured, accept)
            assert b'path="edge/fails"' in body
            assert b"canary" not in body
            assert b"***" not in body, "nor what stands for it"
