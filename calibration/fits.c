/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The one table of fits, the choice between them, and what they share. */
#include "fits.h"

#include "fit_before.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct mr__fit_family *const families[] = {
	&mr__fit_ideal,
	&mr__fit_pcm,
	&mr__fit_pcm_hermes1,
	&mr__fit_pcm_hermes2,
	&mr__fit_pcm_step,
	&mr__fit_pcm_table,
	&mr__fit_pcm_target,
};

#define N_FAMILIES (sizeof families / sizeof families[0])

/* The same, by name. */
static const char *const family_names[N_FAMILIES] = {
	"ideal",
	"pcm",
	"pcm-hermes1",
	"pcm-hermes2",
	"pcm-step",
	"pcm-table",
	"pcm-target",
};

#define FOLDS 4
#define THIN_FROM 512 /* cells */

const char *const *mr_fit_models(size_t *n)
{
	if (n)
		*n = N_FAMILIES;
	return family_names;
}

/* ---- what estimators use ------------------------------------------------- */

static uint32_t index_of(const struct mr__fitting *f, const char *name)
{
	uint32_t i = 0;

	(void)mr_model_param(f->fit->model, name, &i, NULL);
	return i;
}

void mr__fit_warn(struct mr__fitting *f, const char *fmt, ...)
{
	struct mr_fit *fit = f->fit;
	va_list args;

	if (fit->n_warnings == MR_FIT_WARNINGS_MAX)
		return;
	va_start(args, fmt);
	(void)vsnprintf(fit->warnings[fit->n_warnings],
	                sizeof fit->warnings[0], fmt, args);
	va_end(args);
	fit->n_warnings++;
}

void mr__fit_set(struct mr__fitting *f, const char *name, double value,
                 double se, uint32_t cells, uint64_t points, const char *how)
{
	uint32_t i = index_of(f, name);
	const struct mr_param *p = &f->fit->model->params[i];
	double kept = fmin(fmax(value, p->min), p->max);

	if (kept != value)
		mr__fit_warn(f, "%s: %g lies outside %g to %g %s; the limit is "
		             "kept", name, value, p->min, p->max, p->unit);
	f->fit->estimates[i] = (struct mr_estimate){
		.param = i,
		.state = MR_ESTIMATE_FITTED,
		.value = kept,
		.se = se,
		.n_cells = cells,
		.n_points = points,
		.how = how,
	};
}

void mr__fit_undetermined(struct mr__fitting *f, const char *name,
                          const char *how)
{
	uint32_t i = index_of(f, name);

	f->fit->estimates[i] = (struct mr_estimate){
		.param = i,
		.state = MR_ESTIMATE_UNDETERMINED,
		.value = f->fit->model->params[i].value,
		.se = NAN,
		.how = how,
	};
}

double mr__fit_value(const struct mr__fitting *f, const char *name)
{
	return f->fit->estimates[index_of(f, name)].value;
}

void mr__fit_correlate(struct mr__fitting *f, const char *const *names,
                       size_t n, const double *cov)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			double scale = sqrt(cov[i * n + i] * cov[j * n + j]);

			f->fit->correlation[index_of(f, names[i])
			                    * f->fit->n_estimates
			                    + index_of(f, names[j])] =
				i == j ? 1 : cov[i * n + j] / scale;
		}
}

double *mr__fit_table(struct mr__fitting *f, const char *name,
                      const char *const *columns, uint32_t n_cols,
                      size_t n_rows)
{
	struct mr_fit *fit = f->fit;
	size_t size = n_rows * n_cols;
	double *values;

	if (fit->n_tables == MR_FIT_TABLES_MAX)
		return NULL;
	values = malloc((size ? size : 1) * sizeof *values);
	if (!values)
		return NULL;
	fit->tables[fit->n_tables++] = (struct mr_fit_table){
		name, n_cols, columns, n_rows, values};
	return values;
}

/* ---- what the array says of itself --------------------------------------- */

void mr__fit_describe(struct mr__fitting *f, const char *name, double value)
{
	uint32_t i;

	if (mr_model_param(f->fit->model, name, &i, NULL) != MR_OK
	    || !(value >= f->fit->model->params[i].min)
	    || value == 0)
		return;
	f->fit->estimates[i] = (struct mr_estimate){
		.param = i,
		.state = MR_ESTIMATE_DESCRIBED,
		.value = value,
		.se = NAN,
		.how = "said by the array",
	};
}

/* Of a model that takes currents, an array of voltages is one behind a load line:
 * its current follows from the model's SET, for data say nothing of it. */
