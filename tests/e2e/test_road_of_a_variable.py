"""The page on the road of a variable names each file that a value really passes, and no other."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from plant_kit import Plc

import fsmv2
from free_ports import free_port
from fsmv2 import Runtime
from fsmv2.model.network_address import read_host_and_port
from fsmv2.plant import load_plant
from fsmv2.runtime import TreeView

pytestmark = pytest.mark.real

PACKAGE = Path(fsmv2.__file__).parent
PAGE = PACKAGE.parents[1] / "docs" / "explanation" / "road-of-a-variable.md"

DOCUMENT = """\
agent: {{name: edge, location: {{enterprise: acme}}}}
broker: {{port: {broker}, mqtt_port: {mqtt}}}
templates:
  plc:
    connection: {{host: 127.0.0.1, port: "{{{{ .PORT }}}}"}}
    read:
      input:
        modbus:
          address: "127.0.0.1:{{{{ .PORT }}}}"
          registers: [{{name: temperature, address: 0}}]
bridges:
  - {{name: filler, template: plc, variables: {{PORT: {port}}}}}
"""


class Road:
    """Files with a function that is handed a value, or hands it back, in the order first met."""

    def __init__(self, *values: Any) -> None:
        self._values = {(type(value), value) for value in values}
        self.files: list[str] = []

    def __enter__(self) -> Road:
        threading.setprofile(self._called)
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def begin(self) -> list[str]:
        """Begin again, and hand over what was found so far."""
        found, self.files = self.files, []
        return found

    def _called(self, frame: FrameType, event: str, result: Any) -> None:
        code = frame.f_code
        if event not in ("call", "return") or not code.co_filename.startswith(str(PACKAGE)):
            return
        file = code.co_filename[len(str(PACKAGE)) + 1 :]
        if file in self.files:
            return
        given = (result,) if event == "return" else self._arguments(frame)
        if any(type(one) in (int, str) and (type(one), one) in self._values for one in given):
            self.files.append(file)

    def _arguments(self, frame: FrameType) -> Iterator[Any]:
        code = frame.f_code
        for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
            yield frame.f_locals.get(name)


def listed() -> list[list[str]]:
    """The files of each table of the page."""
    parts = PAGE.read_text().split("\n## ")[1:]
    found = [re.findall(r"^\| \[`([\w/]+\.py)`\]", part, re.MULTILINE) for part in parts]
    return [files for files in found if files]


def told_by_the_flow(tree: TreeView) -> bool:
    """Whether the flow reads, and its connection proves that the device is there."""
    connection, flow = tree.get("edge/filler/connection"), tree.get("edge/filler/dfc_read")
    return (
        connection is not None
        and "a data flow is connected" in connection.reason
        and flow is not None
        and flow.state == "active"
    )


async def test_a_port_passes_the_files_that_the_page_names(tmp_path: Path) -> None:
    """From the document to the connection of a flow that reads a real device."""
    device = Plc().start()
    read_host_and_port.cache_clear()  # a port may have been another test's
    document = tmp_path / "plant.yaml"
    document.write_text(
        DOCUMENT.format(port=device.port, broker=free_port(), mqtt=free_port()), encoding="utf-8"
    )
    try:
        with Road(device.port, str(device.port), f"127.0.0.1:{device.port}") as road:
            plant = load_plant(document, state_dir=tmp_path / "state")
            read = road.begin()
            async with Runtime(plant) as tree:
                await tree.until(told_by_the_flow, timeout=200)
            used = road.begin()
    finally:
        device.kill()
    assert [sorted(read), sorted(used)] == [sorted(files) for files in listed()]
    assert f" {len({*read, *used})} files" in " ".join(PAGE.read_text().split())
