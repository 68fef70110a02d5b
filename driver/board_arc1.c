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
#define WAIT_MAX_S 1e9
#define COUNT_MAX 1000000
#define AVERAGES_MAX 1000

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

static void end(struct arc1_board *b)
{
	mr__transport_close(b->link.pipe);
	free(b->map);
	free(b);
}

static int check_converge(const struct arc1_board *b, struct mr_errtext *err)
{
	if (!b->converge.offered || b->converge.v_max_V <= b->v_pulse_max_V)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_RANGE,
	                      "key 'converge.v_max_V': %g V, but the device "
	                      "takes pulses up to %g V",
	                      b->converge.v_max_V, b->v_pulse_max_V);
}

static int start(struct arc1_board *b, struct mr_errtext *err)
{
	struct mr_description desc = {.rows = 0};

	mr__device_type_describe(&b->type, &desc);
	const struct mr_waveform *read =
		mr_description_effect(&desc, MR_EFFECT_NONE);

	b->level_V = b->link.v_read_V = read ? read->amplitude : 0.5;
	b->settings.v_reads_V = fmin(desc.limits.v_read_max_V, ARC1_V_MAX_V);
	b->v_pulse_max_V = fmin(desc.limits.v_pulse_max_V, ARC1_V_MAX_V);
	int rc = check_converge(b, err);

	if (!rc)
		rc = mr__arc1_start(&b->link, err);
	mr__board_time_start(&b->time, mr__transport_clock(b->link.pipe));
	return rc;
}

static int arc1_open(struct mr_uri *uri, const struct mr_open_options *options,
                     void **self, struct mr_errtext *err)
{
	const struct mr__wish wish = {.line = {.baud = BAUD,
	                                       .data_bits = 8,
	                                       .parity = 'E',
	                                       .stop_bits = 1,
	                                       .raise_dtr = true},
	                              .usb_vendor = VENDOR,
	                              .usb_product = PRODUCT};
	struct arc1_board *b = calloc(1, sizeof *b);
	int rc;

	if (!b)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = mr__arc1_take_keys(uri, options, b, err);
	if (!rc)
		rc = mr__transport_open(uri, options, &wish, &b->link.pipe, err);
	if (!rc)
		rc = start(b, err);
	/* after an empty token, which a cut-off one becomes whole by */
	if (!rc)
		rc = mr__transport_watch_over(b->link.pipe, options->guardian,
		                              "\n00\n", 4, err);
	if (rc) {
		end(b);
		return rc;
	}
	*self = b;
	return MR_OK;
}

static int arc1_close(void *self, struct mr_errtext *err)
{
	struct arc1_board *b = self;
	int rc = mr__arc1_safe(&b->link, err);

	end(b);
	return rc;
}

/* ---- describing ---------------------------------------------------------------- */

static void describe_schemes(const struct arc1_board *b, struct mr_description *d)
{
	struct mr_condition *c = &d->conditions[d->n_conditions++];

	*c = (struct mr_condition){.name = "scheme", .choices = "v3|v2|float"};
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
	out->rows = b->rows;
	out->cols = b->cols;
	out->order = MR_ORDER_PASSES;
	out->abilities = MR_ABILITY(MR_OP_READ) | MR_ABILITY(MR_OP_PULSE) |
	                 MR_ABILITY(MR_OP_WAIT) | MR_ABILITY(MR_OP_CONFIGURE) |
	                 MR_ABILITY_RESYNC;
	if (b->trace != ARC1_SHAPE_READS)
		out->abilities |= MR_ABILITY(MR_OP_TRACE);
	if (b->converge.on)
		out->abilities |= MR_ABILITY(MR_OP_PROGRAM);
	mr__device_type_describe(&b->type, out);
	mr__device_type_narrow(out, &board);
	describe_identity(b, out);
	describe_schemes(b, out);
	mr__arc1_describe_conditions(b, out);
	describe_levels(b, out);
	return MR_OK;
}

/* As its tokens say it; the steps of its converters are not published. */
static double arc1_quantise(void *self, enum mr_quantity what, double value)
{
	(void)self;
	(void)what;
	return mr__arc1_rounded(value);
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
		   "&device=MODEL&map=FILE&trace=JOB...]",
	.open = arc1_open,
	.describe = arc1_describe,
	.submit = mr__arc1_submit,
	.means = mr__arc1_means,
	.close = arc1_close,
	.resync = arc1_resync,
	.quantise = arc1_quantise,
	.watch_wire = arc1_watch_wire,
};
