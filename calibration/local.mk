# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LTLIBRARIES += libcalibration.la
libcalibration_la_SOURCES = \
	%D%/history.c \
	%D%/history_events.c \
	%D%/history_priv.h \
	%D%/measure.c \
	%D%/measure_amplitude.c \
	%D%/measure_converter.c \
	%D%/measure_disturb.c \
	%D%/measure_drift.c \
	%D%/measure_engine.c \
	%D%/measure_endurance.c \
	%D%/measure_engine.h \
	%D%/measure_iv.c \
	%D%/measure_levels.c \
	%D%/measure_map.c \
	%D%/measure_match.c \
	%D%/measure_noise.c \
	%D%/measure_operations.c \
	%D%/measure_plan.c \
	%D%/measure_program.c \
	%D%/measure_pulses.c \
	%D%/measure_record.c \
	%D%/measure_record.h \
	%D%/measure_retention.c \
	%D%/measure_steps.c \
	%D%/measure_steps.h \
	%D%/measure_tables.c \
	%D%/measure_tally.c \
	%D%/measure_tally.h \
	%D%/measure_temperature.c \
	%D%/measure_walk.c \
	%D%/measuring.h
libcalibration_la_CFLAGS = $(AM_CFLAGS) $(GSL_CFLAGS)
libcalibration_la_LIBADD = $(GSL_LIBS)
