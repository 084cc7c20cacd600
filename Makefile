# Two commands are enough: `make demo` shows the program at work, `make test` passes its tests.
# Each makes its own .venv first; nothing else has to be there than Python (3.11 or newer), pip and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
DEMO ?= commandlog-demo

.PHONY: demo setup test check static bench faults fuzz translations shots package clean

demo: $(VENV)/.program
	rm -f $(DEMO)/demo.clog* $(DEMO)/demo.pdf $(DEMO)/demo.xlsx
	$(BIN)/commandlog demo $(DEMO)

setup: $(VENV)/.tools
	@echo "Ready: $(BIN)/commandlog --help"

test: $(VENV)/.tools
	$(BIN)/pytest -n auto

check: static test package

static: $(VENV)/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.translations --check

bench: $(VENV)/.tools
	$(BIN)/python -m tests.bench

# every promise of docs/reliability.md at full length; three hours on two processors
faults: $(VENV)/.tools
	$(BIN)/python -m tests.faults.power --seed 1 --cuts 10000
	$(BIN)/python -m tests.faults.kill --seed 1 --runs 1000
	$(BIN)/python -m tests.faults.kill --seed 1 --runs 100 --control
	$(BIN)/python -m tests.faults.io_errors --seed 1
	$(BIN)/python -m tests.faults.io_commands
	$(BIN)/python -m tests.faults.processes
	$(BIN)/python -m tests.faults.processes --seconds 20 --control
	$(BIN)/python -m tests.faults.tampering --seed 1 --changes 10000
	$(BIN)/python -m tests.faults.drill --seed 1 --runs 100
	$(BIN)/python -m tests.faults.drill --seed 1 --runs 20 --control
	$(BIN)/python -m tests.faults.sharing

# all that reads files from outside, for SECONDS each: docs/fuzzing.md. atheris is for Linux only, so nothing depends on it
SECONDS ?= 60
fuzz: $(VENV)/.tools
	$(PIP) atheris
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

translations: $(VENV)/.tools
	$(BIN)/python -m tests.translations

# every screen of the desk, from the demo evening: docs/screens
shots: $(VENV)/.tools
	$(BIN)/python -m tests.shots

package: $(VENV)/.tools
	rm -rf dist build
	$(BIN)/python -m build --installer pip > /dev/null
	$(BIN)/python -m tests.package dist

$(VENV)/.program: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.tools: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable ".[dev]"
	@touch $@ $(VENV)/.program

# Debian keeps venv in a package of its own: install it where that is allowed, otherwise say the line.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "CommandLog needs Python 3.11 or newer; this is `$(PYTHON) --version`. Try: make PYTHON=python3.12 ..."; exit 2; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	  if [ "`id -u`" = 0 ] && command -v apt-get > /dev/null; then \
	    apt-get update -qq && apt-get install -y -qq python3-venv > /dev/null && $(PYTHON) -m venv $(VENV); \
	  else echo "Python cannot make a virtual environment. Run: sudo apt-get install -y python3-venv"; exit 2; fi; }

clean:
	rm -rf $(VENV) build dist *.egg-info commandlog-demo
