# Reseal. `make demo` shows it, `make test` tests it; both need only Python 3.11 to 3.13, make and git.
PYTHON ?= python3
STACK ?= reseal
export STACK
REGIONS ?= us-east-1
PREFIX ?= reseal-artefacts
SCENES ?= all
CASES ?= 10000
PAIRS ?= 20000
DEV = .venv/dev/bin/python
LOCALEMU_WITHOUT = antlr4-python3-runtime aws-sam-translator awscli cfn-lint crontab docutils duckdb \
  graphql-core grpcio mpmath networkx opensearch-protobufs opensearch-py protobuf pygments \
  regex rsa sqlglot sympy
BROWSER_WITHOUT = greenlet playwright pyee typing-extensions
PROCESSES ?= 4
# Each target's output in one piece; the make of macOS cannot.
SYNC = $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.DEFAULT_GOAL := help
.PHONY: help demo picture local sample redrive look sweep audit verify-aws test prove unit lint type docs fmt build guided package bench mutants lock clean faults laws soak judge scale localemu browser
.DELETE_ON_ERROR:

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/dev/.ready .venv/cloud/.ready .venv/sam/.ready ## Show on a local cloud what Reseal does; SCENES=short takes half a minute
	@$(DEV) -m demo --scenes $(SCENES)

picture: .venv/dev/.ready .venv/cloud/.ready .venv/sam/.ready ## Run the short demo and draw it for the README, in docs/demo.svg
	@$(DEV) -m demo --picture docs/demo.svg

local: .venv/dev/.ready .venv/cloud/.ready .venv/sam/.ready ## Start the local cloud with Reseal deployed, to try it out
	@$(DEV) -m demo.local

sample: .venv/dev/.ready ## Publish a finding that means nothing to the topic of STACK
	@PYTHONPATH=layers/reseal $(DEV) -m operations.sample_finding --stack $(STACK)

redrive: .venv/dev/.ready ## Show the dead-letter messages of STACK; redrive them with ARGS=--yes
	@$(DEV) -m operations.redrive --stack $(STACK) $(ARGS)

look: .venv/dev/.ready ## Ask STACK to check BUCKET, the object KEY in it, or KMS_KEY, now
	@PYTHONPATH=layers/reseal $(DEV) -m operations.look --stack "$$STACK" --bucket "$$BUCKET" --key "$$KEY" --kms-key "$$KMS_KEY" $(ARGS)

sweep: .venv/dev/.ready ## Let STACK check every bucket now, and report
	@PYTHONPATH=layers/reseal $(DEV) -m operations.sweep --stack "$$STACK" $(ARGS)

audit: .venv/dev/.ready ## Check every bucket with your own read permissions, without a stack: ARGS="--json --output DIR"
	@PYTHONPATH=layers/reseal $(DEV) -m operations.audit $(ARGS)

verify-aws: .venv/dev/.ready $(if $(findstring --stack,$(ARGS)),build) ## Measure AWS in a sandbox account: ARGS="--stack --region REGION" (docs/verify-aws.md)
	@$(DEV) -m operations.verify_aws $(ARGS)

test: .venv/dev/.ready .venv/cloud/.ready .venv/sam/.ready .venv/ric/.ready .venv/gates/.ready ## Run every gate and every test but the long ones
	@$(MAKE) --no-print-directory -j 3 $(SYNC) lint type unit
	$(DEV) -m pytest -n $(PROCESSES) --dist loadgroup --no-loadscope-reorder --ignore=tests/unit --ignore=tests/cloud/faults --ignore=tests/browser --ignore=tests/scale -k "not LocalEmu"

prove: .venv/dev/.ready .venv/cloud/.ready .venv/sam/.ready ## Run the long tests: faults, laws, soak, judge, scale, localemu, browser
	@started=$$(date +%s); for part in faults laws soak judge scale localemu browser; do began=$$(date +%s); \
	  $(MAKE) --no-print-directory $$part || { echo "make prove: $$part failed, the rest was not run" >&2; exit 1; }; \
	  echo "make prove: $$part took $$(($$(date +%s) - began)) s"; done; \
	echo "make prove: all took $$(($$(date +%s) - started)) s"

faults: .venv/dev/.ready .venv/cloud/.ready .venv/sam/.ready ## Test the deployed functions with faults, killed workers and reordered events (run nothing else)
	$(DEV) -m pytest tests/cloud/faults

laws: .venv/dev/.ready ## Test every pair of faults at any two AWS calls, and every order of three events
	RESEAL_EVERY_CASE=1 $(DEV) -m pytest -n 2 tests/scenarios/laws

