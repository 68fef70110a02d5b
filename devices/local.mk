# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LTLIBRARIES += libdevices.la
libdevices_la_SOURCES = \
	%D%/model_ideal.c \
	%D%/model_pcm.c \
	%D%/models.c \
	%D%/models.h
libdevices_la_CFLAGS = $(AM_CFLAGS) $(SLEEF_CFLAGS)
libdevices_la_LIBADD = $(SLEEF_LIBS)

devicesdir = $(pkgdatadir)/devices
dist_devices_DATA = %D%/ideal.ini %D%/pcm.ini
