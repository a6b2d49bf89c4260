# Everything stays in this folder: Python and its packages in .venv/, what the program keeps in var/.
# A step of the set-up leaves a stamp, so that it is done once, and again when the requirements change.

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-ready
DEV := $(VENV)/.dev-ready
MUTANTS := $(VENV)/.mutants-ready
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# what builds the project itself; hashed like the rest, so that nothing is fetched unseen
BUILD_TOOLS := hatchling editables
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)
# what makes mutants; it brings a user interface along that nothing else here needs, so it stands by itself
MUTMUT := mutmut>=3.8.1,<4
# twice as many as there are processors: a third of their time tests wait, for servers, browsers and clocks
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) * 2)))
# each has a stretch of its own and takes over from who is behind: what the tests of a file share is made once
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
# what looks at mails and is not Python; without npm the checks say what they lack
MAIL_LINT := tests/mail_lint/node
MAIL_TOOLS := $(MAIL_LINT)/node_modules/.package-lock.json

# the first that is new enough; looked for only while there is no .venv/
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test test-wide test-long check docs lint-mail mail-tools golden pictures bench coverage mutants catalogues reference settings metrics house lock clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(DEV) ## all that development needs; every other target does so by itself

demo: $(RUNTIME) ## two days of a small newsroom, into var/; shows who got what
	@$(BIN)/digest demo

serve: $(RUNTIME) ## the web pages and the scheduler, until Ctrl-C
	@$(BIN)/digest init
	@$(BIN)/digest serve

# what is compiled is kept, whatever the surroundings say: of the hundreds of processes that tests start each
# would compile the program anew, and each worker all tests
test test-wide test-long coverage: export PYTHONDONTWRITEBYTECODE :=

test: $(DEV) ## the test-suite, but for what is more of the same or takes long
	$(PYTEST) -m "not wide and not long"

test-wide: $(DEV) ## more of the same: other views, sizes and histories, and everything on PostgreSQL; CI does both
	$(PYTEST) -m "wide and not long"

test-long: $(DEV) ## all tests, the long runs included
	$(PYTEST)

check: $(DEV) ## format, lint, types and the walls of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

docs: $(DEV) ## build the documentation as a site into site/; a dead link is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "Open site/index.html"

lint-mail: $(DEV) $(MAIL_TOOLS) ## look at every mail with every tool there is (ASK="--screenshots FOLDER", --only, --json)
	$(BIN)/python -m tests.mail_lint $(ASK)

mail-tools: $(MAIL_TOOLS) ## fetch what looks at mails and is no Python: axe-core and the Nu HTML checker

golden: $(DEV) ## print the kept mails anew, when a change of their look is meant
	$(BIN)/python -m tests.render.goldens

pictures: $(DEV) ## take the pictures of the documentation anew (Chromium, and pngquant to make them small)
	$(BIN)/python -m tests.mail_lint.pictures
	$(BIN)/python -m tests.web.pictures
	$(BIN)/python -m tests.web.desk.pictures

bench: $(DEV) ## how fast, and how it grows: figures, no verdict
	$(BIN)/python -m benchmarks

# in parts: a tracer that is told of greenlets keeps something of each of them until its process ends
coverage: $(DEV) ## what of digest/core/, digest/mail/ and subscribers/ no test goes through; takes long
	rm -rf var/coverage && mkdir -p var/coverage
	@for part in 'tests/[a-e]*/' 'tests/f*/' 'tests/[g-v]*/' 'tests/w*/ tests/test_*.py'; do \
		$(BIN)/python -m coverage run -m pytest -n $(WORKERS) -m "not long" $$part || exit; done
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report
	@$(BIN)/python -m tests.branches

mutants: $(MUTANTS) ## whether tests see what is changed in digest/core/ (ASK="digest.core.selection.*": some of it)
	nice $(BIN)/mutmut run $(foreach name,$(ASK),'$(name)')
	@$(BIN)/mutmut results
	@$(BIN)/python -m tests.mutants

reference: $(DEV) ## write docs/api-reference.md and docs/reference/ anew, from the API, the commands, the tables
	$(BIN)/python -m tests.web.api.referenced
	$(BIN)/python -m tests.docs

settings: $(DEV) ## write docs/settings.md and docs/digest.example.toml anew, from the class of settings
	$(BIN)/python -m tests.documented

metrics: $(DEV) ## write the list in docs/metrics.md and the dashboard anew, from the metrics of the program
	$(BIN)/python -m tests.operations.listed

house: $(DEV) ## draw docs/images/house.svg anew, from the imports of the code
	$(BIN)/python -m tests.architecture_picture

catalogues: $(DEV) ## gather the words of mails and pages for translators (NEW=fr: begin another language)
	$(BIN)/python -m tests.languages.catalogues $(NEW)

lock: $(BIN)/python ## pin and hash what pyproject.toml asks for (make lock UPGRADE=1: to the newest)
	$(INSTALL) uv
	printf '%s\n' $(BUILD_TOOLS) | $(COMPILE) --output-file requirements-build.txt -
	$(COMPILE) --extra fast --extra dkim --constraint requirements-build.txt \
		--output-file requirements.txt pyproject.toml
	$(COMPILE) --extra all --constraint requirements-build.txt --constraint requirements.txt \
		--output-file requirements-container.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements-build.txt --constraint requirements-container.txt \
		--output-file requirements-dev.txt pyproject.toml
	printf '%s\n' '$(MUTMUT)' | $(COMPILE) --constraint requirements-dev.txt \
		--output-file requirements-mutants.txt -

clean: ## remove .venv/ and caches; var/ holds your readers and stays
	rm -rf $(VENV) $(MAIL_LINT)/node_modules dist build site mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
		echo "Python 3.11 or newer was not found: install it, or say where it is: make PYTHON=/path/to/python" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: install its venv module (Debian: apt install python3-venv)" >&2; \
		exit 1; }
	@echo "Setting up $(VENV)/ (once)"
	@$(PYTHON) -m venv --clear $(VENV)

$(RUNTIME): requirements-build.txt requirements.txt pyproject.toml $(BIN)/python
	$(INSTALL) --require-hashes --requirement requirements-build.txt --requirement requirements.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	$(INSTALL) --require-hashes --requirement requirements-dev.txt
	@touch $@

$(MUTANTS): requirements-mutants.txt $(DEV)
	$(INSTALL) --require-hashes --requirement requirements-mutants.txt
	@touch $@

$(MAIL_TOOLS): $(MAIL_LINT)/package-lock.json
	@if command -v npm >/dev/null; then \
		npm ci --prefix $(MAIL_LINT) --ignore-scripts --no-audit --no-fund --silent && touch $@; \
	else \
		echo "npm is not installed (Debian: npm): some checks of the mails will not be asked"; \
	fi
