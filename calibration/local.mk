# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LTLIBRARIES += libcalibration.la
libcalibration_la_SOURCES = \
	%D%/compare.c \
	%D%/driftspan.c \
	%D%/driftspan.h \
	%D%/fit_drift.c \
	%D%/fit_drift.h \
	%D%/fit_noise.c \
	%D%/fit_noise.h \
	%D%/fit_pcm.c \
	%D%/fit_pcm_step.c \
	%D%/fit_save.c \
	%D%/fits.c \
	%D%/fits.h \
	%D%/history.c \
	%D%/history_events.c \
	%D%/history_priv.h \
	%D%/ladder.c \
	%D%/ladder.h \
	%D%/likelihood.c \
	%D%/likelihood.h \
	%D%/noise_kind.c \
	%D%/noise_priv.h \
	%D%/noise_rtn.c \
	%D%/noise_tables.c \
	%D%/noise_white.c \
	%D%/replay.c \
	%D%/samples.c \
	%D%/samples.h \
	%D%/spans.c \
	%D%/spans.h \
	%D%/steplaw.c \
	%D%/steplaw.h \
	%D%/steplaw_fit.c \
	%D%/steplaw_priv.h \
	%D%/trend.c \
	%D%/trend.h \
	%D%/twosample.c \
	%D%/twosample.h
libcalibration_la_CFLAGS = $(AM_CFLAGS) $(GSL_CFLAGS)
libcalibration_la_LIBADD = $(GSL_LIBS)
