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
    """A TCP port that the process must listen on."""
    line: Templated[str] = ""
    """A regular expression that a line of its output must match."""
    file: Templated[str] = ""
    """A file that must be newer than the start."""
    http: Templated[str] = ""
    """A URL of this machine that must answer: `http://127.0.0.1:8080/health`."""
    ends: bool = False
    """true: it does one thing, and is ready once it ended with exit code 0."""
    within: Seconds = 30.0
    """How long it may take to be ready; then it counts as failed."""
    every: Seconds = 10.0
    """How often it is asked again once it is ready."""


class BackoffSection(msgspec.Struct, frozen=True, kw_only=True):
    """`backoff:` how long one that failed waits before it is started again.

    First `base`, then twice as long each time, up to `cap`. `jitter`: the share of each delay that
    is left to chance. After `reset_after` without trouble failures are forgotten. What is left out
    is as `engine:` says: 1s, 60s, 0.5, 5m.
    """

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        base="initial min minimum delay first restartsec",
        cap="max maximum max_delay limit",
        jitter="randomness",
        reset_after="reset",
    )

    base: Seconds | None = None
    """The first wait."""
    cap: Seconds | None = None
    """The longest wait."""
    jitter: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    """The share of each wait that is left to chance, from 0 to 1."""
    reset_after: Seconds | None = None
    """After so long without trouble the wait begins with `base` again."""


class ProcessSection(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `processes:`, by its name; any text may be a template.

    Relative paths are below the folder of the document, which is also the default of `cwd`.
    `after` and `requires` name other processes, bridges, or the broker.
    """

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        command="cmd exec execstart run entrypoint program args script executable arguments",
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
        files="configs config_files",
    )
    WITHOUT_COUNTERPART: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(
            ("user", "group", "uid", "gid"),
            "Remove it: all processes run as the user of fsmv2. For another user run a second "
            "fsmv2.",
        ),
        **dict.fromkeys(
            ("replicas", "instances", "numprocs", "scale"), "Write an entry for each of them."
        ),
        **dict.fromkeys(
            ("image", "build", "volumes", "networks", "ports", "container_name"),
            "Remove it: a process is a program of this machine, not a container. "
            "`command: [docker, run, ...]` runs one.",
        ),
        **dict.fromkeys(("schedule", "cron", "timer"), "Leave it with cron or a timer of systemd."),
        "shell": "Remove it: `command: [sh, -c, ...]` has a shell run it.",
    }

    command: list[Templated[str]]
    """The program and its arguments: `[python, app.py, --port, "8080"]`. No shell reads it."""
    env: dict[str, Templated[str]] = {}
    """Variables of its environment, beside those of fsmv2: `{DEBUG: "1"}`."""
    cwd: Templated[str] = ""
    """Its working directory; by default the folder of the document."""
    files: dict[str, Templated[str]] = {}
    """Files that are written before each start, by path, with their content."""
    ready: ReadySection = ReadySection()
    """When it can be used."""
    signal: Templated[str] = "SIGTERM"
    """The signal that asks it to end."""
    grace: Seconds = 10.0
    """How long it may take to end before it is killed."""
    log_bytes: Annotated[int, msgspec.Meta(ge=16384)] = 4 << 20
    """Bytes of its output that are kept on disk."""
    line_bytes: Annotated[int, msgspec.Meta(ge=1)] = 8192
    """Bytes after which a line of its output is cut."""
    log_lines: Annotated[int, msgspec.Meta(ge=0)] = 100
    """Lines of its output that are logged in a second; the rest is counted, and on the disk."""
    backoff: BackoffSection = BackoffSection()
    """How long it waits before it is restarted after a failure."""
    restart: Annotated[Literal["permanent", "transient", "temporary"], RESTART_WORDS] = "permanent"
    """permanent: always restarted; transient: unless it ended with exit code 0;
    temporary: never."""
    after: list[str] = []
    """Names of what must be running before it starts."""
    requires: list[str] = []
    """Names of what must be running as long as it runs."""
    variables: dict[str, Any] = {}
    """Values for its templates."""
    enabled: bool = True
    """false: it is declared and does not run."""
    detect_only: bool = False
    """true: it is observed, and what would be done is only reported."""


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
