"""Signatures as they stand in the source: annotations and defaults as their author wrote them."""

from __future__ import annotations

import ast
import enum
import functools
import inspect
import json
import sys
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from python_source import Function, class_node, function_node, statements, text_in

WIDTH = 88


@functools.cache
def signatures(name: str, value: Any) -> str:
    """How a class is made, a function called, or a property read; one line each if it fits."""
    if isinstance(value, property):
        function = value.fget
        return f"{name}{returns(function).replace(' ->', ':')}  # property"
    if inspect.isclass(value):
        return class_signature(name, value)
    prefix = ""
    if isinstance(value, (classmethod, staticmethod)):
        prefix, value = f"@{type(value).__name__}\n", value.__func__
    if found := typing.get_overloads(value):
        return "\n".join(prefix + function_signature(name, one) for one in found)
    return prefix + function_signature(name, value)


def returns(function: Any) -> str:
    """` -> ...`, or nothing."""
    node = function_node(function)
    module = inspect.unwrap(function).__module__
    return f" -> {line_in(module, node.returns)}" if node.returns else ""


def line_in(module: str, part: ast.AST) -> str:
    """The source of a part of a module, in one line."""
    return " ".join(text_in(module, part).split()).strip('"')


def function_signature(name: str, function: Any) -> str:
    """`async name(arguments) -> result`; how a context manager is entered."""
    node, module = function_node(function), inspect.unwrap(function).__module__
    return shape(keyword_of(node) + name, arguments(node, module), returns(function))


def keyword_of(node: Function) -> str:
    """How what it answers is come by."""
    decorators = {ast.unparse(one).rpartition(".")[2] for one in node.decorator_list}
    if "asynccontextmanager" in decorators:
        return "async with "
    if "contextmanager" in decorators:
        return "with "
    return "await " if isinstance(node, ast.AsyncFunctionDef) else ""


def arguments(node: Any, module: str) -> list[str]:
    """Each argument with its annotation and default, without `self`."""
    args = node.args
    plain = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    found = []
    for one, default in zip(plain, defaults, strict=True):
        if one.arg not in ("self", "cls"):
            found.append(argument(module, one, default))
    if args.vararg:
        found.append("*" + argument(module, args.vararg, None))
    elif args.kwonlyargs:
        found.append("*")
    for one, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        found.append(argument(module, one, default))
    if args.kwarg:
        found.append("**" + argument(module, args.kwarg, None))
    return found


def argument(module: str, one: ast.arg, default: ast.expr | None) -> str:
    """`name: type = default`."""
    text = one.arg
    if one.annotation is not None:
        text += f": {line_in(module, one.annotation)}"
    if default is not None:
        value = text_in(module, default)
        known = vars(sys.modules[module])
        if isinstance(default, ast.Name) and isinstance(known.get(default.id), (int, float, str)):
            value = literal(known[default.id])
        text += f" = {value}" if one.annotation is not None else f"={value}"
    return text


def shape(head: str, parts: list[str], tail: str) -> str:
    """A call in one line, or with a line for each argument."""
    line = f"{head}({', '.join(parts)}){tail}"
    if len(line) <= WIDTH:
        return line
    return f"{head}(\n" + "".join(f"    {part},\n" for part in parts) + f"){tail}"


def class_signature(name: str, cls: type) -> str:
    """How an instance is made; of an enum or a protocol, what it is."""
    if issubclass(cls, enum.Enum):
        return f"class {name}({', '.join(base.__name__ for base in cls.__bases__)})"
    if getattr(cls, "_is_protocol", False):
        return f"class {name}(Protocol)"
    made: list[Any]
    if issubclass(cls, msgspec.Struct):
        module = cls.__module__
        body = statements(class_node(cls).body)
        made = [one for one in body if getattr(one, "name", "") == "__init__"]
        if not made:
            return shape(name, struct_arguments(cls), "")
    else:
        owner = next((one for one in cls.__mro__ if "__init__" in vars(one)), object)
        module = owner.__module__
        if not module.startswith("fsmv2"):
            bases = ", ".join(base.__name__ for base in cls.__bases__ if base is not object)
            return f"class {name}({bases})" if bases else f"class {name}"
        made = [function_node(owner.__init__)]
    if len(made) > 1:  # overloads; the last is what carries them out, if it is no other
        made = [one for one in made if one.decorator_list]
    stub = {field.name: default_of(field) for field in struct_fields(cls)}
    return "\n".join(
        shape(name, [of_stub(part, stub) for part in arguments(one, module)], "") for one in made
    )


def of_stub(part: str, defaults: Mapping[str, str]) -> str:
    """An argument with the default that a field has, where a stub leaves it open."""
    if not part.endswith(" = ..."):
        return part
    return part.removesuffix(" = ...") + defaults.get(part.partition(":")[0], "")


def struct_fields(cls: type) -> tuple[Any, ...]:
    """The fields of a struct; of another class, none."""
    return msgspec.structs.fields(cls) if issubclass(cls, msgspec.Struct) else ()


def struct_arguments(cls: type[msgspec.Struct]) -> list[str]:
    """The fields of a struct as arguments, in the order in which they may be given."""
    annotations: dict[str, str] = {}
    for owner in reversed(cls.__mro__):
        if not owner.__module__.startswith("fsmv2"):
            continue
        for one in class_node(owner).body:
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                annotations[one.target.id] = line_in(owner.__module__, one.annotation)
    found: list[str] = []
    of = {field.name: field for field in msgspec.structs.fields(cls)}
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in found:
            found.append("*")
        found.append(f"{name}: {annotations[name]}{default_of(of[name])}")
    return found


def default_of(field: Any) -> str:
    """` = default`, or nothing."""
    if field.required:
        return ""
    if field.default is msgspec.NODEFAULT:
        return f" = {literal(field.default_factory())}"
    return f" = {literal(field.default)}"


def literal(value: Any) -> str:
    """A default as one would write it."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, msgspec.Struct):
        changed = ", ".join(f"{name}={literal(v)}" for name, v in changed_fields(value))
        return f"{type(value).__name__}({changed})"
    if isinstance(value, type) or callable(value):
        return "..."
    if isinstance(value, str):
        return json.dumps(value)
    shown = repr(value)
    return f"{type(value).__name__}()" if " object at 0x" in shown else shown


def changed_fields(value: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """What a struct has that is not its default."""
    for field in msgspec.structs.fields(type(value)):
        own = getattr(value, field.name)
        if field.required or (field.default is not msgspec.NODEFAULT and own != field.default):
            yield field.name, own
