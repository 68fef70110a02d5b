/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The arrays that the contract suite runs on, and their recordings. $MR_TEST_URI
 * adds one, and with $MR_TEST_ALONE set it is the only one. */
#ifndef MR_TESTS_CONTRACT_URIS_H
#define MR_TESTS_CONTRACT_URIS_H

static const char *const recorded[] = {
	"emu:ideal?rows=5&cols=7&seed=3",
	"emu:pcm?rows=5&cols=7&seed=11",
	"emu:pcm?rows=3&cols=4&seed=5&offer=read+pulse+wait&r_load_ohm=2385",
	"emu:pcm-hermes1?rows=5&cols=7&seed=12",
	"emu:pcm-hermes2?rows=4&cols=5&seed=13&noise=flicker",
	"emu:pcm-step?rows=5&cols=7&seed=14",
	("emu:pcm-table?table=" MR_SRCDIR "/devices/pcm-table.csv&rows=5&cols=7"),
	"emu:pcm-target?rows=5&cols=7&seed=15",
	"emu:ideal?rows=5&cols=7&guard.v_V=1.1&guard.width_s=2.385",
	("emu:ideal?rows=5&cols=7&seed=3&adc_gain_error=0.03&adc_offset_A=2e-9"
	 "&calibration=" MR_SRCDIR "/tests/data/calibration.ini"),
	"arc1+loop:ideal?rows=5&cols=7&emu.rows=5&emu.cols=7&device=ideal",
	("arc1+loop:ideal?rows=5&cols=7&emu.rows=5&emu.cols=7&device=ideal"
	 "&program=converge&converge.v_min_V=0.7&converge.v_max_V=1.4"
	 "&converge.w_min_s=1e-6&converge.w_max_s=4e-6"),
	"scpi+loop:ideal?emu.rows=5&emu.cols=7&emu.seed=3",
	"scpi+loop:pcm?emu.rows=5&emu.cols=7&emu.seed=11",
	"scpi+loop:pcm-target?emu.rows=5&emu.cols=7",
	"scpi+loop:ideal?emu.rows=5&emu.cols=7&board.message_max=400",
	("smu+loop:ideal?profile=2450&board.profile=2450&emu.rows=1&emu.cols=1"
	 "&emu.width_set_s=0.05&device=ideal&device.width_set_s=0.05"),
	("smu+loop:ideal?profile=2400&board.profile=2400&emu.rows=1&emu.cols=1"
	 "&emu.width_set_s=0.05&device=ideal&device.width_set_s=0.05"),
	("smu+loop:ideal?profile=b2900&board.profile=b2900&emu.rows=1&emu.cols=1"
	 "&emu.width_set_s=1e-3&device=ideal&device.width_set_s=1e-3"),
	("smu+loop:ideal?profile=2600b&board.profile=2600b&emu.rows=1&emu.cols=1"
	 "&emu.width_set_s=1e-3&device=ideal&device.width_set_s=1e-3"),
	"scpi+loop:pcm?emu.rows=5&emu.cols=7&emu.seed=11&cobs=1",
};

#define N_RECORDED (sizeof recorded / sizeof recorded[0])

#endif
