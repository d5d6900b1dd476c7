"""Readers of what holds many values of one type, or a few of several: mappings and lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.scalars import BAD, Leaf, Problems, Reader, mismatch
from fsmv2.model.decoder.struct_reader import MAPPING, Fields, neutral_node
from fsmv2.model.decoder.value_fixes import unlisted

SEQUENCE = frozenset(("sequence",))


class Entries:
    """dict[str, X]: any keys, values of one type."""

    kinds = MAPPING
    expected = "keys and values"

    def __init__(self, item: Reader, metas: Sequence[msgspec.Meta] = ()) -> None:
        self._item = item
        self._size = Size(metas, "key")

    def read(self, node: Node, problems: Problems) -> Any:
        """A dict."""
        if node.kind != "mapping":
            fix = "Write keys in lines of their own below, indented."
            pair = _PAIR.fullmatch(node.value) if isinstance(node.value, str) else None
            if pair is not None and node.document is not None:
                text_only = self._item.read(Node.from_data(0), []) is BAD
                value = f'"{pair[2]}"' if text_only else pair[2]
                fix = f"Write {{{pair[1]}: {value}}}."
            elif node.kind == "sequence" or node.document is None:
                fix = as_mapping(node, self._item) or unlisted(node)
            problems.append(mismatch(node, self.expected, fix))
            return BAD
        found = {key: self._item.read(child, problems) for key, child in node.value.items()}
        fits = self._size.check(node, len(found), problems)
        return found if fits and not any(v is BAD for v in found.values()) else BAD

    def valid_part(self, node: Node, problems: Problems) -> Node | None:
        """The valid entries, if they are not too few or too many."""
        if node.kind != "mapping":
            return None
        items = ((key, self._item.valid_part(child, problems)) for key, child in node.value.items())
        found = node.of({key: child for key, child in items if child is not None})
        return found if self._size.check(node, len(found.value), []) else None

    def neutral(self, path: str) -> Any:
        """None, if it may be empty."""
        return {} if self._size.least == 0 else BAD


class Items:
    """list[X] and tuple[X, ...]."""

    kinds = SEQUENCE
    expected = "a list"

    def __init__(
        self, make: Callable[[list[Any]], Any], item: Reader, metas: Sequence[msgspec.Meta] = ()
    ) -> None:
        self._make = make
        self._item = item
        self._size = Size(metas, "entry")

    def read(self, node: Node, problems: Problems) -> Any:
        """A list, or what it is made into."""
        if node.kind != "sequence":
            fix = "Put [ and ] around it." if node.in_brackets else "Put `- ` before each entry."
            if node.kind == "scalar" and node.value is not None and "scalar" in self._item.kinds:
                fix = f"Put it in brackets: [{node.text}]."
            elif (name := self._named(node)) is not None and node.in_brackets:
                fix = "Put [ and ] around it."
                if "name" not in node.value:
                    fix = f"Write a list of entries with a name: [{{name: {name}, ...}}]."
            elif name is not None:
                fix = (
                    f"Write each entry as `- name: {name}`, with its other keys below, indented "
                    "like `name`."
                )
            problems.append(mismatch(node, self.expected, fix))
            return BAD
        found = [self._item.read(child, problems) for child in node.value]
        fits = self._size.check(node, len(found), problems)
        return self._make(found) if fits and not any(v is BAD for v in found) else BAD

    def valid_part(self, node: Node, problems: Problems) -> Node | None:
        """The valid entries, and neutral ones if they are too few."""
        if node.kind != "sequence":
            return None
        found = [self._item.valid_part(child, problems) for child in node.value]
        return self._of_size(node, [child for child in found if child is not None])

    def valid_entries(self, node: Node) -> Node | None:
        """A neutral entry in the place of each in which anything is wrong."""
        if node.kind != "sequence":
            return None
        found = [
            neutral_node(self._item, child.path) if self._item.read(child, []) is BAD else child
            for child in node.value
        ]
        return self._of_size(node, [child for child in found if child is not None])

    def _of_size(self, node: Node, found: list[Node]) -> Node | None:
        for number in range(len(found), self._size.least):
            entry = neutral_node(self._item, f"{node.path}[{number}]")
            found += [entry] if entry is not None else []
        return node.of(found) if self._size.check(node, len(found), []) else None

    def neutral(self, path: str) -> Any:
        """One entry, or as many as there must be: a list that is needed is rarely good empty."""
        numbers = range(max(self._size.least, 1))
        found = [self._item.neutral(f"{path}[{number}]") for number in numbers]
        return BAD if any(value is BAD for value in found) else found

    def _named(self, node: Node) -> str | None:
        """The first key, when it is a name of what should be an entry with `name:`."""
        if not isinstance(self._item, Fields) or "name" not in self._item.needed():
            return None
        if node.kind != "mapping":
            return None
        if (name := node.value.get("name")) is not None:
            return str(name.value) if name.kind == "scalar" and name.value else None
        first = next(((key, child) for key, child in node.value.items()), None)
        return first[0] if first is not None and first[1].kind == "mapping" else None


def as_mapping(node: Node, item: Reader) -> str:
    """What to write for a list of what should be keys with values; '' if nothing is known.

    `[{a: 1}, {b: 2}]` and `["a=1", "b=2"]` are pairs; an entry that begins with `name:` has its key
    there.
    """
    if node.kind != "sequence" or node.document is None or not node.value:
        return ""
    pairs: list[str] = []
    text_only = item.read(Node.from_data(0), []) is BAD
    for entry in node.value:
        if entry.kind == "mapping" and "name" in entry.value and not entry.in_brackets:
            name = entry.value["name"].value
            return (
                f"Write `{name}:` in place of `- name: {name}`, and its other keys below, "
                "indented; so for each."
            )
        if entry.kind == "mapping" and len(entry.value) == 1:
            ((key, value),) = entry.value.items()
            if value.kind != "scalar":
                return ""
            pairs.append(f"{key}: {value.text}")
        elif entry.kind == "scalar" and (pair := _PAIR.fullmatch(str(entry.value))):
            value_text = f'"{pair[2]}"' if text_only else pair[2]
            pairs.append(f"{pair[1]}: {value_text}")
        else:
            return ""
    whole = f"{{{', '.join(pairs)}}}"
    return f"Write {whole}." if len(whole) <= _LONGEST_MAPPING else ""


_PAIR = re.compile(r"([A-Za-z_]\w*)\s*[=:]\s*([^\s,{}\[\]]+)")
_LONGEST_MAPPING = 120


class FixedTuple(Leaf):
    """tuple[X, Y]: a list of so many entries, each with a type of its own."""

    kinds = SEQUENCE

    def __init__(self, items: Sequence[Reader]) -> None:
        self._items = items
        wanted = ", ".join(item.expected for item in items)
        self.expected = f"a list of {len(items)} entries ({wanted})"

    def _read(self, node: Node, problems: Problems) -> Any:
        """A tuple."""
        if node.kind != "sequence":
            fix = f"Write [ and ] around {len(self._items)} entries, with commas between."
            problems.append(mismatch(node, self.expected, fix))
            return BAD
        if len(node.value) != len(self._items):
            message = f"expected {self.expected}, got {len(node.value)} of them."
            fix = f"Write {len(self._items)} entries."
            problems.append(node.problem("FSM0128", message, fix=fix))
            return BAD
        pairs = zip(self._items, node.value, strict=True)
        found = [item.read(child, problems) for item, child in pairs]
        return BAD if any(value is BAD for value in found) else tuple(found)

    def neutral(self, path: str) -> Any:
        """Neutral entries."""
        found = [item.neutral(f"{path}[{number}]") for number, item in enumerate(self._items)]
        return BAD if any(value is BAD for value in found) else found


class Size:
    """How many entries a list or mapping may have."""

    def __init__(self, metas: Sequence[msgspec.Meta], what: str) -> None:
        self.least = max((meta.min_length or 0 for meta in metas), default=0)
        self._most = min(
            (meta.max_length for meta in metas if meta.max_length is not None), default=None
        )
        self._what = what

    def check(self, node: Node, count: int, problems: Problems) -> bool:
        """Whether `count` fits; reports when it does not."""
        if count < self.least:
            wanted, fix = f"at least {self.least}", f"Add {self.least - count} more."
        elif self._most is not None and count > self._most:
            wanted, fix = f"at most {self._most}", f"Remove {count - self._most} of them."
        else:
            return True
        message = f"expected {wanted} {self._words(wanted)}, got {count or 'none'}."
        problems.append(node.problem("FSM0128", message, fix=fix, at_key=True))
        return False

    def _words(self, wanted: str) -> str:
        plural = {"key": "keys", "entry": "entries"}[self._what]
        return self._what if wanted.endswith(" 1") else plural
