"""Characters that look like those of YAML and are others: of word processors, web pages, alphabets.

“, – and a no-break space come along when text is copied. Whatever they break, the mistake is the
character, and no fix helps that is made from the error which follows from it. Imports nothing of
fsmv2.
"""

from __future__ import annotations

import unicodedata

_QUOTES = dict.fromkeys("“”„‟«»″〝〞＂", '"') | dict.fromkeys("‘’‚‛‹›′＇", "'")
_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
_BULLETS = dict.fromkeys("•‣◦●▪·∙", "-")
_OTHERS = {"…": "...", "：": ":", "，": ",", "；": ";", "、": ",", "⁄": "/", "∶": ":"}
_LETTERS = dict(
    zip(
        "аеорсухкмтвнгіјѕАВЕКМНОРСТУХІЈЅοανρικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aeopcyxkmtbhrijsABEKMHOPCTYXIJSoavpikABEZHIKMNOPTYX",
        strict=True,
    )
)
MEANT: dict[str, str] = {**_QUOTES, **_DASHES, **_BULLETS, **_OTHERS, **_LETTERS}
"""What is meant by a character, apart from those that Unicode itself knows as forms of another."""
QUOTES = frozenset(_QUOTES)
ENTRY_MARKS = frozenset((*_DASHES, *_BULLETS))
"""What stands for the `-` of a list."""


def lookalike(text: str) -> str:
    """The first character of `text` that looks like another, or like nothing; '' if there is none.

    Letters of other alphabets count only beside those of the Latin one: a name may be Russian.
    """
    if text.isascii():
        return ""
    mixed = any("a" <= c.lower() <= "z" for c in text)
    return next((c for c in text if meant(c) != c and (mixed or c not in _LETTERS)), "")


def meant(character: str) -> str:
    """What a character was meant as: itself, a character of the keyboard, or none."""
    if character.isascii():
        return character
    if character in MEANT:
        return MEANT[character]
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category == "Cf":  # of no width, or a mark of the direction of writing
        return ""
    form = unicodedata.normalize("NFKC", character)
    return form if form.isascii() else character


def straightened(text: str) -> str:
    """`text` with each of them replaced by what was meant."""
    return text if text.isascii() else "".join(map(meant, text))


def without_quotes(text: str) -> str:
    """What stands between the quotes around a text, if there are any."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def why(character: str) -> str:
    """What a character is, and what it is not, as a clause of a message."""
    name = unicodedata.name(character, "a character without a name").lower()
    number = f"U+{ord(character):04X}"
    plain = meant(character)
    if not plain:
        return f"it has an invisible character in it, {number} ({name})"
    if plain == " ":
        return f"it has {number} ({name}) in it, not a plain space"
    instead = "a plain quote" if character in QUOTES else f"'{plain}'"
    return f"'{character}' is {number} ({name}), not {instead}"
