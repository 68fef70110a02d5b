# SPDX-License-Identifier: GPL-3.0-or-later
lib_LTLIBRARIES += libmemrig.la
noinst_LTLIBRARIES += libdriver.la
libdriver_la_SOURCES = \
	%D%/arc1.h \
	%D%/arc1_board.h \
	%D%/arc1_fill.c \
	%D%/arc1_fill.h \
	%D%/arc1_jobs.c \
	%D%/arc1_keys.c \
	%D%/arc1_link.c \
	%D%/arc1_map.c \
	%D%/arc1_map.h \
	%D%/arc1_ops.c \
	%D%/arc1_program.c \
	%D%/arc1_shape.c \
	%D%/arc1_shape.h \
	%D%/arc1_trace.c \
	%D%/arc1_train.c \
	%D%/array.c \
	%D%/expect.c \
	%D%/array_priv.h \
	%D%/backends.c \
	%D%/backends.h \
	%D%/board_arc1.c \
	%D%/board.c \
	%D%/board.h \
	%D%/board_rig.c \
	%D%/board_scpi.c \
	%D%/board_smu.c \
	%D%/calibration.c \
	%D%/calibration.h \
	%D%/calibration_file.c \
	%D%/check.c \
	%D%/clock.c \
	%D%/compose.c \
	%D%/database.c \
	%D%/database.h \
	%D%/description_json.c \
	%D%/description_json.h \
	%D%/device_type.c \
	%D%/device_watch.c \
	%D%/devices.c \
	%D%/device_type.h \
	%D%/error.c \
	%D%/doctor.c \
	%D%/filter_calibration.c \
	%D%/filter_fault.c \
	%D%/filter_guard.c \
	%D%/guard.h \
	%D%/guard_arm.c \
	%D%/guard_budget.c \
	%D%/guard_cells.c \
	%D%/guard_duty.c \
	%D%/guard_energy.c \
	%D%/guard_limits.c \
	%D%/guard_marks.c \
	%D%/guard_select.c \
	%D%/guardian.c \
	%D%/guardian.h \
	%D%/filters.h \
	%D%/inifile.c \
	%D%/inifile.h \
	%D%/listen.c \
	%D%/listen.h \
	%D%/lockfile.c \
	%D%/lookout.c \
	%D%/lookout.h \
	%D%/op_compare.c \
	%D%/op_compare.h \
	%D%/oplog_bytes.c \
	%D%/oplog_bytes.h \
	%D%/oplog_decode.c \
	%D%/oplog_decode.h \
	%D%/oplog_encode.c \
	%D%/oplog_encode.h \
	%D%/oplog_form.c \
	%D%/oplog_form.h \
	%D%/oplog_import.c \
	%D%/oplog_read.c \
	%D%/oplog_read.h \
	%D%/oplog_rows.c \
	%D%/oplog_rows.h \
	%D%/oplog_run.c \
	%D%/oplog_run.h \
	%D%/oplog_schema.c \
	%D%/oplog_schema.h \
	%D%/oplog_wire.c \
	%D%/oplog_wire.h \
	%D%/oplog_write.c \
	%D%/paramfile.c \
	%D%/plan.c \
	%D%/playback.c \
	%D%/poll_fd.c \
	%D%/rigfile.c \
	%D%/rigfile.h \
	%D%/scpi.h \
	%D%/scpi_cobs.c \
	%D%/scpi_cobs.h \
	%D%/scpi_link.c \
	%D%/scpi_ops.c \
	%D%/scpi_ops.h \
	%D%/scpi_packets.c \
	%D%/scpi_record.c \
	%D%/selection.c \
	%D%/serve.c \
	%D%/shorthand.c \
	%D%/submit.c \
	%D%/smu.h \
	%D%/smu_answer.c \
	%D%/smu_bench.c \
	%D%/smu_bench.h \
	%D%/smu_link.c \
	%D%/smu_ops.c \
	%D%/smu_profile.c \
	%D%/smu_profile.h \
	%D%/smu_route.c \
	%D%/smu_wire.c \
	%D%/synapse.c \
	%D%/synapse_batch.c \
	%D%/synapse_cells.c \
	%D%/synapse_priv.h \
	%D%/synapse_layout.c \
	%D%/synapse_range.c \
	%D%/synapse_read.c \
	%D%/synapse_refresh.c \
	%D%/synapse_state.c \
	%D%/synapse_update.c \
	%D%/transport.h \
	%D%/transport_control.c \
	%D%/transport_loop.c \
	%D%/transport_serial.c \
	%D%/transport_socket.c \
	%D%/transport_tcp.c \
	%D%/transport_trace.c \
	%D%/transport_unix.c \
	%D%/transport_usb.c \
	%D%/transport_usbtmc.c \
	%D%/transport_usbtmc_kernel.c \
	%D%/transports.c \
	%D%/transports.h \
	%D%/uri.c \
	%D%/usb.c \
	%D%/usb.h \
	%D%/usb_address.c \
	%D%/usb_address.h \
	%D%/usbtmc.h \
	%D%/usb_sysfs.c \
	%D%/usb_sysfs.h \
	%D%/version.c \
	%D%/vhci.c \
	%D%/vhci.h \
	%D%/visa.c \
	%D%/visa.h \
	%D%/wire_keep.c
# The shipped profiles of instruments, as C.
nodist_libdriver_la_SOURCES = %D%/smu_shipped.h
BUILT_SOURCES = %D%/smu_shipped.h
CLEANFILES += %D%/smu_shipped.h
%D%/smu_shipped.h: devices/shipped.awk $(profiles)
	@mkdir -p $(@D)
	$(AM_V_GEN)cd $(srcdir) && LC_ALL=C awk -f devices/shipped.awk \
		$(profiles) > $(abs_builddir)/$@.tmp && \
		mv $(abs_builddir)/$@.tmp $(abs_builddir)/$@
libdriver_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(INIH_CFLAGS) \
	$(JANSSON_CFLAGS) $(SERIALPORT_CFLAGS) \
	$(USB_CFLAGS)
libdriver_la_LIBADD = $(SQLITE_LIBS) $(INIH_LIBS) $(JANSSON_LIBS) \
	$(SERIALPORT_LIBS) $(USB_LIBS)

libmemrig_la_SOURCES =
libmemrig_la_LIBADD = libcalibration.la libdriver.la libemulator.la libdevices.la \
	$(PTHREAD_LIBS)
libmemrig_la_LDFLAGS = -version-info 0:0:0 -no-undefined

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = %D%/memrig.pc
