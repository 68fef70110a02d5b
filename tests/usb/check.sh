#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# `make check-usb`: Debian's kernel in QEMU, without hardware virtualisation,
# with virtual boards as its USB devices (vhci-hcd), and the memrig that was
# built running in it (guest.sh). Its results are printed as they come, and
# closed by "N passed, N failed, N skipped". What it needs and cannot get makes
# one skip with the reason. Nothing is installed; the kernel's package and
# udev's are fetched by apt-get and unpacked below the build tree.
#
#     tests/usb/check.sh [TEST]...     only the guest's parts of these names

# shellcheck disable=SC2012 # ls sorts our own files
srcdir=$(cd "${MR_SRCDIR:-.}" && pwd) || exit 1
builddir=$(cd "${MR_BUILDDIR:-build}" && pwd) || exit 1
here=$srcdir/tests/usb
rig=$builddir/usb-rig
limit=${MR_USB_SECONDS:-280} # of the host's clock, for the guest

skip() {
	echo "SKIP: usb_guest: $*"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}

fail() {
	echo "FAIL: usb_guest: $*"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}

need() { # PROGRAM PACKAGE
	command -v "$1" > /dev/null || skip "$1 is missing (Debian: $2)"
}

PATH=$PATH:/usr/sbin:/sbin
need qemu-system-x86_64 qemu-system-x86
need busybox busybox-static
need cpio cpio
need depmod kmod
need xz xz-utils
need dpkg-deb dpkg
need apt-get apt
[ -x "$builddir/.libs/memrig" ] || fail "$builddir/.libs/memrig: build it first"
mkdir -p "$rig/packages" || exit 1

# ---- the kernel, and udev ------------------------------------------------------

kernel_package() {
	apt-cache depends linux-image-amd64 2> /dev/null \
		| sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' \
		| head -n 1
}

# PACKAGE: its .deb is in $deb. apt's own user may not write in our folder.
fetch() {
	deb=$(ls -t "$rig/packages/$1"_*.deb 2> /dev/null | head -n 1)
	[ -n "$deb" ] && return 0
	(cd "$rig/packages" && apt-get -qq download "$1" 2> "$rig/apt.log")
	deb=$(ls -t "$rig/packages/$1"_*.deb 2> /dev/null | head -n 1)
	[ -n "$deb" ]
}

# An entry of the bzImage's header: OFFSET BYTES, little-endian.
field() {
	od -A n -t "u$2" -j "$1" -N "$2" --endian=little "$rig/vmlinuz" \
		| tr -d ' '
}

# QEMU starts vmlinux itself three times sooner than the compressed image.
unpack_vmlinux() {
	at=$((($(field 497 1) + 1) * 512 + $(field 584 4)))
	size=$(($(field 588 4) - 4)) # the last four are the size
	tail -c "+$((at + 1))" "$rig/vmlinuz" | head -c "$size" \
		| xz -dc > "$rig/vmlinux.new" 2> /dev/null \
		&& mv "$rig/vmlinux.new" "$rig/vmlinux"
}

unpack_kernel() {
	rm -rf "$rig/root" "$rig/vmlinux"
	mkdir -p "$rig/root"
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$rig/root" --wildcards \
		'./boot/vmlinuz*' './lib/modules/*/modules.*' \
		'./lib/modules/*/kernel/drivers/usb/*' \
		'./lib/modules/*/kernel/drivers/virtio/*' \
		'./lib/modules/*/kernel/fs/9p/*' \
		'./lib/modules/*/kernel/fs/fscache/*' \
		'./lib/modules/*/kernel/fs/netfs/*' \
		'./lib/modules/*/kernel/fs/overlayfs/*' \
		'./lib/modules/*/kernel/net/9p/*' || return 1
	cp "$rig"/root/boot/vmlinuz* "$rig/vmlinuz" || return 1
	release=$(ls "$rig/root/lib/modules")
	depmod -b "$rig/root" "$release" 2> "$rig/depmod.log" || return 1
	unpack_vmlinux || return 1
	echo "$release" > "$rig/release"
}

