"""Input that makes its values itself, for demos and tests: no machine is needed."""
