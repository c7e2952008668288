# Everything a person needs; every target prepares the virtual environment by itself.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready
ARGS  ?=
EACH  ?= --numprocesses=auto --dist=loadfile --no-loadscope-reorder

# The newest of these that answers and is at least 3.11; `make PYTHON=/path/to/python …` chooses another.
PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3; do \
	$$each -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1 && { echo $$each; break; }; done)

# Branch coverage of these must be complete.
COVERED := src/spanco/kernel/*,src/spanco/events/rules/*,src/spanco/sales/rules/*,tests/events/*,tests/kernel/*,tests/access/*,tests/store/*,tests/project/*

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header $(LOCK_ARGS)

.PHONY: help
help:  ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements-dev.lock pyproject.toml
	@test -n '$(PYTHON)' || { echo 'Python 3.11, 3.12 or 3.13 is needed; name one with make PYTHON=…' >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "==> virtual environment of $(PYTHON)"; $(PYTHON) -m venv --clear $(VENV); }
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: demo
demo: $(READY)  ## load an invented sales organisation and serve it
	$(BIN)/spanco demo $(ARGS)

.PHONY: test
test: $(READY)  ## run every test, one process for each core (ARGS="-k funnel" runs some; EACH= all in one process)
	$(BIN)/python -m pytest $(EACH) $(ARGS)

.PHONY: check
check: $(READY)  ## run what continuous integration runs: format, lint, types, architecture, tests, coverage
	@begun=$$SECONDS; set -e; \
	step() { printf '\n==> %s\n' "$$1"; shift; "$$@"; }; \
	step 'format'       $(BIN)/ruff format --check .; \
	step 'lint'         $(BIN)/ruff check .; \
	step 'types'        $(BIN)/mypy; \
	step 'architecture' $(BIN)/lint-imports --no-logo; \
	step 'tests'        $(MAKE) --no-print-directory test ARGS='--cov --cov-report='; \
	step 'coverage'     $(BIN)/coverage report --fail-under=100 --include='$(COVERED)'; \
	printf '\nmake check: all green in %d seconds\n' $$((SECONDS - begun))

.PHONY: bench
bench: $(READY)  ## measure against the floor and a typical server, and deliveries (needs wrk)
	$(BIN)/python -m bench $(ARGS)

.PHONY: chaos
chaos: $(READY)  ## kill, stop and cut under load, and show that nothing is lost (45 minutes; ARGS="--share 0.1")
	$(BIN)/python -m tests.chaos $(ARGS)

.PHONY: format
format: $(READY)  ## format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lock
lock: $(READY)  ## renew the locked versions from pyproject.toml (LOCK_ARGS=--upgrade takes newer ones)
	$(BIN)/python -m pip install --quiet uv
	$(LOCK) -o requirements.lock pyproject.toml
	$(LOCK) -o requirements-dev.lock pyproject.toml --group dev --group bench

.PHONY: clean
clean:  ## remove the virtual environment and everything that tools leave behind (never data)
	rm -rf $(VENV) dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
