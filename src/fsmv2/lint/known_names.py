"""What is known of names outside the linted code: which of them are impure, block, or wait."""

from __future__ import annotations

from fsmv2.lint.finding_codes import CLOCK, MACHINE, OUTSIDE, RANDOM


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def _of(room: str, names: str) -> set[str]:
    return {f"{room}.{name}" for name in names.split()}


_CLOCKS = {
    *_of("datetime.datetime", "now today utcnow"),
    *_of(
        "time",
        "clock_gettime ctime gmtime localtime monotonic monotonic_ns perf_counter "
        "perf_counter_ns process_time process_time_ns strftime thread_time time time_ns",
    ),
    *words("datetime.date.today"),
}
_RANDOM = words("hash id os.getrandom os.urandom ssl.RAND_bytes uuid.uuid1 uuid.uuid4")
"""`hash` and `id` are others in each process."""
_RANDOM_ROOMS = tuple(words("random. secrets. numpy.random."))
_MACHINE = {
    *_of("os", "cpu_count getcwd getenv getlogin getpid getppid getuid uname"),
    *_of("os.path", "abspath expanduser realpath"),
    *words(
        "inspect.currentframe inspect.stack os.environ.get socket.getfqdn socket.gethostname "
        "sys._getframe uuid.getnode"
    ),
}
_MACHINE_ROOMS = tuple(words("platform. getpass. pwd. locale. resource."))
READ_ONLY_BY_NAME = dict.fromkeys(
    _of("os", "environ environb") | _of("sys", "argv modules"), MACHINE
)
"""What is impure to look at, called or not."""

_OUTSIDE = {
    *_of("os.path", "exists getmtime getsize isdir isfile islink lexists"),
    *words(
        "breakpoint eval exec gc.collect input io.FileIO io.open open print sys.exit "
        "sys.stderr.write sys.stdin.read sys.stdin.readline sys.stdout.write time.sleep "
        "warnings.warn"
    ),
}
_OUTSIDE_ROOMS = tuple(
    words(
        "subprocess. socket. ssl. requests. httpx. aiohttp. urllib.request. urllib3. http.client. "
        "ftplib. smtplib. sqlite3. psycopg. psycopg2. pymodbus. nats. paho. aiomqtt. websockets. "
        "asyncio. threading. multiprocessing. concurrent.futures. signal. logging. structlog. "
        "shutil. tempfile. glob. select. selectors. os. _thread. serial. redis. boto3."
    )
)
_PURE = {
    *_of(
        "os.path",
        "basename commonpath commonprefix dirname isabs join normcase normpath relpath split "
        "splitdrive splitext splitroot",
    ),
    *_of("socket", "htons inet_aton inet_pton ntohs"),
    *_of("os", "fsdecode fsencode fspath strerror"),
    *words(
        "asyncio.iscoroutine glob.escape httpx.URL logging.getLevelName logging.getLogger "
        "requests.compat.quote requests.utils.quote signal.Signals signal.strsignal "
        "structlog.get_logger subprocess.list2cmdline urllib3.util.parse_url"
    ),
}
PATH_ONLY = words(
    "expanduser is_dir is_file iterdir mkdir read_bytes read_text rglob rmdir symlink_to touch "
    "unlink write_bytes write_text"
)
"""Methods that only a path has, whatever it was reached through."""
_PATH_WORK = PATH_ONLY | words(
    "absolute chmod cwd exists glob home is_mount is_symlink lstat open rename resolve samefile "
    "stat"
)

MUTATING = words(
    "__delitem__ __iadd__ __setattr__ __setitem__ add append appendleft clear difference_update "
    "discard extend extendleft insert intersection_update move_to_end pop popitem popleft put "
    "put_nowait remove reverse rotate setdefault sort subtract symmetric_difference_update update"
)
MUTATORS = {
    *_of("operator", "delitem iadd setitem"),
    *_of("heapq", "heapify heappop heappush heapreplace"),
    *_of("bisect", "insort insort_left insort_right"),
    *words(
        "delattr msgspec.structs.force_setattr next object.__delattr__ object.__setattr__ "
        "random.shuffle setattr"
    ),
}
"""Functions that change their first argument; `next` moves an iterator that outlives the call."""

_BLOCKING = {
    *_of("shutil", "copytree make_archive rmtree unpack_archive"),
    *_of("subprocess", "call check_call check_output getoutput run"),
    *_of(
        "socket.socket()",
        "accept connect connect_ex makefile recv recv_into recvfrom send sendall sendto",
    ),
    *_of("socket", "create_connection getaddrinfo getfqdn gethostbyaddr gethostbyname getnameinfo"),
    *_of("httpx", "delete get head patch post put request stream"),
    *_of("os", "system wait waitpid"),
    *words(
        "asyncio.run input queue.Queue().get queue.Queue().put select.select serial.Serial "
        "signal.pause sqlite3.connect subprocess.Popen().communicate subprocess.Popen().wait "
        "threading.Condition().wait threading.Event().wait threading.Lock().acquire "
        "threading.Thread().join time.sleep urllib.request.urlopen"
    ),
}
_BLOCKING_ROOMS = tuple(
    words(
        "requests. http.client.HTTPConnection(). http.client.HTTPSConnection(). ftplib.FTP "
        "smtplib.SMTP urllib3. httpx.Client(). psycopg2. telnetlib. socket.create_connection(). "
        "pymodbus.client.ModbusTcpClient(). redis.Redis()."
    )
)
NETWORK = {
    *_of("httpx.AsyncClient()", "delete get patch post put request"),
    *_of("aiohttp.ClientSession()", "delete get patch post put request"),
    *words(
        "asyncio.get_running_loop().create_connection asyncio.get_running_loop().getaddrinfo "
        "asyncio.open_connection asyncio.open_connection().read asyncio.open_unix_connection "
        "nats.connect pymodbus.client.AsyncModbusTcpClient().connect websockets.connect"
    ),
}
"""Awaitables that a silent peer keeps waiting."""
BOUNDING = words("asyncio.timeout asyncio.timeout_at asyncio.wait_for anyio.fail_after")
_MAKERS = words("connect create_connection getLogger get_logger open popen socket")
_NOT_WORK = tuple(words("Error Exception Expired Warning timeout"))


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
