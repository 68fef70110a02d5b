#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Virtual boards served to another process: list, probe, read, the contract
# suite over sockets, signals, what is refused.

kind=boards
. "${MR_SRCDIR:-.}/tests/cli.sh"
contract=${MR_BUILDDIR:-build}/tests/test_contract

# Serves a board; its address is in $at, its process in $server.
serve() { # BOARD URI WHERE [OPTION]...
	: > served # the last one's address is not this one's
	"$memrig" serve "$@" > served 2> served-err &
	server=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		at=$(head -n 1 served)
		[ -z "$at" ] || return 0
		sleep 0.1
	done
	return 1
}

ends_cleanly() { # NAME SIGNAL
	kill -"$2" "$server"
	wait "$server"
	report "$1" $?
}

contract_over() { # NAME URI
	MR_TEST_ALONE=1 MR_TEST_URI=$2 "$contract" > out 2> err
	report "contract_over_$1" $?
}

sockets() {
	serve scpi 'emu:pcm?rows=5&cols=7&seed=3' --listen \
		unix:board.sock --time-scale 0
	report served_on_unix $?
	contract_over unix "scpi+unix:$scratch/board.sock"
	right probe_unix 'virtual SCPI board' probe "scpi+unix:board.sock"
	right probe_json '"rows": 5' probe --json "scpi+unix:board.sock"
	right info_unix 'drive' info "scpi+unix:board.sock"
	right read_unix 'S' read --array "scpi+unix:board.sock" --rows 0-1
	right log_unix '' pulse --array "scpi+unix:board.sock" --name set \
		--log board.db
	right played_back '' pulse --array 'playback:board.db' --name set
	wrong wrong_board 1 'ArC ONE' probe "arc1+unix:board.sock?answer_s=0.1"
	wrong wrong_serial 2 'serial number' probe "scpi+unix:board.sock?serial=9"
	ends_cleanly ends_on_term TERM
	wrong nobody_there 2 'nobody serves' probe "scpi+unix:board.sock"
	serve scpi 'emu:ideal?rows=5&cols=7' --listen tcp:127.0.0.1:0 \
		--time-scale 0
	contract_over tcp "scpi+$at"
	ends_cleanly ends_on_int INT
}

# ^C in the middle of something long: the board is made safe, not waited for.
stopped() { # NAME ARGUMENT...
	name=$1
	shift
	"$memrig" "$@" > out 2> err &
	client=$!
	sleep 3 # an ArC ONE boots for 2 s
	begin=$(date +%s)
	kill -TERM "$client"
	wait "$client"
	[ $? -eq 1 ] && [ $(($(date +%s) - begin)) -le 2 ] && grep -q stop err
	report "$name" $?
}

stops() {
	serve scpi 'emu:ideal?rows=1&cols=2' --listen unix:stop.sock
	stopped scpi_stops read --array scpi+unix:stop.sock --t-int 60s
	ends_cleanly scpi_server_ends TERM
	serve arc1 'emu:ideal?rows=1&cols=2' --listen unix:stop1.sock
	stopped arc1_stops pulse --array \
		'arc1+unix:stop1.sock?rows=1&cols=2&device=ideal' \
		--amplitude 0.1V --width 9s
	ends_cleanly arc1_server_ends TERM
}

json_serves() {
	serve scpi 'emu:ideal?rows=1&cols=2' --listen unix:json.sock --json
	echo "$at" | grep -q '"address": "unix:json.sock", "router": null'
	report serve_json $?
	ends_cleanly json_server_ends TERM
}

too_new() {
	serve scpi 'emu:ideal?board.protocol=2.0' --listen unix:new.sock
	wrong protocol_too_new 2 'MEMRIG,2.0' probe scpi+unix:new.sock
	# under nohup a hang-up means nothing
	if sh -c 'kill -HUP $$; :'; then
		ends_cleanly ends_not_by_an_ignored_hup TERM
	else
		ends_cleanly ends_on_hup HUP
	fi
}

