"""`broker:` of a document that names a broker of the user's."""

from __future__ import annotations

from typing import Any

import pytest
from planned_plant import BRIDGE

from fsmv2 import DocumentError
from fsmv2.plant import parse_plant


def test_a_broker_of_ones_own_is_used_by_its_url() -> None:
    """Nothing embedded is then planned; without a url `embedded: false` is refused."""
    plant = parse_plant(BRIDGE + "broker: {url: 'nats://10.0.0.9:4222'}\n")
    assert plant.root.user_spec.broker.embedded is False  # type: ignore[attr-defined]
    with pytest.raises(DocumentError, match="needs the `url:`"):
        parse_plant(BRIDGE + "broker: {embedded: false}\n")


def broker(section: str) -> Any:
    return parse_plant(f"{BRIDGE}broker: {section}\n").root.user_spec.broker  # type: ignore[attr-defined]


def test_a_user_in_the_url_is_taken_out_of_it_and_decoded() -> None:
    found = broker('{url: "nats://us%40er:p%2Fw@10.0.0.9:4222"}')
    assert found.url == "nats://10.0.0.9:4222"
    assert (found.login.user, found.login.password) == ("us@er", "p/w")


def test_what_a_variable_holds_is_not_decoded_again() -> None:
    text = f"{BRIDGE}global: {{PW: 'p%2Fw'}}\n"
    text += 'broker: {url: "nats://u:{{ .global.PW }}@10.0.0.9:4222"}\n'
    found = parse_plant(text).root.user_spec.broker  # type: ignore[attr-defined]
    assert (found.login.user, found.login.password) == ("u", "p%2Fw")


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{url: 'nats://u:p@h:4222', token: t}", "the URL names a user, and so do keys beside it"),
        ("{url: 'nats://h:4222', user: u, password: p, token: t}", "exclude each other"),
        ("{url: 'nats://h:4222', user: u}", "`user` and `password` go together"),
        ("{url: 'nats://h:4222', users: {a: b}}", "`users` are those of an embedded broker"),
        ("{embedded: true, token: t}", "`token` goes with the `url` of your own broker"),
        ("{users: {' ': p}}", "cannot be used"),
    ],
)
def test_what_contradicts_itself_is_refused_with_the_key(section: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        broker(section)
    assert message in str(caught.value)
