# Everything a newcomer types is here; `make help` lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
FOR    ?=
MINUTES ?= 20
ONLY   ?=
PREFIX ?= $(HOME)/.local

# A second run is to find what the first one compiled, the tests with their assertions above all.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: compiled help install uninstall demo monitor-demo test test-real crash test-all mutants simulate-all soak bench lint docs site runbook lock clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# One environment for everything, from the hashed lock alone: what CI installs is what you install.
# The lock is whole, so nothing is resolved here (--no-deps): a release made since would be looked at.
# uv, which the lock pins as well, installs in seconds what takes pip half a minute; where uv cannot
# reach what pip is set up to reach, such as an index of one's own, pip does it.
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps
UV  := $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps
$(READY): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (once, less than a minute)"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.txt
	@$(PIP) --no-compile --require-hashes -r $(VENV)/uv.txt
	@$(UV) --require-hashes -r requirements.lock 2>$(VENV)/uv.log || $(PIP) --no-compile --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation --editable .
	@$(BIN)/pip check --disable-pip-version-check >/dev/null
	@touch $@

install:  ## fsmv2 on the PATH, without what development needs; PREFIX=/usr/local: for all users
	@sh ops/install.sh install '$(PREFIX)' '$(PYTHON)'

uninstall:  ## remove what `make install` has made
	@sh ops/install.sh uninstall '$(PREFIX)'

demo: $(READY)  ## three simulated PLCs bridged into a namespace; FOR=20 or FOR=2m ends it
	@$(BIN)/fsmv2 demo $(if $(FOR),--for $(FOR)$(if $(shell echo '$(FOR)' | tr -d 0-9),,s))

monitor-demo: $(READY)  ## the demo beside Prometheus and Alertmanager: a PLC dies, the alert is printed
	@PYTHONPATH=tests:tests/ops $(BIN)/python tests/ops/monitor_demo.py

lint: $(READY)  ## ruff, strict typing, the layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

# Each of several processes of tests would compile all that it imports, and so many at once the same.
RARELY := textual|libcst|pydantic|pygments|mutmut|pip|setuptools
compiled: $(READY)
	@$(BIN)/python -m compileall -q -x '/($(RARELY))/|/test_' $(VENV)/lib src tests bench >/dev/null || true

# mypy keeps one of two cores busy, and compiling the other.
test: $(READY)  ## what CI runs, under six minutes on two cores
	@$(MAKE) --no-print-directory -j 2 lint compiled
	@$(BIN)/pytest -n 4 --dist worksteal --cov --cov-report= -m "not slow and not campaign and not thorough"
	@$(BIN)/coverage report --include='src/fsmv2/model/*,src/fsmv2/document/*,src/fsmv2/core/*' --fail-under=95 --skip-covered

test-real: $(READY)  ## crash campaigns in short form, slow real peers, long random tests, under 30 minutes
	@$(BIN)/pytest -n 2 --dist worksteal -m "(campaign or thorough) and not slow"

crash: $(READY)  ## kill -9 a plant of 20 bridges and 3 processes at KILLS=200 moments, hours; SEED=7 repeats
	@KILLS=$(or $(KILLS),200) SEED=$(SEED) $(BIN)/pytest -q -s -m campaign tests/campaign

test-all: lint  ## test, and what takes longer: hours on two cores, most of it simulate-all
	@$(BIN)/pytest -n 2 --dist worksteal
	@$(MAKE) --no-print-directory simulate-all soak
	@$(BIN)/python tests/mutation/mutants.py --minutes $(MINUTES)

mutants: $(READY)  ## break the code in every small way; some of it: ONLY='fsmv2.core.state.backoff*'
	@$(BIN)/python tests/mutation/mutants.py --only '$(ONLY)'

# 400 seeds of 25 hours are 10,000 tree-hours; SEEDS=40 is a tenth. Each fault must meet each phase.
SEEDS ?= 400
JOBS  ?= 2
simulate-all: $(READY)  ## a works of a hundred workers under faults for 10,000 hours; SEEDS=40 JOBS=8
	@cd tests/testing && ../../$(BIN)/fsmv2 simulate works:works --seeds $(SEEDS) --for 25h --every 55s \
	  --jobs $(JOBS) --least 50

soak: $(READY)  ## a real plant in trouble for MINUTES=20: what must be flat is sampled
	@$(BIN)/python -m bench.soak --minutes $(MINUTES)

bench: compiled  ## the figures: trees of 401 to 101,001 workers, single operations, a hundred bridges, the API
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.kept
	@$(BIN)/python -m bench.applies
	@$(BIN)/python -m bench.untouched_flows
	@$(BIN)/python -m bench.bridges --bridges 100 --tags 20 --for 20
	@$(BIN)/python -m bench.api
	@$(BIN)/python -m bench.screen
	@$(BIN)/python -m bench.command_line
	@$(BIN)/python -m bench.otp
	@$(BIN)/python -m bench.process_supervisors

# The site has an environment of its own: what builds it is large, and nothing else needs it.
SITE := .venv-site
$(SITE)/.ready: requirements-site.lock $(READY)
	@test -x $(SITE)/bin/python || $(PYTHON) -m venv $(SITE)
	@$(BIN)/uv pip install --quiet --python $(SITE)/bin/python --no-deps --require-hashes -r requirements-site.lock 2>$(SITE)/uv.log || \
	  $(SITE)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-site.lock
	@touch $@

site: $(SITE)/.ready  ## the pages as a searchable site in site/, all links checked; SERVE=8000 shows it
	@NO_MKDOCS_2_WARNING=1 $(SITE)/bin/mkdocs build --quiet
	@echo "site/index.html$(if $(SERVE),: http://127.0.0.1:$(SERVE)/, (its search needs a server: make site SERVE=8000))"
	@$(if $(SERVE),$(PYTHON) -m http.server --bind 127.0.0.1 --directory site $(SERVE))

docs: $(READY)  ## regenerate the pages and pictures that are made from the code
	@$(BIN)/python docs/generate.py

runbook: $(READY)  ## write into the runbook what its commands really print, where that has changed
	@REWRITE_RUNBOOK=1 $(BIN)/pytest -q -n 2 tests/runbook

# Two are parts of the first: what fsmv2 needs to run, and what builds its package. That of the site is apart.
RESOLVE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q
lock: $(READY)  ## resolve the dependencies anew (writes no address of an index)
	@$(RESOLVE) pyproject.toml --all-extras -o requirements.lock
	@$(RESOLVE) pyproject.toml --extra industrial --extra cluster --extra traces --no-annotate \
	  -c requirements.lock -o requirements-run.lock
	@echo hatchling | $(RESOLVE) - --no-annotate -c requirements.lock -o requirements-build.lock
	@$(RESOLVE) --group site -o requirements-site.lock

clean:  ## remove the environment and what the tools left
	rm -rf $(VENV) $(SITE) site .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov dist build mutants mutants.log
