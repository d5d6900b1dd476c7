"""Raw tree → nodes with paths and plain values; collects everything that is wrong with it.

Aliases are put in, each with a path of its own, and merge keys are laid below the written ones
(YAML 1.1: written keys win, then earlier sources win).
"""

from __future__ import annotations

import re
from typing import Any

from fsmv2.diagnostic import Diagnostic, Mark
from fsmv2.document.copied_text import copied_message, copied_quotes, copied_text
from fsmv2.document.document import Document
from fsmv2.document.flow_entries import FlowEntries
from fsmv2.document.foreign_tags import instead_of
from fsmv2.document.yaml_events import Raw
from fsmv2.document.yaml_scalars import Unclear, resolve
from fsmv2.model.decoder.display import shown
from fsmv2.model.decoder.node import Kind, Node, Span
from fsmv2.model.decoder.node_paths import join

MERGE = "<<"
TEXT_TAG = "tag:yaml.org,2002:str"
# What looks like a space or like nothing, and makes two different keys look the same.
INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]"
)
_NO_TAGS = (None, "!")


class Expansion:
    """One document's; `problems` are in no particular order.

    `holes`: keys that cannot be one, or what they were to bring, are left out.
    """

    def __init__(self, document: Document) -> None:
        self.problems: list[Diagnostic] = []
        self.holes = False
        self._document = document

    def node(self, raw: Raw, path: str, key: Span | None = None) -> Node:
        """The node of `raw` at `path`; `key` is where its key stands."""
        if raw.kind == "scalar":
            return self._scalar(raw, path, key)
        if raw.tag not in _NO_TAGS:
            self._refuse_tag(raw, path)
        if raw.kind == "sequence":
            items = [self.node(child, f"{path}[{i}]") for i, child in enumerate(raw.children)]
            return self._branch("sequence", items, raw, path, key)
        return self._mapping(raw, path, key)

    def _branch(
        self,
        kind: Kind,
        value: Any,
        raw: Raw,
        path: str,
        key: Span | None,
        keys: dict[str, Span] | None = None,
    ) -> Node:
        mark = raw.mark(self._document)
        return Node(kind, value, path=path, mark=mark, keys=keys, key=key, document=self._document)

    def _scalar(self, raw: Raw, path: str, key: Span | None) -> Node:
        node = Node(
            "scalar",
            raw.value,
            path=path,
            mark=raw.mark(self._document),
            length=raw.length,
            text=raw.value,
            column_offset=0 if raw.plain else 1,
            key=key,
            document=self._document,
        )
        if raw.tag not in _NO_TAGS and raw.tag != TEXT_TAG:
            self._refuse_tag(raw, path)
        elif raw.plain and raw.tag is None and (fix := copied_text(raw.value)):
            self.problems.append(node.problem("FSM0119", copied_message(raw.value), fix=fix))
        elif raw.plain and raw.tag is None:
            try:
                node.value = resolve(raw.value)
            except Unclear as unclear:
                self.problems.append(node.problem(unclear.code, unclear.message, fix=unclear.fix))
        return node

    def _mapping(self, raw: Raw, path: str, own_key: Span | None) -> Node:
        found: dict[str, Node] = {}
        keys: dict[str, Span] = {}
        merge: Raw | None = None
        merge_span: Span | None = None
        entries = FlowEntries(self._document, raw)
        pairs = iter(raw.children)
        for key_raw, value_raw in zip(pairs, pairs, strict=True):
            if (mistake := entries.mistake(key_raw, value_raw)) is not None:
                self.holes = True
                if mistake.message:
                    span = (mistake.mark, mistake.length)
                    self._note(span, path, "FSM0109", mistake.message, mistake.fix)
                continue
            key = self._key(key_raw, raw, path)
            if key is None:
                self.holes = True
                continue
            span = (key_raw.mark(self._document), key_raw.length)
            if key == MERGE and key_raw.plain:
                if merge_span is not None:
                    self.holes = True
                    self._note(
                        span,
                        path,
                        "FSM0110",
                        f"`<<` is already set, {_earlier(merge_span, span)}.",
                        "Write both in one: `<<: [*first, *second]`.",
                    )
                merge, merge_span = value_raw, span
            elif key in keys:
                self._note(
                    span,
                    join(path, key),
                    "FSM0110",
                    f"the key {shown(key)} is already there, {_earlier(keys[key], span)}.",
                    "Remove one of the two, or rename it.",
                )
            else:
                keys[key] = span
                found[key] = self.node(value_raw, join(path, key), span)
        if merge is not None and merge_span is not None:
            self._merge(merge, merge_span, path, found, keys)
        return self._branch("mapping", found, raw, path, own_key, keys)

    def _key(self, raw: Raw, mapping: Raw, path: str) -> str | None:
        """The text of a key; None, and a problem, when it cannot be one."""
        if raw.kind != "scalar":
            mark, outer = raw.mark(self._document), mapping.mark(self._document)
            if (
                mark.line == outer.line
                and self._document.line(mark.line)[outer.column - 1 :][:2] == "{{"
            ):
                self.problems.append(unquoted_template(self._document, outer, path))
            else:
                self._note(
                    (mark, 1),
                    path,
                    "FSM0109",
                    "a key is a list or a mapping here, expected a word or a text.",
                    "Write a word before the colon; a value that begins with [ or { needs quotes "
                    "if it is text.",
                )
            return None
        if raw.tag not in _NO_TAGS and raw.tag != TEXT_TAG:
            self._refuse_tag(raw, path)
        key: str = raw.value
        if raw.plain and (quoted := copied_quotes(key)):
            self._note(
                (raw.mark(self._document), raw.length),
                path,
                "FSM0119",
                copied_message(key),
                f"Write {quoted}.",
            )
            return quoted
        if not key:
            self._note(
                (raw.mark(self._document), 1),
                path,
                "FSM0109",
                "there is no key before the colon.",
                "Write the key, or put the text in quotes if the colon is part of it.",
            )
            return None
        if (strange := INVISIBLE.search(key)) is not None:
            self._note(
                (raw.mark(self._document), raw.length),
                path,
                "FSM0119",
                f"this key contains the invisible character U+{ord(strange[0]):04X}.",
                f"Type the key again: {shown(INVISIBLE.sub('', key))}. Such characters come along "
                "when text is copied from a web page.",
            )
            return None
        return key

    def _merge(
        self, raw: Raw, span: Span, path: str, found: dict[str, Node], keys: dict[str, Span]
    ) -> None:
        """Lay `<<: *anchor`, or `<<: [*one, *two]`, below the keys that are written out."""
        is_list = raw.kind == "sequence"
        for source_raw in raw.children if is_list else [raw]:
            source = self.node(source_raw, path)
            if source.kind != "mapping":
                self.holes = True
                self._note(
                    span,
                    path,
                    "FSM0109",
                    "`<<` takes over the keys of a mapping, and this is not one.",
                    "Name an anchor of a mapping: `<<: *defaults`, or several: `<<: [*a, *b]`.",
                )
                continue
            for key, child in source.value.items():
                if key not in found:
                    found[key] = child
                    keys[key] = source.keys[key]

    def _refuse_tag(self, raw: Raw, path: str) -> None:
        short = (raw.tag or "").replace("tag:yaml.org,2002:", "!!")
        self._note(
            (raw.mark(self._document), len(short)),
            path,
            "FSM0111",
            f"the tag {shown(short)} is not allowed; a document is data only.",
            instead_of(raw, short, path),
        )

    def _note(self, span: Span, path: str, code: str, message: str, fix: str) -> None:
        mark, length = span
        self.problems.append(
            self._document.diagnostic(mark, code, message, fix=fix, path=path, length=length)
        )


def _earlier(first: Span, second: Span) -> str:
    line = first[0].line
    return "earlier in this line" if line == second[0].line else f"in line {line}"


def unquoted_template(document: Document, mark: Mark, path: str = "") -> Diagnostic:
    """The problem of `host: {{ .IP }}`, which YAML takes for a mapping in a mapping."""
    rest = document.line(mark.line)[mark.column - 1 :][:200].partition(" #")[0].rstrip()
    whole = re.match(r"(?:\{\{.*?\}\}|[^\s,\]}])+", rest)
    text = whole[0] if whole else rest
    return document.diagnostic(
        mark,
        "FSM0118",
        "a template must stand in quotes; without them YAML reads {{ as two opening brackets.",
        fix=_in_quotes(text),
        path=path,
        length=len(text),
    )


def _in_quotes(text: str) -> str:
    if '"' not in text:
        return f'Write "{text}" in double quotes.'
    inner = text.replace("'", "''")
    doubled = " A ' in it is written twice." if "'" in text else ""
    return f"Write '{inner}' in single quotes.{doubled}"
