# SPDX-License-Identifier: GPL-3.0-or-later
# The tool without its main function is a library, so that tests reach it.
noinst_LTLIBRARIES += libapps.la
libapps_la_SOURCES = \
	%D%/cells.c \
	%D%/cells.h \
	%D%/cmd.h \
	%D%/cmd_cells.c \
	%D%/cmd_condition.c \
	%D%/cmd_drive.c \
	%D%/cmd_info.c \
	%D%/cmd_models.c \
	%D%/cmd_trace.c \
	%D%/input.c \
	%D%/input.h \
	%D%/job.c \
	%D%/job.h \
	%D%/table.c \
	%D%/table.h \
	%D%/tool_number.c \
	%D%/tool_options.c \
	%D%/tool_print.c \
	%D%/tool_priv.h \
	%D%/tool_session.c
libapps_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(ZLIB_CFLAGS)
libapps_la_LIBADD = $(JANSSON_LIBS) $(ZLIB_LIBS) $(CSV_LIBS)

bin_PROGRAMS += memrig
memrig_SOURCES = %D%/memrig.c
memrig_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
memrig_LDADD = libapps.la libmemrig.la
