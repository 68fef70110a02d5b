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

# the unpacked package's udevadm is the daemon by another name; it looks at the
# guest's first process and would do nothing in what it takes for a chroot
export SYSTEMD_IGNORE_CHROOT=1
if [ -x "$rig/udev/bin/udevadm" ]; then
	ln -s "$rig/udev/bin/udevadm" /run/memrig/systemd-udevd
	/run/memrig/systemd-udevd --daemon > udevd.log 2>&1 || cat udevd.log
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

tmc_uri=scpi+usbtmc:1209:0001
node_uri=scpi+usbtmc-kernel:/dev/usbtmc0
arc_uri='arc1+serial:/dev/ttyACM0?rows=32&cols=32&device=ideal'
small_arc_uri='arc1+serial:/dev/ttyACM0?rows=3&cols=4&device=ideal'
bulk_uri=scpi+usb:1209:0002

plug_tmc() { # [KEYS]
	plug tmc scpi "emu:pcm?rows=8&cols=8&seed=3${1-}"
	tmc=$server
	until_true [ -e /dev/usbtmc0 ]
}

plug_arc() {
	plug arc arc1 'emu:ideal?rows=32&cols=32&seed=3'
	arc=$server
	until_true [ -e /dev/ttyACM0 ]
}

plug_bulk() {
	plug bulk scpi 'emu:pcm?rows=4&cols=4' --personality bulk
	bulk=$server
	until_true listed "$bulk_uri"
}

listed() { # PATTERN
	"$memrig" list 2> /dev/null | grep -q "^.*${1#*+}"
}

# A command that goes on in the background, as $client.
behind() { # ARGUMENT...
	"$memrig" "$@" > out 2> err < /dev/null &
	client=$!
}

is_busy() { # with an operation that has begun
	"$memrig" log "$1" show > shown 2> /dev/null && grep -q '^ *[0-9]' shown
}

# ---- three boards, and what they can do ------------------------------------------

part_three() {
	plug_tmc
	report kernel_binds_usbtmc $?
	plug_arc
	report kernel_binds_cdc_acm $?
	plug_bulk
	report bulk_is_plugged_in $?
	right lists_usbtmc '^scpi+usbtmc:1209:0001:0000000000000007' list
	right lists_node '^scpi+usbtmc-kernel:/dev/usbtmc0 ' list
	right lists_acm '^arc1+serial:/dev/ttyACM0 .*0d28:0204' list
	right lists_bulk '+usb:1209:0002:0000000000000007' list
	json lists_as_json 'len(d["devices"]) >= 4' list
	right probes_usbtmc 'virtual SCPI' probe "$tmc_uri"
	right probes_node 'virtual SCPI' probe "$node_uri"
	right probes_node_by_numbers 'virtual SCPI' probe \
		scpi+usbtmc-kernel:1209:0001
	right probes_acm 'ArC ONE' probe "$arc_uri"
	right probes_acm_by_numbers 'ArC ONE' probe \
		'arc1+serial:0d28:0204?device=ideal'
	right probes_bulk 'virtual SCPI' probe "$bulk_uri"
}

session() { # NAME URI
	right "pulses_$1" '' pulse --array "$2" --name set --rows 0 --cols 0-3 \
		--log "$1.db"
	right "reads_$1" 'S' read --array "$2" --rows 0 --cols 0-3 --log "$1.db"
	right "runs_$1" 'array' run synapses --array "$2" --inputs 4 \
		--cells-per-synapse 1 --steps 10 --log "$1.db"
	right "logs_$1" 'read .* ok' log "$1.db" stats
}

part_sessions() {
	session usbtmc "$tmc_uri"
	session node "$node_uri"
	session acm "$arc_uri"
	session bulk "$bulk_uri"
	plug port scpi 'emu:pcm?rows=4&cols=4' --personality acm
	port=$server
	until_true [ -e /dev/ttyACM1 ]
	report serial_scpi_is_plugged_in $?
	for name in usbtmc node bulk scpi_serial arc1_serial; do
		case $name in
		usbtmc) uri=$tmc_uri ;;
		node) uri=$node_uri ;;
		scpi_serial) uri=scpi+serial:/dev/ttyACM1 ;;
		arc1_serial) uri=$small_arc_uri ;;
		*) uri=$bulk_uri ;;
		esac
		MR_TEST_ALONE=1 MR_TEST_URI=$uri "$contract" > out 2> err
		report "contract_over_$name" $?
		echo "# contract_over_$name: $(tail -n 1 out)"
	done
	unplug "$port"
}

# ---- the line of the ArC ONE -----------------------------------------------------

