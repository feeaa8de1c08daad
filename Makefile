# Every target sets itself up first; make.py does the work, so that Windows needs no make: py make.py lab
PYTHON ?= python3
ARGS ?=

.PHONY: lab test shake notebooks environment figures results site student grade slides bench
lab test shake notebooks environment figures results site student grade slides bench:
	@$(PYTHON) make.py $@ $(ARGS)
