/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * arc1: the ArC ONE board as an array of up to 32 x 32 cells. Words are rows,
 * bits are columns.
 *
 * The board answers nothing to a mistake, so that everything is checked before
 * a byte leaves, every answer is awaited for a computed time, and after one
 * that did not come the board is restarted before anything else. A pulse is
 * sent as pulse-and-read: its reading is the only sign that it was applied.
 */
#include "backends.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arc1_board.h"

#define BAUD 921600
#define VENDOR 0x0d28 /* the mbed interface chip that the board carries */
#define PRODUCT 0x0204
#define PACE_S 1e-3   /* clients that send faster lose tokens */
#define ANSWER_S 7.0
#define READ_CYCLES 30
#define READ_CYCLES_MAX 255
#define WAIT_MAX_S 1e9
#define COUNT_MAX 1000000
#define AVERAGES_MAX 1000
#define NS_PER_S 1e9

static const struct {
	const char *name;
	enum arc1_sneak code;
	double others; /* of the amplitude, on unselected words and bits */
} schemes[] = {
	{"v3", ARC1_SNEAK_V3, 1.0 / 3},
	{"v2", ARC1_SNEAK_V2, 0.5},
	{"float", ARC1_SNEAK_FLOAT, NAN},
};

#define N_SCHEMES (sizeof schemes / sizeof schemes[0])

/* ---- opening ----------------------------------------------------------------- */

int mr__arc1_scheme(const char *name, enum arc1_sneak *out,
                    struct mr_errtext *err)
{
	for (size_t i = 0; i < N_SCHEMES; i++) {
		if (strcmp(name, schemes[i].name) == 0) {
			*out = schemes[i].code;
			return MR_OK;
		}
	}
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "'%s' is no half-select scheme of an ArC ONE: "
	                      "there are v3, v2 and float",
	                      name);
}

static int take_count(struct mr_uri *uri, const char *key, uint64_t min,
                      uint64_t max, uint32_t *out, struct mr_errtext *err)
{
	uint64_t value = *out;
	int rc = mr_uri_take_u64(uri, key, min, max, &value, err);

	*out = (uint32_t)value;
	return rc;
}

static int take_shape(struct mr_uri *uri, struct arc1 *a,
                      struct mr_errtext *err)
{
	int rc = take_count(uri, "rows", 1, ARC1_LINES, &a->words, err);

	if (!rc)
		rc = take_count(uri, "cols", 1, ARC1_LINES, &a->bits, err);
	if (!rc)
		rc = take_count(uri, "read_cycles", 1, READ_CYCLES_MAX,
		                &a->read_cycles, err);
	return rc;
}

static int take_mode(struct mr_uri *uri, struct arc1 *a, struct mr_errtext *err)
{
	/* classic reads at .5 V whatever is asked: not offered */
	static const char *const names[] = {"tia", "tia4p"};
	const char *mode = mr_uri_take(uri, "mode");
	const char *sneak = mr_uri_take(uri, "scheme");

	a->mode = ARC1_MODE_TIA4P;
	for (int i = 0; mode && i < 2; i++) {
		if (strcmp(mode, names[i]) == 0) {
			a->mode = (enum arc1_mode)(ARC1_MODE_TIA + i);
			mode = NULL;
		}
	}
	if (mode)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'mode=%s': an ArC ONE reads in mode "
		                      "tia or tia4p",
		                      mode);
	return sneak ? mr__arc1_scheme(sneak, &a->sneak, err) : MR_OK;
}

static int take_keys(struct mr_uri *uri, const struct mr_open_options *options,
                     struct arc1_board *b, struct mr_errtext *err)
{
	struct arc1 *a = &b->link;
	bool socket = strcmp(uri->transport, "unix") == 0 ||
	              strcmp(uri->transport, "tcp") == 0;
	double pace_s = socket ? 0 : PACE_S, answer_s = ANSWER_S;
	uint32_t multibias = 0;

	a->words = options->rows && options->rows <= ARC1_LINES ? options->rows
	                                                        : ARC1_LINES;
	a->bits = options->cols && options->cols <= ARC1_LINES ? options->cols
	                                                       : ARC1_LINES;
	a->read_cycles = READ_CYCLES;
	int rc = take_shape(uri, a, err);

	if (!rc)
		rc = take_mode(uri, a, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "pace_s", 0, 1, &pace_s, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "answer_s", 0.01, 3600, &answer_s,
		                        err);
	if (!rc)
		rc = take_count(uri, "multibias", 0, 1, &multibias, err);
	if (!rc)
		rc = mr__device_type_take(uri, &b->type, err);
	a->pace_ns = (int64_t)(pace_s * NS_PER_S);
	a->answer_ns = (int64_t)(answer_s * NS_PER_S);
	b->multibias = multibias != 0;
	return rc;
}

static int start(struct arc1_board *b, struct mr_errtext *err)
{
	struct mr_description desc = {.rows = 0};

	mr__device_type_describe(&b->type, &desc);
	const struct mr_waveform *read =
		mr_description_effect(&desc, MR_EFFECT_NONE);

	b->level_V = b->link.v_read_V = read ? read->amplitude : 0.5;
	int rc = mr__arc1_start(&b->link, err);

	mr__board_time_start(&b->time, mr__transport_clock(b->link.pipe));
	return rc;
}

