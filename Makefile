# Run `make` alone for the list of what can be made. Settings come from the environment or the
# command line: `make run HTTP_PORT=9000`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LINKKIT_VENV := .venv-linkkit
CLOUDSDK_VENV := .venv-cloudsdk
# Nothing is installed that is not pinned by version and hash.
PIP_OPTIONS := --quiet --disable-pip-version-check --require-hashes
PIP_INSTALL := install $(PIP_OPTIONS) --requirement
# Source archives are built by what requirements-build.txt pins, not by what pip would fetch for it.
PIP_BUILD := install $(PIP_OPTIONS) --no-build-isolation --use-pep517 --requirement

# Stamps carry the interpreter's version: after an upgrade of Python the environment is rebuilt.
PYTHON_VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
RUN_STAMP := $(VENV)/.run-$(PYTHON_VERSION)
DEV_STAMP := $(VENV)/.dev-$(PYTHON_VERSION)
LINKKIT_STAMP := $(LINKKIT_VENV)/.installed-$(PYTHON_VERSION)
CLOUDSDK_STAMP := $(CLOUDSDK_VENV)/.installed-$(PYTHON_VERSION)
# Judges the pages in the browser tests. Nothing of it is served.
AXE := node_modules/axe-core/axe.min.js

# The same seed for both databases, printed, so that a failing order can be run again.
ifndef TEST_SEED
TEST_SEED := $(shell date +%s)
endif
# Many tests wait for a browser, a process or a lock: one worker more than there are processors
# keeps these busy.
TEST_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST = $(BIN)/python -m pytest --randomly-seed=$(TEST_SEED) --numprocesses=$(TEST_WORKERS) \
	--dist=worksteal $(PYTEST_ARGS)

# Data and keys are for the owner alone, whatever the shell's umask says.
PREPARE = umask 077 && export DJANGO_SETTINGS_MODULE=iotconsole.settings \
	&& $(BIN)/python -m iotconsole.bootstrap_secrets && $(BIN)/python manage.py prepare

# What `check --deploy` looks at: no setting of this shell, a public address, a real SMS provider.
DEPLOYMENT = env -i PATH="$$PATH" CONSOLE_URL=https://console.example PUBLIC_HOST=mqtt.example \
	SMS_BACKEND=twilio TWILIO_ACCOUNT_SID=AC0 TWILIO_AUTH_TOKEN=0 TWILIO_FROM=+15005550006

.PHONY: help run restore demo dev test faults fuzz check pins messages bench attacks bench-console timing screenshots python-is-usable $(LINKKIT_VENV) $(CLOUDSDK_VENV)
help:
	@echo 'make run            console, listener and worker together, until Ctrl-C'
	@echo 'make restore        fill an empty installation: make restore FILE=the-backup'
	@echo 'make demo           add a demonstration product, devices, clones and logs'
	@echo 'make dev            install what tests and checks need'
	@echo 'make test           all tests, on PostgreSQL and on SQLite'
	@echo 'make faults         kill its processes under load, again and again, and check what was kept'
	@echo "make fuzz           feed brokers' questions and the RPC API with anything"
	@echo 'make check          style, types, layers, unused names, templates, migrations, deployment settings'
	@echo 'make pins           what is pinned and how old it is; that nothing else is installed'
	@echo 'make messages       bring the catalogue of translations up to date (needs gettext)'
	@echo 'make screenshots    a picture of every page, in var/screenshots'
	@echo 'make bench          what activations, connections and storms cost, beside floors (half an hour)'
	@echo 'make attacks        what good clients feel while others attack'
	@echo 'make bench-console  how long each page takes with a million devices'
	@echo 'make timing         whether the time of a refusal tells its reason'

run: $(RUN_STAMP)
	@$(PREPARE) && exec $(BIN)/python manage.py serve

restore: $(RUN_STAMP)
	@test -n "$(FILE)" || { echo 'Say which backup: make restore FILE=…' >&2; exit 1; }
	@umask 077 && export DJANGO_SETTINGS_MODULE=iotconsole.settings \
		&& $(BIN)/python -m iotconsole.bootstrap_secrets && exec $(BIN)/python manage.py restore "$(FILE)"

demo: $(RUN_STAMP)
	@$(PREPARE) && $(BIN)/python manage.py demo

dev: $(DEV_STAMP)

# Tests without a database run once, with SQLite, which therefore comes last: its closing line
# counts them all. Both runs happen even when the first fails.
test: $(DEV_STAMP) $(LINKKIT_STAMP) $(CLOUDSDK_STAMP) $(AXE)
	@echo "Order of tests: TEST_SEED=$(TEST_SEED)"; status=0; \
	TEST_DATABASE=postgres $(PYTEST) || { status=1; postgres=failed; }; \
	TEST_DATABASE=sqlite $(PYTEST) || status=1; \
	if [ "$$postgres" = failed ]; then echo 'The run on PostgreSQL, above, failed.' >&2; fi; \
	exit $$status

# CYCLES of killing and starting again for each DATABASE (sqlite, postgres), which takes a quarter of
# an hour each; SEED is printed, and makes the same choices again. Then outages of a minute.
faults: $(DEV_STAMP)
	@status=0; for database in $(or $(DATABASE),sqlite postgres); do \
		$(BIN)/python -m tests.faults.run $$database --cycles=$(or $(CYCLES),100) \
			--seed=$(or $(SEED),$(TEST_SEED)) || status=1; \
		TEST_DATABASE=$$database OUTAGE_SECONDS=60 $(BIN)/python -m pytest \
			tests/faults/test_outages.py || status=1; \
	done; exit $$status

