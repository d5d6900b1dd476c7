"""What should be, as data: specs, variables, templates, locations. Pure, without clock or I/O.

Map of the room:

    specs, child, desired     UserSpec, ObservedState, ChildSpec, DesiredState
    bundle, inheritance       the variables of a worker, and who wins among them
    backoff_settings          how long one child waits before it is tried again
    group, sibling_order      siblings restarted together, and one after another
    location, name_rules      ISA-95 levels, the naming rule of the namespace
    network_address           hosts, ports and URLs, read strictly
    serialise, nested_specs   from and to plain data, JSON and YAML
    read_tracking             which variables a derive reads
    template                  rendering: lexer, compilers, filters, limits
    secrets                   tokens, and the values behind them
    data                      what the data types are made of
"""

from fsmv2.model.backoff_settings import AS_ELSEWHERE, Backoff
from fsmv2.model.bundle import RESERVED_KEYS, VariableBundle
from fsmv2.model.child import RESTARTS, ChildSpec, Restart, check_child_name
from fsmv2.model.data.plain_decoder import decode_spec
from fsmv2.model.desired import DesiredState
from fsmv2.model.group import STRATEGIES, Group
from fsmv2.model.inheritance import (
    ENGINE_KEYS,
    inherit_variables,
    utc_text,
    with_engine_keys,
)
from fsmv2.model.location import (
    LEVELS,
    LocationConflict,
    compute_location_path,
    location_variables,
    merge_locations,
    normalise_location,
)
from fsmv2.model.name_rules import (
    UNKNOWN,
    check_name_part,
    clean_name_part,
    has_first_level,
)
from fsmv2.model.secrets.vault import Vault
from fsmv2.model.serialise import (
    child_from_dict,
    desired_from_dict,
    desired_from_json,
    to_data,
    to_json,
    to_yaml,
)
from fsmv2.model.sibling_order import check_order, siblings_before
from fsmv2.model.specs import ObservedState, UserSpec, Volatile, same_observation, stable_fields
from fsmv2.model.template.render import RenderCache, Template, render_template, template_references

__all__ = [
    "AS_ELSEWHERE",
    "ENGINE_KEYS",
    "LEVELS",
    "RESERVED_KEYS",
    "RESTARTS",
    "STRATEGIES",
    "UNKNOWN",
    "Backoff",
    "ChildSpec",
    "DesiredState",
    "Group",
    "LocationConflict",
    "ObservedState",
    "RenderCache",
    "Restart",
    "Template",
    "UserSpec",
    "VariableBundle",
    "Vault",
    "Volatile",
    "check_child_name",
    "check_name_part",
    "check_order",
    "child_from_dict",
    "clean_name_part",
    "compute_location_path",
    "decode_spec",
    "desired_from_dict",
    "desired_from_json",
    "has_first_level",
    "inherit_variables",
    "location_variables",
    "merge_locations",
    "normalise_location",
    "render_template",
    "same_observation",
    "siblings_before",
    "stable_fields",
    "template_references",
    "to_data",
    "to_json",
    "to_yaml",
    "utc_text",
    "with_engine_keys",
]
