/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "shallow_keep.h"

#include <inttypes.h>
#include <string.h>

#define N_ID 11

static const char *const names[N_ID] = {
	"rule", "mapping", "array", "set of images", "seed", "seed",
	"number of neurons", "size of batch", "number of samples",
	"number of epochs", "grid of tiles"};

static const struct mr_passage_kind kind = {
	.what = "a shallow network", .magic = "MRSHALCK",
	.version = MR_SHALLOW_KEEP_VERSION, .n_id = N_ID, .name = names};

static void fill_id(const struct mr_shallow_identity *id, uint32_t *out)
{
	const uint32_t all[N_ID] = {
		id->rule, id->mapping, id->array, id->data, (uint32_t)id->seed,
		(uint32_t)(id->seed >> 32), id->n_out, id->batch, id->samples,
		id->epochs, id->tiles};

	memcpy(out, all, sizeof all);
}

/* ---- what the file holds ------------------------------------------------------- */

struct content {
	struct mr_shallow_keep *keep;
	struct mr_hebb_carrier *carrier;
	uint64_t n_steps;
	uint64_t step;
	uint64_t n_seen;
};

static void body(struct mr_passage *p, void *user)
{
	struct content *c = user;

	mr_passage_wide(p, &c->step);
	mr_passage_wide(p, &c->n_seen);
	if (!p->write && !p->code &&
	    (c->step > c->n_steps || c->n_seen < c->step ||
	     c->n_seen > c->step * c->keep->identity.batch))
		p->code = mr_errtext_set(p->err, MR_ERR_FORMAT,
		                         "%s: batch %" PRIu64 ", sample %" PRIu64
		                         " is no place in the run",
		                         p->path, c->step, c->n_seen);
	if (!p->code && c->keep->more)
		c->keep->more(c->keep->user, p);
	if (!p->code)
		c->carrier->type->keep(c->carrier->self, p);
}

int mr_shallow_save(struct mr_shallow_keep *keep,
                    struct mr_hebb_carrier *carrier, uint64_t step,
                    uint64_t n_seen)
{
	struct content c = {.keep = keep, .carrier = carrier, .step = step,
	                    .n_seen = n_seen};
	uint32_t id[N_ID];
	int code;

	fill_id(&keep->identity, id);
	code = mr_passage_write(keep->path, &kind, id, body, &c, &keep->err);
	keep->failed = code != MR_OK;
	return code;
}

int mr_shallow_load(struct mr_shallow_keep *keep,
                    struct mr_hebb_carrier *carrier, uint64_t n_steps,
                    uint64_t *step, uint64_t *n_seen)
{
	struct content c = {.keep = keep, .carrier = carrier,
	                    .n_steps = n_steps};
	uint32_t id[N_ID];
	int code;

	fill_id(&keep->identity, id);
	code = mr_passage_read(keep->path, &kind, id, body, &c, &keep->err);
	keep->failed = code != MR_OK;
	*step = c.step;
	*n_seen = c.n_seen;
	return code;
}

/* ---- identity ------------------------------------------------------------------ */

static uint32_t check_numbers(uint32_t crc, const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t bits;
		uint32_t half[2];

		memcpy(&bits, &x[i], sizeof bits);
		half[0] = (uint32_t)bits;
		half[1] = (uint32_t)(bits >> 32);
		crc = mr_passage_check(crc, half, 2);
	}
	return crc;
}

static uint32_t check_rule(const struct mr_hebb_params *p)
{
	const double number[] = {p->t, p->eta0, p->radius, p->p, p->bias_rate};
	const uint32_t word = (uint32_t)p->by_max | (uint32_t)p->hard << 1;
	uint32_t crc = check_numbers(0, number, sizeof number / sizeof *number);

	return mr_passage_check(crc, &word, 1);
}

static uint32_t check_mapping(const struct mr_hebb_mapping *m)
{
	const double number[] = {m->w_clip, m->g_unit_S, m->y_least,
	                         m->refresh_above, m->refresh_below,
	                         m->tolerance, m->eta_stop, m->sample_s};
	const uint32_t word[] = {m->digital, m->pulsing, m->n_cells, m->coding,
	                         m->refresh_every, m->measure_every, m->budget,
	                         m->n_slots};
	uint32_t crc = check_numbers(0, number, sizeof number / sizeof *number);

	return mr_passage_check(crc, word, sizeof word / sizeof *word);
}

static uint32_t check_text(const char *text)
{
	uint32_t crc = 0;

	for (size_t i = 0; text[i]; i++) {
		uint32_t word = (unsigned char)text[i];

		crc = mr_passage_check(crc, &word, 1);
	}
	return crc;
}

void mr_shallow_identify(const struct mr_shallow_plan *plan,
                         const struct mr_hebb_mapping *mapping,
                         const char *uri, uint64_t seed,
                         struct mr_shallow_identity *identity)
{
	*identity = (struct mr_shallow_identity){
		.rule = check_rule(&plan->params),
		.mapping = mapping ? check_mapping(mapping) : 0,
		.array = uri ? check_text(uri) : 0,
		.data = mr_passage_check_images(0, plan->train),
		.seed = seed,
		.n_out = plan->n_out,
		.batch = plan->batch,
		.samples = plan->samples,
		.epochs = plan->epochs};
}
