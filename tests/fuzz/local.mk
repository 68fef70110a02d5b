# SPDX-License-Identifier: GPL-3.0-or-later
# A fuzz target is one file, fuzz_NAME.c: name it here, and give it a corpus
# (corpus/NAME) and, where it helps, a dictionary (dict/NAME.dict).
# `make check` runs each target on its corpus; `make fuzz` needs clang and its
# runtime (Debian: clang, libclang-rt-14-dev).
FUZZ_TARGETS = arc1_map arc1_reply arc1_report calibration checkpoint cifar cobs csv \
	description idx import_arc1 import_csv import_npy oplog params pbm picture quantity rig scpi_record scpi_reply smu \
	state stl table uri usbip usbtmc wire_arc1 wire_scpi wire_smu wire_trace
FUZZ_SECONDS = 600
FUZZ_CC = clang

fuzz_programs = \
	%D%/fuzz_arc1_reply \
	%D%/fuzz_cobs \
	%D%/fuzz_arc1_map \
	%D%/fuzz_arc1_report \
	%D%/fuzz_calibration \
	%D%/fuzz_checkpoint \
	%D%/fuzz_cifar \
	%D%/fuzz_csv \
	%D%/fuzz_description \
	%D%/fuzz_idx \
	%D%/fuzz_import_arc1 \
	%D%/fuzz_import_csv \
	%D%/fuzz_import_npy \
	%D%/fuzz_oplog \
	%D%/fuzz_params \
	%D%/fuzz_pbm \
	%D%/fuzz_picture \
	%D%/fuzz_quantity \
	%D%/fuzz_rig \
	%D%/fuzz_smu \
	%D%/fuzz_scpi_record \
	%D%/fuzz_scpi_reply \
	%D%/fuzz_state \
	%D%/fuzz_stl \
	%D%/fuzz_table \
	%D%/fuzz_uri \
	%D%/fuzz_usbip \
	%D%/fuzz_usbtmc \
	%D%/fuzz_wire_arc1 \
	%D%/fuzz_wire_scpi \
	%D%/fuzz_wire_smu \
	%D%/fuzz_wire_trace
fuzz_shared = %D%/fuzz.h %D%/replay.c %D%/scratch.c
fuzz_scripted = tests/scripted.c tests/scripted.h
%C%_fuzz_arc1_reply_SOURCES = %D%/fuzz_arc1_reply.c $(fuzz_shared) \
	$(fuzz_scripted)
%C%_fuzz_cobs_SOURCES = %D%/fuzz_cobs.c $(fuzz_shared)
%C%_fuzz_calibration_SOURCES = %D%/fuzz_calibration.c $(fuzz_shared)
%C%_fuzz_checkpoint_SOURCES = %D%/fuzz_checkpoint.c $(fuzz_shared)
%C%_fuzz_checkpoint_LDADD = libcheck.la $(ZLIB_LIBS)
%C%_fuzz_cifar_SOURCES = %D%/fuzz_cifar.c $(fuzz_shared)
%C%_fuzz_arc1_map_SOURCES = %D%/fuzz_arc1_map.c $(fuzz_shared)
%C%_fuzz_arc1_report_SOURCES = %D%/fuzz_arc1_report.c $(fuzz_shared)
%C%_fuzz_csv_SOURCES = %D%/fuzz_csv.c $(fuzz_shared)
%C%_fuzz_description_SOURCES = %D%/fuzz_description.c $(fuzz_shared)
%C%_fuzz_idx_SOURCES = %D%/fuzz_idx.c $(fuzz_shared)
%C%_fuzz_import_arc1_SOURCES = %D%/fuzz_import_arc1.c %D%/fuzz_import.h $(fuzz_shared)
%C%_fuzz_import_csv_SOURCES = %D%/fuzz_import_csv.c %D%/fuzz_import.h $(fuzz_shared)
%C%_fuzz_import_npy_SOURCES = %D%/fuzz_import_npy.c %D%/fuzz_import.h $(fuzz_shared)
%C%_fuzz_oplog_SOURCES = %D%/fuzz_oplog.c $(fuzz_shared)
%C%_fuzz_oplog_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_fuzz_params_SOURCES = %D%/fuzz_params.c $(fuzz_shared)
%C%_fuzz_pbm_SOURCES = %D%/fuzz_pbm.c $(fuzz_shared)
%C%_fuzz_picture_SOURCES = %D%/fuzz_picture.c $(fuzz_shared)
%C%_fuzz_quantity_SOURCES = %D%/fuzz_quantity.c $(fuzz_shared)
%C%_fuzz_quantity_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
%C%_fuzz_rig_SOURCES = %D%/fuzz_rig.c $(fuzz_shared)
%C%_fuzz_smu_SOURCES = %D%/fuzz_smu.c $(fuzz_shared)
%C%_fuzz_scpi_record_SOURCES = %D%/fuzz_scpi_record.c $(fuzz_shared)
%C%_fuzz_scpi_reply_SOURCES = %D%/fuzz_scpi_reply.c $(fuzz_shared) \
	$(fuzz_scripted)
