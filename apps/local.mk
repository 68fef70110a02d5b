# SPDX-License-Identifier: GPL-3.0-or-later
# The tool without its main function is a library, so that tests reach it.
noinst_LTLIBRARIES += libapps.la
libapps_la_SOURCES = \
	%D%/cmd.h \
	%D%/cmd_array.c \
	%D%/cmd_cells.c \
	%D%/cmd_lines.c \
	%D%/op.h \
	%D%/op_input.c \
	%D%/op_output.c \
	%D%/op_select.c \
	%D%/tool_number.c \
	%D%/tool_options.c \
	%D%/tool_print.c \
	%D%/tool_priv.h \
	%D%/tool_session.c
libapps_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
libapps_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(ZLIB_CFLAGS)
libapps_la_LIBADD = $(JANSSON_LIBS) $(ZLIB_LIBS) $(CSV_LIBS)

bin_PROGRAMS += memrig
memrig_SOURCES = %D%/memrig.c
memrig_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
memrig_LDADD = libapps.la libmemrig.la