# A real line's time: a board that takes .2 s for a read is waited for.
time_scale() {
	serve scpi 'emu:ideal?rows=1&cols=2' --listen unix:slow.sock
	right real_time 'S' read --array scpi+unix:slow.sock --t-int 0.1s
	ends_cleanly ends_in_real_time TERM
}

# A board with a watchdog is kept content through a long job, and makes itself
# safe when its driver is held up in the middle of one.
watchdog() {
	serve scpi 'emu:ideal?rows=1&cols=2&board.simulated=0' \
		--listen unix:dog.sock
	right watched_job 'S' read --array scpi+unix:dog.sock --t-int 1.5s \
		--log dog.db --log-wire
	tool log dog.db wire
	grep -q 'WDOG 2' out && grep -q HEAR out
	report heartbeats_are_sent $?
	"$memrig" read --array scpi+unix:dog.sock --t-int 6s > out 2> err &
	client=$!
	sleep 1
	kill -STOP "$client"
	sleep 3
	kill -CONT "$client"
	wait "$client"
	[ $? -eq 1 ] && grep -q -i 'watchdog' err
	report held_up_driver_is_told $?
	ends_cleanly watchdog_server_ends TERM
}

# Emulated time that the driver advances: a day's pause takes no time.
advanced() {
	serve arc1 'emu:pcm?rows=2&cols=3&board.line=ideal' \
		--listen unix:adv.sock --control unix:adv.ctl --time-scale 0
	begin=$(date +%s)
	right control_advances '' wait --array \
		'arc1+unix:adv.sock?rows=2&cols=3&control=adv.ctl' 1d
	[ $(($(date +%s) - begin)) -le 10 ]
	report control_takes_no_time $?
	wrong control_missing 2 "key 'control=no.ctl'" probe \
		'arc1+unix:adv.sock?control=no.ctl'
	ends_cleanly advanced_server_ends TERM
}

# Says lines to what listens at a Unix socket; its answers are in `out`.
say() { # SOCKET SECONDS LINE...
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(float(sys.argv[2]))
s.connect(sys.argv[1])
for line in sys.argv[3:]:
    s.sendall(line.encode() + b"\n")
    if "?" in line or "print" in line:
        answer = b""
        while not answer.endswith(b"\n"):
            answer += s.recv(4096)
        print(answer.decode(), end="")' "$@" > out 2> err
}

heard() { # NAME TEXT
	grep -q "$2" out
	report "$1" $?
}

# Two doors of one bench: the unit, and the matrix between it and the cells.
bench() {
	if ! command -v python3 > /dev/null; then
		skip smu_served 'python3 is missing'
		return
	fi
	for profile in 2450 2400 b2900 2600b; do
		serve smu "emu:ideal?rows=2&cols=2&board.profile=$profile" \
			--listen unix:smu.sock --time-scale 0
		say smu.sock 5 '*IDN?'
		heard "smu_${profile}_served" 'EYS\|eys\|eith\|EITH'
		ends_cleanly "smu_${profile}_ends" TERM
	done
	serve smu 'emu:ideal?rows=2&cols=2&board.profile=2400' --listen \
		unix:smu.sock --router unix:matrix.sock --time-scale 0
	[ "$(sed -n 2p served)" = unix:matrix.sock ]
	report router_is_named $?
	say matrix.sock 5 'channel.close("1A01,1B03")' \
		'print(channel.getclose("allslots"))'
	heard router_served '1A01;1B03'
	say smu.sock 5 ':SENS:FUNC "CURR"' ':SOUR:VOLT 0.1;:OUTP ON' ':READ?' \
		':DIAG:HOTS?'
	heard smu_reads '^+1.000000E-01,'
	heard nothing_was_hot '^0$'
	say matrix.sock 5 'channel.open("allslots")' \
		'print(memrig.hotswitches)'
	heard hot_switch_is_counted '^1'
	ends_cleanly bench_ends TERM
	wrong router_missing 2 'a router at pty' serve smu \
		'emu:ideal?rows=1&cols=1' --listen unix:one.sock --router pty
	wrong router_of_another 2 'this board has none' serve scpi emu:ideal \
		--listen unix:one.sock --router pty
	wrong smu_profile 2 'board.profile=9' serve smu \
		'emu:ideal?board.profile=9' --listen pty
}

