"""Templates: text with `{{ .NAME }}` in it, rendered strictly and within limits.

render                              the public face: compile once, render often
lexer                               Jinja2's tokens, the leading dot, exact places
reference_templates                 most templates: text and plain dotted names
jinja_template, environment,
  rewrite, nested_braces            templates with filters, conditions or loops
scope                               names looked up, and the error when one is not there
filters, filter_costs, comparisons  what a template may call, and what each call is charged
limits, structures                  what bounds a rendering, and the values it goes through
"""
