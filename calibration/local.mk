# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LTLIBRARIES += libcalibration.la
libcalibration_la_SOURCES = \
	%D%/calibrate_fit.c \
	%D%/calibrate_measure.c \
	%D%/history.c \
	%D%/history_events.c \
	%D%/history_priv.h
libcalibration_la_CFLAGS = $(AM_CFLAGS) $(GSL_CFLAGS)
libcalibration_la_LIBADD = $(GSL_LIBS)
