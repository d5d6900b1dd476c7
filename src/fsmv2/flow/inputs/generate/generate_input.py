"""`generate` as an input: its entry of the registry."""

from __future__ import annotations

from fsmv2.flow.input import InputKind
from fsmv2.flow.inputs.generate.generate_config import GenerateInput
from fsmv2.flow.inputs.generate.generator import Generator

GENERATE = InputKind(
    key="generate",
    config=GenerateInput,
    tags="tags",
    opens=Generator,
)
