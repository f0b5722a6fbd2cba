# Two commands are all a reader needs: make lab, make test. The logic is in tools/; without make see README.md.

.DEFAULT_GOAL := help
.PHONY: help lab test test-system notebooks sheet bench lint coverage binder-check pins clean

# The newest Python that fits and can make an environment; else whichever there is: it says what is missing.
fits = import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
find = for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
       $$p -c '$(fits)' 2>/dev/null && { echo $$p; exit; }; done; \
       for p in python3 python python3.14 python3.13 python3.12 python3.11; do \
       $$p -c '' 2>/dev/null && { echo $$p; exit; }; done; echo python3
SETUP = $(or $(PYTHON),$(shell $(find))) tools/setup_env.py
CHOSEN = $(if $(PYTHON),--with-this-python)
TEST_PYTHON = .venv-test/bin/python

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'
	@echo "Another Python: make lab PYTHON=python3.12. More for JupyterLab: make lab ARGS=--port=9000"

lab: ## make .venv and open JupyterLab on the first notebook
	@$(SETUP) lab $(CHOSEN) $(ARGS)

test: ## make .venv-test and run every test that needs no system package
	@$(SETUP) test $(CHOSEN) $(ARGS)

.PHONY: test-env
test-env:
	@$(SETUP) test-env $(CHOSEN)

AXE = axe-core@4.14.1
tests/browser/node_modules/axe-core: Makefile
	@npm install --silent --no-save --no-audit --no-fund --no-package-lock --prefix tests/browser $(AXE)
	@touch $@

# the presentation framework of the slides; it is copied beside them
REVEAL_JS = reveal.js@6.0.2
build/npm/node_modules/reveal.js: Makefile
	@npm install --silent --no-save --no-audit --no-fund --no-package-lock --prefix build/npm $(REVEAL_JS)
	@touch $@

test-system: test-env tests/browser/node_modules/axe-core build/npm/node_modules/reveal.js ## the tests that need mail clients, Chromium, Node.js or a Binder environment
	@$(TEST_PYTHON) tools/run_tests.py clients browser pyodide binder workflows contributing

notebooks: test-env ## write the navigation lines and run all notebooks anew (NOTEBOOKS="notebooks/01*" for some)
	@$(TEST_PYTHON) tools/glossary.py
	@$(TEST_PYTHON) tools/navigation.py
	@$(TEST_PYTHON) tools/workshop.py
	@$(TEST_PYTHON) tools/execute.py $(NOTEBOOKS)

.PHONY: links html
html: test-env ## write the whole course as web pages that need no kernel, into build/html (ARGS=--with-extras: with sheet and slides)
	@$(TEST_PYTHON) tools/edition.py $(ARGS)

.PHONY: slides
slides: test-env $(if $(REVEAL),,build/npm/node_modules/reveal.js) ## build the slides of each lesson into build/slides (needs npm, once)
	@$(TEST_PYTHON) tools/slides.py $(ARGS)

links: test-env ## write the links of README and workshop/, and what the workshop kit takes from the lessons
	@$(TEST_PYTHON) tools/links.py
	@$(TEST_PYTHON) tools/workshop.py

sheet: test-env ## print the reference on two pages, to build/speak-smtp-sheet.pdf (needs Chromium)
	@$(TEST_PYTHON) tools/sheet.py $(ARGS)

.PHONY: screenshot footprint
screenshot: test-env ## take the README's picture anew (needs Chromium)
	@$(TEST_PYTHON) tools/screenshot.py

footprint: test-env ## measure what a learner needs on a JupyterHub, and what the course adds to an image (needs Chromium)
	@$(TEST_PYTHON) tools/footprint.py
	@$(TEST_PYTHON) tools/binder.py

lint: test-env ## style, types, layers and navigation
	@$(TEST_PYTHON) tools/run_tests.py style

coverage: test-env ## which lines of helpers the unit tests reach
	@$(TEST_PYTHON) -m coverage run -m pytest -q tests/unit
	@$(TEST_PYTHON) -m coverage report

bench: test-env ## measure against stock aiosmtpd
	@$(TEST_PYTHON) -m tests.benchmarks $(ARGS)

binder-check: test-env ## what Binder makes of the repository, and the course on its versions
	@$(TEST_PYTHON) tools/run_tests.py binder

pins: ## resolve tests/pins.txt anew
	@$(firstword $(SETUP)) tools/pin.py

clean: ## remove the environments and what tools left
	rm -rf .venv .venv-test .test-reports .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache \
	  build *.egg-info tests/browser/node_modules tests/pyodide/node_modules \
	  tests/workflows/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
