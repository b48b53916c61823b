# node_modules/.bin comes first, so that the recipes run on the Node of package-lock.json whatever the system has.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help setup check test test-unit test-integration build bench bench-sets bench-rebuild torture rebuild-proof demo up down clean

help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: node_modules/.package-lock.json ## Install the dependencies, if they changed

node_modules/.package-lock.json: package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

check: setup ## Types, lint, nothing unused, format
	tsc -p tsconfig.json
	tsc -p tsconfig.page.json
	oxlint --type-aware
	knip
	oxfmt --check

test: check ## Everything: check, unit and integration tests
	@vitest run

test-unit: setup ## The fast tests
	@vitest run --project unit

test-integration: setup ## The tests against a real Kafka and schema registry, which they start
	@vitest run --project integration

build: setup ## Compile to dist/
	tsc -p tsconfig.build.json

bench: build ## Measure all that docs/performance.md tells: LISTINGS, MANY, ROUNDS, BENCH_ONLY, BENCH_PROFILE
	@node bench/run.ts

bench-sets: setup ## Measure the two ways of reading sets of parts
	@node bench/sets.ts

bench-rebuild: build ## Measure the rebuild of a store beside merely reading and decoding its topics
	@BENCH_ONLY=store node bench/run.ts

rebuild-proof: setup ## Rebuild 100,000 listings with photos and accounts into both stores, killed five times, compare every value, and verify it
	@REBUILD_LISTINGS=$${LISTINGS:-100000} REBUILD_KILLS=$${KILLS:-5} vitest run --project integration test/e2e/rebuild.integration.test.ts

torture: setup ## Break it in every way and check what is in the topics: SEED, RUNS, LISTINGS, LANES, FAULT, REPORT
	@node --no-warnings test/torture/main.ts

demo: setup ## See it work: a simulated source, a local Kafka, a day of changes, and a comparison
	@node src/cli/main.ts demo

up: setup ## The same, left running
	@node src/cli/main.ts demo --keep

down: setup ## Stop the local Kafka and schema registry
	@node src/cli/main.ts stack down

clean: ## Remove what was built
	rm -rf dist coverage