soak: .venv/dev/.ready .venv/cloud/.ready ## Test CASES=10000 object writes of every kind, with races and faults
	RESEAL_OBJECT_CASES=$(CASES) $(DEV) -m pytest tests/cloud/object_soak/test_every_object.py

judge: .venv/dev/.ready ## Test PAIRS=20000 pairs of bucket and key policy, and as many policies for TLS, against independent judges
	RESEAL_POLICY_PAIRS=$(PAIRS) $(DEV) -m pytest -n 2 tests/unit/core/access/test_judge.py tests/unit/core/transit/test_judge.py

scale: .venv/dev/.ready .venv/cloud/.ready .venv/sam/.ready ## Test a sweep over 20,000 buckets, and a deployed one over 300 that is killed
	$(DEV) -m pytest -s tests/scale
	RESEAL_SWEEP_BUCKETS=300 $(DEV) -m pytest tests/cloud/sweep

browser: .venv/dev/.ready .venv/browser/.ready ## Test the report's page with 20,000 rows in Chromium
	$(DEV) -m pytest -s tests/browser

localemu: .venv/dev/.ready .venv/cloud/.ready .venv/localemu/.ready ## Test the adapters on a second emulator, LocalEmu
	$(DEV) -m pytest -n 2 --dist loadgroup tests/contract -k LocalEmu

unit: .venv/dev/.ready ## Run only the unit tests, with the core's branch coverage
	$(DEV) -m pytest -n 2 tests/unit --cov=layers/reseal/reseal/core --cov-branch --cov-fail-under=100

mutants: .venv/dev/.ready .venv/cloud/.ready ## Mutation tests: change the code in small ways and see whether a test fails
	@$(DEV) -m mutation

lint: .venv/dev/.ready ## Check style, complexity and security rules
	.venv/dev/bin/ruff check .
	.venv/dev/bin/ruff format --check .
	.venv/dev/bin/bandit --quiet --recursive layers functions operations

type: .venv/dev/.ready ## Check types strictly
	.venv/dev/bin/mypy layers/reseal functions localcloud demo benchmarks operations mutation documents requirements

docs: .venv/dev/.ready ## Write the tables of the documents that are derived from template and code
	@PYTHONPATH=layers/reseal $(DEV) -m documents

fmt: .venv/dev/.ready ## Format the code
	.venv/dev/bin/ruff format .
	.venv/dev/bin/ruff check --fix .

build: .venv/dev/.ready .venv/sam/.ready ## Build what `sam deploy` deploys
	@$(DEV) -m localcloud.client.build

guided: build ## Ask for each parameter and deploy; the answers are kept in .local, not in samconfig.toml
	@mkdir -p .local && { test -e .local/samconfig.toml || cp samconfig.toml .local/; }
	@.venv/sam/bin/sam deploy --guided --config-file "$(CURDIR)/.local/samconfig.toml" $(ARGS)

package: build ## Package one plain template for many accounts: REGIONS="a b" PREFIX= ORGANISATION=o-... ARGS=--upload
	@$(DEV) -m operations.package --regions $(REGIONS) --prefix $(PREFIX) $(if $(ORGANISATION),--organisation $(ORGANISATION)) $(ARGS)

bench: .venv/custodian/.ready .venv/cloud/.ready build ## Compare the cost of events with Cloud Custodian and bare boto3 (6 to 8 minutes)
	@$(DEV) -m benchmarks

lock: .venv/dev/.ready ## Update and pin every requirement, with hashes (needs uv)
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header layers/reseal/requirements.in -o layers/reseal/requirements.txt
	cd requirements && for name in dev cloud sam ric gates custodian; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header $$name.in -o $$name.txt || exit 1; done
	cd requirements && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header $(BROWSER_WITHOUT:%=--no-emit-package %) browser.in -o browser.txt
	cd requirements && uv pip compile --quiet --upgrade --python-version 3.12 --generate-hashes --no-header $(LOCALEMU_WITHOUT:%=--no-emit-package %) localemu.in -o localemu.txt

clean: ## Remove what the other commands made
	rm -rf .venv .aws-sam .local .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

.venv/%/.ready: requirements/%.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Reseal needs Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo not there). Try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) requirements/install.py .venv/$* $<
	@touch $@

# Needs Python 3.12 or 3.13. Without one, its tests are skipped with a message.
.venv/localemu/.ready: requirements/localemu.txt
	@python=$$(for python in $(PYTHON) python3.13 python3.12 $$HOME/.pyenv/versions/3.1[23].*/bin/python3; do \
	  $$python -c 'import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$python && break; done); \
	test "$$python" || { echo "no Python 3.12 or 3.13 here: the adapters are not tested on LocalEmu"; exit 0; }; \
	$$python requirements/install.py .venv/localemu $< --no-compile && touch $@
