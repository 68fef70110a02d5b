# SPDX-License-Identifier: GPL-3.0-or-later
# A test program is one file: name it in `programs` and it is built from
# tests/NAME.c, linked with everything, private functions included, and run.
test_programs = \
	%D%/test_allocations \
	%D%/test_app_failures \
	%D%/test_arc1_jobs \
	%D%/test_arc1_map \
	%D%/test_array \
	%D%/test_board_arc1 \
	%D%/test_board_faults \
	%D%/test_board_smu \
	%D%/test_compare \
	%D%/test_calibrate \
	%D%/test_compose \
	%D%/test_contract \
	%D%/test_correlation \
	%D%/test_datasets \
	%D%/test_doctor \
	%D%/test_emulator \
	%D%/test_energy \
	%D%/test_filters \
	%D%/test_guard_cells \
	%D%/test_failures \
	%D%/test_fit_drift \
	%D%/test_fit_noise \
	%D%/test_fit \
	%D%/test_fit_target \
	%D%/test_flicker \
	%D%/test_fstdp \
	%D%/test_fstdp_accept \
	%D%/test_guard_duty \
	%D%/test_guard_marks \
	%D%/test_history \
	%D%/test_import \
	%D%/test_kernels \
	%D%/test_loadline \
	%D%/test_logfile \
	%D%/test_lookout \
	%D%/test_mapping \
	%D%/test_measure \
	%D%/test_measure_oven \
	%D%/test_measure_resume \
	%D%/test_models \
	%D%/test_neuron \
	%D%/test_oplog \
	%D%/test_paramfile \
	%D%/test_periphery \
	%D%/test_pictures \
	%D%/test_plan \
	%D%/test_playback \
	%D%/test_random \
	%D%/test_rig \
	%D%/test_smu_profile \
	%D%/test_softhebb \
	%D%/test_softhebb_moved \
	%D%/test_softhebb_readout \
	%D%/test_softhebb_accept \
	%D%/test_softhebb_array \
	%D%/test_softhebb_deep \
	%D%/test_softhebb_failures \
	%D%/test_softhebb_kernels \
	%D%/test_softhebb_keep \
	%D%/test_shift \
	%D%/test_softhebb_run \
	%D%/test_scpi_cobs \
	%D%/test_serial \
	%D%/test_step \
	%D%/test_stop \
	%D%/test_synapse \
	%D%/test_synapse_batch \
	%D%/test_synapse_range \
	%D%/test_synapse_folds \
	%D%/test_synapse_round \
	%D%/test_synapse_state \
	%D%/test_table \
	%D%/test_target \
	%D%/test_trace \
	%D%/test_threads \
	%D%/test_tool \
	%D%/test_transport \
	%D%/test_uri \
	%D%/test_usb \
	%D%/test_usb_faults \
	%D%/test_usbip \
	%D%/test_usbtmc \
	%D%/test_weights \
	%D%/test_wire_arc1 \
	%D%/test_wire_arc1_jobs \
	%D%/test_wire_scpi \
	%D%/test_wire_scpi_failures \
	%D%/test_wire_scpi_time \
	%D%/test_wire_smu \
	%D%/test_wire_smu_router \
	%D%/test_wire_smu_tsp

check_PROGRAMS += $(test_programs) $(fuzz_programs) %D%/example

# Programs that take minutes: `make check-long`.
LONG_TESTS = \
	%D%/long_fit \
	%D%/long_fit_board \
	%D%/long_fit_table \
	%D%/long_fit_target \
	%D%/long_fstdp \
	%D%/long_kill \
	%D%/long_softhebb \
	%D%/long_softhebb_deep \
	%D%/long_usb \
	%D%/long_usb_faults
# Programs that measure speed: `make bench`.
BENCHES = \
	%D%/bench_emulator \
	%D%/bench_oplog \
	%D%/bench_apps \
	%D%/bench_boards \
	%D%/bench_softhebb
# built by `make check` all the same: what nobody builds stops building
check_PROGRAMS += $(LONG_TESTS) $(BENCHES)

test_scripts = \
	%D%/check_layers.sh \
	%D%/test_cli.sh \
	%D%/test_import_cli.sh \
	%D%/test_log_cli.sh \
	%D%/test_measure_cli.sh \
	%D%/test_fstdp_cli.sh \
	%D%/test_apps_cli.sh \
	%D%/test_boards_cli.sh \
	%D%/test_readme.sh \
	%D%/test_report_cli.sh \
	%D%/test_softhebb_cli.sh \
	%D%/test_softhebb_toy_cli.sh \
	%D%/test_scripts.sh

