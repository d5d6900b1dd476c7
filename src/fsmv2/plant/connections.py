"""`connection:` of templates and bridges: who needs one, since not every flow reaches a device."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fsmv2 import Diagnostic
from fsmv2.flow.registry import INPUTS
from fsmv2.model.decoder import Node
from fsmv2.model.decoder.display import shown, shown_path
from fsmv2.name_suggestions import nearest, suggest
from fsmv2.plant.sections import BridgeSection, TemplateSection

MADE_BY = ("template", "connection")
"""Keys of which a bridge needs one; a misspelt one explains that it has none."""

KNOWN = {field.encode_name for field in msgspec.structs.fields(BridgeSection)}
OF_A_TEMPLATE = {field.encode_name for field in msgspec.structs.fields(TemplateSection)}

MISSING, NO_TEMPLATE, NO_CONNECTION, NO_VALUE = "FSM0121", "FSM0130", "FSM0132", "FSM0122"


def reaches_device(read: Node | None, write: Node | None) -> bool:
    """Whether a bridge of these flows has a device; one without any flow watches one at least."""
    if read is None or (write is not None and write.value is not None):
        return True
    source = read.get("input")
    keys = list(source.value) if source is not None and source.kind == "mapping" else []
    # A misspelt one has a message of its own, and needs no more than the one that was meant.
    kinds = [INPUTS.by_key.get(nearest(str(key), INPUTS.by_key) or "") for key in keys]
    return not kinds or any(kind is None or kind.has_device for kind in kinds)


class Connections:
    """Collects problems into the list it is given."""

    def __init__(self, root: Node, fatal: list[Diagnostic]) -> None:
        templates = root.get("templates")
        self._known: Mapping[str, Node] = (
            templates.value if templates is not None and templates.kind == "mapping" else {}
        )
        # Of a section that cannot be read nobody knows what it has.
        self._has_section = templates is not None
        self._unclear = templates is not None and templates.kind not in ("mapping", "scalar")
        self._fatal = fatal
        self._missing: dict[str, list[Node]] = {}

    def of_templates(self) -> None:
        """Each template has one, if bridges made from it reach a device."""
        for node in self._known.values():
            if node.kind != "mapping":
                continue
            if (connection := node.get("connection")) is not None:
                if connection.value is None:
                    self._no_value(connection, "Write `host:` and `port:` below it, indented.")
            elif reaches_device(node.get("read"), node.get("write")) and not any(
                nearest(key, ["connection"]) for key in node.value if key not in OF_A_TEMPLATE
            ):
                self._fatal.append(
                    node.problem(
                        MISSING,
                        f"{shown_path(node.path)} has no 'connection'.",
                        fix="Add `connection:`, and below it, indented, `host:` and `port:`.",
                        at_key=True,
                    )
                )

    def of_bridges(self, bridges: list[Node]) -> None:
        """Each bridge has its own, or that of a template that exists; if it reaches a device."""
        for node in bridges:
            name, connection = node.get("template"), node.get("connection")
            if connection is not None and connection.value is None:
                self._no_value(
                    connection,
                    "Write `host:` and `port:` below it, indented, or remove the key to "
                    "have that of a template.",
                )
            elif name is not None and name.value is not None:
                self._of_template(node, name, connection)
            elif not self._unclear and (
                node.kind == "mapping"
                and connection is None
                and reaches_device(node.get("read"), node.get("write"))
                and not any(nearest(key, MADE_BY) for key in node.value if key not in KNOWN)
            ):
                self._fatal.append(
                    node.problem(
                        NO_CONNECTION,
                        "this bridge has neither `template:` nor `connection:`.",
                        fix=f"Name a template. {suggest('', self._known)}".rstrip()
                        if self._known
                        else "Add `connection:` here, and below it, indented, `host:` and `port:`.",
                    )
                )
        for found in self._missing.values():
            self._report_missing(found)

    def _of_template(self, node: Node, name: Node, connection: Node | None) -> None:
        template = self._known.get(str(name.value))
        if template is None:
            if not self._unclear:
                self._missing.setdefault(str(name.value), []).append(name)
            return
        shared = template.get("read"), template.get("write")
        if (
            connection is None
            and template.get("connection") is None
            and not reaches_device(*shared)
            and reaches_device(node.get("read") or shared[0], node.get("write") or shared[1])
        ):
            self._fatal.append(
                node.problem(
                    NO_CONNECTION,
                    f"this bridge reaches a device, and the template '{name.value}', which does "
                    "not, has no `connection:`.",
                    fix="Add `connection:` here, and below it, indented, `host:` and `port:`.",
                )
            )

    def _report_missing(self, names: list[Node]) -> None:
        """One problem, however many bridges name the template."""
        first, wanted = names[0], str(names[0].value)
        others = len(names) - 1
        more = f" (and so for {others} more bridge{'s' if others > 1 else ''})" if others else ""
        section = "`templates:`" if self._has_section else "a section `templates:`"
        add = f"Add `{wanted}:` to {section}, and below it what the bridge reads."
        self._fatal.append(
            first.problem(
                NO_TEMPLATE,
                f"there is no template {shown(wanted)}{more}.",
                fix=suggest(wanted, self._known) or add,
            )
        )

    def _no_value(self, connection: Node, fix: str) -> None:
        self._fatal.append(
            connection.problem(
                NO_VALUE,
                "'connection' has no value, expected keys and values.",
                fix=fix,
                at_key=True,
            )
        )
