/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Binary processes with given rates and correlations. Work is done only where
 * something spikes: waiting times are drawn, and a calendar (a ring of lists)
 * tells who is due.
 */
#include "inputs.h"

#include "memrig/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RING 4096u      /* days of the calendar; later ones go around */
#define NOBODY UINT32_MAX

/* One sequence of independent draws: an input without its reference
 * (subjects 0 .. n-1), or the reference of a group (n ..). */
struct sequence {
	uint64_t due;  /* step of its next spike, from 1 */
	uint64_t k;    /* waiting times drawn so far */
	double log_q;  /* log(1 - p); 0 = never */
	uint32_t next; /* in the list of its day */
};

struct group {
	uint32_t first, count;
	double p_copy; /* of a spike where the reference spikes; 0 = no reference */
};

struct mr_generator {
	uint64_t seed;
	uint64_t step;
	uint32_t n;
	uint32_t n_groups;
	struct group group[MR_GROUPS_MAX];
	struct sequence *sequence; /* [n + n_groups] */
	uint32_t *active;          /* [n] */
	uint32_t day[RING];        /* heads of the lists */
};

/* P(waiting time > k) = (1 - p)^k. */
static void draw_wait(struct mr_generator *g, uint32_t subject)
{
	struct sequence *s = &g->sequence[subject];
	double u, wait;

	if (s->log_q == 0)
		return;
	u = mr_random_uniform(g->seed,
	                      (struct mr_address){.purpose = MR_PURPOSE_INPUT,
	                                          .subject = subject,
	                                          .event = s->k++});
	wait = floor(log(u) / s->log_q);
	s->due += 1 + (uint64_t)fmin(wait, 9e15);
	s->next = g->day[s->due % RING];
	g->day[s->due % RING] = subject;
}

static int process_check(const struct mr_process *process, double p,
                         struct mr_errtext *err)
{
	if (!(p > 0 && p < 1))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%g spikes/s are %g per step; that must be "
		                      "above 0 and below 1",
		                      process->rate_hz, p);
	if (!(process->c >= 0 && process->c <= 1))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "a correlation of %g is impossible; it must be "
		                      "from 0 to 1",
		                      process->c);
	return MR_OK;
}

static void add_group(struct mr_generator *g, uint32_t k,
                      const struct mr_process *process, double p)
{
	double root = sqrt(process->c);
	double alone = process->c > 0 ? p * (1 - root) : p;
	uint32_t first = k ? g->group[k - 1].first + g->group[k - 1].count : 0;

	g->group[k] = (struct group){.first = first,
	                             .count = process->count};
	if (process->c > 0)
		g->group[k].p_copy = p + root * (1 - p);
	g->sequence[g->n + k].log_q = process->c > 0 ? log1p(-p) : 0;
	draw_wait(g, g->n + k);
	for (uint32_t i = first; i < first + process->count; i++) {
		g->sequence[i].log_q = log1p(-alone);
		draw_wait(g, i);
	}
}

int mr_generator_alloc(const struct mr_process *process, uint32_t n_processes,
                       double dt_s, uint64_t seed, struct mr_generator **out,
                       struct mr_errtext *err)
{
	struct mr_generator *g;
	uint32_t n = 0;

	for (uint32_t k = 0; k < n_processes; k++) {
		int code = process_check(&process[k], process[k].rate_hz * dt_s, err);

		if (code != MR_OK)
			return code;
		n += process[k].count;
	}
	g = calloc(1, sizeof *g);
	if (g) {
		/* one more, as calloc may answer NULL to 0 */
		g->sequence = calloc((size_t)n + n_processes + 1,
		                     sizeof *g->sequence);
		g->active = calloc((size_t)n + 1, sizeof *g->active);
	}
	if (!g || !g->sequence || !g->active) {
		mr_generator_free(g);
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "no memory for %u inputs", (unsigned)n);
	}
	g->seed = seed;
	g->n = n;
	g->n_groups = n_processes;
	memset(g->day, 0xff, sizeof g->day);
	for (uint32_t k = 0; k < n_processes; k++)
		add_group(g, k, &process[k], process[k].rate_hz * dt_s);
	*out = g;
	return MR_OK;
}

void mr_generator_free(struct mr_generator *generator)
{
	if (!generator)
		return;
	free(generator->sequence);
	free(generator->active);
	free(generator);
}

/* Takes who is due out of today's list; the others of the list are due one or
 * more rounds later. Returns how many inputs, and the references as bits. */
static uint32_t take_due(struct mr_generator *g, uint32_t *references)
{
	uint32_t *head = &g->day[g->step % RING];
	uint32_t subject = *head;
	uint32_t n = 0;

	*head = NOBODY;
	while (subject != NOBODY) {
		struct sequence *s = &g->sequence[subject];
		uint32_t next = s->next;

		if (s->due != g->step) {
			s->next = *head;
			*head = subject;
		} else if (subject < g->n) {
			g->active[n++] = subject;
			draw_wait(g, subject);
		} else {
			*references |= 1u << (subject - g->n);
			draw_wait(g, subject);
		}
		subject = next;
	}
	return n;
}

/* Where the reference spikes, the group's own spikes of this step give way to
 * draws with the higher probability. */
static uint32_t copy_reference(struct mr_generator *g,
                               const struct group *group, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t k = 0; k < n; k++)
		if (g->active[k] - group->first >= group->count)
			g->active[kept++] = g->active[k];
	for (uint32_t i = group->first; i < group->first + group->count; i++) {
		struct mr_address at = {.purpose = MR_PURPOSE_INPUT,
		                        .subject = i,
		                        .event = g->step,
		                        .block = 1};

		if (mr_random_uniform(g->seed, at) <= group->p_copy)
			g->active[kept++] = i;
	}
	return kept;
}

/* Few entries, so insertion is quickest. */
static void sort_active(uint32_t *active, uint32_t n)
{
	for (uint32_t k = 1; k < n; k++) {
		uint32_t value = active[k];
		uint32_t at = k;

		for (; at > 0 && active[at - 1] > value; at--)
			active[at] = active[at - 1];
		active[at] = value;
	}
}

const uint32_t *mr_generator_next(struct mr_generator *generator, uint32_t *n)
{
	uint32_t references = 0;

	generator->step++;
	*n = take_due(generator, &references);
	for (uint32_t k = 0; k < generator->n_groups; k++)
		if (references & 1u << k)
			*n = copy_reference(generator, &generator->group[k], *n);
	sort_active(generator->active, *n);
	return generator->active;
}
