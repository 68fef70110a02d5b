# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LTLIBRARIES += libemulator.la libkernels.la
libemulator_la_SOURCES = \
	%D%/aging.c \
	%D%/backend_emulator.c \
	%D%/boxmuller.h \
	%D%/crossbar.c \
	%D%/crossbar.h \
	%D%/defects.c \
	%D%/drive.c \
	%D%/flicker.c \
	%D%/kernels.h \
	%D%/kernels_pick.c \
	%D%/periphery.c \
	%D%/periphery.h \
	%D%/pool.c \
	%D%/pool.h \
	%D%/pulse.c \
	%D%/random.c \
	%D%/read.c \
	%D%/state.c \
	%D%/trace.c \
	%D%/usb_acm.c \
	%D%/usb_acm.h \
	%D%/usb_device.c \
	%D%/usb_device.h \
	%D%/wire_arc1.c \
	%D%/wire_arc1.h \
	%D%/wire_arc1_cell.c \
	%D%/wire_arc1_jobs.c \
	%D%/wire_arc1_states.c \
	%D%/wire_arc1_sweeps.c \
	%D%/wire_cobs.c \
	%D%/wire_cobs.h \
	%D%/wire_echo.c \
	%D%/wire_fault.c \
	%D%/wire_scpi.c \
	%D%/wire_scpi.h \
	%D%/wire_scpi_act.c \
	%D%/wire_scpi_buffer.c \
	%D%/wire_scpi_frame.c \
	%D%/wire_scpi_jobs.c \
	%D%/wire_scpi_parse.c \
	%D%/wire_scpi_safety.c \
	%D%/wire_scpi_select.c \
	%D%/wire_scpi_status.c \
	%D%/wire_scpi_system.c \
	%D%/wire_scpi_tree.c \
	%D%/wire_smu.c \
	%D%/wire_smu.h \
	%D%/wire_smu_act.c \
	%D%/wire_smu_cell.c \
	%D%/wire_smu_job.c \
	%D%/wire_smu_matrix.c \
	%D%/wire_smu_names.c \
	%D%/wire_smu_parse.c \
	%D%/wire_smu_pipe.c \
	%D%/wire_smu_profile.c \
	%D%/wire_smu_pulses.c \
	%D%/wire_smu_set.c \
	%D%/wire_smu_status.c \
	%D%/wire_smu_sweep.c \
	%D%/wire_smu_trace.c \
	%D%/wire_smu_tree.c \
	%D%/wire_smu_tsp.c \
	%D%/wire_usbip.c \
	%D%/wires.c \
	%D%/wires.h
libemulator_la_CFLAGS = $(AM_CFLAGS) $(SLEEF_CFLAGS) $(ZLIB_CFLAGS)
libemulator_la_LIBADD = libkernels.la $(SLEEF_LIBS) $(ZLIB_LIBS)

# Once for each instruction set; kernels_pick.c chooses.
libkernels_la_SOURCES = %D%/kernels.c %D%/normals.c
libkernels_la_CFLAGS = $(AM_CFLAGS) $(SLEEF_CFLAGS)
if HAVE_AVX2
noinst_LTLIBRARIES += libkernels_avx2.la
libkernels_avx2_la_SOURCES = %D%/kernels.c %D%/normals.c
libkernels_avx2_la_CPPFLAGS = $(AM_CPPFLAGS) -DKERNELS=mr__kernels_avx2 \
	-DKERNELS_NAME=\"avx2\" -DNORMALS=mr__normals_avx2 \
	-DNORMALS_APART=mr__normals_apart_avx2
libkernels_avx2_la_CFLAGS = $(AM_CFLAGS) $(SLEEF_CFLAGS) -mavx2
libemulator_la_CPPFLAGS = $(AM_CPPFLAGS) -DMR_KERNELS_AVX2
libemulator_la_LIBADD += libkernels_avx2.la
endif