static double load_ohm(const struct mr__fitting *f,
                       const struct mr_waveform *set)
{
	const struct mr_estimate *i_set = mr_fit_find(f->fit, "i_set_A");

	return set->unit == MR_UNIT_VOLT && i_set
	       && mr_fit_find(f->fit, "r_load_ohm")
	       ? set->amplitude / i_set->value : 0;
}

static void describe_pulses(struct mr__fitting *f,
                            const struct mr_waveform *set,
                            const struct mr_waveform *reset)
{
	double load = load_ohm(f, set);
	double per = load > 0 ? load : 1;
	bool amperes = set->unit == MR_UNIT_AMPERE || load > 0;

	mr__fit_describe(f, "r_load_ohm", load);
	mr__fit_describe(f, amperes ? "i_set_A" : "v_set_V",
	                 set->amplitude / per);
	mr__fit_describe(f, "width_set_s", set->width_s);
	if (set->amplitude_max > 0) {
		mr__fit_describe(f, "i_on_A", set->amplitude_min / per);
		mr__fit_describe(f, "i_melt_A", set->amplitude_max / per);
	}
	mr__fit_describe(f, amperes ? "i_reset_A" : "v_reset_V",
	                 reset->amplitude / per);
	mr__fit_describe(f, "width_reset_s", reset->width_s);
}

/* Pulses and reads are what the array says they are: they are asked for, not
 * measured. */
static void describe_all(struct mr__fitting *f)
{
	const struct mr_description *d = &f->history->desc;
	const struct mr_waveform *set =
		mr_description_effect(d, MR_EFFECT_RAISE);
	const struct mr_waveform *reset =
		mr_description_effect(d, MR_EFFECT_ERASE);
	const struct mr_waveform *read = mr_description_waveform(d, "read");

	if (set && reset)
		describe_pulses(f, set, reset);
	if (read) {
		mr__fit_describe(f, "v_read_V", read->amplitude);
		mr__fit_describe(f, "t_read_s", read->width_s);
	}
	mr__fit_describe(f, "v_read_max_V", d->limits.v_read_max_V);
	mr__fit_describe(f, "g_unit_S", d->g_unit_S);
}

/* ---- one model ----------------------------------------------------------- */

static struct mr_fit *fit_new(const struct mr__fit_family *family)
{
	struct mr_fit *fit = calloc(1, sizeof *fit);
	const struct mr_model *model = mr_model_find(family->model, NULL);
	size_t n = model ? model->n_params : 0;

	if (!fit)
		return NULL;
	fit->model = model;
	fit->n_estimates = (uint32_t)n;
	fit->correlation = malloc((n * n + 1) * sizeof *fit->correlation);
	if (!fit->correlation) {
		free(fit);
		return NULL;
	}
	for (size_t i = 0; i < n * n; i++)
		fit->correlation[i] = i % (n + 1) == 0 ? 1 : NAN;
	for (uint32_t i = 0; i < n; i++)
		fit->estimates[i] = (struct mr_estimate){
			.param = i,
			.state = MR_ESTIMATE_ASSUMED,
			.value = model->params[i].value,
			.se = NAN,
			.how = "the model's default",
		};
	(void)snprintf(fit->noise, sizeof fit->noise, "white");
	return fit;
}

static bool own_exponents(struct mr__fitting *f)
{
	size_t n = f->history->n_cells;

	f->cell_nu = malloc((n + 1) * sizeof *f->cell_nu);
	for (size_t c = 0; f->cell_nu && c < n; c++)
		f->cell_nu[c] = (struct mr__cell_nu){NAN, NAN};
	return f->cell_nu != NULL;
}

static int fit_family(const struct mr__fit_family *family,
                      const struct mr_history *history, const uint8_t *use,
                      struct mr__before *before, uint32_t threads,
                      struct mr_fit **out, struct mr_errtext *err)
{
	struct mr__fitting f = {.history = history,
	                        .use = use,
	                        .fit = fit_new(family),
	                        .rough = before != NULL,
	                        .before = before,
	                        .err = err,
	                        .threads = threads};
	int code;

	if (f.fit && !f.rough && !own_exponents(&f)) {
		mr_fit_free(f.fit);
		f.fit = NULL;
	}
	if (!f.fit)
		return mr_errtext_set(err, MR_ERR_NOMEM, "no memory");
	describe_all(&f);
	code = family->estimate(&f);
	free(f.cell_nu);
	if (code != MR_OK) {
		mr_fit_free(f.fit);
		return code;
	}
	*out = f.fit;
	return MR_OK;
}

/* ---- the choice ---------------------------------------------------------- */

/* A family under cross-validation. */
struct rival {
	const struct mr__fit_family *family;
	struct mr__before *before; /* shared by all */
	uint32_t threads;
	double *per_cell; /* [n_cells] log density of its held-out readings */
	double sum;
	uint64_t n;
	int code;
	struct mr_errtext why;
};

