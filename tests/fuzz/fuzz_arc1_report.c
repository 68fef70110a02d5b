/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What an ArC ONE reports of a job: the first byte says which waveform was asked
 * for, the others are triples of little-endian floats and, for the times of
 * VolatilityRead, lines. Whatever comes, samples are where they belong.
 */
#include <math.h>
#include <string.h>

#include "driver/arc1_fill.h"
#include "fuzz.h"

#define LEVELS 12
#define UNTOUCHED 123.0f

const char mr_fuzz_name[] = "arc1_report";

struct wave {
	enum arc1_shape shape;
	uint32_t n;
	float level[LEVELS];
	double hold_s;
	uint16_t sampled; /* a bit for each level */
};

static const struct wave waves[] = {
	{ARC1_SHAPE_CURVE, 7, {.1f, .2f, .3f, .4f, .3f, .2f, .1f}, 2e-3, 0x7f},
	{ARC1_SHAPE_CURVE, 10, {0, .1f, .2f, .1f, -.1f, 0, .1f, .2f, .1f, -.1f},
         2e-3, 0x3d7},
	{ARC1_SHAPE_CHRONO, 3, {1, 1, 1}, 1e-2, 7},
	{ARC1_SHAPE_FORMER, 6, {1, .2f, 1.1f, .2f, 1.2f, .2f}, 1e-6, 0x2a},
	{ARC1_SHAPE_SEEKER, 8, {1, .2f, 2, .2f, -1, .2f, -2, .2f}, 1e-6, 0xaa},
	{ARC1_SHAPE_ENDURANCE, 4, {1, .2f, -1, .2f}, 1e-6, 0xa},
	{ARC1_SHAPE_VOLATILITY, 5, {1, .2f, .2f, .2f, .2f}, 1e-3, 0x1e},
};

#define N_WAVES (sizeof waves / sizeof waves[0])

/* One sample of room at each end, to see that it is left alone. */
struct results {
	float v_V[LEVELS + 2], i_A[LEVELS + 2];
	double t_s[LEVELS + 2];
	uint8_t status[LEVELS + 2];
};

static void feed(struct arc1_fill *f, const uint8_t *data, size_t size)
{
	struct mr_errtext err = {""};
	float triple[3];
	uint32_t cycle = 0;
	double us;

	(void)mr__arc1_whole((const char *)data, size, &us);
	for (uint32_t t_s = 1; size >= sizeof triple; t_s++) {
		memcpy(triple, data, sizeof triple);
		data += sizeof triple;
		size -= sizeof triple;
		if (mr__arc1_is_end(triple) || triple[0] <= 0)
			mr__arc1_fill_end(f, cycle++);
		else if (f->play->shape == ARC1_SHAPE_VOLATILITY)
			mr__arc1_fill_reading(f, triple[0], t_s);
		else if (!mr_fuzz_judge(mr__arc1_fill_report(f, triple, t_s,
		                                             &err),
		                        err.text))
			break;
	}
	mr__arc1_fill_end(f, f->play->cycles);
}

static void look_at(const struct results *r, uint32_t n)
{
	mr_fuzz_must(r->i_A[0] == UNTOUCHED && r->i_A[n + 1] == UNTOUCHED,
	             "what is not the cell's is left alone");
	for (uint32_t i = 1; i <= n; i++) {
		mr_fuzz_must(r->i_A[i] != UNTOUCHED, "each sample is written");
		mr_fuzz_must(!(r->status[i] & ~0x1fu), "known status bits");
		mr_fuzz_must(i == 1 || r->t_s[i] > r->t_s[i - 1],
		             "samples are in order");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct results r;
	double hold_s[LEVELS];
	uint8_t sample[LEVELS];
	struct arc1_play play;
	struct mr_errtext err = {""};

	if (size == 0)
		return 0;
	const struct wave *w = &waves[data[0] % N_WAVES];
	const struct arc1_settings s = {.halt = data[0] / N_WAVES % 2,
	                                .read_cycles = 1,
	                                .series = 7,
	                                .v_reads_V = 0.6,
	                                .stop_pct = 5};

	for (uint32_t i = 0; i < LEVELS; i++) {
		hold_s[i] = w->hold_s;
		sample[i] = w->sampled >> i & 1;
	}
	for (uint32_t i = 0; i < LEVELS + 2; i++)
		r.i_A[i] = UNTOUCHED;
	struct mr_trace_op tr = {.n_levels = w->n,
	                         .level = w->level,
	                         .hold_s = hold_s,
	                         .sample = sample,
	                         .v_V = r.v_V,
	                         .i_A = r.i_A,
	                         .t_s = r.t_s,
	                         .status = r.status};

	mr_fuzz_must(!mr__arc1_shape_fit(&tr, w->shape, &s, &play, &err),
	             "the waveform has this form");
	struct arc1_fill f = {.play = &play, .trace = &tr, .first = 1};

	feed(&f, data + 1, size - 1);
	look_at(&r, mr_trace_samples(&tr));
	mr__arc1_play_free(&play);
	return 0;
}
