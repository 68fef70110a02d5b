/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Checkpoints of the shallow network: a run that was stopped and taken up again
 * equals one that was not, in floating point and on arrays; what is refused; a
 * full disk. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <zlib.h>

#include "apps/softhebb/shallow_keep.h"
#include "driver/array_priv.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"
#include "toyset.h"

#define N_IN (TOY_SIDE * TOY_SIDE)
#define N_OUT 6
#define FILE_MAX (1 << 17)
#define STEPS 60 /* 40 samples in batches of 2, 3 epochs */

static const struct mr_hebb_params rule = {.t = 30, .eta0 = 0.2, .radius = 2.5,
                                           .bias_rate = 0.01};

/* A run that can be stopped: NULL model = floating point. */
struct bench {
	const char *model;
	struct mr_hebb_params params;
	struct mr_hebb_mapping how;
	uint32_t tiles; /* a grid of so many by so many */
	uint64_t seed;
	struct mr_images train;
	struct mr_shallow_keep keep;
	struct mr_shallow_plan plan;
	uint64_t stop_at; /* batch */
	volatile sig_atomic_t stop;
	struct mr_array *array[4];
	struct mr_hebb_carrier carrier;
	struct mr_hebb_wear wear;
	int64_t t_ns; /* array time at the end */
};

static void open_carrier(struct bench *b)
{
	struct mr_errtext err = {""};
	uint32_t t = b->tiles ? b->tiles : 1;

	if (!b->model) {
		MR_CODE_ERR(mr_hebb_float(&b->params, N_IN, N_OUT, 1,
		                          &b->carrier, &err),
		            MR_OK, err);
		return;
	}
	for (uint32_t i = 0; i < t * t; i++) {
		char uri[160];

		(void)snprintf(uri, sizeof uri,
		               "emu:%s%crows=%u&cols=%u&seed=%u", b->model,
		               strchr(b->model, '?') ? '&' : '?',
		               (unsigned)(N_IN / t),
		               (unsigned)(2 * N_OUT / t), (unsigned)i + 7);
		b->array[i] = mr_session_open(uri);
	}
	MR_CODE_ERR(mr_hebb_array(&b->params, &b->how, b->array, t, t, N_IN,
	                          N_OUT, &b->carrier, &err),
	            MR_OK, err);
}

static void close_carrier(struct bench *b)
{
	if (b->model) {
		b->wear = mr_hebb_worn(&b->carrier);
		b->t_ns = mr_array_time_ns(b->array[0]);
	}
	mr_hebb_free(&b->carrier);
	for (int i = 0; i < 4 && b->array[i]; i++)
		MR_CODE(mr_array_close(b->array[i], NULL), MR_OK);
	memset(b->array, 0, sizeof b->array);
}

static int count_down(void *user, uint64_t step,
                      const struct mr_hebb_batch *batch, uint32_t first)
{
	struct bench *b = user;

	(void)batch;
	(void)first;
	b->stop = b->stop_at && step + 1 == b->stop_at;
	return MR_OK;
}

static int run(struct bench *b, struct mr_shallow_result *result,
               struct mr_errtext *err)
{
	int code;

	b->stop = 0;
	b->plan = (struct mr_shallow_plan){
		.params = b->params, .train = &b->train, .test = &b->train,
		.n_out = N_OUT, .batch = 2, .epochs = 3, .stop = &b->stop,
		.after = count_down, .user = b,
		.keep = b->keep.path ? &b->keep : NULL};
	mr_shallow_identify(&b->plan, b->model ? &b->how : NULL, b->model,
	                    b->seed, &b->keep.identity);
	open_carrier(b);
	code = mr_shallow_run(&b->plan, &b->carrier, b->seed, result, err);
	close_carrier(b);
	return code;
}

static struct bench bench_of(const char *model)
{
	return (struct bench){
		.model = model, .params = rule, .seed = 5,
		.how = {.digital = true, .w_clip = 0.6,
	                .coding = MR_CODING_PAIR, .refresh_every = 10,
	                .measure_every = 14, .seed = 3},
		.train = toyset_make(40, 1)};
}

