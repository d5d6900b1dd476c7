"""What a derive reads is noted: exactly for templates and keys, and whole where it is not clear."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fsmv2 import VariableBundle, render_template
from fsmv2.model import RenderCache, Template
from fsmv2.model.read_tracking import TrackedBundle, unaffected

USER = {"IP": "10.0.0.1", "PORT": 502, "tags": ["a", "b"], "parent_state": "running"}
GLOBAL = {"rate": "1s", "zone": "x"}


class Typed(msgspec.Struct):
    IP: str


def reads(read: Callable[[TrackedBundle], Any]) -> Any:
    """What is noted of `read`, as dotted texts; "everything" for all."""
    bundle = TrackedBundle.open(USER, GLOBAL, {"id": "p"})
    kept = read(bundle)
    found = bundle.close(kept=False)
    del kept
    return "everything" if found is None else sorted(".".join(map(str, p)) for p in found)


@pytest.mark.parametrize(
    ("read", "noted"),
    [
        (lambda b: None, []),
        (lambda b: b.internal["id"], []),
        (lambda b: render_template("{{ .IP }}:{{ .global.rate }}", b), ["IP", "global.rate"]),
        (lambda b: render_template({"a": ["{{ .IP }}"]}, b.flatten()), ["IP"]),
        (lambda b: render_template("{% for t in .tags %}{{ t }}{% endfor %}", b), ["t", "tags"]),
        (lambda b: Template.compile("{{ .PORT }}").render(b.flatten()), ["PORT"]),
        (lambda b: RenderCache().render(Template.compile("{{ .PORT }}"), b), ["PORT"]),
        (lambda b: b.flatten()["PORT"], ["PORT"]),
        (lambda b: b.flatten().get("absent"), ["absent"]),
        (lambda b: "IP" in b.flatten(), ["IP"]),
        (lambda b: b.flatten().pop("IP"), ["IP"]),
        (lambda b: b.flatten().setdefault("IP", 1), ["IP"]),
        (lambda b: b.flatten()["global"]["rate"], ["global"]),
    ],
)
def test_a_clear_read_is_noted_exactly(read: Any, noted: list[str]) -> None:
    assert reads(read) == noted


@pytest.mark.parametrize(
    "read",
    [
        lambda b: b.user["IP"],
        lambda b: b.global_["rate"],
        lambda b: dict(b.flatten()),
        lambda b: {**b.flatten()},
        lambda b: list(b.flatten()),
        lambda b: len(b.flatten()),
        lambda b: b.flatten() == {},
        lambda b: repr(b.flatten()),
        lambda b: b.flatten() | {},
        lambda b: {} | b.flatten(),
        lambda b: list(reversed(b.flatten())),
        lambda b: list(b.flatten().items()),
        lambda b: list(b.flatten().values()),
        lambda b: b.flatten().popitem(),
        lambda b: b.flatten().copy(),
        lambda b: copy.copy(b.flatten()),
        lambda b: json.dumps(b.flatten()),
        lambda b: msgspec.convert(b.flatten(), Typed),
        lambda b: msgspec.json.encode(b.flatten()),
        lambda b: (lambda scope: (scope["IP"], scope))(b.flatten()),
    ],
)
def test_what_is_not_clear_counts_as_reading_everything(read: Any) -> None:
    """Also what C code reads unseen, and a scope that somebody keeps."""
    assert reads(read) == "everything"


def test_a_bundle_or_spec_that_is_kept_counts_as_reading_everything() -> None:
    assert TrackedBundle.open(USER, GLOBAL, {}).close(kept=True) is None


def test_a_closed_bundle_and_its_scope_are_like_any_other() -> None:
    bundle = TrackedBundle.open(USER, GLOBAL, {"id": "p"})
    bundle.close(kept=True)
    assert bundle.flatten() == VariableBundle.trusted(USER, GLOBAL, {"id": "p"}).flatten()
    assert type(bundle.flatten()) is dict
    assert bundle.user["IP"] == "10.0.0.1"


def test_a_scope_is_the_authors_own_to_change() -> None:
    """As every `flatten()`; templates see the change."""
    bundle = TrackedBundle.open(USER, GLOBAL, {"id": "p"})
    scope = bundle.flatten()
    scope["IP"] = "changed"
    scope.update({"NEW": 1}, MORE=2)
    scope |= {"ALSO": 3}
    assert scope.setdefault("LATE", 4) == 4
    del scope["tags"]
    assert scope.pop("PORT") == 502
    assert scope.pop("PORT", "gone") == "gone"
    text = render_template("{{ .IP }} {{ .NEW }} {{ .MORE }} {{ .ALSO }} {{ .LATE }}", scope)
    assert text == "changed 1 2 3 4"
    assert scope.popitem() == ("LATE", 4)
    assert {**scope} == dict.copy(scope) == msgspec.to_builtins(scope)
    assert "tags" not in {**scope}
    scope.clear()
    assert scope == {}
    assert USER["PORT"] == 502


def test_workers_that_read_the_same_share_one_note() -> None:
    def derive() -> Any:
        bundle = TrackedBundle.open(USER, GLOBAL, {})
        render_template(["{{ .IP }}", "{{ .PORT }}"], bundle)
        return bundle.close(kept=False)

    assert derive() is derive()


@pytest.mark.parametrize(
    ("read", "user", "global_", "same"),
    [
        ("{{ .IP }}", {"PORT": 503}, {"rate": "2s"}, True),
        ("{{ .IP }}", {"IP": "10.0.0.2"}, {}, False),
        ("{{ .PORT }}", {"PORT": 502.0}, {}, False),
        ("{{ .global.rate }}", {"IP": "x"}, {"zone": "y"}, True),
        ("{{ .global.rate }}", {}, {"rate": "2s"}, False),
        ("{{ .tags.0 }}", {"tags": ["a", "c"]}, {}, True),
        ("{{ .internal.id }}", {"IP": "x"}, {"rate": "x"}, True),
    ],
)
def test_only_a_change_of_what_was_read_affects(
    read: str, user: dict[str, Any], global_: dict[str, Any], same: bool
) -> None:
    old = VariableBundle.trusted(USER, GLOBAL, {"id": "p"})
    new = VariableBundle.trusted({**USER, **user}, {**GLOBAL, **global_}, {"id": "p"})
    noted = TrackedBundle.open(USER, GLOBAL, {"id": "p"})
    render_template(read, noted)
    assert unaffected(noted.close(kept=False), old, new) is same


def test_a_variable_that_was_missing_affects_when_it_arrives() -> None:
    """H32: the read of a name that is not there is noted, too."""
    noted = TrackedBundle.open({}, {}, {})
    with pytest.raises(Exception, match="IP"):
        render_template("{{ .IP }}{{ .global.rate }}", noted)
    found = noted.close(kept=False)
    nothing = VariableBundle()
    assert not unaffected(found, nothing, VariableBundle({"IP": 1}))
    assert not unaffected(found, nothing, VariableBundle({}, {"rate": 1}))
    assert unaffected(found, nothing, VariableBundle({"PORT": 1}, {"zone": 1}))


def test_everything_is_affected_by_anything() -> None:
    assert not unaffected(None, VariableBundle(), VariableBundle())