static int arc1_open(struct mr_uri *uri, const struct mr_open_options *options,
                     void **self, struct mr_errtext *err)
{
	const struct mr__wish wish = {.line = {.baud = BAUD,
	                                       .data_bits = 8,
	                                       .parity = 'E',
	                                       .stop_bits = 1},
	                              .usb_vendor = VENDOR,
	                              .usb_product = PRODUCT};
	struct arc1_board *b = calloc(1, sizeof *b);
	int rc;

	if (!b)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = take_keys(uri, options, b, err);
	if (!rc)
		rc = mr__transport_open(uri, options, &wish, &b->link.pipe, err);
	if (!rc)
		rc = start(b, err);
	/* after an empty token, which a cut-off one becomes whole by */
	if (!rc)
		rc = mr__transport_watch_over(b->link.pipe, options->guardian,
		                              "\n00\n", err);
	if (rc) {
		mr__transport_close(b->link.pipe);
		free(b);
		return rc;
	}
	*self = b;
	return MR_OK;
}

static int arc1_close(void *self, struct mr_errtext *err)
{
	struct arc1_board *b = self;
	int rc = mr__arc1_safe(&b->link, err);

	mr__transport_close(b->link.pipe);
	free(b);
	return rc;
}

/* ---- describing ---------------------------------------------------------------- */

static void describe_schemes(const struct arc1_board *b, struct mr_description *d)
{
	struct mr_condition *c = &d->conditions[0];

	*c = (struct mr_condition){.name = "scheme", .choices = "v3|v2|float"};
	d->n_conditions = 1;
	d->n_schemes = N_SCHEMES;
	for (size_t i = 0; i < N_SCHEMES; i++) {
		struct mr_scheme *s = &d->schemes[i];

		*s = (struct mr_scheme){.row_selected = 1,
		                        .row_other = schemes[i].others,
		                        .col_selected = 0,
		                        .col_other = schemes[i].others};
		(void)snprintf(s->name, sizeof s->name, "%s", schemes[i].name);
		if (schemes[i].code == b->link.sneak)
			(void)snprintf(c->value, sizeof c->value, "%s",
			               schemes[i].name);
	}
}

static void describe_identity(const struct arc1_board *b, struct mr_description *d)
{
	struct mr__peer peer;
	unsigned firmware = b->link.firmware;

	mr__transport_peer(b->link.pipe, &peer);
	if (firmware)
		(void)snprintf(d->identity, sizeof d->identity,
		               "ArC ONE, firmware %u.%u, serial %.40s",
		               firmware >> 16, firmware & 0xffffu,
		               peer.serial[0] ? peer.serial : "unknown");
	else
		(void)snprintf(d->identity, sizeof d->identity,
		               "ArC ONE, firmware unknown, serial %.40s",
		               peer.serial[0] ? peer.serial : "unknown");
}

static void describe_levels(const struct arc1_board *b, struct mr_description *d)
{
	if (!b->multibias)
		return;
	d->abilities |= MR_ABILITY(MR_OP_DRIVE);
	d->n_levels = 2;
	d->level_V[0] = 0;
	d->level_V[1] = (float)b->level_V;
}

static int arc1_describe(void *self, struct mr_description *out,
                         struct mr_errtext *err)
{
	const struct arc1_board *b = self;
	const struct mr_limits board = {.v_read_max_V = ARC1_V_MAX_V,
	                                .v_pulse_max_V = ARC1_V_MAX_V,
	                                .width_min_s = ARC1_WIDTH_MIN_S,
	                                .width_max_s = ARC1_WIDTH_MAX_S,
	                                .wait_max_s = WAIT_MAX_S,
	                                .count_max = COUNT_MAX,
	                                .batch_max = COUNT_MAX,
	                                .averages_max = AVERAGES_MAX};

	(void)err;
	(void)snprintf(out->driver, sizeof out->driver, "arc1");
	out->rows = b->link.words;
	out->cols = b->link.bits;
	out->abilities = MR_ABILITY(MR_OP_READ) | MR_ABILITY(MR_OP_PULSE) |
	                 MR_ABILITY(MR_OP_WAIT) | MR_ABILITY(MR_OP_CONFIGURE) |
	                 MR_ABILITY_RESYNC;
	mr__device_type_describe(&b->type, out);
	mr__device_type_narrow(out, &board);
	describe_identity(b, out);
	describe_schemes(b, out);
	describe_levels(b, out);
	return MR_OK;
}

static int arc1_watch_wire(void *self, const struct mr_wire_watcher *watcher,
                           struct mr_errtext *err)
{
	struct arc1_board *b = self;

	return mr__transport_watch(b->link.pipe, watcher, err);
}

static int arc1_resync(void *self, const struct mr_run *run)
{
	struct arc1_board *b = self;

	return mr__arc1_start(&b->link, run->err);
}

const struct mr_backend mr__backend_arc1 = {
	.name = "arc1",
	.summary = "ArC ONE board: arc1+serial:PORT[?rows=32&cols=32&scheme=v2"
		   "&device=MODEL...]",
	.open = arc1_open,
	.describe = arc1_describe,
	.submit = mr__arc1_submit,
	.close = arc1_close,
	.resync = arc1_resync,
	.watch_wire = arc1_watch_wire,
};
