"""What is known of names outside the linted code: which of them are impure, block, or wait."""

from __future__ import annotations

from fsmv2.lint.finding_codes import CLOCK, MACHINE, OUTSIDE, RANDOM

_CLOCKS = {
    *(f"time.{n}" for n in ["time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"]),
    *(f"time.{n}" for n in ["perf_counter_ns", "process_time", "process_time_ns"]),
    *(
        f"time.{n}"
        for n in ["thread_time", "clock_gettime", "localtime", "gmtime", "ctime", "strftime"]
    ),
    *(f"datetime.datetime.{n}" for n in ["now", "utcnow", "today"]),
    "datetime.date.today",
}
_RANDOM = {"uuid.uuid1", "uuid.uuid4", "os.urandom", "os.getrandom", "ssl.RAND_bytes"}
_RANDOM |= {"hash", "id"}  # another one in each process
_RANDOM_ROOMS = ("random.", "secrets.", "numpy.random.")
_MACHINE = {
    *(
        f"os.{n}"
        for n in [
            "getenv",
            "getcwd",
            "getpid",
            "getppid",
            "cpu_count",
            "uname",
            "getlogin",
            "getuid",
        ]
    ),
    *("os.environ.get", "socket.gethostname", "socket.getfqdn", "os.path.expanduser"),
    *("os.path.abspath", "os.path.realpath", "uuid.getnode", "sys._getframe"),
    *("inspect.stack", "inspect.currentframe"),
}
_MACHINE_ROOMS = ("platform.", "getpass.", "pwd.", "locale.", "resource.")
READ_ONLY_BY_NAME = {"os.environ": MACHINE, "os.environb": MACHINE, "sys.argv": MACHINE}
READ_ONLY_BY_NAME |= {"sys.modules": MACHINE}
"""What is impure to look at, called or not."""

_OUTSIDE = {
    *(
        "exec",
        "eval",
        "open",
        "print",
        "input",
        "breakpoint",
        "io.open",
        "time.sleep",
        "warnings.warn",
        "io.FileIO",
        "gc.collect",
    ),
    *("sys.stdout.write", "sys.stderr.write", "sys.stdin.read", "sys.stdin.readline", "sys.exit"),
    *(
        f"os.path.{n}"
        for n in ["exists", "lexists", "isfile", "isdir", "islink", "getsize", "getmtime"]
    ),
}
_OUTSIDE_ROOMS = (
    "subprocess.",
    "socket.",
    "ssl.",
    "requests.",
    "httpx.",
    "aiohttp.",
    "urllib.request.",
    "urllib3.",
    "http.client.",
    "ftplib.",
    "smtplib.",
    "sqlite3.",
    "psycopg.",
    "psycopg2.",
    "pymodbus.",
    "nats.",
    "paho.",
    "aiomqtt.",
    "websockets.",
    "asyncio.",
    "threading.",
    "multiprocessing.",
    "concurrent.futures.",
    "signal.",
    "logging.",
    "structlog.",
    "shutil.",
    "tempfile.",
    "glob.",
    "select.",
    "selectors.",
    "os.",
    "_thread.",
    "serial.",
    "redis.",
    "boto3.",
)
_PURE = {
    *(
        f"os.path.{n}"
        for n in ["join", "basename", "dirname", "split", "splitext", "normpath", "isabs"]
    ),
    *(f"os.path.{n}" for n in ["commonpath", "commonprefix", "relpath", "normcase", "splitroot"]),
    *("signal.Signals", "signal.strsignal", "subprocess.list2cmdline", "httpx.URL"),
    *("glob.escape", "urllib3.util.parse_url", "os.path.splitdrive", "requests.utils.quote"),
    *("os.fspath", "os.strerror", "os.fsencode", "os.fsdecode", "logging.getLogger"),
    *("structlog.get_logger", "socket.inet_aton", "socket.inet_pton", "asyncio.iscoroutine"),
    *("socket.htons", "socket.ntohs", "requests.compat.quote", "logging.getLevelName"),
}
_PATH_WORK = frozenset(
    [
        "read_text",
        "write_text",
        "read_bytes",
        "write_bytes",
        "iterdir",
        "unlink",
        "mkdir",
        "rmdir",
        "touch",
        "rglob",
        "glob",
        "is_file",
        "is_dir",
        "exists",
        "stat",
        "lstat",
        "open",
        "expanduser",
        "resolve",
        "absolute",
        "symlink_to",
        "rename",
        "is_symlink",
        "is_mount",
        "samefile",
        "chmod",
        "home",
        "cwd",
    ]
)
PATH_ONLY = frozenset(
    [
        "read_text",
        "write_text",
        "read_bytes",
        "write_bytes",
        "iterdir",
        "unlink",
        "mkdir",
        "rmdir",
        "touch",
        "rglob",
        "is_file",
        "is_dir",
        "expanduser",
        "symlink_to",
    ]
)
"""Methods that only a path has, whatever it was reached through."""

