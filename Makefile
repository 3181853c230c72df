# One virtual environment for everything: made by the first target that needs it.
VENV := .venv
PYTHON := $(VENV)/bin/python
FLOORS := .venv-floors

# All but the first are part of `make test`, too.
FAULTS := tests/faults tests/training/test_resume.py tests/training/test_disks.py \
  tests/training/test_course.py tests/core/runs/test_space.py tests/engines tests/chat/test_hub.py \
  tests/kernel/test_kernel_engines.py tests/kernel/test_kernel_training.py

E2E_READY := $(VENV)/.ready-e2e

.PHONY: setup demo lab test test-starter test-data test-floors test-front test-e2e labextension \
  test-labextension test-install test-faults bench-train check docs clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	test -x $(PYTHON) || python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: setup  ## the quickstart without a browser: before/after in the terminal, a report as HTML
	$(PYTHON) -m nbfinetune demo

lab: setup  ## JupyterLab on the quickstart
	$(PYTHON) -m jupyterlab notebooks/00_quickstart.ipynb

test: setup  ## everything that needs nothing but this folder
	$(PYTHON) -m pytest tests --ignore tests/starter --ignore tests/data --ignore tests/e2e --ignore tests/faults

test-starter: setup  ## the built-in model: scores, obedience, and eight tasks tuned with defaults
	$(PYTHON) -m pytest tests/starter -s

test-data: setup  ## real files, from ../shared/data or NBFINETUNE_TEST_DATA
	$(PYTHON) -m pytest tests/data

test-faults: setup  ## what can happen to runs: killed, damaged, starved, cut off; some minutes
	$(PYTHON) -m pytest $(FAULTS) -s

test-floors: setup  ## the kernel side on the oldest versions that we support (Colab's)
	$(PYTHON) tools/floors_env.py
	NBFINETUNE_TEST_PYTHON=$(FLOORS)/bin/python $(PYTHON) -m pytest tests/kernel
	$(FLOORS)/bin/python -m pytest tests/magics tests/panels tests/engines

test-front:  ## the page's modules, in Node.js
	node --test tests/front/

test-e2e: $(E2E_READY)  ## JupyterLab in a real browser: the system's Chromium, or the one in CHROMIUM
	$(PYTHON) hatch_build.py  # the extension, where its sources have changed
	$(PYTHON) -m pytest tests/e2e

$(E2E_READY): $(VENV)/.ready
	NBFINETUNE_LABEXTENSION=require $(PYTHON) -m pip install --quiet --constraint constraints.txt --editable '.[dev,e2e]'
	touch $@

labextension: setup  ## build the JupyterLab extension and put it into the environment; needs Node.js
	$(PYTHON) hatch_build.py
	$(PYTHON) -m pip install --quiet --no-deps --editable .

test-labextension: labextension  ## its types and its rules
	cd labextension && npm test --silent

test-install: setup  ## installs of every kind, with and without Node.js; needs Node.js
	$(PYTHON) tools/install_cases.py

bench-train: setup  ## the training step beside TRL and transformers: speed, memory, losses; 25 minutes
	$(PYTHON) benchmarks/train.py

check: setup  ## style, types, layers
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PYTHON) tools/option_table.py --check

docs: setup  ## the README's option table, from core/config.py
	$(PYTHON) tools/option_table.py

clean:
	rm -rf $(VENV) $(FLOORS) nbfinetune-demo