static void same_results(const struct mr_shallow_result *a,
                         const struct mr_shallow_result *b)
{
	CU_ASSERT(memcmp(a->w, b->w, N_IN * N_OUT * sizeof *a->w) == 0);
	CU_ASSERT(memcmp(a->vote.mass, b->vote.mass,
	                 N_OUT * TOY_CLASSES * sizeof *a->vote.mass) == 0);
	CU_ASSERT(a->test.winner_p == b->test.winner_p);
	CU_ASSERT_EQUAL(a->n_seen, b->n_seen);
	CU_ASSERT_FALSE(b->partial);
}

/* ---- resuming -------------------------------------------------------------------- */

static void same_wear(const struct mr_hebb_wear *a, const struct mr_hebb_wear *b)
{
	CU_ASSERT_EQUAL(a->pulses, b->pulses);
	CU_ASSERT_EQUAL(a->refreshed, b->refreshed);
	CU_ASSERT_EQUAL(a->missed, b->missed);
	CU_ASSERT_EQUAL(a->reads, b->reads);
	CU_ASSERT_EQUAL(a->drives, b->drives);
	CU_ASSERT_EQUAL(a->dropped, b->dropped);
}

/* Stopped at the begin, within and between epochs, at refreshes, at the end. */
static void resumes(struct bench *b)
{
	static const uint64_t stops[] = {1, 5, 19, 20, 21, 47, STEPS - 1, STEPS};
	char path[MR_TEST_PATH_MAX];
	struct mr_shallow_result whole, part;
	struct mr_errtext err = {""};
	struct bench end;

	MR_CODE_ERR(run(b, &whole, &err), MR_OK, err);
	end = *b;
	b->keep.path = mr_test_path(path, "s.ck");
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
		b->stop_at = stops[i];
		b->keep.resume = false;
		b->keep.every = i % 2 ? 3 : 0;
		MR_CODE_ERR(run(b, &part, &err),
		            stops[i] < STEPS ? MR_ERR_STOPPED : MR_OK, err);
		CU_ASSERT_EQUAL(part.n_seen, 2 * stops[i]);
		mr_shallow_free(&part);
		b->stop_at = 0;
		b->keep.resume = true;
		MR_CODE_ERR(run(b, &part, &err), MR_OK, err);
		same_results(&whole, &part);
		same_wear(&end.wear, &b->wear);
		CU_ASSERT_EQUAL(end.t_ns, b->t_ns);
		mr_shallow_free(&part);
	}
	mr_shallow_free(&whole);
	mr_images_free(&b->train);
}

static void float_resumed_is_bit_exact(void)
{
	struct bench b = bench_of(NULL);

	resumes(&b);
}

static void pcm_resumed_is_bit_exact(void)
{
	struct bench digital = bench_of("pcm"), plain = bench_of("pcm");

	resumes(&digital);
	plain.how.digital = false;
	plain.how.n_cells = 1;
	resumes(&plain);
}

static void pcm_flicker_resumed_is_bit_exact(void)
{
	struct bench b = bench_of("pcm?noise=flicker");

	resumes(&b);
}

static void every_way_to_pulse_resumes(void)
{
	struct bench rounded = bench_of("pcm"), outer = bench_of("pcm");

	rounded.how.pulsing = MR_PULSING_ROUND;
	resumes(&rounded);
	outer.how.pulsing = MR_PULSING_OUTER;
	resumes(&outer);
}

static void tiles_resumed_are_bit_exact(void)
{
	struct bench b = bench_of("pcm");

	b.tiles = 2;
	resumes(&b);
}

/* ---- refused --------------------------------------------------------------------- */

static size_t slurp(const char *path, uint8_t *bytes)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(bytes, 1, FILE_MAX, f) : 0;

	if (f)
		(void)fclose(f);
	return n;
}

static void spill(const char *path, const uint8_t *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f))
		abort();
}

static void refused(struct bench *b, int code, const char *text)
{
	static uint8_t before[FILE_MAX], after[FILE_MAX];
	struct mr_shallow_result result;
	struct mr_errtext err = {""};
	size_t n = slurp(b->keep.path, before);

	b->keep.resume = true;
	MR_CODE_ERR(run(b, &result, &err), code, err);
	MR_HAS(err.text, text);
	CU_ASSERT_PTR_NULL(result.w);
	CU_ASSERT_EQUAL(slurp(b->keep.path, after), n);
	CU_ASSERT(memcmp(before, after, n) == 0);
}

