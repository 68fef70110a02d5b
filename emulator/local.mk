# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LTLIBRARIES += libemulator.la libkernels.la
libemulator_la_SOURCES = \
	%D%/aging.c \
	%D%/backend_emulator.c \
	%D%/crossbar.c \
	%D%/crossbar.h \
	%D%/defects.c \
	%D%/drive.c \
	%D%/flicker.c \
	%D%/kernels.h \
	%D%/kernels_pick.c \
	%D%/periphery.c \
	%D%/periphery.h \
	%D%/pool.c \
	%D%/pool.h \
	%D%/pulse.c \
	%D%/random.c \
	%D%/read.c \
	%D%/state.c \
	%D%/trace.c \
	%D%/wire_arc1.c \
	%D%/wire_arc1.h \
	%D%/wire_arc1_cell.c \
	%D%/wire_arc1_jobs.c \
	%D%/wire_arc1_states.c \
	%D%/wire_arc1_sweeps.c \
	%D%/wires.c \
	%D%/wires.h
libemulator_la_CFLAGS = $(AM_CFLAGS) $(SLEEF_CFLAGS)
libemulator_la_LIBADD = libkernels.la $(SLEEF_LIBS)

# kernels.c once for each instruction set; kernels_pick.c chooses.
libkernels_la_SOURCES = %D%/kernels.c
libkernels_la_CFLAGS = $(AM_CFLAGS) $(SLEEF_CFLAGS)
if HAVE_AVX2
noinst_LTLIBRARIES += libkernels_avx2.la
libkernels_avx2_la_SOURCES = %D%/kernels.c
libkernels_avx2_la_CPPFLAGS = $(AM_CPPFLAGS) -DKERNELS=mr__kernels_avx2 \
	-DKERNELS_NAME=\"avx2\"
libkernels_avx2_la_CFLAGS = $(AM_CFLAGS) $(SLEEF_CFLAGS) -mavx2
libemulator_la_CPPFLAGS = $(AM_CPPFLAGS) -DMR_KERNELS_AVX2
libemulator_la_LIBADD += libkernels_avx2.la
endif
