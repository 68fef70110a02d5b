# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LTLIBRARIES += libdevices.la libbulk.la
libdevices_la_SOURCES = \
	%D%/bulk.h \
	%D%/bulk_pick.c \
	%D%/hermes.c \
	%D%/hermes.h \
	%D%/jumptable.c \
	%D%/jumptable.h \
	%D%/model_ideal.c \
	%D%/model_pcm.c \
	%D%/model_pcm_hermes1.c \
	%D%/model_pcm_hermes2.c \
	%D%/model_pcm_step.c \
	%D%/model_pcm_table.c \
	%D%/model_pcm_target.c \
	%D%/models.c \
	%D%/models.h \
	%D%/setreset.c \
	%D%/setreset.h \
	%D%/target.c \
	%D%/target.h
libdevices_la_CFLAGS = $(AM_CFLAGS) $(SLEEF_CFLAGS)
libdevices_la_LIBADD = libbulk.la $(SLEEF_LIBS)

# bulk.c once for each instruction set; bulk_pick.c chooses.
libbulk_la_SOURCES = %D%/bulk.c
libbulk_la_CFLAGS = $(AM_CFLAGS) $(SLEEF_CFLAGS)
if HAVE_AVX2
noinst_LTLIBRARIES += libbulk_avx2.la
libbulk_avx2_la_SOURCES = %D%/bulk.c
libbulk_avx2_la_CPPFLAGS = $(AM_CPPFLAGS) -DBULK=mr__bulk_avx2 \
	-DBULK_NAME=\"avx2\"
libbulk_avx2_la_CFLAGS = $(AM_CFLAGS) $(SLEEF_CFLAGS) -mavx2
libdevices_la_CPPFLAGS = $(AM_CPPFLAGS) -DMR_BULK_AVX2
libdevices_la_LIBADD += libbulk_avx2.la
endif

# What instruments are told; also built into the driver.
profiles = \
	%D%/smu-2400.ini \
	%D%/smu-2450.ini \
	%D%/smu-2461.ini \
	%D%/smu-2600b.ini \
	%D%/smu-b2900.ini \
	%D%/router-3706a.ini \
	%D%/router-707b.ini

devicesdir = $(pkgdatadir)/devices
dist_devices_DATA = \
	$(profiles) \
	%D%/ideal.ini \
	%D%/pcm-hermes1.ini \
	%D%/pcm-hermes2.ini \
	%D%/pcm-step.ini \
	%D%/pcm-table.csv \
	%D%/pcm-table.ini \
	%D%/pcm-target.ini \
	%D%/pcm.ini
EXTRA_DIST += %D%/pcm-table.py %D%/shipped.awk