static void write_first(struct bench *b, const char *path)
{
	struct mr_shallow_result result;
	struct mr_errtext err = {""};

	b->keep.path = path;
	MR_CODE_ERR(run(b, &result, &err), MR_OK, err);
	mr_shallow_free(&result);
}

static void other_run_is_refused(void)
{
	char path[MR_TEST_PATH_MAX];
	struct bench b = bench_of("pcm"), other;

	write_first(&b, mr_test_path(path, "other.ck"));
	other = b;
	other.seed++;
	refused(&other, MR_ERR_USAGE, "checkpoint of another seed (5, here 6)");
	other = b;
	other.params.t = 31;
	refused(&other, MR_ERR_USAGE, "checkpoint of another rule");
	other = b;
	other.params.hard = true;
	refused(&other, MR_ERR_USAGE, "checkpoint of another rule");
	other = b;
	other.how.w_clip = 0.5;
	refused(&other, MR_ERR_USAGE, "checkpoint of another mapping");
	other = b;
	other.model = NULL;
	refused(&other, MR_ERR_USAGE, "checkpoint of another mapping");
	other = b;
	other.model = "ideal";
	refused(&other, MR_ERR_USAGE, "checkpoint of another array");
	other = b;
	other.train = toyset_make(40, 2);
	refused(&other, MR_ERR_USAGE, "checkpoint of another set of images");
	mr_images_free(&other.train);
	mr_images_free(&b.train);
}

/* The file with n bytes changed at `at`, and its check put right. */
static void forge(const char *path, const uint8_t *good, size_t n, size_t at,
                  const char *bytes, size_t n_bytes)
{
	static uint8_t bad[FILE_MAX];
	uint32_t crc;

	memcpy(bad, good, n);
	memcpy(bad + at, bytes, n_bytes);
	crc = (uint32_t)crc32(0, bad, (uInt)(n - 4));
	for (int i = 0; i < 4; i++)
		bad[n - 4 + (size_t)i] = (uint8_t)(crc >> 8 * i);
	spill(path, bad, n);
}

/* Places: the head is 3 + 11 words, then step, samples; in floating point the
 * weights; on an array six counts of 8 bytes, bias, radii, norms, the size of the
 * snapshot. */
#define AT_STEP ((size_t)56)
#define AT_STATE (AT_STEP + 16)
#define AT_RADIUS (AT_STATE + 48 + 4 * N_OUT)
#define AT_BLOB (AT_RADIUS + 8 * N_OUT)

static void damaged_file_is_refused(void)
{
	static uint8_t good[FILE_MAX];
	static const char nan[] = "\0\0\300\177";
	char path[MR_TEST_PATH_MAX];
	struct bench b = bench_of("pcm");

	write_first(&b, mr_test_path(path, "bad.ck"));
	size_t n = slurp(path, good);

	CU_ASSERT_FATAL(n > 10000 && n < FILE_MAX);
	spill(path, good, n - 3);
	refused(&b, MR_ERR_FORMAT, "damaged or cut off");
	spill(path, good, 20);
	refused(&b, MR_ERR_FORMAT, "ends at byte 0");
	forge(path, good, n, 0, "X", 1);
	refused(&b, MR_ERR_FORMAT, "is no checkpoint of a shallow network");
	forge(path, good, n, 8, "\2", 1);
	refused(&b, MR_ERR_FORMAT, "version 2; this program reads version 1");
	forge(path, good, n, AT_STEP, "\377", 1);
	refused(&b, MR_ERR_FORMAT, "is no place in the run");
	forge(path, good, n, AT_RADIUS, nan, 4);
	refused(&b, MR_ERR_FORMAT, "is no finite number");
	forge(path, good, n, AT_RADIUS + 3, "\277", 1);
	refused(&b, MR_ERR_FORMAT, "a radius or a norm is not positive");
	forge(path, good, n, AT_BLOB + 5, "\1", 1);
	refused(&b, MR_ERR_FORMAT, "more than there are");
	forge(path, good, n, AT_BLOB + 10, "X", 1);
	refused(&b, MR_ERR_FORMAT, "bad.ck: ");
	forge(path, good, n, AT_BLOB, "\0\0", 2);
	refused(&b, MR_ERR_FORMAT, "bad.ck: ");
	(void)remove(path);
	refused(&b, MR_ERR_MISSING, "bad.ck cannot be read");
	mr_images_free(&b.train);
}

