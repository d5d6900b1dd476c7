"""`processes:` of a document: its keys, and the spec of a process made from one entry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from fsmv2 import Backoff, VariableBundle
from fsmv2.builtin.process.spec import ProcessSpec, Ready
from fsmv2.model.decoder import Duration, Templated
from fsmv2.model.decoder.other_words import OtherWords, other_names

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Seconds = Annotated[Duration, msgspec.Meta(gt=0)]

RESTART_WORDS = OtherWords(
    {
        **dict.fromkeys(
            ("always", "unless_stopped", "yes", "true", "on"),
            "Write permanent, which restarts it whatever it ended with.",
        ),
        **dict.fromkeys(
            ("on_failure", "onfailure", "on_abnormal", "unexpected", "on_abort"),
            "Write transient, which restarts it unless it ended with exit code 0.",
        ),
        **dict.fromkeys(
            ("no", "never", "false", "off", "none"), "Write temporary, which never restarts it."
        ),
    }
)


class ReadySection(msgspec.Struct, frozen=True, kw_only=True):
    """`ready:` when a process can be used; all that is given must hold. Without any: after 1s.

    `port` and `http` must be answered by the process itself, and `file` be newer than its start.
    `ends`: it is there to do one thing, and ready when it has ended with exit code 0. It is asked
    every second until it is ready, and then `every` so long, as it may log each question.
    """

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        port="tcp tcp_port",
        http="url http_get httpget",
        within="timeout start_period startup_timeout initialdelayseconds",
        every="interval period periodseconds",
        line="log output stdout regex pattern",
        file="path exists",
    )

    port: Templated[Port] | None = None
    line: Templated[str] = ""
    file: Templated[str] = ""
    http: Templated[str] = ""
    ends: bool = False
    within: Seconds = 30.0
    every: Seconds = 10.0


class BackoffSection(msgspec.Struct, frozen=True, kw_only=True):
    """`backoff:` how long one that failed waits before it is started again.

    First `base`, then twice as long each time, up to `cap`. `jitter`: the share of each delay that
    is left to chance. After `reset_after` without trouble failures are forgotten. What is left out
    is as `engine:` says: 1s, 60s, 0.5, 5m.
    """

    base: Seconds | None = None
    cap: Seconds | None = None
    jitter: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    reset_after: Seconds | None = None


class ProcessSection(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `processes:`, by its name; any text may be a template.

    Relative paths are below the folder of the document, which is also the default of `cwd`.
    `after` and `requires` name other processes, bridges, or the broker.
    """

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        command="cmd exec execstart run entrypoint program args",
        cwd="working_dir workdir working_directory workingdirectory directory dir",
        env="environment environ envs",
        requires="depends_on dependson needs",
        signal="stop_signal stopsignal kill_signal killsignal",
        grace=(
            "stop_timeout stop_grace_period timeoutstopsec stopwaitsecs kill_timeout "
            "terminationgraceperiodseconds"
        ),
        ready="healthcheck health readiness readinessprobe liveness liveness_probe health_check",
        restart="restart_policy restartpolicy autorestart",
        enabled="autostart active",
    )

    command: list[Templated[str]]
    env: dict[str, Templated[str]] = {}
    cwd: Templated[str] = ""
    files: dict[str, Templated[str]] = {}
    ready: ReadySection = ReadySection()
    signal: Templated[str] = "SIGTERM"
    grace: Seconds = 10.0
    log_bytes: Annotated[int, msgspec.Meta(ge=16384)] = 4 << 20
    line_bytes: Annotated[int, msgspec.Meta(ge=1)] = 8192
    log_lines: Annotated[int, msgspec.Meta(ge=0)] = 100
    backoff: BackoffSection = BackoffSection()
    restart: Annotated[Literal["permanent", "transient", "temporary"], RESTART_WORDS] = "permanent"
    after: list[str] = []
    requires: list[str] = []
    variables: dict[str, Any] = {}
    enabled: bool = True
    detect_only: bool = False


def process_spec(
    section: ProcessSection, user: Mapping[str, Any], folder: Path, state_dir: str
) -> ProcessSpec:
    """The spec, with templates as they are; SpecError names what no variable can repair."""
    ready = section.ready
    return ProcessSpec(
        variables=VariableBundle(user=user),
        command=tuple(section.command),
        env=section.env,
        cwd=_below(folder, section.cwd),
        files={_below(folder, path): content for path, content in section.files.items()},
        ready=Ready(
            port=ready.port or 0,
            line=ready.line,
            file=_below(folder, ready.file) if ready.file else "",
            http=ready.http,
            ends=ready.ends,
            within=ready.within,
            every=ready.every,
        ),
        signal=section.signal,
        grace=section.grace,
        state_dir=state_dir,
        log_bytes=section.log_bytes,
        line_bytes=section.line_bytes,
        log_lines=section.log_lines,
    )


def backoff_from(section: BackoffSection) -> Backoff:
    """The backoff of a section; SpecError names what does not fit together."""
    return Backoff(**msgspec.structs.asdict(section))


def _below(folder: Path, path: str) -> str:
    """A path of the document, absolute unless a variable or the user's home begins it."""
    return path if path.startswith(("~", "{{")) else str(folder.absolute() / path)
