"""A webhook against real servers: those that answer, and those that do worse."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.notify.hook_server import Hook
from tests.notify.samples import told

from fsmv2.model import Vault
from fsmv2.notify import WebhookSettings
from fsmv2.notify.channel import DeliveryError, Texts
from fsmv2.notify.webhook import Webhook

SECRET = "hunter2-and-more"  # noqa: S105  (a canary)


def refused(webhook: Webhook) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        webhook.send(told())
    return caught.value


@contextlib.contextmanager
def listening(answer: bytes = b"", *, drip: float = 0.0) -> Iterator[int]:
    """A server that reads a request, and answers with these bytes, one by one if it drips."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            server.settimeout(0.1)
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    connected, _ = server.accept()
                    with connected:
                        connected.recv(65536)
                        for byte in answer:
                            connected.sendall(bytes([byte]))
                            if ended.wait(drip):
                                return
                        ended.wait(30)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def test_the_notification_is_posted_as_json(hook: Hook, texts: Texts) -> None:
    one = told("it failed")
    assert Webhook(WebhookSettings(url=hook.url), texts).send(one) == "HTTP 204"
    ((path, headers, body),) = hook.requests
    assert path == "/hook"
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == one.id
    assert headers["User-Agent"].startswith("fsmv2/")
    found = json.loads(body)
    assert found["text"] == "WARNING edge/a: it failed"
    assert found["path"] == "edge/a"
    assert found["time"] == "1970-01-01T00:00:00.000Z"


def test_body_and_headers_are_templates_of_the_notification(hook: Hook, texts: Texts) -> None:
    settings = WebhookSettings(
        url=hook.url,
        headers={"Priority": "{{ .level }}", "user-agent": "mine"},
        body={"content": "{{ .text }}", "tags": ["{{ .path }}"], "priority": 5},
    )
    Webhook(settings, texts).send(told('say "no"'))
    ((_, headers, body),) = hook.requests
    assert headers["Priority"] == "warning"
    assert [value for name, value in headers.items() if name.lower() == "user-agent"] == ["mine"]
    assert json.loads(body) == {
        "content": 'WARNING edge/a: say "no"',
        "tags": ["edge/a"],
        "priority": 5,
    }


def test_a_body_that_is_one_text_is_sent_as_text(hook: Hook, texts: Texts) -> None:
    Webhook(WebhookSettings(url=hook.url, body="{{ .message }}"), texts).send(told("über"))
    ((_, headers, body),) = hook.requests
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert body.decode() == "über"


