"""The lint for worker classes: reads their code, never runs it, and reports mistakes.

linting   files in, diagnostics out.     workers   which methods are judged, and how.
judge, judges   what counts as a finding.   codes     what each code means, and how to mend it.
walk, calls, evaluate, lookup   follow the code: statements, calls, expressions, names.
values, modules, names  what is known of a value, of the files, of names outside.
silence   comments that silence a finding.

Called by `fsmv2 lint` and by tests of authors.
"""

from fsmv2.lint.codes import RULES, explain
from fsmv2.lint.linting import lint

__all__ = ["RULES", "explain", "lint"]
