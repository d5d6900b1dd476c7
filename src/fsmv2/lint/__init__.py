"""The lint for worker classes: reads their code, never runs it, and reports mistakes.

linter        files in, diagnostics out.    worker_methods   which methods are checked, and how.
rule_set, rules   what counts as a finding.    finding_codes   what each code means, and its fix.
visitor, calls, expressions, name_lookup   follow the code: statements, calls, expressions, names.
abstract_values, source_files, known_names   what is known of a value, of the files, of names
outside.
suppressions  comments that silence a finding.

Called by `fsmv2 lint` and by tests of authors.
"""

from fsmv2.lint.finding_codes import RULES, explain
from fsmv2.lint.linter import lint

__all__ = ["RULES", "explain", "lint"]
