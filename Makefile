# Needs Python 3.11 or later, pip, make and git. uv is fetched when it is not there. Node 20 or later
# builds the dashboard; without it everything else works.

PYTHON ?= python3
UV_VERSION := 0.13.8
OUR_UV := .uv/bin/uv

# The dashboard is built again when its source or what it is typed by has changed.
DASHBOARD := src/footfall/web/dashboard/index.html
DASHBOARD_SOURCE := $(shell git ls-files web src/footfall/api src/footfall/dialects 2>/dev/null)

# A uv that works is used as it is (one on PATH may be a shim that does not); else our own.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo $(OUR_UV))
UV_NEEDED := $(filter $(OUR_UV),$(UV))

# Where it is set, every start would compile all modules again, which takes two seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo dashboard test check bench

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(DASHBOARD) $(UV_NEEDED) ## Start the server; prints its address, data directory and first API key
	@$(UV) run --locked --no-dev footfall serve

demo: $(DASHBOARD) $(UV_NEEDED) ## Load a made-up account with 90 days of events (once), then start the server
	@$(UV) run --locked --no-dev footfall demo
	@$(UV) run --locked --no-dev footfall serve

dashboard: $(DASHBOARD) ## Build the dashboard, when its source has changed

$(DASHBOARD): $(DASHBOARD_SOURCE) | $(UV_NEEDED)
	@if command -v npm >/dev/null; then \
	  echo "Building the dashboard" && \
	  $(UV) run --locked --no-dev footfall openapi --directory web/openapi && \
	  cd web && npm ci --no-audit --no-fund --silent && npm run --silent build && \
	  touch ../$(DASHBOARD); \
	else \
	  echo "Node.js is not here: the dashboard is left out. Install Node 20 for it; all else works."; \
	fi

test: $(DASHBOARD) $(UV_NEEDED) ## Run every test: no network, no other service
	@$(UV) sync --locked
	@$(UV) run --locked pytest $(ARGS)

check: $(UV_NEEDED) ## Check style, types, imports and house rules
	$(UV) run --locked ruff check
	$(UV) run --locked ruff format --check
	$(UV) run --locked mypy
	$(UV) run --locked lint-imports
	$(UV) run --locked pytest -q tests/test_house_rules.py

bench: $(DASHBOARD) $(UV_NEEDED) ## Measure this machine; ARGS="--help" shows the choices
	@$(UV) run --locked python -m bench $(ARGS)

# Debian's python3 may lack ensurepip, and then makes no venv with pip in it: pip can do without.
$(OUR_UV):
	@echo "Fetching uv $(UV_VERSION) into .uv (once)"
	@($(PYTHON) -m venv .uv >/dev/null 2>&1 && .uv/bin/pip install --quiet uv==$(UV_VERSION)) || \
	  (rm -rf .uv && $(PYTHON) -m pip install --quiet --target .uv uv==$(UV_VERSION))
