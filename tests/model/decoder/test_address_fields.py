"""Fields of a document that hold addresses: each is read by the one parser of its kind."""

from __future__ import annotations

from typing import Any

import pytest
from decoded_text import problems_of, read

from fsmv2 import Vault
from fsmv2.model.decoder import CollectorUrl, Host, HostAndPort, ListenAddress, Node, decode


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Host, "plc-1.works"),
        (HostAndPort, "10.0.0.5"),
        (HostAndPort, "'[::1]:502'"),
        (ListenAddress, "127.0.0.1:0"),
        (CollectorUrl, "http://127.0.0.1:4318"),
    ],
)
def test_an_address_stays_the_text_that_it_was_written_as(kind: Any, text: str) -> None:
    assert read(text, kind) == text.strip("'")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Host, "10.0.0"),
        (HostAndPort, "plc:99999"),
        (ListenAddress, "0.0.0.0:9410"),
        (CollectorUrl, "ftp://127.0.0.1"),
    ],
)
def test_what_is_none_is_a_problem_at_its_place_with_the_next_step(kind: Any, text: str) -> None:
    (problem,) = problems_of(text, kind)
    assert problem.startswith("FSM0150 a ")
    assert not problem.endswith(".'")


def test_a_secret_in_an_address_is_not_judged_before_it_is_known() -> None:
    token = Vault(environ={"PLC": "10.0.0.5:502"}).from_environment("PLC")
    value, problems = decode(Node.from_data({"a": token}).value["a"], HostAndPort)
    assert (value, problems) == (token, [])


def test_a_rendered_address_says_that_a_variable_is_to_be_corrected() -> None:
    _, (problem,) = decode(Node.from_data("10.0.0", "connection.host"), Host)
    assert problem.path == "connection.host"
    assert "comes from a variable" in problem.fix
