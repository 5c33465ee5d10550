# Each target sets up what it needs, from nothing: Python 3.11 or newer and make are enough.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
ARGS   ?=

# Jupyter refuses to run as root, as one is in a container, unless told that it may.
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)

# A line before each step, so that nobody looks at a silent terminal.
say = @printf '\033[1m==> %s\033[0m\n' "$(1)"

.PHONY: help lab app test soak tour cassettes bench lint stubs docs site clean

help:  ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort

$(VENV)/.installed: pyproject.toml .ci/install
	$(call say,Setting up $(VENV) (once; this takes a few minutes))
	@bash .ci/install "$(PYTHON)" "$(VENV)"
	@touch $@

lab: $(VENV)/.installed  ## Open JupyterLab on the tour, offline (ARGS=--no-browser prints the URL)
	$(call say,Starting JupyterLab on the tour; Ctrl-C stops it)
	@$(BIN)/jupyter lab $(ROOT_FLAG) --LabApp.default_url=/lab/tree/notebooks/01-tour.ipynb $(ARGS)

app: $(VENV)/.installed  ## Serve the campaign notebook as a page without code, offline (ARGS=--no-browser)
	$(call say,Serving the campaign page; Ctrl-C stops it)
	@$(BIN)/voila notebooks/04-campaign.ipynb --Voila.ip=127.0.0.1 --Voila.auto_token=True $(ARGS)

test: $(VENV)/.installed  ## Run all tests on all cores
	$(call say,Looking for Chromium, Redis and Java)
	@bash .ci/system-packages
	$(call say,Running the tests)
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

soak: $(VENV)/.installed  ## Run what takes longer: more attacks, each test file alone, the mocks under load
	$(call say,Attacking with ten times as many seeds)
	@MSGNB_ATTACKS=10 $(BIN)/python -m pytest -n auto -q tests/attacks tests/private tests/house
	$(call say,Running each test file alone)
	@$(BIN)/python .ci/alone.py $(ARGS)
	$(call say,Keeping the mocks busy)
	@$(BIN)/python benchmarks/soak.py

tour: $(VENV)/.installed  ## Run all notebooks without a screen; they and their pages land in build/
	$(call say,Running the notebooks)
	@$(BIN)/python .ci/tour.py $(ARGS)

cassettes: $(VENV)/.installed  ## Record the cassettes again, against the mock servers
	$(call say,Recording the cassettes)
	@rm -rf cassettes/*/
	@$(BIN)/python -m pytest tests/testing/test_cassettes.py -p no:xdist --record-mode=rewrite $(ARGS)

bench: $(VENV)/.installed  ## Measure, as ratios in one run
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

stubs: $(VENV)/.installed  ## Write the type stubs that follow from the clients
	$(call say,Writing the stubs)
	@$(BIN)/python .ci/stubs.py

docs: stubs  ## Write the generated pages of docs/, the notebooks' too
	$(call say,Writing the generated pages of docs/)
	@$(BIN)/python docs/generate.py
	@$(BIN)/python .ci/tour.py --docs

site: $(VENV)/.installed  ## Build the site of the docs into build/site, warnings as errors
	$(call say,Building the site)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict --config-file .ci/mkdocs.yml

lint: $(VENV)/.installed  ## Check style, types and import contracts
	$(call say,Checking style)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	$(call say,Checking types)
	@$(BIN)/mypy --strict msgnb mocks tests/types/verbs.py
	@$(BIN)/basedpyright --level error tests/types/verbs.py
	$(call say,Checking who imports whom)
	@$(BIN)/lint-imports --no-cache

clean:  ## Remove everything that was made
	rm -rf $(VENV) build dist
