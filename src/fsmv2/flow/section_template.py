"""A section of a bridge, compiled once for all bridges that share it and for every rendering.

Most of a section has no template in it: a list of registers, say, which a thousand bridges have in
common. That part is decoded once and shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsmv2.model import Template
from fsmv2.model.decoder import Node


class SectionTemplate:
    """`section` as a document has it, which nobody may change; `path` stands in messages.

    Raises TemplateError for the first of its templates that cannot be compiled.
    """

    __slots__ = ("_node", "section", "template")

    def __init__(self, section: Mapping[str, Any], path: str) -> None:
        self.section = section
        self.template = Template.compile(section)
        self._node = Node.from_data(section, path)
        self._node.keep_what_is_constant()

    def node_of(self, rendered: Any) -> Node:
        """What `template` was rendered to, to be decoded."""
        return self._node.filled(rendered)
