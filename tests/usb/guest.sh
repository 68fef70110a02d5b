#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Runs in check.sh's guest: virtual boards are plugged into its kernel, and
# memrig finds and drives them as the USB devices that they are there.
#
#     guest.sh [PART]...

kind=usb
rig=$MR_BUILDDIR/usb-rig
# shellcheck source=tests/cli.sh
. "$MR_SRCDIR/tests/cli.sh"

# libtool's wrapper would relink on a slow machine
mkdir -p /run/memrig
cp "$MR_BUILDDIR/.libs/memrig" /run/memrig/
cp -L "$MR_BUILDDIR/.libs/libmemrig.so.0" /run/memrig/
export LD_LIBRARY_PATH=/run/memrig
memrig=/run/memrig/memrig
contract=$MR_BUILDDIR/tests/test_contract

if [ -x "$rig/udev/lib/systemd/systemd-udevd" ]; then
	"$rig/udev/lib/systemd/systemd-udevd" --daemon > /dev/null 2>&1
fi

# Waits for a condition, for a few seconds of the guest's clock.
until_true() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 \
		21 22 23 24 25 26 27 28 29 30; do
		"$@" && return 0
		sleep 0.2
	done
	return 1
}

# Plugs a board in: NAME BOARD URI [OPTION]...; its process is in $server.
plug() {
	plugged=$1
	shift
	"$memrig" serve "$@" --attach vhci > "$plugged.at" 2> "$plugged.err" &
	server=$!
	until_true [ -s "$plugged.at" ]
}

unplug() { # PROCESS
	kill "$1"
	wait "$1"
}

contract_over() { # NAME URI
	MR_TEST_ALONE=1 MR_TEST_URI=$2 "$contract" > out 2> err
	report "contract_over_$1" $?
}

three_boards() {
	plug tmc scpi 'emu:pcm?rows=8&cols=8&seed=3'
	tmc=$server
	plug arc arc1 'emu:pcm?rows=32&cols=32&seed=3'
	arc=$server
	plug bulk scpi 'emu:ideal?rows=4&cols=4' --personality bulk
	bulk=$server
	until_true [ -e /dev/usbtmc0 ]
	report kernel_binds_usbtmc $?
	until_true [ -e /dev/ttyACM0 ]
	report kernel_binds_cdc_acm $?
	right lists_usbtmc '^scpi+usbtmc:1209:0001:0000000000000007' list
	right lists_acm '^arc1+serial:/dev/ttyACM0 .*0d28:0204' list
	right lists_bulk '+usb:1209:0002:0000000000000007' list
	json lists_as_json 'len(d["devices"]) >= 3' list
}

case " $* " in
*" debug "*) cat /proc/bus/usb/devices /sys/bus/usb/devices/*/product; dmesg | tail -n 20 ;;
esac
three_boards
right probe_usbtmc 'virtual SCPI' probe scpi+usbtmc:1209:0001
right probe_acm 'ArC ONE' probe 'arc1+serial:/dev/ttyACM0'
right probe_bulk 'virtual SCPI' probe scpi+usb:1209:0002
right probe_node 'virtual SCPI' probe scpi+usbtmc-kernel:/dev/usbtmc0
right probe_node_by_numbers 'virtual SCPI' probe scpi+usbtmc-kernel:1209:0001
right list_node '^scpi+usbtmc-kernel:/dev/usbtmc0 ' list
right read_node S read --array scpi+usbtmc-kernel:1209:0001
contract_over usbtmc_kernel scpi+usbtmc-kernel:1209:0001
contract_over usbtmc scpi+usbtmc:1209:0001
contract_over bulk scpi+usb:1209:0002
closing