%C%_fuzz_state_SOURCES = %D%/fuzz_state.c $(fuzz_shared)
%C%_fuzz_stl_SOURCES = %D%/fuzz_stl.c $(fuzz_shared)
%C%_fuzz_table_SOURCES = %D%/fuzz_table.c $(fuzz_shared)
%C%_fuzz_uri_SOURCES = %D%/fuzz_uri.c $(fuzz_shared)
%C%_fuzz_usbip_SOURCES = %D%/fuzz_usbip.c $(fuzz_shared)
%C%_fuzz_usbtmc_SOURCES = %D%/fuzz_usbtmc.c $(fuzz_shared)
%C%_fuzz_wire_arc1_SOURCES = %D%/fuzz_wire_arc1.c $(fuzz_shared)
%C%_fuzz_wire_scpi_SOURCES = %D%/fuzz_wire_scpi.c $(fuzz_shared)
%C%_fuzz_wire_smu_SOURCES = %D%/fuzz_wire_smu.c $(fuzz_shared)
%C%_fuzz_wire_trace_SOURCES = %D%/fuzz_wire_trace.c $(fuzz_shared)
EXTRA_DIST += %D%/corpus %D%/dict %D%/fuzz.mk %D%/run.sh

# The inner loops in their base form only.
fuzz_sources = $(libdevices_la_SOURCES) $(libemulator_la_SOURCES) \
	$(libbulk_la_SOURCES) $(libkernels_la_SOURCES) \
	$(libdriver_la_SOURCES) $(libcalibration_la_SOURCES) $(libdeep_la_SOURCES) \
	$(libapps_la_SOURCES)

# All targets, each for FUZZ_SECONDS; findings are in fuzz-NAME/.
#     make fuzz FUZZ_SECONDS=60 FUZZ_TARGETS='uri csv'
fuzz: $(BUILT_SOURCES)
	@rm -rf fuzz-probe*; echo 'int LLVMFuzzerTestOneInput(const char *d,' \
		'long n) { (void)d; (void)n; return 0; }' > fuzz-probe.c; \
	$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o fuzz-probe \
		fuzz-probe.c 2> /dev/null || \
		echo "fuzz: skipped: $(FUZZ_CC) cannot link libFuzzer (Debian:" \
			"apt-get install clang libclang-rt-14-dev)"
	@test ! -f fuzz-probe || $(MAKE) -f $(srcdir)/%D%/fuzz.mk \
		FUZZ_DIR=fuzz-objects FUZZ_SRCDIR='$(srcdir)' \
		FUZZ_CC='$(FUZZ_CC)' FUZZ_TARGETS='$(FUZZ_TARGETS)' \
		FUZZ_SOURCES='$(fuzz_sources)' \
		FUZZ_CPPFLAGS='$(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) \
			$(STD_CFLAGS) $(PTHREAD_CFLAGS) $(SQLITE_CFLAGS) \
			$(JANSSON_CFLAGS) $(INIH_CFLAGS) $(SLEEF_CFLAGS) \
			$(BLAS_CFLAGS) $(ZLIB_CFLAGS) \
			$(PNG_CFLAGS) $(JPEG_CFLAGS) \
			$(GSL_CFLAGS) $(SERIALPORT_CFLAGS) $(USB_CFLAGS)' \
		FUZZ_LIBS='$(SQLITE_LIBS) $(JANSSON_LIBS) $(INIH_LIBS) \
			$(SLEEF_LIBS) $(BLAS_LIBS) $(ZLIB_LIBS) $(CSV_LIBS) \
			$(PNG_LIBS) $(JPEG_LIBS) \
			$(GSL_LIBS) $(SERIALPORT_LIBS) $(USB_LIBS) \
			$(PTHREAD_LIBS) $(LIBS)'
	@test ! -f fuzz-probe || sh $(srcdir)/%D%/run.sh ./fuzz-objects \
		$(FUZZ_SECONDS) $(FUZZ_TARGETS)

clean-local:
	rm -rf fuzz-objects fuzz-probe fuzz-probe.c usb-rig

.PHONY: fuzz
