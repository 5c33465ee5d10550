# Each target sets up what it needs, from nothing: Python 3.11 or newer and make are enough.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
ARGS   ?=

# Jupyter refuses to run as root, as one is in a container, unless told that it may.
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help lab app test tour cassettes bench lint docs site clean

help:  ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort

$(VENV)/.installed: pyproject.toml .ci/install
	bash .ci/install "$(PYTHON)" "$(VENV)"
	@touch $@

lab: $(VENV)/.installed  ## Open JupyterLab on the tour, offline (ARGS=--no-browser prints the URL)
	$(BIN)/jupyter lab $(ROOT_FLAG) --LabApp.default_url=/lab/tree/notebooks/01-tour.ipynb $(ARGS)

app: $(VENV)/.installed  ## Serve the campaign notebook as a page without code, offline (ARGS=--no-browser)
	$(BIN)/voila notebooks/04-campaign.ipynb --Voila.ip=127.0.0.1 --Voila.auto_token=True $(ARGS)

test: $(VENV)/.installed  ## Run all tests
	bash .ci/system-packages
	$(BIN)/python -m pytest $(ARGS)

tour: $(VENV)/.installed  ## Run all notebooks without a screen; they and their pages land in build/
	$(BIN)/python .ci/tour.py $(ARGS)

cassettes: $(VENV)/.installed  ## Record the cassettes anew, against the mock servers
	rm -rf cassettes/*/
	$(BIN)/python -m pytest tests/test_cassettes.py -p no:xdist --record-mode=rewrite $(ARGS)

bench: $(VENV)/.installed  ## Measure, as ratios in one run
	for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: $(VENV)/.installed  ## Write the generated pages of docs/ anew, the notebooks' too
	$(BIN)/python docs/generate.py
	$(BIN)/python .ci/tour.py --docs

site: $(VENV)/.installed  ## Build the site of the docs into build/site, warnings as errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict --config-file .ci/mkdocs.yml

lint: $(VENV)/.installed  ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict msgnb mocks

clean:  ## Remove everything that was made
	rm -rf $(VENV) build dist
