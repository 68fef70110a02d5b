#!/bin/busybox sh
# shellcheck shell=dash disable=SC1091,SC2154,SC2086
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# First process of check.sh's guest: the host's tree, read only, with a layer in
# memory over it, and guest.sh in it. Results leave on the second serial line.

# the only path that this process can rely on
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for module in /modules/*; do
	$b insmod "$module" || echo "cannot load $module"
done
. /settings
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro \
	host /host
$b mount -t tmpfs fresh /fresh
$b mkdir -p /fresh/upper /fresh/work
$b mount -t overlay -o \
	lowerdir=/host,upperdir=/fresh/upper,workdir=/fresh/work over /merged
for place in proc sys dev; do
	$b mount --bind /$place /merged/$place
done
$b mount -t tmpfs run /merged/run
$b mkdir -p /merged/dev/pts
$b mount -t devpts pts /merged/dev/pts
$b mkdir -p /merged/run/work
MR_SRCDIR=$srcdir MR_BUILDDIR=$builddir PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	HOME=/root TMPDIR=/run/work $b chroot /merged /bin/sh \
	"$srcdir/tests/usb/guest.sh" $parts > /dev/ttyS1 2>&1
$b sync
$b poweroff -f
