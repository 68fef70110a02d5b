# SPDX-License-Identifier: GPL-3.0-or-later
# What `make fuzz` calls, with everything handed over by local.mk: the whole
# project compiled by clang with libFuzzer's hooks and the sanitizers, in a
# folder of its own, and one program per target.
OBJECTS = $(patsubst %.c,$(FUZZ_DIR)/%.o,$(filter %.c,$(FUZZ_SOURCES))) \
	$(FUZZ_DIR)/tests/fuzz/scratch.o $(FUZZ_DIR)/tests/scripted.o
PROGRAMS = $(FUZZ_TARGETS:%=$(FUZZ_DIR)/fuzz_%)
# float-cast-overflow is undefined in C, but not in clang's group.
FUZZ_CFLAGS = -g -O1 -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow \
	-fno-sanitize-recover=all

all: $(PROGRAMS)

$(FUZZ_DIR)/%.o: $(FUZZ_SRCDIR)/%.c
	@mkdir -p $(@D)
	@echo "  CLANG    $*.c"
	@$(FUZZ_CC) $(FUZZ_CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(PROGRAMS): $(FUZZ_DIR)/%: $(FUZZ_DIR)/tests/fuzz/%.o $(OBJECTS)
	@echo "  CLANGLD  $@"
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(FUZZ_LIBS)

.SECONDARY:
.PHONY: all
-include $(OBJECTS:.o=.d) $(FUZZ_TARGETS:%=$(FUZZ_DIR)/tests/fuzz/fuzz_%.d)
