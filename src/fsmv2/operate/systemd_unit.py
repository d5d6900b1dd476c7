"""The systemd unit that runs a document: what it says, and why, as comments for who edits it.

For systemd 252 (Debian 12) and later.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import msgspec

from fsmv2.core import EngineSettings
from fsmv2.errors import NotRunningError, QuestionError
from fsmv2.operate.state_directory import STORE, short_path
from fsmv2.plant import load_contents
from fsmv2.runtime.dispatcher import ABANDON_AFTER
from fsmv2.store import reading

WATCHDOG = 30
"""Seconds without a decision of supervision after which systemd ends and restarts fsmv2. It decides
each second; a busy machine may be late, and a restart is the last resort."""

START_WITHIN = 300
"""Seconds for a start: reading a large document, a store on a slow disk."""

RELOAD_WITHIN = "4m"
"""How long a reload waits for what it has changed to converge; systemd gives it START_WITHIN."""

HOMES = ("/home", "/root", "/run/user")

TEXT = """\
# Made by `fsmv2 systemd`. Save it as /etc/systemd/system/{unit}.service, then
#   systemctl daemon-reload && systemctl enable --now {unit}
# Changes of yours: systemctl edit {unit}
[Unit]
Description=fsmv2 runs {description} ({unit})
After=network.target
RequiresMountsFor={mounts}
# It is restarted for as long as it takes: no one may be there to reset a counter.
StartLimitIntervalSec=0

[Service]
# Ready: the tree is declared and supervision decides. Not: every device answers.
Type=notify
User={user}
ExecStart={command}
WorkingDirectory={folder}
{state}TimeoutStartSec={start_within}
{reload}

# systemctl stop sends SIGTERM to fsmv2 alone, which stops the whole tree in order, children before
# parents. KillMode=process has systemd leave the broker and the processes to it: when fsmv2
# crashes, is killed, or is upgraded (fsmv2 stop --keep), they run on, and its next start adopts
# them. {restart}
KillMode=process
TimeoutStopSec={stop_within:.0f}
# The kernel ending one process for lack of memory must not have systemd stop all of them.
OOMPolicy=continue

Restart=on-failure
RestartSec=5
# Each decision of supervision resets the watchdog, and nothing else does: a full disk or a device
# that does not answer is no reason to restart. When it expires, the log gets each thread's stack.
WatchdogSec={watchdog}
Environment=PYTHONFAULTHANDLER=1

LimitNOFILE=65536
UMask=0077
# The commands of `processes:` run under all of the following, too. What one of them needs, a serial
# port or a folder to write in, say, is given back with DeviceAllow= or ReadWritePaths=.
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
# No PrivateTmp: its folder is removed when fsmv2 ends, and what runs on would be left without one.
ReadWritePaths={writable}
ProtectHome={protect_home}
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""

RELOAD_APPLIES = """\
# systemctl reload makes what the document says by now run, and waits until all that it touches has
# converged. It fails when that is refused and nothing was changed, as for a mistake or if workers
# would be removed; or when somebody has not converged in time. Which it is, the log says.
ExecReload={command}"""

RELOAD_READS_SECRETS = """\
# systemctl reload has the tree read its secrets again. Its document is changed by `fsmv2 edit`,
# `fsmv2 apply FILE` and the API.
ExecReload=/bin/kill -HUP $MAINPID"""

RESTART_STOPS = """\
So they are restarted by `systemctl restart`, which is stop and start, and by nothing else:
# `fsmv2 systemd --keep-on-restart` prints a unit that lets them run on there, too."""

RESTART_KEEPS = """\
So they are by `systemctl restart`: while systemd restarts this unit, ExecStop= ends
# fsmv2 alone. During a stop it does nothing. If systemd cannot be asked which of the two it is, as
# without D-Bus, a restart is a stop and a start. Its failure (-) leaves the rest to SIGTERM.
ExecStop=-{command}"""


class UnitOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit is to run, and as whom.

    `document`: the file that the tree follows; None: it keeps its document itself, in `state_dir`,
    which has to be named then. `name`: of the unit and of its state directory below /var/lib/fsmv2;
    made of the document's when it is empty. `state_dir`: another state directory.
    `keep_on_restart`: a restart of the unit ends fsmv2 alone, and what it started runs on and is
    adopted.
    """

    document: Path | None
    user: str = "fsmv2"
    name: str = ""
    state_dir: Path | None = None
    keep_on_restart: bool = False


def systemd_unit(options: UnitOptions, settings: EngineSettings) -> str:
    """The text of the unit of a document with these settings."""
    kept = options.state_dir if options.document is None else options.document
    if kept is None:
        raise QuestionError(
            "a unit needs a document, or the state directory of a tree that keeps its own.",
            fix="Name one: fsmv2 systemd FILE, or fsmv2 systemd --state-dir DIR.",
        )
    document = Path(os.path.abspath(kept))
    name = options.name or re.sub(r"[^A-Za-z0-9_.-]+", "-", document.stem).strip("-.") or "plant"
    program = _program()
    if options.state_dir is None:
        state_word, below, state_dirs = f"%S/fsmv2/{name}", f"fsmv2/{name}", []
        state = f"StateDirectory={below}\nStateDirectoryMode=0700\n"
    else:
        place = Path(os.path.abspath(options.state_dir))
        state_word, state_dirs, state = word(str(place)), [str(place)], ""
    folder = document if document.is_dir() else document.parent
    _refuse_unsayable(folder)
    homes = [document, *map(Path, program), Path(sys.base_prefix), *map(Path, state_dirs)]
    at_home = any(str(place).startswith(tuple(f"{home}/" for home in HOMES)) for place in homes)
    state_dir = ["--state-dir", state_word.replace("$", "$$")]
    follows = [] if options.document is None else [str(document)]
    command = [*map(_command_word, (*program, "run", *follows)), *state_dir]
    apply = [*map(_command_word, (*program, "apply")), "--reload", "--timeout", RELOAD_WITHIN]
    apply += ["-m", '"systemctl reload"', *state_dir]
    reload = RELOAD_APPLIES if follows else RELOAD_READS_SECRETS
    leave = [*map(_command_word, (*program, "stop", "--keep")), "--when-restarting", "%n"]
    keeps = RESTART_KEEPS.format(
        command=" ".join([*leave, "-m", '"systemctl restart"', *state_dir])
    )
    return TEXT.format(
        unit=f"fsmv2-{name}",
        description=_plain(str(document) if follows else f"what {document} keeps"),
        mounts=" ".join(map(word, dict.fromkeys([str(folder), *state_dirs]))),
        user=options.user,
        command=" ".join(command),
        reload=reload.format(command=" ".join(apply)),
        restart=keeps if options.keep_on_restart else RESTART_STOPS,
        folder=_plain(str(folder)),
        state=state,
        start_within=START_WITHIN,
        stop_within=longest_stop(settings),
        watchdog=WATCHDOG,
        writable=" ".join(["/tmp", *map(word, state_dirs)]),  # noqa: S108  (where commands keep what is temporary)
        protect_home="read-only" if at_home else "yes",
    )


def kept_settings(directory: Path) -> EngineSettings:
    """The settings of the document that a managed tree keeps in its state directory.

    NotRunningError: none is kept there. QuestionError: its tree follows a file.
    """
    with reading(directory / STORE) as store:
        head = store.head()
        last = None if head is None else store.generation(head.number)
    if head is None or last is None:
        raise NotRunningError(
            f"{short_path(directory)} keeps no document.",
            fix="Begin with one: fsmv2 run --state-dir DIR --init FILE.",
        )
    if not head.managed:
        raise QuestionError(
            f"the tree in {short_path(directory)} follows {last.source}.",
            fix=f"Name it: fsmv2 systemd {last.source} --state-dir {short_path(directory)}",
        )
    return load_contents(Path(last.source), last.files, managed=True, planning=True).settings


def longest_stop(settings: EngineSettings) -> float:
    """Seconds that an orderly stop takes at most: the tree, its store and journal, its threads."""
    return settings.stop_deadline + 2 * settings.store_patience + 4 * ABANDON_AFTER


def word(text: str) -> str:
    """A text as one word of a unit's value: systemd reads quotes, backslashes and `%` in it."""
    plain = "".join(_escaped(char) for char in text)
    return f'"{plain}"' if re.search(r"[^A-Za-z0-9_./@:+,=%-]", plain) else plain


def _command_word(text: str) -> str:
    """The same in a command, in which `$` begins a variable."""
    return word(text).replace("$", "$$")


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char == "%":
        return "%%"
    if char < " " or char == "\x7f":
        return f"\\x{ord(char):02x}"
    return char


def _plain(text: str) -> str:
    """A text that is a whole value: systemd reads only `%` in it, and a line is its end."""
    return "".join("?" if char < " " else char for char in text).replace("%", "%%")


def _refuse_unsayable(folder: Path) -> None:
    """A folder is a value without quotes: systemd strips it, and reads on after a backslash."""
    text = str(folder)
    if text != text.strip() or text.endswith("\\") or any(char < " " for char in text):
        raise QuestionError(
            f"a unit cannot name the folder {text!r}: it has a line end or white space at its "
            "end, or a backslash.",
            fix="Move the document to another folder.",
        )


def _program() -> list[str]:
    """The words that start this very fsmv2."""
    beside = Path(os.path.abspath(sys.executable)).with_name("fsmv2")
    if beside.exists():
        return [str(beside)]
    return [os.path.abspath(sys.executable), "-m", "fsmv2.cli"]
