/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Commands filled in and answers taken apart: text only, no pipe. */
#include "smu.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OVERFLOW_TOLERANCE 1e-3 /* of overflow values: units round them */

static int malformed(const char *what, const char *text, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_IO,
	                      "the instrument's answer is malformed: '%.120s' "
	                      "where %s must be",
	                      text, what);
}

int mr__unit_numbers(const char *text, double *out, int room)
{
	int n = 0;

	for (;;) {
		char *end;

		text += strspn(text, " \t\r");
		if (!*text)
			return n;
		if (n == room)
			return -1;
		out[n] = strtod(text, &end);
		if (end == text)
			return -1;
		n++;
		text = end + strspn(end, " \t\r");
		if (*text == ',' || *text == ';') {
			text++;
			if (!*text)
				return -1;
		} else if (text == end && *text) {
			return -1;
		}
	}
}

static bool is_overflow(const struct smu_profile *p, double value)
{
	if (!isfinite(value))
		return true;
	for (uint32_t i = 0; i < p->n_overflows; i++)
		if (fabs(fabs(value) - p->overflow[i]) <=
		    OVERFLOW_TOLERANCE * p->overflow[i])
			return true;
	return false;
}

int mr__unit_take_reading(const struct smu_profile *p, const char *text,
                         struct smu_reading *out, struct mr_errtext *err)
{
	double value[SMU_REPLY_MAX];
	int n = mr__unit_numbers(text, value, SMU_REPLY_MAX);

	*out = (struct smu_reading){.v_V = NAN, .i_A = NAN};
	if (n != (int)p->n_reply)
		return malformed("a reading", text, err);
	for (int k = 0; k < n; k++) {
		double *to = p->reply[k] == 'v'   ? &out->v_V
		             : p->reply[k] == 'i' ? &out->i_A
		                                  : NULL;

		if (to && is_overflow(p, value[k]))
			out->status |= MR_STATUS_OVER_RANGE;
		else if (to)
			*to = value[k];
	}
	return MR_OK;
}

int mr__unit_take_flag(const char *text, bool *out, struct mr_errtext *err)
{
	double value;

	*out = strncmp(text, "true", 4) == 0;
	if (*out || strncmp(text, "false", 5) == 0)
		return MR_OK;
	if (mr__unit_numbers(text, &value, 1) != 1)
		return malformed("1 or 0", text, err);
	*out = value != 0;
	return MR_OK;
}

int mr__unit_take_error(const char *text, long *number, const char **rest,
                       struct mr_errtext *err)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || !(fabs(value) <= 1e6) ||
	    (*end && !strchr(",; \t\r", *end)))
		return malformed("an error's number", text, err);
	*number = lround(value);
	*rest = end + strspn(end, ",; \t");
	return MR_OK;
}

/* One placeholder; returns how far it goes, 0 = none. */
static size_t fill_one(const char *at, const struct smu_values *v, char *to,
                       size_t room, int *written)
{
	static const struct {
		const char *name;
		size_t at;
	} numbers[] = {
		{"{v}", offsetof(struct smu_values, v_V)},
		{"{i}", offsetof(struct smu_values, i_A)},
		{"{s}", offsetof(struct smu_values, width_s)},
		{"{nplc}", offsetof(struct smu_values, nplc)},
	};
	static const char channel[] = "{channel}";

	for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
		size_t n = strlen(numbers[k].name);
		double value;

		if (strncmp(at, numbers[k].name, n) != 0)
			continue;
		memcpy(&value, (const char *)v + numbers[k].at, sizeof value);
		*written = snprintf(to, room, "%.9g", value);
		return n;
	}
	if (!v->channel || strncmp(at, channel, sizeof channel - 1) != 0)
		return 0;
	*written = snprintf(to, room, "%s", v->channel);
	return sizeof channel - 1;
}

int mr__unit_fill(const char *text, const struct smu_values *values,
                 char out[SMU_ANSWER_MAX], struct mr_errtext *err)
{
	static const struct smu_values none = {.v_V = 0};
	size_t n = 0;

	while (*text && n + 2 < SMU_ANSWER_MAX) {
		int written = 1;
		size_t took = *text == '{' ? fill_one(text,
		                                      values ? values : &none,
		                                      out + n,
		                                      SMU_ANSWER_MAX - n - 1,
		                                      &written)
		                           : 0;

		if (!took)
			out[n] = *text;
		text += took ? took : 1;
		n += (size_t)written;
	}
	if (*text || n + 2 > SMU_ANSWER_MAX)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "a command of the profile gets longer than "
		                      "%d bytes",
		                      SMU_ANSWER_MAX);
	out[n] = '\0';
	return MR_OK;
}