static void nan_in_float_weights_is_refused(void)
{
	static uint8_t good[FILE_MAX];
	char path[MR_TEST_PATH_MAX];
	struct bench b = bench_of(NULL);

	write_first(&b, mr_test_path(path, "nan.ck"));
	size_t n = slurp(path, good);

	forge(path, good, n, AT_STATE + 40, "\0\0\300\177", 4);
	refused(&b, MR_ERR_FORMAT, "the value at byte 112 is no finite number");
	mr_images_free(&b.train);
}

/* As a board, which has its cells itself. */
static void array_without_snapshot_is_refused(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = mr_session_open("emu:pcm?rows=32&cols=4");
	struct mr_hebb_mapping how = {.digital = true, .w_clip = 0.6,
	                              .coding = MR_CODING_SINGLE};
	struct mr_shallow_keep keep = {.path = mr_test_path(path, "none.ck")};
	struct mr_hebb_carrier c = {0};
	struct mr_errtext err = {""};
	FILE *f;

	array->desc.abilities &= ~MR_ABILITY_SNAPSHOT;
	MR_CODE_ERR(mr_hebb_array(&rule, &how, &array, 1, 1, 32, 4, &c, &err),
	            MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c.self);
	MR_CODE(mr_shallow_save(&keep, &c, 1, 2), MR_ERR_FORMAT);
	MR_HAS(keep.err.text, "not positive"); /* no weights yet */
	how.digital = false;
	mr_hebb_free(&c);
	MR_CODE_ERR(mr_hebb_array(&rule, &how, &array, 1, 1, 32, 4, &c, &err),
	            MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c.self);
	MR_CODE(mr_shallow_save(&keep, &c, 1, 2), MR_ERR_UNSUPPORTED);
	MR_HAS(keep.err.text, "offers no snapshot");
	f = fopen(path, "rb");
	CU_ASSERT_PTR_NULL(f);
	mr_hebb_free(&c);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* ---- disk ------------------------------------------------------------------------ */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &limit))
		abort();
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	if (setrlimit(RLIMIT_FSIZE, &limit))
		abort();
}

static void full_disk_keeps_the_previous_one(void)
{
	static uint8_t before[FILE_MAX], after[FILE_MAX];
	char path[MR_TEST_PATH_MAX];
	struct mr_shallow_result result;
	struct mr_errtext err = {""};
	struct bench b = bench_of("pcm");

	write_first(&b, mr_test_path(path, "full.ck"));
	size_t n = slurp(path, before);

	b.seed++;
	limit_files(4000);
	int code = run(&b, &result, &err);

	limit_files(RLIM_INFINITY);
	MR_CODE_ERR(code, MR_ERR_IO, err);
	MR_HAS(err.text, "full.ck cannot be written");
	CU_ASSERT_EQUAL(slurp(path, after), n);
	CU_ASSERT(memcmp(before, after, n) == 0);
	mr_images_free(&b.train);
}

const struct mr_test mr_tests[] = {
	{"float_resumed_is_bit_exact", float_resumed_is_bit_exact},
	{"pcm_resumed_is_bit_exact", pcm_resumed_is_bit_exact},
	{"pcm_flicker_resumed_is_bit_exact", pcm_flicker_resumed_is_bit_exact},
	{"every_way_to_pulse_resumes", every_way_to_pulse_resumes},
	{"tiles_resumed_are_bit_exact", tiles_resumed_are_bit_exact},
	{"other_run_is_refused", other_run_is_refused},
	{"damaged_file_is_refused", damaged_file_is_refused},
	{"nan_in_float_weights_is_refused", nan_in_float_weights_is_refused},
	{"array_without_snapshot_is_refused", array_without_snapshot_is_refused},
	{"full_disk_keeps_the_previous_one", full_disk_keeps_the_previous_one},
	{0},
};
