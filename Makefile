# Every target sets itself up first; make.py does the work, so that Windows needs no make: py make.py lab
PYTHON ?= python3
ARGS ?=
# Many desktops set LANGUAGE for programs of their own: only what is given to make counts, as in make lab LANGUAGE=zh
SPEAK = $(if $(filter command,$(origin LANGUAGE)),LANGUAGE=$(LANGUAGE))

.PHONY: lab test shake notebooks translate environment figures results site student grade quiz slides mutate bench
lab test shake notebooks translate environment figures results site student grade quiz slides mutate bench:
	@$(PYTHON) make.py $@ $(SPEAK) $(ARGS)
