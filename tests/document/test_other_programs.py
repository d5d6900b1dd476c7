"""A file that was written for another program is one problem, which says whose it is."""

from __future__ import annotations

import pytest

from fsmv2 import DocumentError
from fsmv2.document import scan_yaml
from fsmv2.document.other_programs import other_program
from fsmv2.plant import parse_plant

FILES = {
    "a Docker Compose file": (2, "version: '3'\nservices:\n  web:\n    image: nginx\n"),
    "a Kubernetes manifest": (
        1,
        "apiVersion: v1\nkind: Service\n---\napiVersion: v1\nkind: Pod\n",
    ),
    "an Ansible playbook": (1, "- name: all\n  hosts: all\n  tasks: []\n"),
    "a list of Home Assistant automations": (1, "- id: '1'\n  alias: x\n  trigger: []\n"),
    "a Home Assistant configuration": (
        2,
        "modbus: []\nautomation: !include_dir_merge_list automations/\n",
    ),
    "a Prometheus configuration": (3, "global:\n  scrape_interval: 15s\nscrape_configs: []\n"),
    "a GitHub Actions workflow": (2, "on: [push]\njobs:\n  test:\n    runs-on: ubuntu\n"),
    "a Benthos configuration": (1, "input: {modbus: {}}\npipeline: {}\noutput: {uns: {}}\n"),
    "a PM2 configuration": (1, "apps:\n  - name: web\n    script: app.js\n"),
    "a Circus configuration": (1, "[watcher:web]\ncmd = python\n"),
    "a supervisord configuration": (1, "[program:web]\ncommand=python app.py\n"),
    "a systemd unit": (2, "# mine\n[Unit]\nDescription=x\n[Service]\nExecStart=/bin/x\n"),
    "a Telegraf configuration": (1, '[[inputs.modbus]]\n  name = "x"\n'),
    "an INI or TOML file": (1, '[agent]\nname = "edge"\n'),
    "a Dockerfile": (1, "FROM python:3.12\nRUN make\nCMD [x]\n"),
    "a Monit configuration": (1, "check process nginx with pidfile /run/nginx.pid\n"),
    "a web page": (1, "<!DOCTYPE html>\n<html></html>\n"),
    "XML": (1, '<?xml version="1.0"?>\n<a/>\n'),
    "a script": (1, "#!/bin/sh\nwhile true; do app; done\n"),
    "a list of assignments with =": (1, "agent.name=edge\nagent.site=acme\n"),
    "a Procfile": (1, "web: python app.py\nworker: python worker.py\n"),
    "a table of values": (1, "name,address,type\nspeed,1,int16\n"),
    "a UMH Core configuration": (
        4,
        "agent:\n  name: edge\n\nprotocolConverter:\n  - name: plc\n    desiredState: active\n",
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_of_another_program_is_one_problem(what: str) -> None:
    line, text = FILES[what]
    with pytest.raises(DocumentError) as caught:
        parse_plant(text, "p.yaml")
    (only,) = caught.value.diagnostics
    assert only.code == "FSM0129"
    assert only.message == f"this is {what}, expected an fsmv2 document."
    assert only.mark is not None
    assert only.mark.line == line
    assert only.source == text.splitlines()[line - 1]
    assert only.fix.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "agent: {name: edge}\nservices:\n  web:\n    image: nginx\n",
        "# of a folder: only its bridges\nbridges:\n  - {name: filler}\n",
        "processes:\n  web: {command: [a, b]}\n",
        "global: {rate: 1s}\n",
        "services: {web: {command: [a]}}\n",
    ],
)
def test_a_document_with_a_section_of_ours_is_read(text: str) -> None:
    """One wrong section of it is then reported as that."""
    assert other_program(text) is None
    scan_yaml(text, "p.yaml")


def test_the_process_of_a_procfile_is_written_out() -> None:
    found = other_program("web: gunicorn app -b :80\n")
    assert found is not None
    assert "`web: {command: [gunicorn, app, -b, :80]}`" in found.fix