TESTS += $(test_programs) $(fuzz_programs) $(test_scripts)
TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = sh
AM_TESTS_ENVIRONMENT = \
	MR_SRCDIR='$(abs_top_srcdir)'; export MR_SRCDIR; \
	MR_BUILDDIR='$(abs_top_builddir)'; export MR_BUILDDIR;
EXTRA_DIST += $(test_scripts) \
	%D%/check_layers.awk \
	%D%/cli.sh \
	%D%/stats.awk \
	%D%/stats.sh \
	%D%/summary.sh \
	%D%/umockdev.supp \
	%D%/usb/check.sh \
	%D%/usb/guest.sh \
	%D%/usb/init.sh \
	%D%/data/board-protocol.txt \
	%D%/data/calibration.ini \
	%D%/data/jumps.csv \
	%D%/data/packets.txt

# Programs on a corpus of bad input: `make fuzz` searches for more.
include %D%/fuzz/local.mk

# One archive, so that the floors may name each other in any order.
check_LTLIBRARIES += libcheck.la
libcheck_la_SOURCES = \
	%D%/arc1host.c \
	%D%/arc1host.h \
	%D%/baddisk.c \
	%D%/baddisk.h \
	%D%/badmemory.c \
	%D%/badmemory.h \
	%D%/contract_uris.h \
	%D%/fitbench.c \
	%D%/fitbench.h \
	%D%/fstdp_case.c \
	%D%/fstdp_case.h \
	%D%/kill.c \
	%D%/kill.h \
	%D%/roundtrip.c \
	%D%/roundtrip.h \
	%D%/scribe.c \
	%D%/scribe.h \
	%D%/opedit.h \
	%D%/pipes.c \
	%D%/pipes.h \
	%D%/protocols.c \
	%D%/protocols.h \
	%D%/session.c \
	%D%/session.h \
	%D%/smuhost.c \
	%D%/smuhost.h \
	%D%/smupeer.c \
	%D%/smupeer.h \
	%D%/test.h \
	%D%/test_main.c \
	%D%/wirehost.c \
	%D%/wirehost.h
libcheck_la_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS) $(SQLITE_CFLAGS) \
	$(JANSSON_CFLAGS)
libcheck_la_LIBADD = libapps.la libcalibration.la libdriver.la libemulator.la libdevices.la \
	$(CUNIT_LIBS) $(PTHREAD_LIBS)
LDADD = libcheck.la

bench_sources = %D%/bench.h %D%/bench_main.c
%C%_bench_emulator_SOURCES = %D%/bench_emulator.c $(bench_sources)
%C%_bench_emulator_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(BLAS_CFLAGS)
%C%_bench_emulator_LDADD = libcheck.la $(JANSSON_LIBS) $(BLAS_LIBS)
%C%_bench_oplog_SOURCES = %D%/bench_oplog.c $(bench_sources)
%C%_bench_oplog_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
%C%_bench_oplog_LDADD = libcheck.la $(JANSSON_LIBS)
%C%_bench_apps_SOURCES = %D%/bench_apps.c $(bench_sources)
%C%_bench_apps_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
%C%_bench_apps_LDADD = libcheck.la $(JANSSON_LIBS)

%C%_bench_softhebb_SOURCES = %D%/bench_softhebb.c $(bench_sources)
%C%_bench_softhebb_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(BLAS_CFLAGS)
%C%_bench_softhebb_LDADD = libcheck.la $(JANSSON_LIBS) $(BLAS_LIBS)
%C%_bench_boards_SOURCES = %D%/bench_boards.c $(bench_sources)
%C%_bench_boards_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
%C%_bench_boards_LDADD = libcheck.la $(JANSSON_LIBS)

# Their allocations are counted, or fail on purpose.
badmemory_ldflags = -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc \
	-Wl,--wrap=aligned_alloc -Wl,--wrap=posix_memalign -Wl,--wrap=free
%C%_test_allocations_LDFLAGS = $(badmemory_ldflags)
%C%_test_failures_LDFLAGS = $(badmemory_ldflags)
%C%_test_softhebb_failures_LDFLAGS = $(badmemory_ldflags)
%C%_test_wire_scpi_failures_LDFLAGS = $(badmemory_ldflags)

%C%_test_app_failures_LDFLAGS = $(%C%_test_failures_LDFLAGS)

%C%_test_scpi_cobs_SOURCES = %D%/test_scpi_cobs.c %D%/scripted.c \
	%D%/scripted.h

softhebb_case = %D%/softhebb_case.c %D%/softhebb_case.h $(imagefiles)
%C%_long_softhebb_SOURCES = %D%/long_softhebb.c $(softhebb_case)
%C%_test_softhebb_accept_SOURCES = %D%/test_softhebb_accept.c $(softhebb_case)
%C%_test_softhebb_moved_SOURCES = %D%/test_softhebb_moved.c %D%/toyset.c \
	%D%/toyset.h
