# SPDX-License-Identifier: GPL-3.0-or-later
dist_man_MANS += %D%/memrig.1
EXTRA_DIST += %D%/correlation.png %D%/fstdp.png %D%/softhebb-between.png \
	%D%/softhebb-study.png %D%/softhebb-transfer.png %D%/softhebb.png %D%/report-drift.png \
	%D%/results/cifar10-3.txt %D%/results/cifar10-3-transfer.txt %D%/results/cifar10-original.txt \
	%D%/results/mnist-cnn.txt \
	%D%/report-noise-spectra.png %D%/report-pulses.png %D%/report-yield.png
dist_doc_DATA += %D%/arc1.md %D%/board-protocol.md %D%/calibrate.md %D%/compare.md %D%/import.md %D%/datasets.md %D%/fit.md %D%/measure.md %D%/models.md %D%/oplog.md %D%/report.md %D%/smu.md \
	%D%/softhebb.md \
	%D%/usb.md
