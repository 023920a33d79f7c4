# Happens-Before: the front door. `make help` lists every command.
#
# The variables that commands take are written as in `make check U=04-mutex STEP=3`.

GRADE := /usr/bin/python3 grader/grade
.DEFAULT_GOAL := status

## Students and self-study readers
.PHONY: status check watch hint explain replay quiz play diff reset handin
.PHONY: attempt demo litmus explore bench plot workbook book
PLAIN_FLAG = $(if $(PLAIN),--plain)

status: ## Your progress, and the one next step (bare `make`)
	@$(GRADE) status

check: ## Grade your work: all of it, or one unit (U=04-mutex), or one step of it (STEP=3)
	@$(GRADE) check $(U) $(if $(STEP),--step $(STEP)) $(if $(ALL),--all) \
	    $(if $(SUBMISSION),--submission '$(SUBMISSION)') \
	    $(if $(JSON),--json '$(JSON)') $(if $(JUNIT),--junit '$(JUNIT)') $(ARGS)

watch: ## Check on every save, with a page that shows it: U=unit, or all; PLAIN=1 for lines
	@$(GRADE) watch $(U) $(PLAIN_FLAG)

hint: ## A hint for what failed last: U=unit, N=1..3 for how much it tells
	@$(GRADE) hint $(U) $(if $(N),--tier $(N))

explain: ## The last failure at length, step by step: U=unit C=check; WEB=1 as a page, PLAIN=1 as text
	@$(GRADE) explain $(U) $(if $(C),--check '$(C)') $(if $(WEB),--web) $(PLAIN_FLAG)

# That the fault comes again, status 1, is what was asked for.
replay: ## One failing execution again: TOKEN=HB1...; GDB=1 stops at its fault, in gdb
	@$(GRADE) replay '$(TOKEN)' $(if $(U),--unit $(U)) $(if $(S),--scenario '$(S)') $(if $(GDB),--gdb) || [ $$? = 1 ]

quiz: ## Predict, then run: the questions of a chapter: U=unit, Q=one of them
	@$(GRADE) quiz $(U) $(if $(Q),--question '$(Q)') $(PLAIN_FLAG)

play: ## Be the adversary: choose who runs next until a promise breaks: U=unit L=level
	@$(GRADE) play $(U) $(if $(L),'$(L)') $(if $(YES),--yes) $(PLAIN_FLAG)

diff: ## What you have changed since the skeleton: U=unit
	@$(GRADE) diff $(U)

reset: ## Put the skeleton back, and keep a copy of yours: U=unit
	@$(GRADE) reset $(U)

handin: ## Check your work and pack exactly the editable files: U=unit, or all; OUT=file
	@$(GRADE) handin $(U) $(if $(OUT),--out '$(OUT)')

attempt: ## Grade one of a chapter's naive attempts as if it were yours: U=unit A=name
	@$(GRADE) attempt $(U) $(A)

demo: ## Watch a partly wrong submission being graded
	@$(GRADE) demo

litmus: ## A litmus test on your processor: T=SB, ORDER=relaxed; without T: the list
	@$(GRADE) litmus $(if $(T),'$(T)') $(if $(ORDER),--order $(ORDER)) $(ARGS)

explore: ## Every schedule of a scenario: U=unit S=scenario; A=attempt; without S: the list
	@$(GRADE) explore --unit '$(U)' $(if $(A),--attempt '$(A)') $(if $(S),--scenario '$(S)',--list) $(ARGS)

bench: ## Measure a unit beside glibc and others: U=unit; SUBMISSION=. measures yours
	@$(GRADE) bench $(U) $(if $(SUBMISSION),--submission '$(SUBMISSION)')

plot: ## Draw what your code does under load: U=unit
	@$(GRADE) plot $(U) $(if $(SOLUTION),--solution)