%C%_test_softhebb_keep_SOURCES = %D%/test_softhebb_keep.c %D%/toyset.c \
	%D%/toyset.h
%C%_test_softhebb_keep_LDADD = libcheck.la $(ZLIB_LIBS)
%C%_test_softhebb_array_SOURCES = %D%/test_softhebb_array.c %D%/toyset.c \
	%D%/toyset.h

# They make the files that they read.
imagefiles = %D%/imagefiles.c %D%/imagefiles.h
%C%_long_softhebb_deep_SOURCES = %D%/long_softhebb_deep.c %D%/sha256.c \
	%D%/sha256.h
%C%_test_datasets_SOURCES = %D%/test_datasets.c $(imagefiles) %D%/sha256.c \
	%D%/sha256.h
%C%_test_datasets_CFLAGS = $(AM_CFLAGS) $(PNG_CFLAGS) $(JPEG_CFLAGS) \
	$(ZLIB_CFLAGS)
%C%_test_datasets_LDADD = libcheck.la $(PNG_LIBS) $(JPEG_LIBS) $(ZLIB_LIBS)
%C%_test_pictures_SOURCES = %D%/test_pictures.c $(imagefiles)
%C%_test_shift_SOURCES = %D%/test_shift.c $(imagefiles)
%C%_test_pictures_CFLAGS = $(%C%_test_datasets_CFLAGS)
%C%_test_pictures_LDADD = $(%C%_test_datasets_LDADD)
%C%_test_pictures_LDFLAGS = $(badmemory_ldflags)
%C%_test_softhebb_readout_SOURCES = %D%/test_softhebb_readout.c $(imagefiles)
%C%_test_softhebb_readout_CFLAGS = $(%C%_test_datasets_CFLAGS)
%C%_test_softhebb_readout_LDADD = $(%C%_test_datasets_LDADD)
%C%_test_softhebb_readout_LDFLAGS = $(badmemory_ldflags)

# Devices that the system's libraries find, and that are not there.
if HAVE_UMOCKDEV
%C%_test_usb_SOURCES = %D%/test_usb.c %D%/mockusb.c %D%/mockusb.h
%C%_test_usb_CPPFLAGS = $(AM_CPPFLAGS) -DHAVE_UMOCKDEV
%C%_test_usb_CFLAGS = $(AM_CFLAGS) $(UMOCKDEV_CFLAGS) -Wno-pedantic \
	-Wno-conversion -Wno-strict-prototypes
%C%_test_usb_LDADD = libcheck.la $(UMOCKDEV_LIBS)
%C%_test_usb_LDFLAGS = -Wl,--no-as-needed -l:libumockdev-preload.so.0
%C%_long_usb_SOURCES = %D%/long_usb.c %D%/mockusb.c %D%/mockusb.h
%C%_long_usb_CPPFLAGS = $(%C%_test_usb_CPPFLAGS)
%C%_long_usb_CFLAGS = $(%C%_test_usb_CFLAGS)
%C%_long_usb_LDADD = $(%C%_test_usb_LDADD)
%C%_long_usb_LDFLAGS = $(%C%_test_usb_LDFLAGS)
%C%_test_usb_faults_SOURCES = %D%/test_usb_faults.c %D%/usbsweep.c %D%/usbsweep.h \
	%D%/mockusb.c %D%/mockusb.h
%C%_test_usb_faults_CPPFLAGS = $(%C%_test_usb_CPPFLAGS)
%C%_test_usb_faults_CFLAGS = $(%C%_test_usb_CFLAGS)
%C%_test_usb_faults_LDADD = $(%C%_test_usb_LDADD)
%C%_test_usb_faults_LDFLAGS = $(%C%_test_usb_LDFLAGS)
%C%_long_usb_faults_SOURCES = %D%/long_usb_faults.c %D%/usbsweep.c %D%/usbsweep.h \
	%D%/mockusb.c %D%/mockusb.h
%C%_long_usb_faults_CPPFLAGS = $(%C%_test_usb_CPPFLAGS)
%C%_long_usb_faults_CFLAGS = $(%C%_test_usb_CFLAGS)
%C%_long_usb_faults_LDADD = $(%C%_test_usb_LDADD)
%C%_long_usb_faults_LDFLAGS = $(%C%_test_usb_LDFLAGS)
%C%_test_serial_SOURCES = %D%/test_serial.c %D%/mocktty.c %D%/mocktty.h \
	%D%/ttypump.c %D%/ttypump.h
