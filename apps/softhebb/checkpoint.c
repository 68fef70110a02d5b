/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* One description of the file serves for writing and for reading. */
#include "checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "../outfile.h"

#define MAGIC_1 0x4544524du /* "MRDE" */
#define MAGIC_2 0x4b435045u /* "EPCK" */
#define CHUNK 4096 /* words at a time */
#define WORD 4u    /* bytes */

/* A file that is written or read. */
struct passage {
	const char *path;
	FILE *file;
	bool write;
	uint32_t crc;
	uint64_t at; /* bytes so far */
	int code;
	struct mr_errtext *err;
};

static void encode(const uint32_t *word, size_t n, uint8_t *bytes)
{
	for (size_t i = 0; i < n * WORD; i++)
		bytes[i] = (uint8_t)(word[i / WORD] >> 8 * (i % WORD));
}

static void decode(const uint8_t *bytes, size_t n, uint32_t *word)
{
	memset(word, 0, n * sizeof *word);
	for (size_t i = 0; i < n * WORD; i++)
		word[i / WORD] |= (uint32_t)bytes[i] << 8 * (i % WORD);
}

static void broken(struct passage *p)
{
	if (p->write)
		p->code = mr_errtext_set(p->err, MR_ERR_IO,
		                         "%s cannot be written: %s", p->path,
		                         strerror(errno ? errno : EIO));
	else
		p->code = mr_errtext_set(p->err, MR_ERR_FORMAT,
		                         "%s: ends at byte %" PRIu64
		                         ", in the middle of the checkpoint",
		                         p->path, p->at);
}

static void some_words(struct passage *p, uint32_t *word, size_t n)
{
	uint8_t bytes[CHUNK * WORD];
	size_t done;

	errno = 0;
	if (p->write) {
		encode(word, n, bytes);
		done = fwrite(bytes, WORD, n, p->file);
	} else {
		done = fread(bytes, WORD, n, p->file);
	}
	if (done != n) {
		broken(p);
		return;
	}
	p->crc = (uint32_t)crc32(p->crc, bytes, (uInt)(n * WORD));
	p->at += n * WORD;
	if (!p->write)
		decode(bytes, n, word);
}

static void words(struct passage *p, uint32_t *word, size_t n)
{
	for (size_t i = 0; i < n && !p->code; i += CHUNK)
		some_words(p, word + i, n - i < CHUNK ? n - i : CHUNK);
}

static void wide(struct passage *p, uint64_t *x)
{
	uint32_t half[2] = {(uint32_t)*x, (uint32_t)(*x >> 32)};

	words(p, half, 2);
	*x = half[0] | (uint64_t)half[1] << 32;
}

static void number(struct passage *p, double *x)
{
	uint64_t bits;

	memcpy(&bits, x, sizeof bits);
	wide(p, &bits);
	memcpy(x, &bits, sizeof bits);
}

/* A number that is not finite is told by its place. */
static void floats(struct passage *p, float *x, size_t n)
{
	uint32_t word[CHUNK];

	for (size_t i = 0; i < n && !p->code; i += CHUNK) {
		size_t some = n - i < CHUNK ? n - i : CHUNK;

		memcpy(word, x + i, some * sizeof *word);
		words(p, word, some);
		memcpy(x + i, word, some * sizeof *word);
		for (size_t k = 0; k < some && !p->code; k++)
			if (!isfinite(x[i + k]))
				p->code = mr_errtext_set(
					p->err,
					p->write ? MR_ERR_RANGE : MR_ERR_FORMAT,
					"%s: the value at byte %" PRIu64
					" is no finite number", p->path,
					p->at - (some - k) * WORD);
	}
}

/* ---- what the file holds ------------------------------------------------- */

static void weights(struct passage *p, struct mr_deep_block *block)
{
	const struct mr_deep_carrier *carrier = &block->carrier;
	size_t n = block->spec->n_kernels * block->shape.fan_in;
	float *w = calloc(n ? n : 1, sizeof *w);

	if (!w) {
		p->code = mr_errtext_set(p->err, MR_ERR_NOMEM, "out of memory");
		return;
	}
	if (p->write)
		p->code = carrier->weights(carrier->self, w, p->err);
	if (!p->code)
		floats(p, w, n);
	if (!p->write && !p->code)
		p->code = carrier->start(carrier->self, w, p->err);
	free(w);
}

static void layers(struct passage *p, struct mr_deep_state *state)
{
	for (uint32_t l = 0; l < state->network->n_layers && !p->code; l++) {
		struct mr_deep_block *block = &state->network->block[l];

		number(p, &state->p_winner[l]);
		words(p, state->wins[l], block->spec->n_kernels);
		floats(p, block->run_mean, block->shape.channels);
		floats(p, block->run_var, block->shape.channels);
		if (!p->code)
			weights(p, block);
	}
}

