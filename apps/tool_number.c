/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Numbers and quantities as people type and read them. */
#include "cmd.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool_priv.h"

/** A multiplier written before or instead of a unit. */
struct multiplier {
	const char *symbol;
	double factor;
};

static const struct multiplier prefixes[] = {
	{"f", 1e-15}, {"p", 1e-12}, {"n", 1e-9}, {"u", 1e-6},
	{"\xc2\xb5", 1e-6}, {"m", 1e-3}, {"k", 1e3}, {"M", 1e6},
	{"G", 1e9},
};

#define N_PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

/* Beside seconds; tried before the prefixes, so that "min" is a minute. */
static const struct multiplier times[] = {
	{"min", 60.0}, {"h", 3600.0}, {"d", 86400.0},
};

#define N_TIMES (sizeof(times) / sizeof(times[0]))

/* What stands behind the number, as a factor; 0 if it is not right. */
static double suffix_factor(const char *text, const char *unit)
{
	if (text[0] == '\0' || strcmp(text, unit) == 0)
		return strcmp(text, "1") == 0 ? 0.0 : 1.0;
	if (strcmp(unit, "1") == 0)
		return 0.0;
	for (size_t i = 0; strcmp(unit, "s") == 0 && i < N_TIMES; i++) {
		if (strcmp(text, times[i].symbol) == 0)
			return times[i].factor;
	}
	for (size_t i = 0; i < N_PREFIXES; i++) {
		size_t len = strlen(prefixes[i].symbol);

		if (strncmp(text, prefixes[i].symbol, len) != 0)
			continue;
		if (text[len] == '\0' || strcmp(text + len, unit) == 0)
			return prefixes[i].factor;
	}
	return 0.0;
}

int mr_tool_quantity(const char *text, const char *unit, double *out)
{
	const char *digits = text + (text[0] == '-' || text[0] == '+');
	double factor;
	double value;
	char *end;

	/* strtod alone would take "nan", "inf", "0x1p3" and leading blanks */
	if (strspn(digits, "0123456789.") == 0 || digits[1] == 'x'
	    || digits[1] == 'X')
		return MR_ERR_USAGE;
	value = strtod(text, &end);
	if (end == text)
		return MR_ERR_USAGE;
	if (*end == ' ' && end[1] != '\0')
		end++;
	factor = suffix_factor(end, unit);
	value *= factor;
	if (factor == 0.0 || !isfinite(value))
		return MR_ERR_USAGE;
	*out = value;
	return MR_OK;
}

int mr_tool_whole(const char *text, uint64_t *out)
{
	unsigned long long value;

	if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
		return MR_ERR_USAGE;
	errno = 0;
	value = strtoull(text, NULL, 10);
	if (errno != 0)
		return MR_ERR_USAGE;
	*out = value;
	return MR_OK;
}

const char *mr__tool_quantity_hint(const char *unit)
{
	static const struct {
		const char *unit;
		const char *text;
	} hints[] = {
		{"s", "say for example 50ns, 1.5s, 2h or 1e-6"},
		{"V", "say for example 200mV, 0.2V or 0.2"},
		{"A", "say for example 90uA or 9e-5"},
		{"S", "say for example 20uS or 2e-5"},
	};

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (strcmp(unit, hints[i].unit) == 0)
			return hints[i].text;
	}
	return "say for example 0.5 or 1e-6";
}

const char *mr_tool_pretty(char *out, double x, const char *unit)
{
	static const struct multiplier show[] = {
		{"G", 1e9}, {"M", 1e6}, {"k", 1e3}, {"", 1.0}, {"m", 1e-3},
		{"u", 1e-6}, {"n", 1e-9}, {"p", 1e-12}, {"f", 1e-15},
	};
	size_t i = 0;

	if (!isfinite(x) || x == 0.0 || unit[0] == '\0'
	    || strcmp(unit, "1") == 0) {
		snprintf(out, 32, "%.4g%s%s", x,
		         unit[0] == '\0' || unit[0] == '1' ? "" : " ",
		         unit[0] == '1' ? "" : unit);
		return out;
	}
	/* 0.99995: what rounds to 1.000 already takes the greater prefix */
	while (i + 1 < sizeof(show) / sizeof(show[0])
	       && fabs(x) < show[i].factor * 0.99995)
		i++;
	snprintf(out, 32, "%.4g %s%s", x / show[i].factor, show[i].symbol,
	         unit);
	return out;
}