part_line() {
	wrong line_without_parity 1 'no ArC ONE answers' probe \
		"$arc_uri&parity=n&answer_s=1"
	wrong line_with_odd_parity 1 'no ArC ONE answers' probe \
		"$arc_uri&parity=o&answer_s=1"
	wrong line_too_slow 1 'no ArC ONE answers' probe \
		"$arc_uri&baud=115200&answer_s=1"
	right line_as_it_should_be 'ArC ONE' probe "$arc_uri"
	behind pulse --array "$arc_uri" --cells 0 --amplitude 0.1V --width 9s \
		--log line.db
	until_true is_busy line.db
	# the board has proved the speed, which stty does not know of
	stty -F /dev/ttyACM0 -a > line 2>&1
	grep -q -w 'parenb -parodd' line && grep -q -w 'cs8' line \
		&& grep -q -e '-cstopb' line
	report line_is_8e1_in_the_kernel $?
	kill -INT "$client"
	wait "$client"
	[ $? -eq 1 ] && grep -q stop err
	report line_stops $?
	right line_after_a_stop 'ArC ONE' probe "$arc_uri"
}

# ---- kernel drivers -----------------------------------------------------------------

part_drivers() {
	behind read --array "$tmc_uri" --cells 0 --t-int 8s --log detach.db
	until_true is_busy detach.db
	[ ! -e /dev/usbtmc0 ]
	report libusb_detaches_the_driver $?
	wrong node_is_not_there 2 'no such node' probe "$node_uri"
	wrong usbtmc_has_one_user 1 'in use by process' probe "$tmc_uri"
	# somebody who does not know of our locks
	unshare -m sh -c "mount -t tmpfs none /tmp && exec '$memrig' probe \
		'$tmc_uri'" > out 2> err
	[ $? -eq 1 ] && grep -q 'another program has claimed it' err
	report usbtmc_is_claimed_elsewhere $?
	wait "$client"
	report libusb_session_ends $?
	until_true [ -e /dev/usbtmc0 ]
	report driver_is_attached_again $?
	right node_works_again 'virtual SCPI' probe "$node_uri"

	behind read --array "$node_uri" --cells 0 --t-int 5s --log node.db
	until_true is_busy node.db
	wrong node_has_one_user 1 'in use by process' probe "$node_uri"
	wrong node_user_keeps_libusb_off 1 'in use by process' probe "$tmc_uri"
	wait "$client"
	report node_session_ends $?

	exec 3<> /dev/usbtmc0 # another program, which only has it open
	right open_node_gives_way 'virtual SCPI' probe "$tmc_uri"
	exec 3>&-
	until_true [ -e /dev/usbtmc0 ]
	report node_is_back $?

	wrong no_node 2 'no such node' probe scpi+usbtmc-kernel:/dev/usbtmc7
	wrong not_a_node 2 "no instrument's node" probe \
		scpi+usbtmc-kernel:/dev/ttyACM0
}

# ---- who may ---------------------------------------------------------------------------

as_nobody() { # NAME STATUS PATTERN ARGUMENT...
	name=$1
	want=$2
	pattern=$3
	shift 3
	chroot --userspec=65534:65534 / "$memrig" "$@" > out 2> err < /dev/null
	[ $? -eq "$want" ] && grep -q -e "$pattern" out err
	report "$name" $?
}

