"""What to write instead of a value of the wrong type, or of none."""

from __future__ import annotations

import math
import re
from typing import Any

from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.template_fields import is_template, meant_variable
from fsmv2.model.secrets.vault import holds_secret
from fsmv2.name_suggestions import nearest


def number_fix(text: str, kind: type[int] | type[float], *, percent: bool, megabytes: bool) -> str:
    """What to write for a text that begins with the number that is meant; '' if it does not.

    `percent`: the value is counted in percent by itself; `megabytes`: in these.
    """
    found = _WITH_UNIT.fullmatch(text)
    number = number_in(found[1], kind) if found is not None else None
    if found is None or number is None or re.match(r"0[xXoObB]", text):
        return ""
    size = _SIZES.get(found[2].casefold())
    if size is not None and kind is int:
        return f"Write {int(float(number) * size) // (_SIZES['mb'] if megabytes else 1)}."
    if found[2] != "%":
        return f"Write {number}, without {found[2]}."
    if percent or kind is int:
        return f"Write {number}."
    return f"Write {float(number) / 100:g}, or {number} if it is counted in percent."


_SIZES = {
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
    "k": 1 << 10,
    "m": 1 << 20,
    "g": 1 << 30,
}
"""Bytes by their unit."""
_WITH_UNIT = re.compile(
    r"([-+]?[0-9]+(?:[.,][0-9]+)?) ?(%|(?![eE][0-9])[A-Za-z\u00b0\u00b5\u03a9/]+[\u00b2\u00b3]?)"
)


def without_part(text: str) -> str:
    """`1/10` and `502/tcp` as the number that is meant."""
    if (part := re.fullmatch(r"([0-9]+) ?/ ?([1-9][0-9]*)", text)) is not None:
        return f"{int(part[1]) / int(part[2]):g}"
    port = re.fullmatch(r"([0-9]+)/(?:tcp|udp)", text) or re.fullmatch(
        r"(?:[a-z]+://)?(?=[^:]*[A-Za-z.])[A-Za-z0-9.-]*:([0-9]{1,5})/?", text
    )
    return port[1] if port is not None else text


def number_in(text: str, kind: type[int] | type[float]) -> str | None:
    """The number that a text is in some way of writing it, as it is to be written; or None."""
    plain = re.sub(r"(?<=[0-9])[ '](?=[0-9]{3}(?![0-9]))", "", text.replace("_", ""))
    if (both := _THOUSANDS.fullmatch(plain)) is not None and kind is float:
        plain = plain.replace("," if both[1] else ".", "").replace(",", ".")
    elif kind is float:
        plain = re.sub(r"\A([-+]?[0-9]+),([0-9]+)\Z", r"\1.\2", plain)
    if not plain.isascii():
        return None
    try:
        number = int(plain, 0) if plain[:2].lower() in ("0x", "0o", "0b") else kind(plain)
    except (ValueError, OverflowError):
        return None
    if len(plain) > 40 or not math.isfinite(number):
        return None
    return text if plain == text and text[:2] not in ("0b", "0B", "0X", "0O") else str(number)


_THOUSANDS = re.compile(
    r"[-+]?(?:([0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+)|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+)"
)
"""`1,000.5` and `1.000,5`."""


def rendered_fix(node: Node) -> str:
    """Why a rendered value is text, when no variable's own quotes are the reason."""
    if node.rendered and node.origin is None:
        return "Make the template one expression and nothing else; then its value keeps its type."
    return ""


def text_fix(node: Node) -> str:
    """What to write instead of a text that was meant as a template; '' for what was not."""
    value = node.value
    if not isinstance(value, str):
        return ""
    if node.rendered and holds_secret(value):
        return "A secret is always text: write what is meant here itself, as a plain variable."
    if is_template(value) and node.rendered:
        return "The value of a variable is not rendered again; write there what is meant."
    if is_template(value):
        return "Templates are not rendered here; write the value itself."
    name = meant_variable(value)
    return f'Variables are written "{{{{ .{name} }}}}", in quotes.' if name else ""


def meant_secret(node: Node) -> str:
    """What to write for `{environment: NAME}`, a mapping that was meant as a secret; '' for others.

    Only the value of a variable can be one, which is then handed over as it stands.
    """
    if node.kind != "mapping" or not node.rendered or len(node.value) != 1:
        return ""
    ((key, value),) = node.value.items()
    meant = nearest(str(key), ("env", "file")) or _SECRET_KEYS.get(str(key).casefold())
    if meant is None or value.kind != "scalar":
        return ""
    return f"Did you mean {{{meant}: {value.value}}}?"


_SECRET_KEYS = {
    **dict.fromkeys(("var", "variable", "from_env", "env_var", "valuefrom"), "env"),
    **dict.fromkeys(("path", "secret", "from_file", "secret_file"), "file"),
}


def unlisted(node: Node) -> str:
    """What to do about a list where keys and values are expected."""
    if node.document is None:
        return "Write {key: value} in its place."
    if node.in_brackets:
        return "Write {key: value} in place of the list."
    return "Remove the `- ` before the keys."


def lost_text(child: Node) -> str:
    """A text such as `#5` or `&x` that stands where a value is missing: no value to YAML."""
    if child.document is None or child.mark is None:
        return ""
    rest = child.document.line(child.mark.line)[child.mark.column - 1 :].strip()
    found = re.fullmatch(r"#[^\s#\"]\S*", rest) or re.match(r"&[^\s\",}\]]+", rest)
    return found[0] if found else ""


def instead_of_default(default: Any) -> str:
    """What a key has that is removed, as the end of a sentence; '' if it is not shown."""
    if isinstance(default, bool):
        return f" to have {str(default).lower()}"
    return (
        f" to have {default}"
        if isinstance(default, int | float) or (default and isinstance(default, str))
        else ""
    )
