"""How a broker of the user's is signed in to, and what is said when it does not let us in."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flow_kit import free_port

from fsmv2.builtin.agent import AgentSpec
from fsmv2.builtin.broker.broker_status import probe_url
from fsmv2.builtin.broker.spawn import find_server
from fsmv2.errors import DocumentError, SpecError
from fsmv2.flow import Login
from fsmv2.flow.nats.broker_url import parse_address
from fsmv2.flow.nats.nats_client import NatsClient
from fsmv2.flow.nats.nats_connection import NatsConnection
from fsmv2.plant import parse_plant

HARD = "p@ss#w/rd%41:x"
DOCUMENT = """\
agent: {name: p, location: {enterprise: acme}}
bridges: [{name: b, connection: {host: h, port: 1}}]
"""


@contextlib.contextmanager
def server(folder: Path, more: str) -> Iterator[int]:
    """A nats-server of the user's, with this in its config."""
    port = free_port()
    config = folder / "nats.conf"
    config.write_text(
        f'listen: 127.0.0.1:{port}\njetstream {{ store_dir: "{folder}/js" }}\n'
        f'ports_file_dir: "{folder}"\n{more}\n'
    )
    process = subprocess.Popen(
        [find_server(), "-c", str(config)], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "Server is ready" in line:
                break
        yield port
    finally:
        process.kill()
        process.communicate()


def signed_by_itself(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=nats"
    name = ["-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    command = [openssl, *made.split(), *name, *files]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


async def reason(url: str, login: Login | None = None) -> str:
    """What a look says, and that a flow says the same when it is not let in."""
    login = login or Login()
    found = await probe_url(url, login)
    if found.ready:
        connection = NatsConnection(url, "UMH", login=login)
        async with asyncio.timeout(10):
            await connection.up.wait()
        await connection.aclose()
        return ""
    client = NatsClient(url, login)
    with pytest.raises(Exception) as refused:  # noqa: PT011  (whatever the client raises)
        await client.connect()
    assert client.reason_of(refused.value) == found.reason
    await client.close()
    return found.reason


@pytest.mark.real
async def test_h89_user_password_and_token_reach_the_broker_whatever_is_in_them(
    tmp_path: Path,
) -> None:
    users = f'{{user: plain, password: "S3cret"}}, {{user: edge, password: "{HARD}"}}'
    with server(tmp_path, f"authorization {{ users = [ {users} ] }}") as port:
        at = f"127.0.0.1:{port}"
        assert await reason(f"nats://plain:S3cret@{at}") == ""
        assert await reason(f"nats://edge:p%40ss%23w%2Frd%2541%3Ax@{at}") == ""
        assert await reason(at, Login(user="edge", password=HARD)) == ""
        assert await reason(at, Login(user=f"edge:{HARD}")) == ""
        for wrong in (f"nats://plain:Wrong@{at}", f"nats://nobody:S3cret@{at}"):
            assert await reason(wrong) == f"nats://{at}: the broker refuses user and password"
        assert "asks for user and password" in await reason(f"nats://{at}")


@pytest.mark.real
async def test_h89_a_token_is_shown_and_a_wrong_one_called_so(tmp_path: Path) -> None:
    with server(tmp_path, 'authorization { token: "t0ken" }') as port:
        assert await reason(f"nats://t0ken@127.0.0.1:{port}") == ""
        assert await reason(f"127.0.0.1:{port}", Login(token="t0ken")) == ""  # noqa: S106
        assert (await reason(f"nats://other@127.0.0.1:{port}")).endswith("refuses the token")


@pytest.mark.real
async def test_h89_a_broker_that_requires_tls_is_spoken_to_or_the_reason_says_why_not(
    tmp_path: Path,
) -> None:
    certificate, key = signed_by_itself(tmp_path)
    with server(tmp_path, f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}') as port:
        for scheme in ("nats", "tls"):
            url = f"{scheme}://127.0.0.1:{port}"
            assert "certificate is not trusted" in await reason(url)
            assert await reason(url, Login(ca_file=str(certificate))) == ""
    with server(tmp_path, "") as port:
        assert "offers no TLS" in await reason(f"tls://u:p@127.0.0.1:{port}")


def test_h89_a_variable_in_a_url_is_taken_as_it_is_whatever_is_in_it() -> None:
    """Read before the variables are put in; so no host is cut out of a password."""

    def broker(url: str, value: str) -> tuple[str, Login]:
        text = f"{DOCUMENT}global: {{PW: '{value}'}}\nbroker: {{url: '{url}'}}\n"
        spec = parse_plant(text).root.user_spec
        assert isinstance(spec, AgentSpec)
        assert spec.broker is not None
        return spec.broker.url, spec.broker.login

    for value in (HARD, "a:b@c/d?e#f", "p%41"):
        found = broker("nats://edge:{{ .global.PW }}@10.0.0.9:4222", value)
        assert found == ("nats://10.0.0.9:4222", Login(user="edge", password=value))
    written = broker("nats://ed%40ge:p%41@h", "unused")
    assert written == ("nats://h", Login(user="ed@ge", password="pA"))  # noqa: S106
    assert broker("nats://{{ .global.PW }}@h", "u:p") == ("nats://h", Login(user="u:p"))


def test_what_does_not_go_together_is_said_at_its_place() -> None:
    for section, said in (
        ("{url: 'http://h'}", "neither nats:// nor tls://"),
        ("{url: 'nats://h:99999'}", "URL has no port from 1 to 65535"),
        ("{url: 'nats://u:p@g:1,nats://u:q@h:1'}", "names several servers"),
        ("{url: 'nats://u:p@h', user: x, password: y}", "names a user"),
        ("{url: 'nats://h', user: x}", "go together"),
        ("{user: x, password: y}", "goes with the `url`"),
        ("{url: 'nats://h', users: {a: b}}", "of an embedded broker"),
        ("{users: {anonymous: b}}", "cannot be used"),
    ):
        with pytest.raises(DocumentError, match=said):
            parse_plant(f"{DOCUMENT}broker: {section}\n")


@pytest.mark.parametrize(
    "url", ["nats://", "nats://h:x", "nats://h:4222/x", "nats://a,b", "nats://a,nats://b", "ws://h"]
)
def test_a_url_that_cannot_be_used_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse_address(url.replace("//", "//user:s3cret@"))
    assert "s3cret" not in str(refused.value)