def test_secrets_go_into_the_request_and_nowhere_else(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    vault = Vault()
    token = vault.from_environment("HOOK", variable="HOOK")
    texts = Texts({"HOOK": token}, vault)
    settings = WebhookSettings(
        url=f"http://127.0.0.1:{hook.port}/{{{{ .global.HOOK }}}}",
        headers={"Authorization": "Bearer {{ .global.HOOK }}"},
    )
    webhook = Webhook(settings, texts)
    webhook.send(told(f"the device said {token} and ***env:HOOK#000000000000***"))
    ((path, headers, body),) = hook.requests
    assert path == f"/{SECRET}"
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in body.decode(), "what is told of a device can ask for no secret"
    assert webhook.address == f"http://127.0.0.1:{hook.port}"
    hook.answers = [(403, {}, f"no such token: {SECRET}".encode())]
    assert SECRET not in refused(webhook).message


@pytest.mark.parametrize(
    "said",
    [
        "{token}",
        "{token}{token}",
        "***env:HOOK#000000000000***",
        "*** env:",
        "***\nFILE : x",
        "{cut}",
    ],
)
def test_trouble_that_mentions_a_secret_is_told_through_a_template(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    vault = Vault()
    token = vault.from_environment("HOOK", variable="HOOK")
    settings = WebhookSettings(url=hook.url, body={"text": "{{ .text }}", "key": token})
    text = said.format(token=token, cut=token[:-6])
    one = told(f"the program said {text}")
    assert Webhook(settings, Texts({}, vault)).send(one) == "HTTP 204"
    ((_, _, body),) = hook.requests
    found = json.loads(body)
    assert found["key"] == SECRET
    assert SECRET not in found["text"]
    assert found["text"].startswith("WARNING edge/a: the program said [secret")


def test_a_password_that_is_no_secret_of_ours_is_not_quoted_either(
    hook: Hook, texts: Texts
) -> None:
    hook.answers = [(401, {}, b"unknown token literal-password at /hooks/T123456")]
    settings = WebhookSettings(
        url=f"{hook.url}s/T123456", headers={"Authorization": "Bearer literal-password"}
    )
    error = refused(Webhook(settings, texts))
    assert error.message == "it answers HTTP 401 Unauthorized: unknown token *** at ***"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 401 no literal-password here\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 403 No\r\nContent-Length: 20\r\n\r\nkey=query-p%61ssword",
        b"HTTP/1.1 403 No\r\nContent-Length: 18\r\n\r\nkey=query-password",
        b"HTTP/1.1 400 No\r\nContent-Length: 212\r\n\r\n" + b"." * 196 + b"literal-password",
        b"SSH-2.0 literal-password\r\n",
        b"HTTP/1.1 307 No\r\nLocation: http://literal-password/\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_password_is_not_quoted_wherever_the_server_says_it(texts: Texts, answer: bytes) -> None:
    with listening(answer) as port:
        settings = WebhookSettings(
            url=f"http://127.0.0.1:{port}/?key=query-p%61ssword",
            headers={"Authorization": "Bearer literal-password"},
        )
        message = refused(Webhook(settings, texts)).message
    for word in ("literal", "query-p"):
        assert word not in message
    assert "***" in message


def test_a_reason_without_end_is_cut_off(texts: Texts) -> None:
    with listening(b"HTTP/1.1 500 " + b"x" * 60_000 + b"\r\nContent-Length: 0\r\n\r\n") as port:
        error = refused(Webhook(WebhookSettings(url=f"http://127.0.0.1:{port}"), texts))
    assert len(error.message) < 300


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example"])
def test_a_host_that_no_name_service_could_know_is_no_address(texts: Texts, host: str) -> None:
    error = refused(Webhook(WebhookSettings(url=f"http://{host}/"), texts))
    assert error.message == "its `url` is not an address that can be used"


def test_a_password_in_the_address_is_refused_as_it_would_not_be_sent(
    texts: Texts, hook: Hook
) -> None:
    url = hook.url.replace("://", "://jo:literal-password@")
    error = refused(Webhook(WebhookSettings(url=url), texts))
    assert "write a header `Authorization`" in error.message
    assert "literal-password" not in error.message
    assert hook.requests == []


@pytest.mark.parametrize(
    ("status", "retry"),
    [(400, False), (401, False), (404, False), (408, True), (429, True), (500, True), (503, True)],
)
def test_what_may_pass_is_retried(hook: Hook, texts: Texts, status: int, retry: bool) -> None:
    hook.answers = [(status, {}, b"why\x1b[31m not")]
    error = refused(Webhook(WebhookSettings(url=hook.url), texts))
    assert error.retry == retry
    assert error.message.startswith(f"it answers HTTP {status} ")
    assert error.message.endswith("why\\x1b[31m not")


@pytest.mark.parametrize(
    ("given", "least", "most"),
    [("17", 17, 17), ("999999999999", 3600, 3600), ("-3", 0, 0), ("soon", 0, 0)],
)
def test_retry_after_is_heeded_within_bounds(
    hook: Hook, texts: Texts, given: str, least: float, most: float
) -> None:
    hook.answers = [(503, {"Retry-After": given}, b"")]
    error = refused(Webhook(WebhookSettings(url=hook.url), texts))
    assert least <= error.after <= most


def test_retry_after_may_be_a_date(hook: Hook, texts: Texts) -> None:
    import email.utils

    hook.answers = [(503, {"Retry-After": email.utils.formatdate(time.time() + 600)}, b"")]
    error = refused(Webhook(WebhookSettings(url=hook.url), texts))
    assert 0 < error.after <= 600


def test_a_redirect_to_another_host_is_not_followed(hook: Hook, texts: Texts) -> None:
    hook.answers = [(307, {"Location": f"http://localhost:{hook.port}/secret"}, b"")]
    error = refused(Webhook(WebhookSettings(url=hook.url), texts))
    assert not error.retry
    assert f"redirects to another host, http://localhost:{hook.port}, which" in error.message
    assert len(hook.requests) == 1


def test_a_redirect_on_the_same_host_is_followed_if_it_stays_a_post(
    hook: Hook, texts: Texts
) -> None:
    hook.answers = [(308, {"Location": "/there"}, b""), (200, {}, b"")]
    assert Webhook(WebhookSettings(url=hook.url), texts).send(told()) == "HTTP 200"
    assert [path for path, _, _ in hook.requests] == ["/hook", "/there"]
    hook.answers = [(302, {"Location": "/there"}, b"")]
    assert (
        "a redirect that is not followed"
        in refused(Webhook(WebhookSettings(url=hook.url), texts)).message
    )


def test_redirects_in_a_circle_end(hook: Hook, texts: Texts) -> None:
    hook.answers = [(307, {"Location": "/hook"}, b"")]
    refused(Webhook(WebhookSettings(url=hook.url), texts))
    assert len(hook.requests) == 4


def test_a_megabyte_of_an_answer_is_not_read(hook: Hook, texts: Texts) -> None:
    hook.answers = [(500, {}, b"x" * 1_000_000)]
    assert len(refused(Webhook(WebhookSettings(url=hook.url), texts)).message) < 300


def test_who_never_answers_is_given_up(texts: Texts) -> None:
    with listening() as port:
        settings = WebhookSettings(url=f"http://127.0.0.1:{port}", timeout=0.3)
        error = refused(Webhook(settings, texts))
    assert error.message == "it has not answered within 0.3 s"
    assert error.retry


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 99, b"x" * 1000])
def test_who_answers_a_byte_at_a_time_is_given_up(texts: Texts, answer: bytes) -> None:
    with listening(answer, drip=0.05) as port:
        settings = WebhookSettings(url=f"http://127.0.0.1:{port}", timeout=0.5)
        assert "has not answered within 0.5 s" in refused(Webhook(settings, texts)).message


