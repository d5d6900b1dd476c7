"""Versions of what is read, as ETags: not sent again to who has it; `If-Match` compares them."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from fsmv2.api.json_text import json_of
from fsmv2.api.problem_response import problem
from fsmv2.operate.path_version import ANY

JSON = "application/json"

_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]*)"\s*')


class Versioned(msgspec.Struct, frozen=True):
    """An answer with a version of its own; `whole`: nothing of it changes without that.

    Of another, parts change all the time: it is sent also to who has this version.
    """

    value: Any
    version: str
    whole: bool = False


class Encoded(msgspec.Struct, frozen=True):
    """An answer that is JSON already, and its version: made once for many."""

    raw: bytes
    version: str


def encoded(value: Any) -> Encoded:
    """A value as the answer it is, whoever asks."""
    raw = json_of(value)
    return Encoded(raw, tag_of(raw))


def tag_of(raw: bytes) -> str:
    """The version of an answer that is its whole text."""
    return hashlib.blake2b(raw, digest_size=12).hexdigest()


def answer(request: Request, value: Any) -> Response:
    """As JSON, with an ETag: who has it already is told that alone."""
    if isinstance(value, Versioned):
        raw, version, whole = json_of(value.value), value.version, value.whole
    else:
        found = value if isinstance(value, Encoded) else encoded(value)
        raw, version, whole = found.raw, found.version, True
    headers = {"etag": f'"{version}"', "cache-control": "no-cache"}
    known = request.headers.get("if-none-match", "")
    if whole and headers["etag"] in (one.strip() for one in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(raw, media_type=JSON, headers=headers)


def if_match(request: Request) -> tuple[str, ...]:
    """The versions of which one has to be that of now; none: whatever it is.

    A weak one never matches (RFC 9110), and is none of ours.
    """
    given = request.headers.get("if-match")
    if given is None:
        return ()
    if given.strip() == ANY:
        return (ANY,)
    found = [_TAG.fullmatch(part) for part in given.split(",")]
    if not all(found):
        text = f"If-Match is {given[:80]!r}, expected the ETag of what was read, quotes included."
        raise problem(400, "Not as documented", text)
    return tuple("W/" if one[1] else one[2] for one in found if one is not None)
