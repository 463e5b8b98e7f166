# Everything runs in .venv. The first target that needs it sets it up; Python 3.11 or later, venv and make are enough.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
.DEFAULT_GOAL := help
.PHONY: help setup demo test check docs picture bench fuzz faults invariants lock format clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1|\2/' | awk -F'|' '{ printf "  %-12s %s\n", $$1, $$2 }'

setup: $(READY)  ## install everything, at the locked versions, into .venv

demo: $(READY)  ## run the baseline experiment and say where its report is
	@$(BIN)/frenemy run experiments/baseline.toml

test: $(READY)  ## run the tests (ARGS="-k odds" for some of them)
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: $(READY)  ## format, lint, types, import contract, generated docs
	@$(BIN)/ruff format --check --quiet . || { echo 'Run "make format".'; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > $(VENV)/arrows.txt 2>&1 || { cat $(VENV)/arrows.txt; exit 1; }
	@$(BIN)/python -m frenemy.model.documentation.reference $(VENV)/reference.md && $(BIN)/python -m frenemy.model.documentation.json_schema $(VENV)/schema
	@cmp -s docs/reference.md $(VENV)/reference.md && diff -rq schema $(VENV)/schema > /dev/null || { echo 'Run "make docs".'; exit 1; }
	@echo 'Format, lint, types, imports and generated docs are in order.'

docs: $(READY)  ## write the generated pages: the file reference and the JSON Schemas
	@$(BIN)/python -m frenemy.model.documentation.reference docs/reference.md
	@$(BIN)/python -m frenemy.model.documentation.json_schema schema

picture: $(READY)  ## run the baseline and copy its fan into the README
	@$(BIN)/frenemy run experiments/baseline.toml
	@cp runs/baseline/pictures/fan.png docs/fan.png

bench: $(READY)  ## measure speed and memory, and print the table
	@$(BIN)/python -m benchmarks

fuzz: $(READY)  ## give 10,000 damaged files and command lines to the commands (ARGS="--seed 2" for others)
	@$(BIN)/python -m reliability fuzz $(ARGS)

faults: $(READY)  ## an error, a full disk and a kill at every change of a file, and 1,000 kills at random
	@$(BIN)/python -m reliability faults $(ARGS)

invariants: $(READY)  ## what must hold of all odds, on 3,000 random models
	@$(BIN)/python -m reliability invariants $(ARGS)

format: $(READY)  ## format the code and fix what can be fixed automatically
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

lock: $(READY)  ## resolve the newest compatible versions into requirements.lock
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --group dev --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header pyproject.toml --output-file requirements.lock

clean:  ## remove .venv and everything that can be rebuilt (never runs/)
	@rm -rf $(VENV) build dist engine/frenemy.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is touched last, so that an interrupted set-up is repeated.
$(READY): requirements.lock pyproject.toml
	@python=; for candidate in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python3.14; do \
	  [ -n "$$candidate" ] && "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
	    2> /dev/null && { python=$$candidate; break; }; done; \
	if [ -z "$$python" ]; then \
	  echo 'Frenemy needs Python 3.11 to 3.14 with its venv module (Debian, Ubuntu: apt install python3-venv).' >&2; \
	  echo 'If it is elsewhere: make PYTHON=/path/to/python3 setup' >&2; exit 1; fi; \
	new=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	old=$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2> /dev/null || true); \
	echo "Setting up .venv with Python $$new: $$(grep -c '==' requirements.lock) packages at locked versions, once ..."; \
	[ "$$new" = "$$old" ] || "$$python" -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
	@touch $@
	@echo 'Ready.'
