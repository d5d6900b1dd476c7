"""What the page on migrating says is what the document has, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import yaml

from fsmv2.builtin.agent import AgentSpec
from fsmv2.plant import parse_plant
from fsmv2.plant.process_section import ProcessSection, ReadySection
from fsmv2.plant.sections import PlantSection
from fsmv2.testing import Simulation, document_tree

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "migrate.md").read_text()
DOCUMENT = re.search(r"```yaml file=migrated.yaml\n(.*?)```", PAGE, re.DOTALL)


def keys_of(*structs: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for struct in structs for field in msgspec.structs.fields(struct)}


def test_every_key_of_the_tables_is_one_of_a_document() -> None:
    known = keys_of(PlantSection, ProcessSection)
    written = re.findall(r"^\|[^\n]*?[^\\\n]\| ([^\n]*)\|$", PAGE, re.MULTILINE)
    assert len(written) > 40
    for cell in written:
        for snippet in re.findall(r"`([a-z_]+:[^`]*)`", cell):
            found = yaml.safe_load(snippet.replace("\\|", "|").replace("...", "x"))
            assert found.keys() <= known, snippet
            if isinstance(found.get("ready"), dict):
                assert found["ready"].keys() <= keys_of(ReadySection), snippet


def test_the_example_starts_in_order(tmp_path: Path) -> None:
    assert DOCUMENT is not None
    file = tmp_path / "migrated.yaml"
    file.write_text(DOCUMENT[1])
    made = document_tree(file)()
    with Simulation(made.roots[0], made.factory, settings=made.settings) as sim:
        sim.until(lambda sim: "edge/web" in sim and sim["edge/web"].state == "running")
        started = [report.path for report in sim.reports if "→ running" in report.text]
        assert started.index("edge/history") < started.index("edge/web")


def test_the_example_means_what_the_units_said() -> None:
    assert DOCUMENT is not None
    spec = parse_plant(DOCUMENT[1], "migrated.yaml").root.user_spec
    assert isinstance(spec, AgentSpec)
    history, web = spec.processes
    assert history.spec.cwd == "/srv/history"
    assert (history.spec.grace, history.backoff.base) == (20.0, 5.0)
    assert (history.restart, web.restart) == ("permanent", "transient")
    assert (web.spec.signal, web.requires) == ("SIGINT", ("history",))
