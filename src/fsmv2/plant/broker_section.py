"""`broker:` of a document that names a broker of the user's: its address, and what it is shown.

The URL is taken apart before its variables are put in: a password is then whatever the variable
holds, whichever characters that are, and never has to be encoded. What is written in the URL itself
is percent-decoded, as in any URL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from fsmv2 import Diagnostic, SpecError, TemplateError, VariableBundle, render_template
from fsmv2.builtin.broker.broker_config import RESERVED_USERS
from fsmv2.builtin.broker.broker_worker import BrokerSpec
from fsmv2.flow import Login
from fsmv2.flow.nats.broker_url import parse_address, split_url
from fsmv2.model.decoder import Node
from fsmv2.model.secrets.vault import holds_secret
from fsmv2.plant.sections import BrokerSection

UNFIT, NO_ADDRESS = "FSM0126", "FSM0150"
OF_A_URL = ("user", "password", "token", "ca_file")
"""Keys that say how to be let in to a broker of the user's."""

_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


class BrokerAccess:
    """Reads one section; its problems go into `fatal`."""

    def __init__(
        self,
        section: BrokerSection,
        node: Node,
        global_: Mapping[str, Any],
        fatal: list[Diagnostic],
    ) -> None:
        self._section = section
        self._node = node
        self._scope = VariableBundle(global_=global_)
        self._fatal = fatal

    def spec(self) -> BrokerSpec | None:
        """A broker of the user's; None: something is wrong with it, which was noted."""
        before = len(self._fatal)
        given = {key: self._rendered(key, getattr(self._section, key)) for key in OF_A_URL}
        url, user, password = self._taken_apart(self._section.url or "")
        if user and (given["user"] or given["token"]):
            self._problem("url", "the URL names a user, and so do keys beside it.", "Keep one.")
        if given["user"] and given["token"]:
            self._problem("token", "`user` and `token` exclude each other.", "Keep one.")
        if bool(given["user"]) != bool(given["password"]):
            self._problem("password", "`user` and `password` go together.", "Give both, or none.")
        if self._section.users:
            self._problem("users", "`users` are those of an embedded broker.", "Add them to yours.")
        if len(self._fatal) > before:
            return None
        if user:
            given |= {"user": user, "password": password}
        return BrokerSpec(embedded=False, url=url, login=Login(**given))

    def users(self) -> dict[str, str]:
        """Who may publish to an embedded broker, with their passwords."""
        for key in OF_A_URL:
            if getattr(self._section, key):
                message = f"`{key}` goes with the `url` of your own broker."
                fix = "Add `url:`, or remove it: the users of an embedded broker are in `users:`."
                self._problem(key, message, fix)
        for name in self._section.users:
            if name in RESERVED_USERS or not name.strip() or not name.isprintable():
                self._problem("users", f"the user name {name!r} cannot be used.", "Choose another.")
        return {
            name: self._rendered("users", password)
            for name, password in self._section.users.items()
        }

    def _taken_apart(self, template: str) -> tuple[str, str, str]:
        """URL without user, user, password."""
        expressions = _EXPRESSION.findall(template)
        plain = _EXPRESSION.sub("\x00", template)
        if "://" not in plain and plain.startswith("\x00"):  # a variable holds all of it
            url = self._rendered("url", template)
            self._check(url)
            return url, "", ""
        scheme, before, after = split_url(plain)
        user, colon, password = before.partition(":")
        at = iter(expressions)
        filled = [self._filled(part, at) for part in (user, password)]
        host = "".join(next(at) if c == "\x00" else c for c in after)
        url = f"{scheme}://{self._rendered('url', host)}"
        self._check(url.replace("://", f"://{before}@", 1))
        return url, filled[0], filled[1] if colon else ""

    def _filled(self, text: str, expressions: Any) -> str:
        """A part: what is written is decoded, what variables hold stays as it is."""
        pieces = text.split("\x00")
        made = unquote(pieces[0])
        for piece in pieces[1:]:
            made += self._rendered("url", next(expressions)) + unquote(piece)
        return made

    def _check(self, url: str) -> None:
        if holds_secret(url):
            return  # it is known only when it is used
        try:
            parse_address(url)
        except SpecError as error:
            self._problem("url", str(error.message), error.fix, NO_ADDRESS)

    def _rendered(self, key: str, template: str) -> str:
        try:
            return str(render_template(template, self._scope))
        except TemplateError as error:
            node = self._node.get(key) or self._node
            self._fatal.append(node.problem(error.code, error.message, fix=error.fix))
            return ""

    def _problem(self, key: str, text: str, fix: str, code: str = UNFIT) -> None:
        node = self._node.get(key) or self._node
        self._fatal.append(node.problem(code, text, fix=fix))
