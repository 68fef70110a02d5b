# SPDX-License-Identifier: GPL-3.0-or-later
mrincludedir = $(includedir)/memrig
mrinclude_HEADERS = \
	%D%/memrig/array.h \
	%D%/memrig/backend.h \
	%D%/memrig/calibrate.h \
	%D%/memrig/clock.h \
	%D%/memrig/compare.h \
	%D%/memrig/device.h \
	%D%/memrig/doctor.h \
	%D%/memrig/emulator.h \
	%D%/memrig/error.h \
	%D%/memrig/fit.h \
	%D%/memrig/history.h \
	%D%/memrig/measure.h \
	%D%/memrig/memrig.h \
	%D%/memrig/model.h \
	%D%/memrig/oplog.h \
	%D%/memrig/random.h \
	%D%/memrig/serve.h \
	%D%/memrig/synapse.h \
	%D%/memrig/types.h \
	%D%/memrig/uri.h
