"""The sections of one bridge, rendered and decoded: again only when what they are made of changes.

Whoever reads a document needs them, to say what is wrong before anything runs; the bridge needs the
same, and again whenever a variable, its place or its document changes. So the reader makes these,
and the bridge goes on with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from fsmv2.flow import Device, FlowPlace, read_device, read_flow, write_flow
from fsmv2.flow.flow_sections import FlowEndpoints
from fsmv2.flow.section_template import SectionTemplate
from fsmv2.model import RenderCache

Section = Mapping[str, Any]
"""As the document has it, templates included; never changed."""
NAMES = ("connection", "read", "write")


class ReadSections(NamedTuple):
    """What the sections of a bridge mean; None for one that it does not have."""

    connection: Device | None = None
    read: FlowEndpoints | None = None
    write: FlowEndpoints | None = None


class BridgeSections:
    """Remembers the last result, and what it was made of."""

    def __init__(self, templates: Iterable[SectionTemplate] = ()) -> None:
        """`templates`: those of its sections, which other bridges may share."""
        self._templates = tuple(templates)
        self._renders = RenderCache()
        self._rendered: tuple[Any, ...] = ()
        self._place: FlowPlace | None = None
        self._meaning = ReadSections()

    def meaning(
        self,
        sections: tuple[Section | None, Section | None, Section | None],
        scope: Mapping[str, Any],
        place: FlowPlace,
    ) -> ReadSections:
        """Of connection, read and write; the same object as last time if nothing has changed.

        Raises TemplateError for the first template that cannot be rendered, SpecError with every
        problem of the first section that does not fit.
        """
        templates = [
            None if section is None else self._template(section, name)
            for name, section in zip(NAMES, sections, strict=True)
        ]
        rendered = tuple(
            [
                None if one is None else self._renders.render(one.template, scope)
                for one in templates
            ]
        )
        # The cache hands back the same object for the same inputs.
        if place != self._place or list(map(id, rendered)) != list(map(id, self._rendered)):
            connection, read, write = (
                None if one is None else one.node_of(data)
                for one, data in zip(templates, rendered, strict=True)
            )
            self._meaning = ReadSections(
                None if connection is None else read_device(connection),
                None if read is None else read_flow(read, place),
                None if write is None else write_flow(write, place),
            )
            self._rendered, self._place = rendered, place
        return self._meaning

    def _template(self, section: Section, name: str) -> SectionTemplate:
        for template in self._templates:
            if template.section is section:
                return template
        template = SectionTemplate(section, name)
        self._templates = (*self._templates[-2:], template)
        return template
