# SPDX-License-Identifier: GPL-3.0-or-later
# The tool without its main function is a library, so that tests reach it.
noinst_LTLIBRARIES += libapps.la
libapps_la_SOURCES = \
	%D%/busy.c \
	%D%/busy.h \
	%D%/cells.c \
	%D%/cells.h \
	%D%/cmd.h \
	%D%/cmd_calibrate.c \
	%D%/cmd_calibrate.h \
	%D%/cmd_calibrate_show.c \
	%D%/cmd_cells.c \
	%D%/cmd_compare.c \
	%D%/cmd_compare.h \
	%D%/cmd_compare_plot.c \
	%D%/cmd_condition.c \
	%D%/cmd_doctor.c \
	%D%/cmd_drive.c \
	%D%/cmd_list.c \
	%D%/cmd_serve.c \
	%D%/cmd_fit.c \
	%D%/cmd_guardian.c \
	%D%/cmd_import.c \
	%D%/cmd_info.c \
	%D%/cmd_log.c \
	%D%/cmd_log.h \
	%D%/cmd_log_csv.c \
	%D%/cmd_log_export.c \
	%D%/cmd_log_show.c \
	%D%/cmd_log_stats.c \
	%D%/cmd_log_wire.c \
	%D%/cmd_measure.c \
	%D%/cmd_measure_print.c \
	%D%/cmd_measure.h \
	%D%/cmd_models.c \
	%D%/cmd_plot.c \
	%D%/cmd_plot.h \
	%D%/cmd_plot_data.c \
	%D%/cmd_plot_draw.c \
	%D%/cmd_run.c \
	%D%/cmd_trace.c \
	%D%/correlation/app.h \
	%D%/correlation/correlation.c \
	%D%/correlation/crowd.c \
	%D%/correlation/crowd.h \
	%D%/correlation/options.c \
	%D%/correlation/plot.c \
	%D%/correlation/report.c \
	%D%/correlation/run.c \
	%D%/correlation/run.h \
	%D%/csvfile.c \
	%D%/csvfile.h \
	%D%/datasets/bytefile.c \
	%D%/datasets/bytefile.h \
	%D%/datasets/cifar.c \
	%D%/datasets/crop.c \
	%D%/datasets/crop.h \
	%D%/datasets/folder.c \
	%D%/datasets/folder.h \
	%D%/datasets/formats.h \
	%D%/datasets/idx.c \
	%D%/datasets/images.c \
	%D%/datasets/images.h \
	%D%/datasets/jpegfile.c \
	%D%/datasets/names.c \
	%D%/datasets/names.h \
	%D%/datasets/picture.c \
	%D%/datasets/picture.h \
	%D%/datasets/places.c \
	%D%/datasets/pngfile.c \
	%D%/datasets/scale.c \
	%D%/datasets/stl.c \
	%D%/datasets/strips.c \
	%D%/ending.c \
	%D%/energy.c \
	%D%/energy.h \
	%D%/ending.h \
	%D%/figure.c \
	%D%/figure.h \
	%D%/fstdp/app.h \
	%D%/fstdp/fstdp.c \
	%D%/fstdp/options.c \
	%D%/fstdp/plot.c \
	%D%/fstdp/preset.c \
	%D%/fstdp/preset.h \
	%D%/fstdp/report.c \
	%D%/fstdp/rule.c \
	%D%/fstdp/rule.h \
	%D%/fstdp/run.c \
	%D%/fstdp/run.h \
	%D%/fstdp/session.c \
	%D%/import.h \
	%D%/import_arc1.c \
	%D%/import_csv.c \
	%D%/import_events.c \
	%D%/import_field.c \
	%D%/import_log.c \
	%D%/import_map.c \
	%D%/import_npy.c \
	%D%/input.c \
	%D%/input.h \
	%D%/inputs/events.c \
	%D%/inputs/generator.c \
	%D%/inputs/inputs.c \
	%D%/inputs/inputs.h \
	%D%/inputs/stations.c \
	%D%/job.c \
	%D%/job.h \
	%D%/logfile.c \
	%D%/logfile.h \
	%D%/metrics.c \
	%D%/metrics.h \
	%D%/npyfile.c \
	%D%/npyfile.h \
	%D%/npyread.c \
	%D%/optext.c \
	%D%/optext.h \
	%D%/outfile.c \
	%D%/outfile.h \
	%D%/pbmfile.c \
	%D%/plan.c \
	%D%/plan.h \
	%D%/pbmfile.h \
	%D%/runlist.c \
	%D%/runlist.h \
	%D%/seeds.c \
	%D%/seeds.h \
	%D%/softhebb/ages.c \
	%D%/softhebb/ages.h \
	%D%/softhebb/app.h \
	%D%/softhebb/attack.c \
	%D%/softhebb/attack.h \
	%D%/softhebb/between.c \
	%D%/softhebb/between.h \
	%D%/softhebb/block.c \
	%D%/softhebb/block.h \
	%D%/softhebb/carrier_float.c \
	%D%/softhebb/checkpoint.c \
	%D%/softhebb/checkpoint.h \
	%D%/softhebb/classifier.c \
	%D%/softhebb/classifier.h \
	%D%/softhebb/crossbar.c \
	%D%/softhebb/crossbar.h \
	%D%/softhebb/curve.c \
	%D%/softhebb/curve.h \
	%D%/softhebb/deep.c \
	%D%/softhebb/deep.h \
	%D%/softhebb/deep_app.c \
	%D%/softhebb/deep_app.h \
	%D%/softhebb/deep_crossbar.c \
	%D%/softhebb/deep_crossbar.h \
	%D%/softhebb/deep_plot.c \
	%D%/softhebb/deep_report.c \
	%D%/softhebb/deep_transfer.c \
	%D%/softhebb/dense.c \
	%D%/softhebb/dense.h \
	%D%/softhebb/descent.c \
	%D%/softhebb/descent.h \
	%D%/softhebb/features.c \
	%D%/softhebb/features.h \
	%D%/softhebb/grid.c \
	%D%/softhebb/histogram.c \
	%D%/softhebb/histogram.h \
	%D%/softhebb/judge.c \
	%D%/softhebb/judge.h \
	%D%/softhebb/kernels.h \
	%D%/softhebb/kernels_pick.c \
	%D%/softhebb/layer.c \
	%D%/softhebb/layer.h \
	%D%/softhebb/mlp.c \
	%D%/softhebb/mlp.h \
	%D%/softhebb/network.c \
	%D%/softhebb/network.h \
	%D%/softhebb/numbers.c \
	%D%/softhebb/numbers.h \
	%D%/softhebb/options.c \
	%D%/softhebb/passage.c \
	%D%/softhebb/passage.h \
	%D%/softhebb/plot.c \
	%D%/softhebb/plot_study.c \
	%D%/softhebb/posthoc.c \
	%D%/softhebb/posthoc.h \
	%D%/softhebb/presets.c \
	%D%/softhebb/readout.c \
	%D%/softhebb/readout.h \
	%D%/softhebb/report.c \
	%D%/softhebb/robust.c \
	%D%/softhebb/robust.h \
	%D%/softhebb/samples.c \
	%D%/softhebb/samples.h \
	%D%/softhebb/session.c \
	%D%/softhebb/shallow.c \
	%D%/softhebb/shallow.h \
	%D%/softhebb/shallow_keep.c \
	%D%/softhebb/shallow_keep.h \
	%D%/softhebb/shallow_presets.c \
	%D%/softhebb/shallow_presets.h \
	%D%/softhebb/shrink.c \
	%D%/softhebb/shrink.h \
	%D%/softhebb/softhebb.c \
	%D%/softhebb/study.c \
	%D%/softhebb/study.h \
	%D%/softhebb/study_options.c \
	%D%/softhebb/study_report.c \
	%D%/softhebb/team.c \
	%D%/softhebb/team.h \
	%D%/softhebb/tiles.c \
	%D%/softhebb/tiles.h \
	%D%/softhebb/tiles_keep.c \
	%D%/softhebb/transfer.c \
	%D%/softhebb/transfer.h \
	%D%/softhebb/vote.c \
	%D%/softhebb/vote.h \
	%D%/softhebb/watch.h \
	%D%/synapses/app.h \
	%D%/synapses/neuron.c \
	%D%/synapses/neuron.h \
	%D%/synapses/plot.c \
	%D%/synapses/report.c \
	%D%/synapses/synapses.c \
	%D%/table.c \
	%D%/table.h \
	%D%/tool_number.c \
	%D%/tool_options.c \
	%D%/tool_print.c \
	%D%/tool_priv.h \
	%D%/tool_session.c \
	%D%/weights.c \
	%D%/weights.h