static void results(struct passage *p, struct mr_deep_result *result)
{
	for (uint32_t l = 0; l < MR_DEEP_LAYERS_MAX; l++) {
		struct mr_deep_layer_result *r = &result->layer[l];

		floats(p, &r->p_winner, 1);
		floats(p, &r->radius_mean, 1);
		floats(p, &r->radius_sd, 1);
		words(p, &r->n_radius_one, 1);
		words(p, &r->n_used, 1);
		number(p, &r->spent_s);
	}
	number(p, &result->pass_s);
	number(p, &result->features_s);
	number(p, &result->classifier_s);
	floats(p, &result->feature_mean, 1);
	floats(p, &result->feature_max, 1);
	words(p, &result->n_epochs, 1);
	for (uint32_t e = 0; e < MR_DEEP_EPOCHS_MAX; e++) {
		floats(p, &result->epoch[e].loss, 1);
		floats(p, &result->epoch[e].train_accuracy, 1);
		floats(p, &result->epoch[e].test_accuracy, 1);
	}
}

static void classifier(struct passage *p, struct mr_classifier *c)
{
	wide(p, &c->steps);
	floats(p, c->w, c->n_param);
	floats(p, c->m, c->n_param);
	floats(p, c->v, c->n_param);
}

static void body(struct passage *p, struct mr_deep_state *state)
{
	words(p, &state->phase, 1);
	words(p, &state->epoch, 1);
	wide(p, &state->step);
	words(p, &state->n_window, 1);
	number(p, &state->tally.loss);
	words(p, &state->tally.right, 1);
	words(p, &state->tally.seen, 1);
	results(p, state->result);
	layers(p, state);
	if (state->classifier && state->phase == state->network->n_layers)
		classifier(p, state->classifier);
}

#define N_HEAD 12

static void fill_head(const struct mr_deep_identity *id, uint32_t *head)
{
	const uint32_t all[N_HEAD] = {
		MAGIC_1, MAGIC_2, MR_CHECKPOINT_VERSION, id->network, id->data,
		(uint32_t)id->seed, (uint32_t)(id->seed >> 32),
		id->simultaneous | id->random << 1, id->n_pass, id->n_train,
		id->n_test, id->epochs};

	memcpy(head, all, sizeof all);
}

/* What a word of the head says, for messages. */
static const char *head_name(size_t i)
{
	static const char *const names[N_HEAD] = {
		"", "", "", "network", "set of images", "seed", "seed",
		"way of training", "number of images",
		"number of training images", "number of test images",
		"number of epochs"};

	return names[i];
}

static int check_head(const char *path, const uint32_t *head,
                      const struct mr_deep_identity *id, struct mr_errtext *err)
{
	uint32_t right[N_HEAD];

	fill_head(id, right);
	if (head[0] != MAGIC_1 || head[1] != MAGIC_2)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s is no checkpoint of a deep network: it "
		                      "does not begin with MRDEEPCK", path);
	if (head[2] != MR_CHECKPOINT_VERSION)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s is a checkpoint of version %u; this "
		                      "program reads version %u", path, head[2],
		                      MR_CHECKPOINT_VERSION);
	for (size_t i = 3; i < N_HEAD; i++)
		if (head[i] != right[i])
			return mr_errtext_set(err, MR_ERR_USAGE,
			                      "%s is a checkpoint of another "
			                      "%s (%u, here %u)", path,
			                      head_name(i), head[i], right[i]);
	return MR_OK;
}

/* ---- writing ------------------------------------------------------------- */

static void write_all(struct passage *p, struct mr_deep_state *state)
{
	uint32_t head[N_HEAD];

	fill_head(&state->identity, head);
	words(p, head, N_HEAD);
	body(p, state);
	uint32_t crc = p->crc;

	words(p, &crc, 1);
}

int mr_checkpoint_write(const char *path, struct mr_deep_state *state,
                        struct mr_errtext *err)
{
	struct passage p = {.path = path, .write = true, .err = err};
	struct mr_outfile *out;
	int code = mr_outfile_begin(path, &out, err);

	if (code)
		return code;
	p.file = mr_outfile_stream(out);
	write_all(&p, state);
	code = mr_outfile_end(out, p.code == MR_OK, p.code ? NULL : err);
	return p.code ? p.code : code;
}

/* ---- reading ------------------------------------------------------------- */

/* Whether the last word is the check of all before it: nothing is taken from a
 * damaged file. */
