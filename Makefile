# Everything that people type. What is longer than a line stands in scripts/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# make up HOME_DIR=/srv/roost: another home than the default (/var/lib/roost for root, ~/.local/share/roost else).
HOME_DIR ?=
# make chaos FAULTS=daemon ROUNDS=200 SEED=7
# make chaos ENGINE=mariadb MINUTES=10 FAULTS=kill,stop SEED=7: a service of three instances; without FAULTS: all faults
FAULTS ?=
ROUNDS ?=
SEED ?=
ENGINE ?=
MINUTES ?= 10
REPORT ?=
# make simulate SEEDS=100000 PIECE=1000
SEEDS ?= 100000
PIECE ?=
# make bench provision memory: some of the benchmarks
# make bench-long failover ROUNDS=500 PIECE=50 ENGINE=mariadb REPORT=docs/benchmarks/failover.json
benchmarks := provision relay info idle memory clones pools size snapshots many failover seed sync_cost
# make integration FILTER=Restart: the suites and tests whose name matches.
FILTER ?=
# make takeover FROM=v0.1.0
FROM ?= HEAD~1

programs := roost roostd roost-router roost-supervise roost-guard
sources := Package.swift Sources Tests

.PHONY: help setup up down build test integration simulate chaos takeover debian13 fmt check bench bench-long docs package

# The names after `bench` and `bench-long` are words and no targets.
ifneq ($(filter bench bench-long,$(firstword $(MAKECMDGOALS))),)
names := $(filter $(benchmarks),$(MAKECMDGOALS))
.PHONY: $(names)
$(names): ; @:
endif

help: ## show this list
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

setup: ## install what this machine lacks to build and run Roost
	@scripts/setup

up: build ## build, start roostd, push the example, say how to connect
	@scripts/up $(if $(HOME_DIR),--home '$(HOME_DIR)')

down: ## stop roostd, its router and its databases; remove nothing
	@scripts/down $(if $(HOME_DIR),--home '$(HOME_DIR)')

build: setup ## release programs, linked in bin/
	@swift build -c release --static-swift-stdlib
	@mkdir -p bin
	@for program in $(programs); do ln -sfn ../.build/release/$$program bin/$$program; done

test: ## every test and a short chaos run; ends with their number
	@scripts/test

integration: ## the tests on real servers alone
	@scripts/setup --tests
	@swift test --filter 'IntegrationTests.*$(FILTER)' --skip ChaosTests

simulate: ## the simulation over many seeds, resumable: SEEDS=100000 PIECE=1000
	@scripts/simulate '$(SEEDS)' '$(or $(PIECE),1000)'

chaos: ## roostd killed at random moments: ROUNDS=200 SEED=n; all faults on a group: ENGINE=mariadb MINUTES=10
ifeq ($(ENGINE),)
	@scripts/chaos '$(or $(FAULTS),daemon)' '$(or $(ROUNDS),200)' '$(SEED)'
else
	@scripts/chaos --engine '$(ENGINE)' --minutes '$(MINUTES)' $(if $(FAULTS),--faults '$(FAULTS)') \
		$(if $(SEED),--seed '$(SEED)') $(if $(REPORT),--report '$(REPORT)')
endif

takeover: ## a home that an earlier commit's programs made, taken over by these: FROM=commit
	@scripts/takeover '$(FROM)'

debian13: build ## a walk through the programs on Debian 13, in a chroot; needs root
	@scripts/other-debian

fmt: ## format the Swift code
	@swift format format --in-place --parallel --recursive $(sources)

check: ## formatting, import directions, sizes, words, links in docs, scripts, units
	@scripts/check

bench: ## measure; prints one JSON document; names behind it: some of the benchmarks
	@scripts/bench $(names)

bench-long: ## failover over many rounds, resumable: bench-long failover ROUNDS=500 PIECE=50 ENGINE=mariadb
	@scripts/bench-long $(if $(ENGINE),--engine '$(ENGINE)') $(if $(ROUNDS),--rounds '$(ROUNDS)') \
		$(if $(PIECE),--piece '$(PIECE)') $(if $(REPORT),--report '$(REPORT)') $(names)

docs: ## check that docs and code name the same files, commands and keys
	@scripts/check docs

package: build ## a tarball of the release programs and units, in .build/package
	@scripts/package