libapps_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(ZLIB_CFLAGS) \
	$(PNG_CFLAGS) $(JPEG_CFLAGS) $(BLAS_CFLAGS)
libapps_la_LIBADD = $(JANSSON_LIBS) $(ZLIB_LIBS) $(CSV_LIBS) $(PNG_LIBS) \
	$(JPEG_LIBS) $(BLAS_LIBS)

# Once for each instruction set; softhebb/kernels_pick.c chooses.
noinst_LTLIBRARIES += libdeep.la
libdeep_la_SOURCES = %D%/softhebb/kernels.c
libdeep_la_CFLAGS = $(AM_CFLAGS) -Wno-psabi
libapps_la_LIBADD += libdeep.la
if HAVE_AVX2
noinst_LTLIBRARIES += libdeep_avx2.la
libdeep_avx2_la_SOURCES = %D%/softhebb/kernels.c
libdeep_avx2_la_CPPFLAGS = $(AM_CPPFLAGS) -DDEEP_KERNELS=mr__deep_kernels_avx2 \
	-DDEEP_KERNELS_NAME=\"avx2\"
libdeep_avx2_la_CFLAGS = $(AM_CFLAGS) -Wno-psabi -mavx2 -mfma -ffp-contract=fast
libapps_la_CPPFLAGS = $(AM_CPPFLAGS) -DMR_KERNELS_AVX2
libapps_la_LIBADD += libdeep_avx2.la
endif

bin_PROGRAMS += memrig
memrig_SOURCES = %D%/memrig.c
memrig_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
memrig_LDADD = libapps.la libmemrig.la
