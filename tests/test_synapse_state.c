/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What synapses know beside their cells, saved and taken up again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

#define N_IN 3
#define N_OUT 2
#define PCM "emu:pcm?rows=3&cols=8&seed=4&"

static const struct mr_synapse_options pairs = {
	.n_in = N_IN, .n_out = N_OUT, .n_cells = 2, .coding = MR_CODING_PAIR,
	.arbitration = MR_ARBITRATE_SYNAPSE, .pulses_max = 4};

static struct mr_synapse *lay(struct mr_array *array,
                              const struct mr_synapse_options *options)
{
	struct mr_synapse *syn = NULL;

	MR_CODE(mr_synapse_alloc(array, options, &syn), MR_OK);
	CU_ASSERT_FATAL(syn != NULL);
	return syn;
}

/* Changes of both signs, of several steps. */
static void learn(struct mr_synapse *syn, int round)
{
	float dw[N_IN * N_OUT];

	for (int k = 0; k < N_IN * N_OUT; k++)
		dw[k] = (float)((k + round) % 5 - 2) * 0.07f;
	MR_CODE(mr_synapse_update(syn, MR_OUTPUTS_ALL, dw, NULL), MR_OK);
}

static void goes_on(const struct mr_synapse_options *options)
{
	struct mr_array *a = mr_session_open(PCM), *b = mr_session_open(PCM);
	struct mr_synapse *one = lay(a, options), *two = lay(b, options);
	struct mr_blob cells = {0}, known = {0};
	float w1[N_IN * N_OUT], w2[N_IN * N_OUT];

	for (int k = 0; k < 6; k++)
		learn(one, k);
	MR_CODE(mr_array_snapshot(a, &cells), MR_OK);
	MR_CODE(mr_synapse_save(one, &known), MR_OK);
	MR_CODE(mr_array_restore(b, &cells), MR_OK);
	MR_CODE(mr_synapse_restore(two, &known), MR_OK);
	for (int k = 6; k < 12; k++) {
		learn(one, k);
		learn(two, k);
	}
	MR_CODE(mr_synapse_read(one, w1), MR_OK);
	MR_CODE(mr_synapse_read(two, w2), MR_OK);
	CU_ASSERT(memcmp(w1, w2, sizeof w1) == 0);
	CU_ASSERT_EQUAL(mr_synapse_counts(one)->raised,
	                mr_synapse_counts(two)->raised);
	CU_ASSERT_EQUAL(mr_synapse_counts(one)->reads,
	                mr_synapse_counts(two)->reads);
	free(cells.data);
	free(known.data);
	mr_synapse_free(one);
	mr_synapse_free(two);
	MR_CODE(mr_array_close(a, NULL), MR_OK);
	MR_CODE(mr_array_close(b, NULL), MR_OK);
}

static void taken_up_they_go_on_alike(void)
{
	struct mr_synapse_options one_counter = pairs;

	goes_on(&pairs);
	one_counter.arbitration = MR_ARBITRATE_PULSE;
	goes_on(&one_counter);
}

static void compensation_is_kept(void)
{
	struct mr_array *array = mr_session_open(PCM);
	struct mr_synapse *one = lay(array, &pairs), *two = lay(array, &pairs);
	struct mr_blob known = {0};

	MR_CODE(mr_synapse_reset(one, 4), MR_OK);
	MR_CODE(mr_synapse_calibrate(one), MR_OK);
	MR_CODE(mr_array_wait(array, 1e5), MR_OK);
	MR_CODE(mr_synapse_compensate(one, true), MR_OK);
	MR_CODE(mr_synapse_save(one, &known), MR_OK);
	CU_ASSERT(mr_synapse_scale(two, 1) == 1);
	MR_CODE(mr_synapse_restore(two, &known), MR_OK);
	CU_ASSERT(mr_synapse_scale(two, 1) < 1);
	CU_ASSERT(mr_synapse_scale(two, 1) == mr_synapse_scale(one, 1));
	MR_CODE(mr_synapse_compensate(two, false), MR_OK); /* calibrated */
	free(known.data);
	mr_synapse_free(one);
	mr_synapse_free(two);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* A reading from before is not that of the cells any more. */
static void reading_at_hand_is_used_up(void)
{
	struct mr_array *array = mr_session_open(PCM);
	struct mr_synapse *syn = lay(array, &pairs);
	struct mr_blob known = {0};
	float w[N_IN], dw[N_IN] = {0};

	MR_CODE(mr_synapse_save(syn, &known), MR_OK);
	MR_CODE(mr_synapse_read_output(syn, 1, w), MR_OK);
	MR_CODE(mr_synapse_restore(syn, &known), MR_OK);
	MR_CODE(mr_synapse_fire(syn, 1, dw), MR_ERR_USAGE);
	free(known.data);
	mr_synapse_free(syn);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void refused(struct mr_array *array, struct mr_synapse *syn,
                    const struct mr_blob *blob, const char *text)
{
	MR_CODE(mr_synapse_restore(syn, blob), MR_ERR_FORMAT);
	MR_HAS(mr_array_errmsg(array), text);
}

static void wrong_state_is_refused(void)
{
	struct mr_array *array = mr_session_open(PCM);
	struct mr_synapse *syn = lay(array, &pairs), *small;
	struct mr_synapse_options other = pairs;
	struct mr_blob known = {0}, cut;
	const double bad[] = {NAN, INFINITY};
	size_t at;

	other.n_out = 1;
	small = lay(array, &other);
	MR_CODE(mr_synapse_save(syn, &known), MR_OK);
	refused(array, small, &known, "of other synapses");
	cut = known;
	cut.size = 7;
	refused(array, syn, &cut, "cut off");
	cut.size = known.size - 1;
	refused(array, syn, &cut, "of another size");
	/* chi comes right after the head, the factors after the levels */
	at = known.size - N_IN * N_OUT * 4 - N_IN * 8 * 4 - N_OUT * 8;
	memset((char *)known.data + at, 0, 8);
	refused(array, syn, &known, "not finite or not positive");
	at -= N_OUT * 8 + N_IN * N_OUT * 8;
	for (int k = 0; k < 2; k++) {
		memcpy((char *)known.data + at, &bad[k], 8);
		refused(array, syn, &known, "not finite");
	}
	((char *)known.data)[0] = 'X';
	refused(array, syn, &known, "of other synapses");
	free(known.data);
	mr_synapse_free(syn);
	mr_synapse_free(small);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"taken_up_they_go_on_alike", taken_up_they_go_on_alike},
	{"compensation_is_kept", compensation_is_kept},
	{"reading_at_hand_is_used_up", reading_at_hand_is_used_up},
	{"wrong_state_is_refused", wrong_state_is_refused},
	{0},
};
