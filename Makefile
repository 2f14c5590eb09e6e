# `make demo` shows the main job, `make test` proves it; both set up everything they need.
VENV := .venv
PY := $(VENV)/bin/python
BASE_PYTHON := $(shell command -v python3.11 || command -v python3)
STAMP := $(VENV)/.installed
# Hermes Agent pins openai, pydantic, rich and others to versions that exclude ours; its tests run beside it in here.
HERMES := .venv-hermes
HERMES_STAMP := $(HERMES)/.installed
# Three agent SDKs, which nothing but their own tests needs.
AGENTS := .venv-agents
AGENTS_STAMP := $(AGENTS)/.installed
# OpenClaw is npm's, and needs a Node that Debian doesn't have yet.
OPENCLAW := .openclaw
OPENCLAW_STAMP := $(OPENCLAW)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint test-hermes test-openclaw test-agents coverage mutation browser node bench learn docs dist example clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(STAMP)  ## the main job: the local provider and a chat, side by side
	@$(VENV)/bin/codex-onboarding demo

test: $(STAMP) $(HERMES_STAMP) browser node lint  ## style, types and every test
	$(PY) -m pytest -q -n auto --dist worksteal -m "not full"

test-all: $(STAMP) $(HERMES_STAMP) $(OPENCLAW_STAMP) $(AGENTS_STAMP) browser node lint  ## the same at full sizes, with the long soaks
	$(PY) -m pytest -q -n auto --dist worksteal

coverage: $(STAMP) $(HERMES_STAMP) browser node  ## lines and branches that the tests reach; fails under 95 %
	$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest -q -n auto --dist worksteal -m "not full"
	$(PY) -m coverage combine -q
	$(PY) -m coverage report
	$(PY) -m coverage json -q -o - | $(PY) -m tests.measured

mutation: $(STAMP)  ## small faults in what enforces the rules; fails where the tests notice less than 85 %
	$(PY) -m tests.mutation

test-hermes: $(HERMES_STAMP)  ## the scenarios with the real Hermes Agent only
	$(HERMES)/bin/python -m pytest -c tests/runtimes/hermes/pytest.ini --rootdir . --noconftest -q tests/runtimes/test_hermes.py

test-agents: $(AGENTS_STAMP)  ## the scenarios with the real agent SDKs only
	$(AGENTS)/bin/python -m pytest -c tests/runtimes/agents/pytest.ini --rootdir . --noconftest -q tests/runtimes/test_agents.py

test-openclaw: $(STAMP) $(OPENCLAW_STAMP)  ## the plugin in the real OpenClaw gateway only
	$(PY) -m pytest -q tests/runtimes/test_openclaw_gateway.py

lint: $(STAMP)  ## style and types only
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

dist: $(STAMP)  ## wheel and sdist, into dist/
	rm -rf dist
	$(PY) -m build --no-isolation

example: $(STAMP)  ## the tests of examples/, with the wheel in an empty environment
	$(PY) -m pytest -q tests/shipped/test_example.py

learn: $(STAMP)  ## weigh anew what no rule says, after sentences or words have changed
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[learn]'
	$(PY) -m tests.intents.learn

bench: $(STAMP)  ## the figures, as ratios and counts of one run
	$(PY) -m benchmarks

docs: $(STAMP) browser  ## the site in site/: docs/, the reference from the code, the features with their last result
	$(PY) -m website

clean:  ## remove the environment and caches
	rm -rf $(VENV) $(HERMES) $(OPENCLAW) $(AGENTS) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* dist site .docs

# The chat page is tested in Debian's chromium.
browser:
	@command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium)

# The plugin for OpenClaw is JavaScript.
node:
	@command -v node >/dev/null || (apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs)

# Debian ships venv as a package of its own.
$(STAMP): pyproject.toml constraints.txt
	@$(BASE_PYTHON) -c 'import ensurepip, venv' 2>/dev/null || (apt-get update -qq && apt-get install -y -qq python3-venv)
	$(BASE_PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(HERMES_STAMP): pyproject.toml constraints-hermes.txt
	@$(BASE_PYTHON) -c 'import ensurepip, venv' 2>/dev/null || (apt-get update -qq && apt-get install -y -qq python3-venv)
	$(BASE_PYTHON) -m venv $(HERMES)
	$(HERMES)/bin/pip install --quiet --disable-pip-version-check -c constraints-hermes.txt -e '.[hermes,mcp,demo]' coverage pytest pytest-timeout
	@touch $@

$(AGENTS_STAMP): pyproject.toml constraints-agents.txt
	@$(BASE_PYTHON) -c 'import ensurepip, venv' 2>/dev/null || (apt-get update -qq && apt-get install -y -qq python3-venv)
	$(BASE_PYTHON) -m venv $(AGENTS)
	$(AGENTS)/bin/pip install --quiet --disable-pip-version-check -c constraints-agents.txt -e '.[demo]' \
		openai-agents pydantic-ai-slim langchain pytest pytest-timeout
	@touch $@

$(OPENCLAW_STAMP): tests/runtimes/openclaw/package.json
	@command -v npm >/dev/null || (apt-get update -qq && apt-get install -y -qq --no-install-recommends npm)
	mkdir -p $(OPENCLAW) && cp $< $(OPENCLAW)
	cd $(OPENCLAW) && npm install --ignore-scripts --loglevel error --no-audit --no-fund && npm rebuild --loglevel error node
	@touch $@
