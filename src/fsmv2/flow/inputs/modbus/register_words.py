"""What manuals, PLCs and other programs call the types, tables and orders of Modbus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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


TYPES = _all(
    _each("int integer signed sint number", _SIGNED),
    _each("uint unsigned unsigned_int unsigned_integer", _UNSIGNED),
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

_HOLDING, _INPUT, _COIL, _DISCRETE = "holding", "input", "coil", "discrete"
KINDS = _all(
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
"""For `kind:`."""

ORDERS = _all(
    _sized(
        (
            ("be msb bigendian big_endian high first normal motorola network", "big"),
            ("le lsb littleendian little_endian low swapped swap reversed intel", "little"),
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
