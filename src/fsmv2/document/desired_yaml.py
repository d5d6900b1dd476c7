"""A desired state that was written as YAML, read back within the limits of documents."""

from __future__ import annotations

from typing import Any

import yaml

from fsmv2.document.document import Document
from fsmv2.document.source import decode_text
from fsmv2.document.yaml_events import read_events
from fsmv2.errors import FsmError, SpecError
from fsmv2.model.desired import DesiredState
from fsmv2.model.serialise import SpecTypeOf, desired_from_dict

# PyYAML built without libyaml lacks the fast one; the other reads the same.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def desired_from_yaml(text: str, spec_type_of: SpecTypeOf, **options: Any) -> DesiredState:
    """`desired_from_dict` of what `to_yaml` wrote; raises SpecError when it is not YAML.

    Of documents, which people write, it has the limits on nesting and aliases, but not the places.
    """
    name = "desired state"
    try:
        text = decode_text(text, name)
        read_events(text, Document(name, text.splitlines()))
        # The loader is derived from the safe one.
        data = yaml.load(text, Loader=_Loader)  # noqa: S506
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, FsmError):
            raise
        raise SpecError(f"Not YAML: {error}.") from None
    return desired_from_dict(data, spec_type_of, **options)