planned() {
	board='arc1+loop:ideal?rows=3&cols=4&emu.rows=3&emu.cols=4&device=ideal'
	right plan_is_told '123.5 mV' plan pulse --array "$board" \
		--amplitude 0.123456V --width 1.23456ms --cells 5 --count 3
	right plan_has_lines '"half_selected_V": 0.08' plan pulse --json \
		--array "$board" --amplitude 0.123456V --width 1ms --cells 5
	wrong plan_is_refused 1 'guard.disturb_V' plan pulse \
		--array "$board&guard.disturb_V=0.01" --amplitude 0.1V \
		--width 1ms --cells 5
	wrong plan_beyond_limits 2 'width_s' plan pulse --array "$board" \
		--amplitude 0.1V --width 1ns --cells 5
	wrong plan_logs_nothing 2 'nothing' plan read --array "$board" \
		--log plan.db
	[ ! -e plan.db ]
	report plan_makes_no_log $?
	wrong plan_of_a_run 2 'single operations' plan run fstdp --array "$board"
	wrong plan_of_nothing 2 'usage' plan
	wrong plan_of_no_verb 2 "'tickle' is no verb" plan tickle
}

refused() {
	wrong serve_no_board 2 'there are' serve nothing emu:ideal --listen pty
	wrong serve_no_place 2 'listen' serve scpi emu:ideal
	wrong serve_bad_place 2 'unix:PATH' serve scpi emu:ideal --listen here
	wrong serve_bad_key 2 'colour' serve scpi 'emu:ideal?colour=1' \
		--listen pty
	wrong serve_bad_scale 2 'time-scale' serve scpi emu:ideal --listen pty \
		--time-scale -1
	wrong serve_two_places 2 'either' serve scpi emu:ideal --listen pty \
		--attach vhci
	wrong serve_bad_port 2 'must be vhci' serve scpi emu:ideal --attach usb
	wrong serve_bad_personality 2 'usbtmc, bulk or acm' serve scpi \
		emu:ideal --listen usbip:board.sock --personality hid
	wrong serve_no_usb 2 'is for USB' serve scpi emu:ideal --listen pty \
		--personality acm
	if [ -d /sys/devices/platform/vhci_hcd.0 ]; then
		skip serve_no_vhci 'this machine has vhci-hcd'
	else
		wrong serve_no_vhci 1 'modprobe vhci-hcd' serve scpi emu:ideal \
			--attach vhci
	fi
	serve scpi 'emu:ideal?rows=1&cols=2' --listen usbip:usb.sock
	report served_on_usbip $?
	ends_cleanly usbip_server_ends TERM
	wrong transport_missing 2 'loop, serial, tcp' info scpi:board
	wrong key_unknown 2 'colour' info 'scpi+loop:ideal?colour=red'
	right list_runs '' list
	right list_json '"devices"' list --json
	tool doctor # 1 where this machine has trouble of its own
	[ "$got" -le 1 ] && grep -q ModemManager out
	report doctor_runs $?
	tool doctor --json /dev/there-is-none
	[ "$got" -eq 1 ] && grep -q '"health": "trouble"' out
	report doctor_json $?
	for bytes in '' 303 3g 3030; do # no port is open here
		wrong "guardian_refuses_$bytes" 2 'only a board' guardian $bytes
	done
	wrong doctor_wants_a_node 2 'name a node' doctor ttyACM0
}

sockets
stops
json_serves
too_new
time_scale
watchdog
advanced
planned
bench
refused
closing
