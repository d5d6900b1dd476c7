"""Log lines of libraries, kept off the screen: what matters stands in the tree, with its reason.

With FSMV2_DEBUG=1 everything from INFO on goes to stderr. Called before a tree is run.
"""

from __future__ import annotations

import logging
import sys

import structlog

from fsmv2.cli.exits import debugging

NOISY = ("asyncio", "pymodbus", "nats", "mqtt", "aiomqtt", "paho")
"""Libraries that log what a worker already observed and explained."""


def keep_quiet() -> None:
    """Send workers' own log lines to stderr, from warnings on; silence the libraries'."""
    level = logging.INFO if debugging() else logging.WARNING
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Asked for at each line, because the live tree puts its own stream in place of stderr.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=sys.stderr, level=level, format="%(levelname)s %(name)s %(message)s")
    if not debugging():
        for name in NOISY:
            logging.getLogger(name).setLevel(logging.CRITICAL)