workbook: ## The book in your browser beside your own code, checked on every save; PORT=8017
	@$(GRADE) workbook $(if $(PORT),--port $(PORT)) $(ARGS)

book: ## Write the chapters as a book for the browser; OUT=directory (default: build/book)
	@$(GRADE) book $(if $(OUT),--out '$(OUT)')

## Self-study readers
.PHONY: solution

solution: ## The reference answer, once you have passed: U=unit; YES=1 all the same
	@$(GRADE) solution $(U) $(if $(YES),--yes)

## Everybody
.PHONY: setup doctor editor clean help

setup: ## Install what is needed with apt (does nothing the second time)
	@grader/setup.sh

doctor: ## What is installed, which limits are in force, whether each tool works here
	@$(GRADE) doctor

editor: ## Write compile_commands.json, so that editors know the flags
	@$(GRADE) editor

clean: ## Delete the cache (also your progress) and plots; nothing of your work
	@rm -rf .cache build compile_commands.json

help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
	    /^## / { printf "%s%s\n", (seen++ ? "\n" : ""), substr($$0, 4) } \
	    /^#: / { sub(/^#: /, "  "); print } \
	    /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

## Instructors
#: make check SUBMISSION=path  Grade a directory, .zip or .tar.gz; JSON=file and JUNIT=file write the report
#: make plot U=unit SOLUTION=1  Draw what the reference does under load
#: make bench U=unit            Without SUBMISSION: measure the reference

## Maintainers
.PHONY: test test-long lint format table compiled pictures bench-grader bench-explorer bench-batch
PYTHON_FILES := grader/grade grader/happens_before grader/slurm grader/slurm/one-machine grader/tests
SHELL_FILES = .ci/run $(shell git ls-files --cached --others --exclude-standard -- '*.sh' '*run_autograder')
C_FILES = $(shell git ls-files --cached --others --exclude-standard -- '*.c' '*.h')

# A test that hangs is a failure with a name; --timeout is in seconds. The tests start the grader
# a thousand times: Python may keep what it compiles.
PYTEST := env -u PYTHONDONTWRITEBYTECODE /usr/bin/python3 -m pytest -q -n auto --dist loadgroup --instafail

test: ## Prove the workbook: grader, judges, mutants, alternates, cheats, bombs
	@$(PYTEST) --timeout 300 -m 'not long' grader/tests $(ARGS)

test-long: ## The same, with the tests that take long: a cluster, a class, a full disk
	@$(PYTEST) --timeout 1800 grader/tests $(ARGS)

lint: ## Formatting, warnings under both compilers, edge labels, shell and Python linters
	@clang-format --dry-run -Werror $(C_FILES)
	@$(GRADE) maintain warnings
	@$(GRADE) maintain edges
	@shellcheck $(SHELL_FILES)
	@black --quiet --check --line-length 100 $(PYTHON_FILES)
	@mypy --config-file grader/mypy.ini
	@echo 'lint: nothing to mend.'

format: ## Format all C and Python
	@clang-format -i $(C_FILES)
	@black --quiet --line-length 100 $(PYTHON_FILES)

table: ## Run every mutant and write the table bug class x judge into the README
	@$(GRADE) maintain table

compiled: ## Compile the atomic operations for three processors, into the chapter of lesson 01
	@$(GRADE) maintain compiled

pictures: ## Make the pictures of the README anew, with a headless Chromium
	@$(GRADE) maintain pictures

bench-grader: ## Measure what the reader waits for: cold, unchanged, after an edit
	@$(GRADE) maintain bench

bench-explorer: ## Measure the explorer, beside Relacy on the same algorithms
	@$(GRADE) maintain bench-explorer

bench-batch: ## Measure what a class costs, cold and warm: SIZES=10,100,300 UNITS=04-mutex
	@$(GRADE) maintain bench-batch $(if $(SIZES),--sizes $(SIZES)) $(if $(UNITS),--units $(UNITS)) $(ARGS)
