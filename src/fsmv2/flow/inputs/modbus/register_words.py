"""What manuals, PLCs and other programs call the addresses, types and orders of Modbus."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fsmv2.model.decoder.other_words import OtherWords

_SIZES = "the manual of the device says how large the value is"
_SIGNED = f"Write int16 for one register, int32 for two or int64 for four: {_SIZES}."
_UNSIGNED = f"Write uint16 for one register, uint32 for two or uint64 for four: {_SIZES}."
_FLOAT = f"Write float32 for two registers, or float64 for four: {_SIZES}."
_BYTE = "A register has 16 bits: write uint16, or int16 if the value can be negative."


def _each(words: str, fix: str) -> Mapping[str, str]:
    return dict.fromkeys(words.split(), fix)


def _all(*tables: Mapping[str, str]) -> OtherWords:
    return OtherWords({word: fix for table in tables for word, fix in table.items()})


def _sized(names: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    return {word: f"Write {meant}." for words, meant in names for word in words.split()}


_WHOLE_REGISTERS = "A value takes 1, 2 or 4 registers: write {0}16, {0}32 or {0}64."
_BITS = "Write uint16, which has all bits of the register; one of them alone cannot be a tag."
ONE_BIT = "Remove it, and read the whole register as `type: uint16`: one bit cannot be a tag."
"""For keys that pick a bit."""
_TABLE = "That is the kind of the tag: write `kind: {0}`, and `type: {1}`."
_NUMBERS = ("int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")

TYPES = _all(
    _each("int integer signed signed_int signed_integer sint number", _SIGNED),
    _each("uint unsigned unsigned_int unsigned_integer", _UNSIGNED),
    _each("int24 int48 int128 i24 s24", _WHOLE_REGISTERS.format("int")),
    _each("uint24 uint48 uint128 u24", _WHOLE_REGISTERS.format("uint")),
    _each("bits bitfield bitmap bitmask flags enum status packed", _BITS),
    _each("half float16 f16", "Write uint16: a float takes at least two registers here."),
    _each(
        "bcd bcd16 bcd32",
        "Write uint16, and take its four hexadecimal digits for decimal ones: BCD is not decoded.",
    ),
    _each(
        "date time datetime timestamp epoch unix",
        "Write uint32, if it is in seconds since 1970: times are not decoded.",
    ),
    {
        kind: _TABLE.format(kind, type_)
        for kind, type_ in (
            ("holding", "uint16"),
            ("input", "uint16"),
            ("coil", "bool"),
            ("discrete", "bool"),
        )
    },
    {
        f"{type_}{between}{end}": f"Write {type_}, and `word_order: {order}`."
        for type_ in _NUMBERS
        for between in ("", "_")
        for end, order in (("le", "little"), ("be", "big"), ("swapped", "little"))
    },
    {
        word: f"Write {size}, and `word_order: little`."
        for word, size in (
            ("swapped_float", "float32"),
            ("float_swapped", "float32"),
            ("float_inverse", "float32"),
            ("float_inverted", "float32"),
            ("long_swapped", "int32"),
            ("long_inverse", "int32"),
        )
    },
    {
        f"{sign}{between}{size}": f"Write {short}{size}."
        for sign, short in (
            ("unsigned_int_", "uint"),
            ("unsigned_int", "uint"),
            ("unsigned_integer_", "uint"),
            ("unsigned_", "uint"),
            ("signed_int_", "int"),
            ("signed_int", "int"),
            ("signed_", "int"),
            ("integer", "int"),
            ("integer_", "int"),
            ("float_", "float"),
            ("real", "float"),
        )
        for between in ("", "_")
        for size in ((32, 64) if short == "float" else (16, 32, 64))
    },
    _each("float floating floating_point decimal", _FLOAT),
    _each("byte int8 uint8 char usint i8 u8 s8", _BYTE),
    _each("long slong long_int", f"Write int32 for two registers, or int64 for four: {_SIZES}."),
    _each("ulong unsigned_long", f"Write uint32 for two registers, or uint64 for four: {_SIZES}."),
    _sized(
        (
            ("short i16 s16 sint16 signed16 int_16", "int16"),
            ("word ushort u16 unsigned16 uint_16 16 unsigned_short", "uint16"),
            ("dint i32 s32 signed32 int_32", "int32"),
            ("dword udint u32 unsigned32 uint_32", "uint32"),
            ("lint i64 s64 int_64 longlong", "int64"),
            ("lword qword ulint u64 uint_64", "uint64"),
            ("real single f32 float_32 float4 ieee754", "float32"),
            ("double lreal f64 float_64 float8", "float64"),
            ("bit boolean flag", "bool"),
        )
    ),
    _each("text str ascii chars char_array utf8", "Write string, and `length:` in registers."),
)
"""For `type:`."""

_ONLY_READ = "The protocol cannot write {0}: write {1}, if the device has the value there."
_HOLDING, _INPUT, _COIL, _DISCRETE = "holding", "input", "coil", "discrete"
_KINDS = (
    _sized(
        (
            ("holding_register holding_registers holdings hr holdingregister 4x", _HOLDING),
            ("input_register input_registers inputs ir inputregister 3x", _INPUT),
            ("coils output do 0x", _COIL),
            ("discrete_input discrete_inputs discretes di status contact 1x", _DISCRETE),
        )
    ),
    {
        str(code): f"Write {kind}, which function code {code} reads."
        for code, kind in ((1, _COIL), (2, _DISCRETE), (3, _HOLDING), (4, _INPUT))
    },
)
KINDS = _all(*_KINDS)
"""For `kind:`."""
WRITTEN_KINDS = _all(
    *_KINDS,
    _each("input", _ONLY_READ.format("input registers", _HOLDING)),
    _each("discrete", _ONLY_READ.format("discrete inputs", _COIL)),
)
"""For `kind:` of a tag that may be written."""

ORDERS = _all(
    _sized(
        (
            ("be msb bigendian big_endian high first normal motorola network", "big"),
            ("le lsb littleendian little_endian low swapped swap reversed intel true", "little"),
            ("false none", "big"),
        )
    ),
    {
        letters: f"{letters.upper()} is `word_order: {words}` with `byte_order: {of_bytes}`."
        for letters, words, of_bytes in (
            ("abcd", "big", "big"),
            ("cdab", "little", "big"),
            ("badc", "big", "little"),
            ("dcba", "little", "little"),
        )
    },
)
"""For `word_order:` and `byte_order:`."""


_FIRSTS = {"0": _COIL, "1": _DISCRETE, "3": _INPUT, "4": _HOLDING}
"""The digit with which an address begins in Modicon's notation."""
_MODICON = re.compile(r"([0134])(?:x0*([0-9]{1,5})|([0-9]{5}))", re.IGNORECASE)
_BY_TABLE = re.compile(
    r"(hr|holding|ir|input|di|discrete|coil|do)(?:_?registers?)?[ :#_]*([0-9]{1,5})", re.IGNORECASE
)
_TABLES = {"hr": _HOLDING, "ir": _INPUT, "di": _DISCRETE, "do": _COIL}
_BIT = re.compile(r"[A-Za-z%]*([0-9]{1,6})\.([0-9]|1[0-5])", re.ASCII)
_RANGE = re.compile(r"([0-9]{1,5}) ?(?:-|\.\.+|to) ?([0-9]{1,5})", re.ASCII)
_OF_A_PLC = re.compile(r"%?[A-Za-z]{1,3}[0-9]{1,6}", re.ASCII)