MUTATING = frozenset(
    [
        "append",
        "extend",
        "insert",
        "remove",
        "pop",
        "popitem",
        "clear",
        "update",
        "add",
        "discard",
        "setdefault",
        "sort",
        "reverse",
        "appendleft",
        "popleft",
        "extendleft",
        "rotate",
        "difference_update",
        "intersection_update",
        "put",
        "put_nowait",
        "symmetric_difference_update",
        "move_to_end",
        "__setitem__",
        "__delitem__",
        "__setattr__",
        "__iadd__",
        "subtract",
    ]
)
MUTATORS = {
    *("setattr", "delattr", "object.__setattr__", "object.__delattr__"),
    *("operator.setitem", "operator.delitem", "operator.iadd", "heapq.heappush"),
    *("heapq.heappop", "heapq.heapify", "heapq.heapreplace", "bisect.insort", "random.shuffle"),
    *("bisect.insort_left", "bisect.insort_right", "msgspec.structs.force_setattr", "next"),
}
"""Functions that change their first argument; `next` moves an iterator that outlives the call."""

_BLOCKING = {
    *("time.sleep", "input", "os.system", "os.wait", "os.waitpid", "urllib.request.urlopen"),
    *(f"subprocess.{n}" for n in ["run", "call", "check_call", "check_output", "getoutput"]),
    *(f"subprocess.Popen().{n}" for n in ["wait", "communicate"]),
    *(f"socket.{n}" for n in ["create_connection", "getaddrinfo", "gethostbyname", "getfqdn"]),
    *(f"socket.{n}" for n in ["gethostbyaddr", "getnameinfo"]),
    *(
        f"socket.socket().{n}"
        for n in ["connect", "recv", "recv_into", "recvfrom", "send", "sendall"]
    ),
    *(f"socket.socket().{n}" for n in ["sendto", "accept", "connect_ex", "makefile"]),
    *("select.select", "signal.pause", "asyncio.run", "sqlite3.connect", "serial.Serial"),
    *("threading.Event().wait", "threading.Thread().join", "threading.Lock().acquire"),
    *("queue.Queue().get", "queue.Queue().put", "threading.Condition().wait"),
    *(f"httpx.{n}" for n in ["get", "post", "put", "patch", "delete", "head", "request", "stream"]),
    *(f"shutil.{n}" for n in ["rmtree", "copytree", "make_archive", "unpack_archive"]),
}
_BLOCKING_ROOMS = (
    *("requests.", "http.client.HTTPConnection().", "http.client.HTTPSConnection()."),
    *("ftplib.FTP", "smtplib.SMTP", "urllib3.", "httpx.Client().", "psycopg2.", "telnetlib."),
    *("socket.create_connection().", "pymodbus.client.ModbusTcpClient().", "redis.Redis()."),
)
NETWORK = {
    *("asyncio.open_connection", "asyncio.open_unix_connection", "nats.connect"),
    *("websockets.connect", "asyncio.get_running_loop().create_connection"),
    *("asyncio.get_running_loop().getaddrinfo", "asyncio.open_connection().read"),
    *(f"httpx.AsyncClient().{n}" for n in ["get", "post", "put", "patch", "delete", "request"]),
    *(f"aiohttp.ClientSession().{n}" for n in ["get", "post", "put", "patch", "delete", "request"]),
    "pymodbus.client.AsyncModbusTcpClient().connect",
}
"""Awaitables that a silent peer keeps waiting."""
BOUNDING = ("asyncio.timeout", "asyncio.timeout_at", "asyncio.wait_for", "anyio.fail_after")
_MAKERS = frozenset(
    ["connect", "create_connection", "socket", "getLogger", "get_logger", "open", "popen"]
)
_NOT_WORK = ("Error", "Exception", "Expired", "Warning", "timeout")


def impure(name: str) -> str | None:
    """The code of calling `name` in a pure function; None: pure as far as is known."""
    if name in _PURE or name.endswith(_NOT_WORK):
        return None
    if name in _CLOCKS or name.endswith("get_running_loop().time"):
        return CLOCK
    if name in _RANDOM or name.startswith(_RANDOM_ROOMS):
        return RANDOM
    if name in _MACHINE or name.startswith(_MACHINE_ROOMS):
        return MACHINE
    if name in _OUTSIDE or name.startswith(_OUTSIDE_ROOMS) or _works_on_path(name):
        return OUTSIDE
    return None


def impure_within(room: str) -> str | None:
    """The code of a module in which something is impure; None when all of it is pure."""
    inside = f"{room}."
    for code, names, rooms in (
        (CLOCK, _CLOCKS, ()),
        (RANDOM, _RANDOM, _RANDOM_ROOMS),
        (OUTSIDE, _OUTSIDE, _OUTSIDE_ROOMS),
        (MACHINE, _MACHINE, _MACHINE_ROOMS),
    ):
        if room and (inside in rooms or any(name.startswith(inside) for name in names)):
            return code
    return None


def blocks(name: str) -> bool:
    """Whether calling `name` blocks the loop for as long as somebody else likes."""
    return name in _BLOCKING or (
        name.startswith(_BLOCKING_ROOMS) and not name.endswith((*_NOT_WORK, "Session"))
    )


def stays_known(name: str) -> bool:
    """Whether what a call of `name` returns does work of its own, as a client does."""
    last = name.rpartition(".")[2]
    return last[:1].isupper() or last in _MAKERS or last == "get_running_loop"


def _works_on_path(name: str) -> bool:
    room, _, last = name.rpartition(".")
    return room.startswith("pathlib.") and "Pure" not in room and last in _PATH_WORK
