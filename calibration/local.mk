# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LTLIBRARIES += libcalibration.la
libcalibration_la_SOURCES = \
	%D%/fit_pcm.c \
	%D%/fit_pcm_step.c \
	%D%/fit_save.c \
	%D%/fits.c \
	%D%/fits.h \
	%D%/history.c \
	%D%/history_events.c \
	%D%/history_priv.h \
	%D%/likelihood.c \
	%D%/likelihood.h \
	%D%/steplaw.c \
	%D%/steplaw.h \
	%D%/steplaw_fit.c \
	%D%/steplaw_priv.h
libcalibration_la_CFLAGS = $(AM_CFLAGS) $(GSL_CFLAGS)
libcalibration_la_LIBADD = $(GSL_LIBS)
