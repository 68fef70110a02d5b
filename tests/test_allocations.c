/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What the emulator runs itself allocates nothing: a submit has the time that
 * its cells take, and cannot run out of memory half way. Each kind of
 * operation, on each kind of noise, with one thread and with two, once all
 * kinds have run.
 *
 * What is composed above the back end (program on cells that take pulses) and
 * observers such as the op log may allocate, and so may the core's search for
 * repeats in OUTER of more than 64 lines and in a LIST of more than 64 targets
 * (driver/selection.c). Counted are the calls of memrig's own code (--wrap, see
 * badmemory.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "badmemory.h"
#include "session.h"
#include "test.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A drive shares work from 65,536 cells on (emulator/drive.c). */
#define ROWS 257
#define COLS 263
#define N (ROWS * COLS)
#define SHAPE "rows=257&cols=263&seed=2385"
#define BATCH 8
#define LEVELS 3
#define OPS_MAX 24
#define HOUR_S 3600.0 /* all cells are due for a refresh before a drive */

static const uint32_t list_cells[] = {2385, 0, N - 1, 0, 263};
static const uint32_t once_cells[] = {2385, 0, N - 1, 263};
static const uint32_t outer_rows[] = {256, 0, 17};
static const uint32_t outer_cols[] = {262, 3, 4, 5};

static const struct mr_selection all = {.kind = MR_SELECT_ALL};
static const struct mr_selection rect = {.kind = MR_SELECT_RECT, .row = 1,
                                         .col = 2, .n_rows = 131,
                                         .n_cols = 67};
static const struct mr_selection list = {.kind = MR_SELECT_LIST,
                                         .cells = list_cells,
                                         .n_cells = N_OF(list_cells)};
static const struct mr_selection once = {.kind = MR_SELECT_LIST,
                                         .cells = once_cells,
                                         .n_cells = N_OF(once_cells)};
static const struct mr_selection outer = {.kind = MR_SELECT_OUTER,
                                          .rows = outer_rows,
                                          .n_rows = N_OF(outer_rows),
                                          .cols = outer_cols,
                                          .n_cols = N_OF(outer_cols)};

static const float level_V[LEVELS] = {0.05f, 0, 0.1f};
static const double hold_s[LEVELS] = {1e-6, 2.385e-6, 1e-6};

/* Operations and the room that they point to. */
struct work {
	struct mr_array *array;
	const struct mr_description *desc;
	size_t n;
	struct mr_op ops[OPS_MAX];
	float in[N];     /* amplitudes, targets or voltages: all work */
	float v_V[N];
	float g_S[N];
	float i_A[N];
	uint32_t counts[N];
	uint8_t status[N];
};

/* ---- the operations ------------------------------------------------------ */

static struct mr_op *add(struct work *w, enum mr_op_kind kind,
                         const struct mr_selection *where)
{
	struct mr_op *op = &w->ops[w->n++];

	CU_ASSERT_FATAL(w->n <= OPS_MAX);
	*op = (struct mr_op){.kind = kind, .where = *where};
	return op;
}

/* Alike on all cells; and coded by amplitude, with counts. */
static void add_pulses(struct work *w)
{
	const struct mr_selection *where[] = {&all, &rect, &list, &outer};
	const struct mr_waveform *set = mr_description_effect(w->desc,
	                                                      MR_EFFECT_RAISE);

	if (!(w->desc->abilities & MR_ABILITY(MR_OP_PULSE)))
		return;
	CU_ASSERT_FATAL(set != NULL);
	for (uint32_t i = 0; i < N; i++)
		w->in[i] = (float)set->amplitude * (1 - 0.05f * (float)(i % 3));
	for (size_t k = 0; k < 2 * N_OF(where); k++) {
		struct mr_op *op = add(w, MR_OP_PULSE, where[k / 2]);

		mr_pulse_from(op, set);
		op->pulse.status = w->status;
		if (k % 2) {
			op->pulse.amplitudes = w->in;
			op->pulse.counts = w->counts;
		}
	}
}

static void add_programs(struct work *w)
{
	const struct mr_selection *where[] = {&all, &rect, &once, &outer};

	if (!(w->desc->abilities & MR_ABILITY(MR_OP_PROGRAM)))
		return;
	for (uint32_t i = 0; i < N; i++)
		w->in[i] = (float)w->desc->g_max_S * (float)(i % 7) / 7;
	for (size_t k = 0; k < N_OF(where); k++)
		add(w, MR_OP_PROGRAM, where[k])->program =
			(struct mr_program_op){.target_S = w->in,
			                       .tolerance_S = 1e-6,
			                       .budget = 3,
			                       .g_S = w->g_S,
			                       .pulses = w->counts,
			                       .status = w->status};
}

static void add_reads(struct work *w)
{
	const struct mr_selection *where[] = {&all, &rect, &list, &outer};

	for (size_t k = 0; k < N_OF(where); k++)
		add(w, MR_OP_READ, where[k])->read =
			(struct mr_read_op){.averages = k % 2 ? 4 : 1,
			                    .g_S = w->g_S,
			                    .i_A = w->i_A,
			                    .status = w->status};
}

static void add_drives(struct work *w)
{
	const struct mr_selection *where[] = {&all, &rect, &outer};

	for (uint32_t i = 0; i < N; i++)
		w->v_V[i] = 0.01f * (float)(i % 11);
	for (uint32_t k = 0; k < 2 * N_OF(where); k++)
		add(w, MR_OP_DRIVE, where[k / 2])->drive =
			(struct mr_drive_op){.axis = k == 2 ? MR_AXIS_COLS
		                                            : MR_AXIS_ROWS,
			                     .batch = k % 2 ? BATCH : 1,
			                     .v_V = w->v_V,
			                     .period_s = 1e-3,
			                     .i_A = w->i_A,
			                     .status = w->status};
}

