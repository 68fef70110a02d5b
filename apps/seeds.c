/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Reads lists of seeds. */
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS_MAX 10000
#define PIECE_MAX 48 /* "first-last" */

struct seeds {
	struct mr_tool *tool;
	const char *option; /* without its dashes, for messages */
	uint64_t *seed;
	uint32_t n;
};

static int add_range(struct seeds *s, uint64_t first, uint64_t last)
{
	uint64_t n = last - first + 1;
	uint64_t *more;

	if (first > last || n > SEEDS_MAX - s->n)
		return mr_tool_fail(s->tool, MR_ERR_RANGE,
		                    "--%s: from 1 to %d seeds, please",
		                    s->option, SEEDS_MAX);
	more = realloc(s->seed, (s->n + n) * sizeof *more);
	if (!more)
		return mr_tool_fail(s->tool, MR_ERR_NOMEM, "out of memory");
	s->seed = more;
	for (uint64_t seed = first; n > 0; seed++, n--)
		s->seed[s->n++] = seed;
	return MR_OK;
}

/* One piece between commas: a number or a range such as 3-7. */
static int add_piece(struct seeds *s, const char *piece)
{
	uint64_t first = 0, last = 0;
	char text[PIECE_MAX];
	char *dash;

	(void)snprintf(text, sizeof text, "%s", piece);
	dash = strchr(text, '-');
	if (dash)
		*dash = '\0';
	if (mr_tool_whole(text, &first) != MR_OK ||
	    (dash && mr_tool_whole(dash + 1, &last) != MR_OK))
		return mr_tool_fail(s->tool, MR_ERR_USAGE,
		                    "--%s: '%s' is no seed; say 10 (seeds 1 to "
		                    "10), 3-7 or 1,5,9",
		                    s->option, piece);
	return add_range(s, first, dash ? last : first);
}

static int add_list(struct seeds *s, const char *text)
{
	int code = MR_OK;

	while (code == MR_OK) {
		size_t size = strcspn(text, ",");
		char piece[PIECE_MAX];

		if (size >= sizeof piece)
			return mr_tool_fail(s->tool, MR_ERR_USAGE,
			                    "--%s: '%s' is no list of seeds",
			                    s->option, text);
		memcpy(piece, text, size);
		piece[size] = '\0';
		code = add_piece(s, piece);
		if (!text[size])
			break;
		text += size + 1;
	}
	return code;
}

/* A seed in the URI is as good as one on the command line. */
static bool uri_seed(const char *text, uint64_t *seed)
{
	struct mr_uri uri;
	const char *value;

	if (mr_uri_parse(&uri, text, NULL) != MR_OK)
		return false;
	value = mr_uri_take(&uri, "seed");
	return value && mr_tool_whole(value, seed) == MR_OK;
}

static int choose(struct seeds *s, uint32_t n_default)
{
	struct mr_tool *tool = s->tool;
	const char *list = mr_tool_value(tool, "seeds");
	uint64_t seed = tool->open.seed;

	if (list && tool->open.has_seed)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--seed and --seeds exclude each other");
	if (list && mr_tool_whole(list, &seed) == MR_OK)
		return add_range(s, 1, seed);
	if (list)
		return add_list(s, list);
	if (tool->open.has_seed || uri_seed(tool->uri, &seed))
		return add_range(s, seed, seed);
	return add_range(s, 1, n_default);
}

static int give(struct seeds *s, int code, uint64_t **seeds, uint32_t *n)
{
	if (code != MR_OK) {
		free(s->seed);
		return code;
	}
	*seeds = s->seed;
	*n = s->n;
	return MR_OK;
}

int mr_seeds_take(struct mr_tool *tool, uint32_t n_default, uint64_t **seeds,
                  uint32_t *n)
{
	struct seeds s = {.tool = tool, .option = "seeds"};

	return give(&s, choose(&s, n_default), seeds, n);
}

int mr_seeds_list(struct mr_tool *tool, const char *option, uint32_t n_default,
                  uint64_t **seeds, uint32_t *n)
{
	struct seeds s = {.tool = tool, .option = option};
	const char *list = mr_tool_value(tool, option);
	uint64_t last = n_default;

	if (!list || mr_tool_whole(list, &last) == MR_OK)
		return give(&s, add_range(&s, 1, last), seeds, n);
	return give(&s, add_list(&s, list), seeds, n);
}