/* The choice needs fewer cells than the fit: differences between models are
 * large or do not matter. */
static void thin(const uint8_t *use, uint32_t n_cells, uint8_t *out)
{
	uint32_t k = 0;

	for (uint32_t c = 0; c < n_cells; c++)
		out[c] = use[c] && (n_cells < THIN_FROM || k++ % 3 == 0);
}

/* Folds take every FOLDS-th cell of those in use, so that each has cells from
 * everywhere, also where cells in use are evenly spread. */
static void mark_fold(const uint8_t *use, uint32_t n_cells, uint32_t fold,
                      bool inside, uint8_t *out)
{
	uint32_t k = 0;

	for (uint32_t c = 0; c < n_cells; c++)
		out[c] = use[c] && (k++ % FOLDS == fold) == inside;
}

static int try_fold(struct rival *r, const struct mr_history *history,
                    const uint8_t *use, uint32_t fold, uint8_t *mark)
{
	struct mr__fitting f = {.history = history, .use = mark,
	                        .before = r->before, .err = &r->why};
	double sum = 0;
	uint64_t n = 0;
	int code;

	mark_fold(use, history->n_cells, fold, false, mark);
	code = fit_family(r->family, history, mark, r->before, r->threads, &f.fit,
	                  &r->why);
	if (code != MR_OK)
		return code;
	mark_fold(use, history->n_cells, fold, true, mark);
	code = r->family->score(&f, &sum, r->per_cell, &n);
	r->sum += sum;
	r->n += n;
	mr_fit_free(f.fit);
	return code;
}

static void try_rival(struct rival *r, const struct mr_history *history,
                      const uint8_t *use, uint8_t *mark)
{
	bool pulsed = mr_description_effect(&history->desc, MR_EFFECT_RAISE);

	r->code = r->family->suits(history, &r->why);
	if (r->code == MR_OK && r->family->of_targets == pulsed)
		r->code = mr_errtext_set(&r->why, MR_ERR_UNSUPPORTED,
		                         "foretells other readings than the "
		                         "models of %s; ask for it by name",
		                         pulsed ? "pulsed cells" : "targets");
	for (uint32_t fold = 0; fold < FOLDS && r->code == MR_OK; fold++)
		r->code = try_fold(r, history, use, fold, mark);
	if (r->code == MR_OK && !(r->n > 0 && isfinite(r->sum)))
		r->code = mr_errtext_set(&r->why, MR_ERR_UNSUPPORTED,
		                         "no reading has a density under it");
}

static double score_of(const struct rival *r)
{
	return r->code == MR_OK ? r->sum / (double)r->n : NAN;
}

static int by_score(const void *a, const void *b)
{
	double x = score_of(a);
	double y = score_of(b);

	if (isnan(x) || isnan(y))
		return (int)isnan(x) - (int)isnan(y);
	return (x < y) - (x > y);
}

/* Standard error of the difference of two mean scores, over cells. */
static double score_se(const struct rival *a, const struct rival *b,
                       const uint8_t *use, uint32_t n_cells)
{
	double sum = 0;
	double squares = 0;
	double n = 0;

	for (uint32_t c = 0; c < n_cells; c++) {
		double d = a->per_cell[c] - b->per_cell[c];

		if (!use[c] || !isfinite(d))
			continue;
		sum += d;
		squares += d * d;
		n++;
	}
	return n > 1 ? sqrt((squares - sum * sum / n) * n / (n - 1))
	               / (double)a->n
	             : NAN;
}

static void list_choices(const struct rival *rivals, const uint8_t *use,
                         uint32_t n_cells, struct mr_fit *fit)
{
	for (size_t k = 0; k < N_FAMILIES && k < MR_FIT_CHOICES_MAX; k++) {
		struct mr_fit_choice *c = &fit->choices[fit->n_choices++];

		c->model = rivals[k].family->model;
		c->score = score_of(&rivals[k]);
		c->se = rivals[k].code == MR_OK
		        ? score_se(&rivals[0], &rivals[k], use, n_cells)
		        : NAN;
		if (rivals[k].code != MR_OK)
			(void)snprintf(c->why, sizeof c->why, "%.159s",
			               rivals[k].why.text);
	}
}

static int none_suits(const struct rival *rivals, struct mr_errtext *err)
{
	char list[400] = "";
	size_t used = 0;

	for (size_t k = 0; k < N_FAMILIES && used < sizeof list; k++)
		used += (size_t)snprintf(list + used, sizeof list - used,
		                         "; %s: %.120s",
		                         rivals[k].family->model,
		                         rivals[k].why.text);
	return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
	                      "no model suits these data%s", list);
}