def test_a_handshake_that_hangs_is_given_up(texts: Texts) -> None:
    with listening(b"\x16\x03", drip=0.05) as port:
        settings = WebhookSettings(url=f"https://127.0.0.1:{port}", timeout=0.3)
        assert "has not answered within 0.3 s" in refused(Webhook(settings, texts)).message


def test_rubbish_is_no_answer(texts: Texts) -> None:
    with listening(b"220 smtp.example\r\n\r\n") as port:
        settings = WebhookSettings(url=f"http://127.0.0.1:{port}", timeout=5.0)
        assert "cannot be reached" in refused(Webhook(settings, texts)).message


def test_nobody_there_is_said(texts: Texts) -> None:
    error = refused(Webhook(WebhookSettings(url="http://127.0.0.1:1"), texts))
    assert error.message == "it cannot be reached: Connection refused"
    assert error.retry


def test_abort_ends_what_hangs(texts: Texts) -> None:
    with listening() as port:
        webhook = Webhook(WebhookSettings(url=f"http://127.0.0.1:{port}", timeout=3600.0), texts)
        errors: list[DeliveryError] = []
        thread = threading.Thread(target=lambda: errors.append(refused(webhook)))
        thread.start()
        while thread.is_alive():
            webhook.abort()
            thread.join(0.05)
    assert "fsmv2 ends" in errors[0].message


@pytest.mark.parametrize(
    "url", ["ftp://host/", "http:///x", "http://ho st/", "http://host:99999/", "x", "http://h/\n"]
)
def test_an_address_that_is_none_is_not_quoted(texts: Texts, url: str) -> None:
    error = refused(Webhook(WebhookSettings(url=url), texts))
    assert not error.retry
    assert error.message.startswith("its `url` ")
    assert url not in error.message or url == "x"


def test_what_was_said_goes_into_a_header_in_characters_it_may_have(
    texts: Texts, hook: Hook
) -> None:
    settings = WebhookSettings(url=hook.url, headers={"Title": "{{ .message }}"})
    Webhook(settings, texts).send(told("a → b\tc\u00a0d ö 温度 🔥\x1b…"))
    ((_, headers, body),) = hook.requests
    assert headers["Title"] == "a -> b c d ö ?? ?\\x1b..."
    assert json.loads(body)["message"] == "a → b\tc\u00a0d ö 温度 🔥\\x1b…"


def test_a_header_cannot_bring_another_one(texts: Texts, hook: Hook) -> None:
    settings = WebhookSettings(url=hook.url, headers={"Authorization": "a\r\nX-Evil: yes"})
    error = refused(Webhook(settings, texts))
    assert error.message == (
        "the value of its header 'Authorization' has characters that no header may have"
    )
    assert hook.requests == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        capture_output=True,
    )
    assert made.returncode == 0, made.stderr
    return cert, key


@pytest.fixture
def tls_port(certificate: tuple[Path, Path]) -> Iterator[int]:
    """A server that takes a request over TLS and answers 200."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def serve() -> None:
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    connected = context.wrap_socket(server.accept()[0], server_side=True)
                    with connected:
                        found = b""
                        while not found.endswith(b"}"):
                            found += connected.recv(65536)
                        connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        ended.set()
        thread.join()


def test_a_certificate_that_is_not_trusted_is_refused(tls_port: int, texts: Texts) -> None:
    error = refused(Webhook(WebhookSettings(url=f"https://localhost:{tls_port}"), texts))
    assert error.message.startswith("its certificate is not trusted: self-signed certificate; ")


def test_an_authority_of_the_plant_is_trusted_for_its_names_only(
    tls_port: int, texts: Texts, certificate: tuple[Path, Path]
) -> None:
    def to(host: str) -> Webhook:
        settings = WebhookSettings(
            url=f"https://{host}:{tls_port}", ca_file=str(certificate[0]), timeout=20.0
        )
        return Webhook(settings, texts)

    assert to("localhost").send(told()) == "HTTP 200"
    assert "its certificate is not trusted" in refused(to("127.0.0.1")).message
    missing = WebhookSettings(url=f"https://localhost:{tls_port}", ca_file="/nowhere.pem")
    assert "`ca_file` cannot be read" in refused(Webhook(missing, texts)).message