class AddressWords(OtherWords):
    """What manuals write for an address, which is a number that counts from 0 here."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__({})

    def fix_for(self, value: Any) -> str:
        """The address that is meant, and the table, if the text names one."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return ""
        text = str(value).strip()
        if (noted := _MODICON.fullmatch(text)) is not None:
            return _noted(text, _FIRSTS[noted[1]], int(noted[2] or noted[3]))
        if (named := _BY_TABLE.fullmatch(text)) is not None:
            word = named[1].casefold()
            return f"Write `address: {named[2]}` and `kind: {_TABLES.get(word, word)}`."
        if (several := _RANGE.fullmatch(text)) is not None:
            return f"Write the first, {several[1]}: how many registers it takes, its type says."
        if (bit := _BIT.fullmatch(text)) is not None and not text.endswith(".0"):
            return (
                f"Write {bit[1]} for the whole register, with `type: uint16`: one bit of it "
                "cannot be a tag."
            )
        if _OF_A_PLC.fullmatch(text):
            return f"Write the number that the manual of the device has for {text} in Modbus."
        return ""


def _noted(text: str, kind: str, number: int) -> str:
    if not 1 <= number <= 65536:
        return ""
    place = f"`address: {number - 1}` and `kind: {kind}`"
    return f"Write {place}, which {text} means in Modicon's notation."


ADDRESSES = AddressWords()
"""For `address:`."""