# EXAMPLES inputs for each of the tests that feed endpoints with anything; minutes for each thousand.
fuzz: $(DEV_STAMP)
	TEST_DATABASE=sqlite FUZZ_EXAMPLES=$(or $(EXAMPLES),5000) $(PYTEST) tests/fuzz

check: $(DEV_STAMP) pins
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	find . -path './.venv*' -prune -o -path '*/templates/*.html' -print0 \
		| xargs -0 -r $(BIN)/djade --check --target-version 5.2
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	$(BIN)/vulture
	@echo 'Migrations and system checks, with the settings of a deployment'
	@data=$$(mktemp -d) && trap 'rm -rf "$$data"' EXIT && run="$(DEPLOYMENT) DATA_DIR=$$data" \
	&& $$run $(BIN)/python -m iotconsole.bootstrap_secrets \
	&& $$run $(BIN)/python manage.py makemigrations --check --dry-run \
	&& $$run $(BIN)/python manage.py check --deploy --fail-level WARNING

# docs/operations.md says how a pin is changed.
pins: $(DEV_STAMP) $(LINKKIT_STAMP) $(CLOUDSDK_STAMP)
	@$(BIN)/python -m tests.pins check

# What is new in the sources comes into the catalogue untranslated; what Django reads is made from it.
MESSAGES = --locale zh_Hans --no-obsolete --no-wrap --add-location file \
	--ignore 'tests/*' --ignore 'bench/*' --ignore '.venv*' --ignore 'var/*' --ignore 'node_modules/*'
messages: $(DEV_STAMP)
	export DJANGO_SETTINGS_MODULE=tests.settings && $(BIN)/python manage.py makemessages $(MESSAGES) \
		&& $(BIN)/python manage.py compilemessages --locale zh_Hans --verbosity 0

bench: $(DEV_STAMP)
	$(BIN)/python -m bench
	$(BIN)/python -m bench.attacks

# SCALE=0.2 takes a fifth of the load and of the time, DATABASE=sqlite only that.
attacks: $(DEV_STAMP)
	$(BIN)/python -m bench.attacks $(if $(SCALE),--scale $(SCALE)) \
		$(if $(DATABASE),--database $(DATABASE))

# The first run builds the two databases in .bench, which takes minutes and 8 GB.
bench-console: $(DEV_STAMP)
	$(BIN)/python -m bench.console
	$(BIN)/python -m bench.batches
	$(BIN)/python -m bench.fleet
	$(BIN)/python -m bench.size

# A quarter of an hour; COUNT=2000 takes a tenth of it. For a quiet machine.
timing: $(DEV_STAMP)
	$(BIN)/python -m bench.timing $(if $(COUNT),--count $(COUNT))

# Needs Chromium. PAGES='devices device-switch' takes only those.
screenshots: $(DEV_STAMP)
	$(BIN)/python -m tests.screenshots var/screenshots $(PAGES)

python-is-usable:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'Python 3.11 or newer is needed; `$(PYTHON)` is older or missing.' \
			'Name another with `make $(or $(MAKECMDGOALS),run) PYTHON=…`.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'Python has no venv module. On Debian and Ubuntu: apt install python3-venv' >&2; \
		exit 1; }

# A stamp is a copy of what was installed, so a file that only looks newer costs nothing, and a
# second run needs no network. A package that is no longer pinned does no harm when running; for
# checks and tests it could (type stubs, plugins), so there the environment is made from scratch.
$(RUN_STAMP): requirements.txt | python-is-usable
	@cmp -s $< $@ || { echo 'Installing what $< pins into $(VENV) …' \
		&& $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip $(PIP_INSTALL) $< && cp $< $@; } \
		&& touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP) | python-is-usable
	@cat requirements.txt $< | cmp -s - $@ || { echo 'Installing what $< pins into $(VENV) …' \
		&& { [ ! -e $@ ] || $(PYTHON) -m venv --clear $(VENV); } \
		&& $(BIN)/python -m pip $(PIP_INSTALL) $< \
		&& cp requirements.txt $(RUN_STAMP) && cat requirements.txt $< >$@; } \
		&& touch $(RUN_STAMP) && touch $@

$(LINKKIT_VENV): $(LINKKIT_STAMP)
$(LINKKIT_STAMP): requirements-build.txt requirements-linkkit.txt | python-is-usable
	@cat $^ | cmp -s - $@ || { echo 'Installing the Python Link SDK into $(LINKKIT_VENV) …' \
		&& $(PYTHON) -m venv --clear $(LINKKIT_VENV) \
		&& $(LINKKIT_VENV)/bin/python -m pip $(PIP_INSTALL) $< \
		&& $(LINKKIT_VENV)/bin/python -m pip $(PIP_BUILD) $(word 2,$^) && cat $^ >$@; } && touch $@

$(CLOUDSDK_VENV): $(CLOUDSDK_STAMP)
$(CLOUDSDK_STAMP): requirements-build.txt requirements-cloudsdk.txt | python-is-usable
	@cat $^ | cmp -s - $@ || { echo 'Installing the API client of the cloud into $(CLOUDSDK_VENV) …' \
		&& $(PYTHON) -m venv --clear $(CLOUDSDK_VENV) \
		&& $(CLOUDSDK_VENV)/bin/python -m pip $(PIP_INSTALL) $< \
		&& $(CLOUDSDK_VENV)/bin/python -m pip $(PIP_BUILD) $(word 2,$^) && cat $^ >$@; } && touch $@

# Without npm its tests are skipped, and say so.
$(AXE): package-lock.json
	@if command -v npm >/dev/null; then echo 'Installing axe-core into node_modules …' \
		&& npm ci --silent --ignore-scripts --no-audit --no-fund && touch $@; fi
