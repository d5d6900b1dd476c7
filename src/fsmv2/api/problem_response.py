"""Errors as `application/problem+json` (RFC 9457), with the codes that all interfaces show."""

from __future__ import annotations

from starlette.responses import Response

from fsmv2.api.json_text import json_of
from fsmv2.operate.problem import Problem

MEDIA_TYPE = "application/problem+json"


class ApiError(Exception):
    """Ends a request with a problem."""

    def __init__(self, problem: Problem, headers: dict[str, str] | None = None) -> None:
        super().__init__(problem.detail or problem.title)
        self.problem = problem
        self.headers = headers or {}


def problem(
    status: int, title: str, detail: str = "", *, fix: str = "", code: str = ""
) -> ApiError:
    """An error that ends a request."""
    return ApiError(Problem(title, status, detail, code, fix))


def problem_response(found: Problem, headers: dict[str, str] | None = None) -> Response:
    """The answer that a problem is."""
    raw = json_of(found)
    return Response(raw, status_code=found.status, media_type=MEDIA_TYPE, headers=headers)
