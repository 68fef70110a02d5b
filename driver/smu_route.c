/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The way from the source to a cell, through a switch matrix. */
#include <stdio.h>
#include <string.h>

#include "smu_bench.h"

#define NS_PER_S 1e9

int mr__bench_channel(const struct smu_profile *p, uint32_t row, uint32_t col,
                      char out[BENCH_CHANNEL_MAX], struct mr_errtext *err)
{
	uint32_t cols = (uint32_t)p->cols;
	size_t n = 0;

	if (row >= p->rows || col >= p->cols * p->slots)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "cell %u,%u: a %s has %g rows and %g x %g "
		                      "columns; name its channels in [map]",
		                      row, col, p->title, p->rows, p->slots,
		                      p->cols);
	for (const char *at = p->channel; *at && n + 8 < BENCH_CHANNEL_MAX;) {
		if (strncmp(at, "{slot}", 6) == 0) {
			n += (size_t)snprintf(out + n, 8, "%u", col / cols + 1);
			at += 6;
		} else if (strncmp(at, "{row}", 5) == 0) {
			out[n++] = (char)('A' + row);
			at += 5;
		} else if (strncmp(at, "{col}", 5) == 0) {
			n += (size_t)snprintf(out + n, 8, "%02u",
			                      col % cols + 1);
			at += 5;
		} else {
			out[n++] = *at++;
		}
	}
	out[n] = '\0';
	return MR_OK;
}

/* A command for each channel of a list "1A01,1B02". */
static int say_each(struct smu *router, enum smu_command command,
                    const char *channels, struct mr_errtext *err)
{
	int rc = MR_OK;

	while (*channels && !rc) {
		size_t n = strcspn(channels, ",");
		char one[BENCH_CHANNEL_MAX];

		(void)snprintf(one, sizeof one, "%.*s", (int)n, channels);
		rc = mr__unit_say(router, command,
		                 &(struct smu_values){.channel = one}, err);
		channels += n + (channels[n] == ',');
	}
	return rc;
}

static int settle(struct bench *b, struct mr_errtext *err)
{
	int64_t rest_ns = (int64_t)(b->router.profile.settle_s * NS_PER_S);
	int rc = mr__unit_settle(&b->router, 0, err);

	if (rc)
		return rc;
	return mr__board_pause_until(b->router.pipe,
	                             mr__board_in(b->router.pipe, rest_ns),
	                             b->router.run);
}

static int open_old(struct bench *b, struct mr_errtext *err)
{
	if (b->is_routed)
		return say_each(&b->router, SMU_OPEN, b->channels[b->routed],
		                err);
	return mr__unit_say(&b->router, SMU_OPEN_ALL, NULL, err);
}

static int connect_cell(struct bench *b, uint32_t cell, struct mr_errtext *err)
{
	int rc = open_old(b, err);

	b->is_routed = false;
	if (!rc && b->ground[0])
		rc = say_each(&b->router, SMU_CLOSE, b->ground, err);
	if (!rc)
		rc = settle(b, err);
	if (!rc)
		rc = say_each(&b->router, SMU_CLOSE, b->channels[cell], err);
	if (!rc)
		rc = settle(b, err);
	if (!rc)
		rc = say_each(&b->router, SMU_IS_CLOSED, b->channels[cell], err);
	if (!rc && b->ground[0])
		rc = say_each(&b->router, SMU_OPEN, b->ground, err);
	if (!rc && b->ground[0])
		rc = settle(b, err);
	return rc;
}

int mr__bench_route(struct bench *b, uint32_t cell, struct mr_errtext *err)
{
	int rc;

	if (!b->router.pipe || (b->is_routed && b->routed == cell))
		return MR_OK;
	rc = mr__unit_rest(&b->source, err);
	if (!rc && b->meter.pipe && b->meter.profile.kind == SMU_KIND_SMU)
		rc = mr__unit_rest(&b->meter, err);
	if (!rc)
		rc = connect_cell(b, cell, err);
	if (rc)
		return rc;
	b->routed = cell;
	b->is_routed = true;
	return MR_OK;
}