/* What a choice works with. */
struct contest {
	struct rival rivals[N_FAMILIES];
	struct mr__before before;
	uint32_t n_cells;
	double *room;  /* [N_FAMILIES*n_cells] densities */
	uint8_t *mark; /* [n_cells] a fold */
	uint8_t *use;  /* [n_cells] cells of the choice */
};

static void contest_free(struct contest *c)
{
	if (!c)
		return;
	free(c->room);
	free(c->mark);
	free(c->use);
	free(c);
}

static struct contest *contest_new(const uint8_t *all, uint32_t n_cells)
{
	struct contest *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->n_cells = n_cells;
	c->room = calloc(N_FAMILIES * ((size_t)n_cells + 1), sizeof *c->room);
	c->mark = calloc((size_t)n_cells + 1, 1);
	c->use = calloc((size_t)n_cells + 1, 1);
	if (!c->room || !c->mark || !c->use) {
		contest_free(c);
		return NULL;
	}
	thin(all, n_cells, c->use);
	return c;
}

static int choose(const struct mr_history *history, const uint8_t *all,
                  uint32_t threads, struct mr_fit **out,
                  struct mr_errtext *err)
{
	struct contest *c = contest_new(all, history->n_cells);
	int code;

	if (!c)
		return mr_errtext_set(err, MR_ERR_NOMEM, "no memory");
	/* ideal, the first, comes last: it fits no drift, and leaves out the
	 * readings that those leave out which do */
	for (size_t turn = 1; turn <= N_FAMILIES; turn++) {
		size_t k = turn % N_FAMILIES;

		c->rivals[k].family = families[k];
		c->rivals[k].before = &c->before;
		c->rivals[k].threads = threads;
		c->rivals[k].per_cell = c->room + k * c->n_cells;
		try_rival(&c->rivals[k], history, c->use, c->mark);
	}
	qsort(c->rivals, N_FAMILIES, sizeof c->rivals[0], by_score);
	code = c->rivals[0].code != MR_OK
	       ? none_suits(c->rivals, err)
	       : fit_family(c->rivals[0].family, history, all, NULL, threads,
	                    out, err);
	if (code == MR_OK)
		list_choices(c->rivals, c->use, c->n_cells, *out);
	contest_free(c);
	return code;
}

/* ---- entry --------------------------------------------------------------- */

static const struct mr__fit_family *find(const char *model,
                                         struct mr_errtext *err)
{
	char known[200] = "";
	size_t used = 0;

	for (size_t k = 0; k < N_FAMILIES; k++) {
		if (strcmp(families[k]->model, model) == 0)
			return families[k];
		if (used < sizeof known)
			used += (size_t)snprintf(known + used,
			                         sizeof known - used, "%s%s",
			                         k ? ", " : "",
			                         families[k]->model);
	}
	(void)mr_errtext_set(err, MR_ERR_USAGE,
	                     "the model '%.40s' has no fit; there are: %s",
	                     model, known);
	return NULL;
}

/* All cells, or as many as were asked for, evenly spread. */
static void mark_cells(const struct mr_history *h,
                       const struct mr_fit_options *o, uint8_t *use)
{
	uint32_t n = o && o->cells_max ? o->cells_max : h->n_cells;

	for (uint32_t c = 0; c < h->n_cells; c++)
		use[c] = n >= h->n_cells
		         || (uint64_t)c * n / h->n_cells
		            != (uint64_t)(c + 1) * n / h->n_cells;
}

int mr_fit_history(const struct mr_history *history,
                   const struct mr_fit_options *options, struct mr_fit **out,
                   struct mr_errtext *err)
{
	const char *model = options ? options->model : NULL;
	uint32_t threads = options ? options->threads : 0;
	const struct mr__fit_family *family = NULL;
	uint8_t *use;
	int code = MR_OK;

	if (model) {
		family = find(model, err);
		if (!family)
			return MR_ERR_USAGE;
		code = family->suits(history, err);
		if (code != MR_OK)
			return code;
	}
	use = malloc(history->n_cells ? history->n_cells : 1);
	if (!use)
		return mr_errtext_set(err, MR_ERR_NOMEM, "no memory");
	mark_cells(history, options, use);
	code = family ? fit_family(family, history, use, NULL, threads, out, err)
	              : choose(history, use, threads, out, err);
	free(use);
	return code;
}

const struct mr_estimate *mr_fit_find(const struct mr_fit *fit,
                                      const char *name)
{
	uint32_t i;

	return mr_model_param(fit->model, name, &i, NULL) == MR_OK
	       ? &fit->estimates[i] : NULL;
}

void mr_fit_free(struct mr_fit *fit)
{
	if (!fit)
		return;
	for (uint32_t k = 0; k < fit->n_tables; k++)
		free(fit->tables[k].values);
	free(fit->correlation);
	free(fit);
}