# The files of these modules and of what they need, in the order to load them.
module_files() {
	for module in "$@"; do
		modprobe -d "$rig/root" -S "$release" --show-depends "$module" \
			2> /dev/null
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'
}

package=$(kernel_package)
[ -n "$package" ] || package=$(cat "$rig/package" 2> /dev/null)
[ -n "$package" ] || skip "apt knows no package linux-image-amd64"
if [ "$(cat "$rig/package" 2> /dev/null)" != "$package" ]; then
	fetch "$package" || skip "cannot fetch $package: $(tail -n 1 "$rig/apt.log")"
	unpack_kernel || fail "cannot unpack $deb"
	rm -f "$deb" # 70 MB
	echo "$package" > "$rig/package"
fi
release=$(cat "$rig/release")
if [ ! -x "$rig/udev/bin/udevadm" ] && fetch udev; then
	dpkg-deb -x "$deb" "$rig/udev" || fail "cannot unpack $deb"
fi

# ---- the guest -------------------------------------------------------------------

# A first file system: busybox, modules, init.
make_initramfs() {
	tree=$rig/initramfs
	rm -rf "$tree"
	mkdir -p "$tree/bin" "$tree/modules" "$tree/dev" "$tree/proc" \
		"$tree/sys" "$tree/host" "$tree/fresh" "$tree/merged"
	cp "$(command -v busybox)" "$tree/bin/busybox"
	cp "$here/init.sh" "$tree/init"
	chmod +x "$tree/init"
	n=100
	for file in $(module_files virtio_pci 9pnet_virtio 9p overlay \
		vhci-hcd cdc-acm usbtmc); do
		cp "$file" "$tree/modules/$n-$(basename "$file")" || return 1
		n=$((n + 1))
	done
	{
		echo "srcdir='$srcdir'"
		echo "builddir='$builddir'"
		echo "parts='$*'"
	} > "$tree/settings"
	(cd "$tree" && find . | cpio -o -H newc --quiet) > "$rig/initramfs.cpio"
}

make_initramfs "$@" || fail "cannot make the guest's first file system"
rm -f "$rig/results" "$rig/console.log"

# The clock follows the instructions: no test depends on the host's load.
timeout -k 5 "$limit" qemu-system-x86_64 -M pc -accel tcg,tb-size=256 \
	-cpu qemu64 -smp 1 -m 768 -nodefaults -no-reboot -display none \
	-icount shift=2,sleep=off \
	-rtc base=2026-01-01T00:00:00,clock=vm \
	-kernel "$rig/vmlinux" -initrd "$rig/initramfs.cpio" \
	-append 'console=ttyS0 quiet panic=-1 loglevel=4' \
	-fsdev "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap" \
	-device virtio-9p-pci,fsdev=host,mount_tag=host \
	-serial "file:$rig/console.log" -serial "file:$rig/results" \
	> "$rig/qemu.log" 2>&1 < /dev/null
status=$?

[ -f "$rig/results" ] && tr -d '\r' < "$rig/results" > "$rig/results.txt"
[ -s "$rig/results.txt" ] || {
	tail -n 20 "$rig/qemu.log" "$rig/console.log"
	fail "the guest said nothing (status $status)"
}
grep -v -E '^[0-9]+ passed, ' "$rig/results.txt"
last=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' \
	"$rig/results.txt" | tail -n 1)
if [ -z "$last" ] || [ "$status" -ne 0 ]; then
	tail -n 20 "$rig/qemu.log" "$rig/console.log"
	echo "FAIL: usb_guest: did not come to its end (status $status)"
	passed=$(grep -c '^PASS: ' "$rig/results.txt")
	failed=$(grep -c '^FAIL: ' "$rig/results.txt")
	echo "$passed passed, $((failed + 1)) failed, 0 skipped"
	exit 1
fi
echo "$last"
case $last in
*' 0 failed,'*) exit 0 ;;
*) exit 1 ;;
esac