static void add_others(struct work *w)
{
	if (w->desc->abilities & MR_ABILITY(MR_OP_TRACE))
		add(w, MR_OP_TRACE, &list)->trace =
			(struct mr_trace_op){.n_levels = LEVELS,
			                     .level = level_V,
			                     .hold_s = hold_s,
			                     .i_A = w->i_A,
			                     .status = w->status};
	add(w, MR_OP_CONFIGURE, &all)->configure =
		(struct mr_configure_op){.name = "read_range",
		                         .value = "2.385e-3"};
	add(w, MR_OP_WAIT, &all)->wait.duration_s = HOUR_S;
}

static struct work *open_work(const char *uri, const char *keys)
{
	struct work *w = calloc(1, sizeof *w);
	char text[128];

	CU_ASSERT_FATAL(w != NULL);
	(void)snprintf(text, sizeof text, "%s?" SHAPE "%s", uri, keys);
	w->array = mr_session_open(text);
	w->desc = mr_array_describe(w->array);
	for (uint32_t i = 0; i < N; i++)
		w->counts[i] = i % 3;
	return w;
}

static void close_work(struct work *w)
{
	MR_CODE(mr_array_close(w->array, NULL), MR_OK);
	free(w);
}

/* ---- counting ------------------------------------------------------------ */

static uint64_t allocations(struct work *w, struct mr_op *ops, size_t n)
{
	mr_badmemory_arm(0, 0);
	int code = mr_array_submit(w->array, ops, n, NULL, NULL);

	(void)mr_badmemory_disarm();
	mr_test_code(code, MR_OK, mr_array_errmsg(w->array), "submit", __FILE__,
	             __LINE__);
	return mr_badmemory_count();
}

/* The wait is last: the second round finds cells that have aged. */
static void allocates_nothing(const char *uri, const char *keys)
{
	struct work *w = open_work(uri, keys);

	add_pulses(w);
	add_programs(w);
	add_reads(w);
	add_drives(w);
	add_others(w);
	MR_CODE(mr_array_submit(w->array, w->ops, w->n, NULL, NULL), MR_OK);
	for (size_t k = 0; k < w->n; k++) {
		uint64_t n = allocations(w, &w->ops[k], 1);

		if (n)
			printf("# %s%s: %s of selection %d allocates\n", uri,
			       keys, mr_op_kind_name(w->ops[k].kind),
			       (int)w->ops[k].where.kind);
		CU_ASSERT_EQUAL(n, 0);
	}
	CU_ASSERT_EQUAL(allocations(w, w->ops + w->n - 2, 2), 0); /* a list */
	close_work(w);
}

static void on_one_and_two(const char *uri, const char *noise)
{
	char keys[64];

	for (int threads = 1; threads <= 2; threads++) {
		(void)snprintf(keys, sizeof keys, "%s&threads=%d", noise,
		               threads);
		allocates_nothing(uri, keys);
	}
}

/* ---- tests --------------------------------------------------------------- */

static void pcm_of_any_noise_allocates_nothing(void)
{
	on_one_and_two("emu:pcm", "&noise=white");
	on_one_and_two("emu:pcm", "&noise=flicker");
	on_one_and_two("emu:pcm", "&noise=none");
}

static void pcm_with_converters_and_defects_allocates_nothing(void)
{
	on_one_and_two("emu:pcm", "&adc_bits=8&dac_bits=6&stuck_rate=0.02");
	on_one_and_two("emu:pcm", "&drift_step=0");
}

static void ideal_allocates_nothing(void)
{
	on_one_and_two("emu:ideal", "");
}

static void target_allocates_nothing(void)
{
	on_one_and_two("emu:pcm-target", "&noise=white");
	on_one_and_two("emu:pcm-target", "&noise=flicker");
}

/* One call of each kind; kept, lest the compiler leaves them out. */
static int allocate(void *self, const struct mr_event *event,
                    struct mr_errtext *err)
{
	void **kept = self;

	(void)event;
	(void)err;
	kept[0] = malloc(23);
	kept[1] = calloc(2, 8);
	kept[2] = realloc(NULL, 85);
	kept[3] = aligned_alloc(64, 128);
	return posix_memalign(&kept[4], 64, 128) ? MR_ERR_NOMEM : MR_OK;
}

static void allocation_is_seen(void)
{
	struct work *w = open_work("emu:pcm", "");
	void *kept[5] = {NULL};
	struct mr_observer observer = {.self = kept, .begin = allocate};
	long blocks = mr_badmemory_blocks();

	add_others(w);
	MR_CODE(mr_array_observe(w->array, &observer), MR_OK);
	CU_ASSERT_EQUAL(allocations(w, &w->ops[w->n - 1], 1), N_OF(kept));
	CU_ASSERT_EQUAL(mr_badmemory_blocks() - blocks, (long)N_OF(kept));
	for (size_t k = 0; k < N_OF(kept); k++)
		free(kept[k]);
	CU_ASSERT_EQUAL(mr_badmemory_blocks(), blocks);
	mr_array_unobserve(w->array, kept);
	CU_ASSERT_EQUAL(allocations(w, &w->ops[w->n - 1], 1), 0);
	close_work(w);
}

const struct mr_test mr_tests[] = {
	{"allocation_of_an_observer_is_seen", allocation_is_seen},
	{"pcm_of_any_noise_allocates_nothing",
         pcm_of_any_noise_allocates_nothing},
	{"pcm_with_converters_and_defects_allocates_nothing",
         pcm_with_converters_and_defects_allocates_nothing},
	{"ideal_allocates_nothing", ideal_allocates_nothing},
	{"pcm_target_allocates_nothing", target_allocates_nothing},
	{0},
};