static int check_sum(struct passage *p)
{
	uint8_t bytes[CHUNK * WORD + WORD];
	size_t kept = 0, n;
	uint32_t crc = 0, last;

	rewind(p->file);
	while ((n = fread(bytes + kept, 1, sizeof bytes - kept, p->file)) > 0) {
		size_t all = kept + n;

		kept = all < WORD ? all : WORD;
		crc = (uint32_t)crc32(crc, bytes, (uInt)(all - kept));
		memmove(bytes, bytes + all - kept, kept);
	}
	if (ferror(p->file))
		return mr_errtext_set(p->err, MR_ERR_IO,
		                      "%s cannot be read: %s", p->path,
		                      strerror(errno));
	decode(bytes, 1, &last);
	if (kept < WORD || last != crc)
		return mr_errtext_set(p->err, MR_ERR_FORMAT,
		                      "%s is damaged or cut off: its check is "
		                      "%08x, its bytes give %08x", p->path, last,
		                      crc);
	rewind(p->file);
	return MR_OK;
}

static int check_places(const struct passage *p,
                        const struct mr_deep_state *state)
{
	uint32_t end = state->network->n_layers;

	if (state->phase > end || state->epoch > state->identity.epochs ||
	    state->result->n_epochs > MR_DEEP_EPOCHS_MAX ||
	    state->step > UINT32_MAX)
		return mr_errtext_set(p->err, MR_ERR_FORMAT,
		                      "%s: layer %u, epoch %u, batch %" PRIu64
		                      " is no place in the run", p->path,
		                      state->phase, state->epoch, state->step);
	return MR_OK;
}

static int read_all(struct passage *p, struct mr_deep_state *state)
{
	uint32_t head[N_HEAD] = {0};
	int code;

	words(p, head, N_HEAD);
	if (p->code)
		return p->code;
	code = check_head(p->path, head, &state->identity, p->err);
	if (!code)
		code = check_sum(p);
	if (code)
		return code;
	words(p, head, N_HEAD);
	body(p, state);
	return p->code ? p->code : check_places(p, state);
}

int mr_checkpoint_read(const char *path, struct mr_deep_state *state,
                       struct mr_errtext *err)
{
	struct passage p = {.path = path, .err = err};

	p.file = fopen(path, "rb");
	if (!p.file)
		return mr_errtext_set(err, errno == ENOENT ? MR_ERR_MISSING
		                                           : MR_ERR_IO,
		                      "%s cannot be read: %s", path,
		                      strerror(errno));
	int code = read_all(&p, state);

	(void)fclose(p.file);
	return code;
}

/* ---- identity ------------------------------------------------------------ */

static uint32_t check_words(uint32_t crc, const uint32_t *word, size_t n)
{
	uint8_t bytes[WORD];

	for (size_t i = 0; i < n; i++) {
		encode(word + i, 1, bytes);
		crc = (uint32_t)crc32(crc, bytes, WORD);
	}
	return crc;
}

static uint32_t check_layer(uint32_t crc, const struct mr_deep_layer *l)
{
	const float number[] = {l->t, l->eta0, l->p, l->q};
	uint32_t word[] = {l->n_kernels, l->kernel, l->pad, l->pool,
	                   l->pool_size, l->pool_stride, l->pool_pad,
	                   (uint32_t)l->pre_triangle | (uint32_t)l->hard << 1};
	uint32_t bits[4];

	memcpy(bits, number, sizeof bits);
	crc = check_words(crc, word, sizeof word / sizeof *word);
	return check_words(crc, bits, 4);
}

static uint32_t check_images(uint32_t crc, const struct mr_images *images)
{
	if (!images)
		return crc;
	const uint32_t shape[] = {images->n, images->channels, images->height,
	                          images->width, images->n_classes};
	size_t n = (size_t)images->channels * images->height * images->width;

	crc = check_words(crc, shape, sizeof shape / sizeof *shape);
	for (uint32_t i = 0; images->pixels && i < images->n; i++)
		crc = (uint32_t)crc32(crc, images->pixels + i * n, (uInt)n);
	for (uint32_t i = 0; images->label && i < images->n; i++) {
		uint32_t label = images->label[i];

		crc = check_words(crc, &label, 1);
	}
	return crc;
}

void mr_deep_identify(const struct mr_deep_plan *plan,
                      struct mr_deep_identity *identity)
{
	const struct mr_deep_preset *preset = plan->preset;
	const uint32_t word[] = {preset->n_layers, preset->batch,
	                         preset->epoch_batch};
	uint32_t dropout;

	memcpy(&dropout, &preset->dropout, sizeof dropout);
	identity->network = check_words(check_words(0, word, 3), &dropout, 1);
	for (uint32_t l = 0; l < preset->n_layers; l++)
		identity->network = check_layer(identity->network,
		                                &preset->layer[l]);
	identity->data = check_images(0, plan->train);
	identity->data = check_images(identity->data, plan->test);
	if (plan->unlabelled != plan->train)
		identity->data = check_images(identity->data, plan->unlabelled);
	identity->seed = plan->seed;
	identity->simultaneous = plan->simultaneous;
	identity->random = plan->random;
}
