"""Whether spans are wanted: as the document says, or the environment; off, nothing is imported."""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap

import pytest

from fsmv2.errors import FsmError
from fsmv2.host.install_command import install_command
from fsmv2.runtime.traces import open_traces
from fsmv2.runtime.traces.destination import traces_url, url_of

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def test_the_path_of_traces_is_added_once() -> None:
    assert traces_url("http://a:4318") == traces_url("http://a:4318/") == "http://a:4318/v1/traces"
    assert traces_url("http://a/otlp") == "http://a/otlp/v1/traces"
    assert traces_url("http://a/v1/traces") == "http://a/v1/traces"


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, ""),
        ({ENDPOINT: "http://a:1/"}, "http://a:1/v1/traces"),
        ({ENDPOINT: "http://a", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://b/x"}, "http://b/x"),
        ({ENDPOINT: "http://a", "OTEL_SDK_DISABLED": "TRUE"}, ""),
        ({ENDPOINT: "http://a", "OTEL_TRACES_EXPORTER": "none"}, ""),
        ({ENDPOINT: "http://a", "OTEL_TRACES_EXPORTER": "otlp"}, "http://a/v1/traces"),
        ({ENDPOINT: "http://a:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, ""),
        (
            {
                ENDPOINT: "http://a",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            },
            "http://a/v1/traces",
        ),
    ],
)
def test_the_standard_variables_count(environ: dict[str, str], url: str) -> None:
    assert url_of(environ) == url
    assert (open_traces("", environ) is not None) is bool(url)


def test_without_the_extra_a_document_is_told_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> object:
        raise ImportError("no", name="opentelemetry")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(FsmError, match="not installed") as caught:
        open_traces("http://127.0.0.1:4318")
    assert install_command("traces") in caught.value.fix
    assert open_traces("", {ENDPOINT: "http://a"}) is None, "a variable may be meant for others"


def test_a_run_without_traces_imports_nothing_of_them() -> None:
    code = """
    import asyncio, pathlib, sys, tempfile
    from fsmv2.cli import main
    from fsmv2.operate import open_tree

    async def run():
        folder = pathlib.Path(tempfile.mkdtemp())
        (folder / "plant.yaml").write_text("agent: {name: edge}\\nbroker: {url: 'nats://127.0.0.1:1'}")
        async with open_tree(folder / "plant.yaml", state_dir=folder / "state") as tree:
            await tree.until(lambda view: view.get("edge/broker") is not None, timeout=200)

    asyncio.run(run())
    roots = {name.partition(".")[0] for name in sys.modules}
    print(sorted(roots & {"opentelemetry", "google", "requests"}))
    """
    env = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=env,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