part_users() {
	as_nobody nobody_lists 0 'usb:1209:0002.*(no permission' list
	as_nobody nobody_has_no_usbtmc 1 'no permission.*udev rule' probe \
		"$tmc_uri"
	as_nobody nobody_has_no_bulk 1 'no permission.*udev rule' probe \
		"$bulk_uri"
	as_nobody nobody_has_no_node 1 'no permission.*udev rule' probe \
		"$node_uri"
	as_nobody nobody_has_no_port 1 'no permission.*dialout' probe "$arc_uri"
	as_nobody nobody_attaches_nothing 1 'no permission.*sudo' serve scpi \
		emu:ideal --attach vhci
	chmod 666 /dev/bus/usb/*/*
	as_nobody anybody_with_the_node_may 0 'virtual SCPI' probe "$bulk_uri"
}

# ---- the rules that let people in ---------------------------------------------------------

as_member() { # NAME GROUP STATUS PATTERN ARGUMENT...
	name=$1
	group=$2
	want=$3
	pattern=$4
	shift 4
	chroot --userspec="65534:$group" --groups= / "$memrig" "$@" > out 2> err \
		< /dev/null
	[ $? -eq "$want" ] && grep -q -e "$pattern" out err
	report "$name" $?
}

# udev's own first rules, ours as they are installed, and a person's between
# them, for a board that ours do not know.
install_rules() {
	mkdir -p /run/udev/rules.d
	cp "$rig"/udev/lib/udev/rules.d/50-udev-default.rules \
		"$MR_SRCDIR"/data/udev/*.rules /run/udev/rules.d/
	printf '%s, %s, %s\n' 'ATTR{idVendor}=="1209"' \
		'ATTR{idProduct}=="0002"' 'ENV{ID_MEMRIG}="1"' \
		> /run/udev/rules.d/65-mine.rules
	"$rig/udev/bin/udevadm" control --reload \
		&& "$rig/udev/bin/udevadm" trigger --subsystem-match=usb \
			--subsystem-match=usbmisc --subsystem-match=tty \
		&& "$rig/udev/bin/udevadm" settle --timeout=60
}

node_of() { # VENDOR PRODUCT
	for device in /sys/bus/usb/devices/*; do
		[ "$(cat "$device/idVendor" 2> /dev/null)" = "$1" ] || continue
		[ "$(cat "$device/idProduct")" = "$2" ] || continue
		printf '/dev/bus/usb/%03d/%03d\n' "$(cat "$device/busnum")" \
			"$(cat "$device/devnum")"
	done
}

marks_of() { # NODE WANTED: what udev keeps of it
	"$rig/udev/bin/udevadm" info --query=property --name="$1" \
		| grep -q -x "$2"
}

part_rules() {
	if [ ! -x "$rig/udev/bin/udevadm" ]; then
		skip rules "no udev"
		return
	fi
	group=$(sed -n 's/^plugdev:[^:]*:\([0-9]*\):.*/\1/p' /etc/group)
	chmod 600 /dev/bus/usb/*/* /dev/usbtmc*
	install_rules
	report rules_are_loaded $?
	marks_of /dev/usbtmc0 ID_MEMRIG=1
	report rules_know_the_instrument_node $?
	marks_of "$(node_of 1209 0001)" ID_MEMRIG=1
	report rules_know_the_instrument $?
	marks_of "$(node_of 1209 0002)" ID_MEMRIG=1
	report own_rule_marks_a_board $?
	marks_of /dev/ttyACM0 ID_MM_PORT_IGNORE=1
	report rules_keep_modem_manager_off $?
	as_member plugdev_has_usbtmc "$group" 0 'virtual SCPI' probe "$tmc_uri"
	as_member plugdev_has_bulk "$group" 0 'virtual SCPI' probe "$bulk_uri"
	as_member others_have_not 65534 1 'no permission.*udev rule' probe \
		"$bulk_uri"
}

# ---- the plug is pulled -------------------------------------------------------------------

# NAME PROCESS ARGUMENT...: the board goes while a command runs.
goes_during() {
	name=$1
	board=$2
	shift 2
	behind "$@" --log "gone-$name.db"
	until_true is_busy "gone-$name.db"
	report "begun_$name" $?
	kill "$board"
	wait "$client"
	[ $? -eq 1 ] && grep -q gone err
	report "unplugged_$name" $?
	wait "$board"
	right "log_intact_$name" ' io \| outcome ' log "gone-$name.db" show
}

part_unplug() {
	goes_during usbtmc "$tmc" run synapses --array "$tmc_uri" --inputs 8 \
		--cells-per-synapse 1 --steps 100000
	plug_tmc
	report usbtmc_comes_back $?
	goes_during node "$tmc" read --array "$node_uri" --cells 0 --t-int 60s
	goes_during bulk "$bulk" read --array "$bulk_uri" --cells 0 --t-int 60s
	goes_during acm "$arc" pulse --array "$arc_uri" --cells 0 \
		--amplitude 0.1V --width 9s
	plug_tmc '&board.fault=unplug:2000'
	tool run synapses --array "$tmc_uri" --inputs 8 --cells-per-synapse 1 \
		--steps 100000 --log fault.db
	[ "$got" -eq 1 ] && grep -q gone err
	report unplugged_by_itself $?
	wait "$tmc"
	report server_ends_with_its_plug $?
}

# ---- coming and going -----------------------------------------------------------------------

part_watch() {
	behind list --watch
	sleep 2
	plug_bulk
	until_true grep -q '^+ .*+usb:1209:0002' out
	report arrival_is_seen $?
	plug_arc
	until_true grep -q '^+ arc1+serial:/dev/ttyACM0' out
	report arrival_of_a_port_is_seen $?
	unplug "$bulk"
	until_true grep -q '^- .*+usb:1209:0002' out
	report removal_is_seen $?
	unplug "$arc"
	until_true grep -q '^- arc1+serial:/dev/ttyACM0' out
	report removal_of_a_port_is_seen $?
	kill -INT "$client"
	wait "$client"
	report watching_ends $?
	tool list --watch --for 1s
	report watching_ends_in_time "$got"
}

[ $# -gt 0 ] || set -- three sessions line drivers users rules unplug watch
for part in "$@"; do
	"part_$part"
done
closing
