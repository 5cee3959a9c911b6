# Two commands matter: `make run` and `make test`. Written for GNU make 3.81, which macOS still has.
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
ARGS ?=
BIN := $(VENV)/bin
PO := $(wildcard locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
# For development. Whatever the environment says of these wins.
DEVELOPMENT = DEBUG="$${DEBUG:-1}" DEMO="$${DEMO:-1}" SITE_URL="$${SITE_URL:-http://127.0.0.1:$(PORT)}"

.PHONY: help setup catalogues messages run test format check bench lock

help:
	@echo "make run     everything, with the demo world, on http://127.0.0.1:$(PORT)  (PORT=8001 for another port)"
	@echo "make test    all tests that this machine can run  (ARGS=\"tests/billing -x\" for some of them)"
	@echo "make setup   only installs        make check   all that CI checks"
	@echo "make bench   the measured operations      make lock    pins requirements anew (needs uv)"
	@echo "make messages   gathers strings to translate (needs gettext)      make format    code and templates"

# A stamp file says which requirements are installed, so that a second run starts at once.
$(VENV)/.base: requirements/base.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Quince needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Where a newer one has another name: make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "Making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing what Quince stands on"
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@echo "Installing what the tests need"
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/.dev catalogues

# By Babel, so that no gettext is needed.
%.mo: %.po $(VENV)/.base
	@$(BIN)/pybabel --quiet compile --input-file=$< --output-file=$@ --locale=$(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))

catalogues: $(VENV)/.base $(MO)

run: $(VENV)/.base catalogues
	@$(DEVELOPMENT) $(BIN)/python manage.py migrate --verbosity 0
	@$(DEVELOPMENT) $(BIN)/python manage.py createcachetable
	@$(DEVELOPMENT) $(BIN)/python manage.py demo
	@$(DEVELOPMENT) exec $(BIN)/python manage.py serve --port $(PORT)

test: $(VENV)/.dev catalogues
	@$(BIN)/python -m pytest --numprocesses auto $(ARGS)

# Gathers the strings of code and templates into the catalogues (needs GNU gettext); then translate what is new.
messages: $(VENV)/.base
	@DEBUG=1 $(BIN)/python manage.py makemessages --all --no-obsolete --add-location=file --ignore='tests/*' \
	  --ignore='var/*' --ignore='.venv/*'

format: $(VENV)/.dev
	@$(BIN)/ruff check --quiet --fix . && $(BIN)/ruff format --quiet .
	@git ls-files 'templates/*.html' 'templates/*.txt' | xargs $(BIN)/djade --target-version 5.2 || true

check:
	@.ci/run

bench: $(VENV)/.dev catalogues
	@SECRET_KEY="$${SECRET_KEY:-only-for-measuring}" $(BIN)/python manage.py bench $(ARGS)

# Pins and hashes for every platform. `make lock ARGS=--upgrade` takes newer versions.
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/" >&2; exit 1; }
	@for part in base dev extras; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) \
	    requirements/$$part.in --output-file requirements/$$part.txt || exit 1; \
	done