%C%_test_serial_CPPFLAGS = $(%C%_test_usb_CPPFLAGS)
%C%_test_serial_CFLAGS = $(%C%_test_usb_CFLAGS)
%C%_test_serial_LDADD = $(%C%_test_usb_LDADD)
%C%_test_serial_LDFLAGS = $(%C%_test_usb_LDFLAGS)
else
%C%_test_usb_SOURCES = %D%/test_usb.c
%C%_test_usb_LDADD = $(LDADD)
%C%_test_usb_faults_SOURCES = %D%/test_usb_faults.c
%C%_test_usb_faults_LDADD = $(LDADD)
%C%_test_serial_SOURCES = %D%/test_serial.c
%C%_test_serial_LDADD = $(LDADD)
%C%_long_usb_SOURCES = %D%/long_usb.c
%C%_long_usb_LDADD = $(LDADD)
%C%_long_usb_faults_SOURCES = %D%/long_usb_faults.c
%C%_long_usb_faults_LDADD = $(LDADD)
EXTRA_DIST += %D%/usbsweep.c %D%/usbsweep.h %D%/mockusb.c %D%/mockusb.h %D%/mocktty.c %D%/mocktty.h \
	%D%/ttypump.c %D%/ttypump.h
endif

%C%_example_LDADD = libmemrig.la

# Overrides automake's target of this name, to close with one line whatever
# came before.
check-TESTS: $(check_PROGRAMS) $(check_LTLIBRARIES)
	@rm -f $(TEST_LOGS) $(TEST_LOGS:.log=.trs) $(TEST_SUITE_LOG)
	@status=0; $(MAKE) $(AM_MAKEFLAGS) $(TEST_SUITE_LOG) || status=1; \
	sh $(srcdir)/tests/summary.sh $(TEST_LOGS) || status=1; exit $$status

check-long: $(LONG_TESTS)
	@status=0; for program in $(LONG_TESTS); do \
		./$$program > $$program.log 2>&1 || status=1; \
		cat $$program.log; done; \
	sh $(srcdir)/tests/summary.sh $(LONG_TESTS:=.log) || status=1; \
	exit $$status

# The tests with threads under ThreadSanitizer, in a build tree of its own. What
# OpenBLAS' threads do is not ours, and not seen whole.
tsan_tests = %D%/test_contract %D%/test_emulator %D%/test_fit \
	%D%/test_threads
check-tsan:
	@mkdir -p build-tsan && cd build-tsan && \
	{ test -f Makefile || $(abs_top_srcdir)/configure --quiet \
		--enable-thread-sanitizer; } && \
	OPENBLAS_NUM_THREADS=1 \
	TSAN_OPTIONS=halt_on_error=0:exitcode=66 $(MAKE) check \
		check_PROGRAMS='$(tsan_tests)' TESTS='$(tsan_tests)'

# The tests under valgrind, but for those that take minutes without it. Leaks
# are blocks that nobody knows any more; children that die on purpose are not
# looked at, and what umockdev does is in a file of suppressions.
#     make check-valgrind valgrind_tests='tests/test_usb tests/test_serial'
valgrind_tests = $(test_programs)
check-valgrind: $(check_PROGRAMS)
	@command -v valgrind > /dev/null || \
		echo "check-valgrind: skipped: valgrind is missing"
	@command -v valgrind > /dev/null || exit 0; \
	status=0; logs=; for program in $(valgrind_tests); do \
		case $$program in *_accept) continue;; esac; \
		log=$$program.valgrind.log; logs="$$logs $$log"; \
		$(LIBTOOL) --mode=execute valgrind -q --error-exitcode=99 \
			--leak-check=full --show-leak-kinds=definite \
			--errors-for-leak-kinds=definite \
			--child-silent-after-fork=yes \
			--suppressions=$(srcdir)/%D%/umockdev.supp \
			./$$program > $$log 2>&1 || { \
			echo "$$program: fails under valgrind; see $$log"; \
			status=1; }; \
	done; \
	sh $(srcdir)/tests/summary.sh $$logs || status=1; exit $$status

# The tool in a machine of its own, with USB devices that are virtual boards.
check-usb: memrig$(EXEEXT)
	@MR_SRCDIR='$(abs_top_srcdir)' MR_BUILDDIR='$(abs_top_builddir)' \
		sh $(srcdir)/%D%/usb/check.sh > %D%/usb-check.log 2>&1; \
	status=$$?; cat %D%/usb-check.log; exit $$status

# All figures as a table, and as a JSON array in bench.json.
bench: $(BENCHES) memrig$(EXEEXT)
	@rm -f bench.json; status=0; for program in $(BENCHES); do \
		./$$program bench.json || status=1; done; exit $$status
CLEANFILES += bench.json %D%/usb-check.log

stats:
	@sh $(srcdir)/tests/stats.sh $(srcdir)

.PHONY: bench check-long check-tsan check-usb check-valgrind stats
