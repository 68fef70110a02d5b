# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LTLIBRARIES += libemulator.la
libemulator_la_SOURCES = \
	%D%/backend_emulator.c \
	%D%/crossbar.c \
	%D%/crossbar.h \
	%D%/drive.c \
	%D%/operate.c \
	%D%/periphery.c \
	%D%/periphery.h \
	%D%/pool.c \
	%D%/pool.h \
	%D%/random.c \
	%D%/state.c
libemulator_la_CFLAGS = $(AM_CFLAGS) $(SLEEF_CFLAGS)
libemulator_la_LIBADD = $(SLEEF_LIBS)
