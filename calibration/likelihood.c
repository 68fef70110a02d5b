/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Scores by central differences, one vector per unit; the information is
 * scaled to a unit diagonal before it is inverted, for parameters in siemens
 * stand beside pure numbers. */
#include "likelihood.h"

#include "share.h"

#include <gsl/gsl_eigen.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_matrix.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ITERATIONS_MAX 200
#define HALVINGS_MAX 30
#define DOUBLINGS 6
#define ENOUGH 0.1 /* left to gain: less is a third of a standard error, or a kink */
#define SETTLED 1e-4 /* left to gain where errors are wanted */
#define PATIENCE 25 /* steps after which second differences are used */
#define HESSIAN_STEPS 10.0 /* of the differences, to either side */
#define TOO_FLAT 1e-10 /* least eigenvalue of the scaled information */

struct work {
	const struct mr__likelihood *l;
	size_t p;
	double *scores; /* [n_units*p] */
	double *here;   /* [p] moved parameters */
	double *value;  /* [n_units] log densities */
	double *other;  /* [n_units] likewise, at the other side */
	gsl_matrix *information; /* sum of outer products */
	gsl_vector *gradient;
	gsl_vector *move;
	gsl_matrix *hessian; /* what a step is made with: an inverse */
	gsl_matrix *curvature;
};

static void work_free(struct work *w)
{
	free(w->scores);
	free(w->here);
	free(w->value);
	free(w->other);
	if (w->information)
		gsl_matrix_free(w->information);
	if (w->hessian)
		gsl_matrix_free(w->hessian);
	if (w->curvature)
		gsl_matrix_free(w->curvature);
	if (w->gradient)
		gsl_vector_free(w->gradient);
	if (w->move)
		gsl_vector_free(w->move);
}

static bool work_init(struct work *w, const struct mr__likelihood *l)
{
	*w = (struct work){.l = l, .p = l->n_params};
	w->scores = calloc(l->n_units * w->p + 1, sizeof *w->scores);
	w->here = malloc(w->p * sizeof *w->here);
	w->value = malloc((l->n_units + 1) * sizeof *w->value);
	w->other = malloc((l->n_units + 1) * sizeof *w->other);
	w->information = gsl_matrix_alloc(w->p, w->p);
	w->hessian = gsl_matrix_alloc(w->p, w->p);
	w->curvature = gsl_matrix_alloc(w->p, w->p);
	w->gradient = gsl_vector_alloc(w->p);
	w->move = gsl_vector_alloc(w->p);
	if (w->scores && w->here && w->value && w->other && w->information
	    && w->hessian && w->curvature && w->gradient && w->move)
		return true;
	work_free(w);
	return false;
}

/* Of one pass over the units. */
struct pass {
	const struct mr__likelihood *l;
	const double *params;
	double *value;
};

static void one_unit(void *work, size_t unit)
{
	const struct pass *p = work;

	p->value[unit] = p->l->of_unit(p->l->self, unit, p->params);
}

static void take_values(const struct mr__likelihood *l, const double *params,
                        double *value)
{
	struct pass p = {l, params, value};

	mr__share(l->threads, l->n_units, one_unit, &p);
}

static double total(struct work *w, const double *params)
{
	double sum = 0;

	take_values(w->l, params, w->value);
	for (size_t u = 0; u < w->l->n_units; u++)
		sum += w->value[u];
	return isfinite(sum) ? sum : -INFINITY;
}

/* Scores of all units; a side that is not allowed gives way to the middle. */
static void take_scores(struct work *w, const double *params)
{
	const struct mr__likelihood *l = w->l;

	memcpy(w->here, params, w->p * sizeof *params);
	for (size_t k = 0; k < w->p; k++) {
		double up = params[k] + l->step[k];
		double down = params[k] - l->step[k];

		w->here[k] = up;
		take_values(l, w->here, w->value);
		w->here[k] = down;
		take_values(l, w->here, w->other);
		for (size_t u = 0; u < l->n_units; u++)
			w->scores[u * w->p + k] =
				isfinite(w->value[u]) && isfinite(w->other[u])
				? (w->value[u] - w->other[u]) / (up - down)
				: 0;
		w->here[k] = params[k];
	}
}

static void take_information(struct work *w)
{
	gsl_matrix_set_zero(w->information);
	gsl_vector_set_zero(w->gradient);
	for (size_t u = 0; u < w->l->n_units; u++) {
		const double *s = w->scores + u * w->p;

		for (size_t i = 0; i < w->p; i++) {
			*gsl_vector_ptr(w->gradient, i) += s[i];
			for (size_t j = 0; j < w->p; j++)
				*gsl_matrix_ptr(w->information, i, j) +=
					s[i] * s[j];
		}
	}
}

/* Inverse of a symmetric matrix through its scaled form; eigenvalues that are
 * too small are left out (a pseudo-inverse), and `lost` marks the parameters
 * that they speak of. `condition` receives largest over smallest. */
static int invert(const gsl_matrix *a, gsl_matrix *out, bool *lost,
                  double *condition)
{
	size_t p = a->size1;
	gsl_matrix *scaled = gsl_matrix_alloc(p, p);
	gsl_matrix *vectors = gsl_matrix_alloc(p, p);
	gsl_vector *values = gsl_vector_alloc(p);
	gsl_eigen_symmv_workspace *room = gsl_eigen_symmv_alloc(p);
	double scale[MR__LIKELIHOOD_PARAMS_MAX];
	double largest;

	if (!scaled || !vectors || !values || !room) {
		gsl_matrix_free(scaled);
		gsl_matrix_free(vectors);
		gsl_vector_free(values);
		gsl_eigen_symmv_free(room);
		return MR_ERR_NOMEM;
	}
	for (size_t i = 0; i < p; i++) {
		double d = fabs(gsl_matrix_get(a, i, i));

		scale[i] = d > 0 ? 1 / sqrt(d) : 0;
		lost[i] = d <= 0;
	}
	for (size_t i = 0; i < p; i++)
		for (size_t j = 0; j < p; j++)
			gsl_matrix_set(scaled, i, j,
			               scale[i] * gsl_matrix_get(a, i, j)
			               * scale[j]);
	(void)gsl_eigen_symmv(scaled, values, vectors, room);
	largest = gsl_vector_max(values);
	*condition = gsl_vector_min(values) > 0
	             ? largest / gsl_vector_min(values) : INFINITY;
	gsl_matrix_set_zero(out);
	for (size_t k = 0; k < p; k++) {
		double value = gsl_vector_get(values, k);
		bool flat = !(value > TOO_FLAT * largest);

		for (size_t i = 0; i < p; i++) {
			double vi = gsl_matrix_get(vectors, i, k);

			lost[i] = lost[i] || (flat && vi * vi > 0.05);
			for (size_t j = 0; j < p && !flat; j++)
				*gsl_matrix_ptr(out, i, j) +=
					scale[i] * vi
					* gsl_matrix_get(vectors, j, k)
					* scale[j] / value;
		}
	}
	gsl_matrix_free(scaled);
	gsl_matrix_free(vectors);
	gsl_vector_free(values);
	gsl_eigen_symmv_free(room);
	return MR_OK;
}

/* The log likelihood with one or two parameters moved by so many steps. */
static double moved_total(struct work *w, const double *params, size_t i,
                          double steps_i, size_t j, double steps_j)
{
	double moved[MR__LIKELIHOOD_PARAMS_MAX];

	memcpy(moved, params, w->p * sizeof *moved);
	moved[i] += steps_i * w->l->step[i];
	if (j != i)
		moved[j] += steps_j * w->l->step[j];
	return total(w, moved);
}

/* Where both sides of each parameter are allowed: a little beside a limit, if need
 * be. Receives the sums of both sides. */
static void step_aside(struct work *w, const double *params, double *centre,
                       double *sides)
{
	const double h = HESSIAN_STEPS;

	memcpy(centre, params, w->p * sizeof *centre);
	for (size_t i = 0; i < w->p; i++) {
		double up = moved_total(w, params, i, h, i, 0);
		double down = moved_total(w, params, i, -h, i, 0);

		sides[i] = up + down;
		if (!isfinite(up))
			centre[i] -= h * w->l->step[i];
		else if (!isfinite(down))
			centre[i] += h * w->l->step[i];
	}
	if (memcmp(centre, params, w->p * sizeof *centre) == 0)
		return;
	for (size_t i = 0; i < w->p; i++)
		sides[i] = moved_total(w, centre, i, h, i, 0)
		           + moved_total(w, centre, i, -h, i, 0);
}

/* Minus the second difference by two parameters, times both steps: from two corners
 * of the square around the centre, or from the other two. */
static double bend(struct work *w, const double *centre, double here,
                   const double *sides, size_t i, size_t j)
{
	const double h = HESSIAN_STEPS;
	double cross = sides[i] + sides[j] - 2 * here;
	double same = moved_total(w, centre, i, h, j, h)
	              + moved_total(w, centre, i, -h, j, -h);

	if (isfinite(same))
		return (cross - same) / 2;
	return (moved_total(w, centre, i, h, j, -h)
	        + moved_total(w, centre, i, -h, j, h) - cross) / 2;
}

/* Minus the second differences, from p (p + 1) + 1 passes over the units. What is not
 * allowed on all sides is 0: nothing is known of it. */
static void take_hessian(struct work *w, const double *params, gsl_matrix *out)
{
	double centre[MR__LIKELIHOOD_PARAMS_MAX];
	double sides[MR__LIKELIHOOD_PARAMS_MAX] = {0};
	double here;

	step_aside(w, params, centre, sides);
	here = total(w, centre);
	for (size_t i = 0; i < w->p; i++)
		for (size_t j = 0; j <= i; j++) {
			double x = i == j ? 2 * here - sides[i]
			                  : bend(w, centre, here, sides, i, j);

			x /= HESSIAN_STEPS * w->l->step[i]
			     * HESSIAN_STEPS * w->l->step[j];
			gsl_matrix_set(out, i, j, isfinite(x) ? x : 0);
			gsl_matrix_set(out, j, i, isfinite(x) ? x : 0);
		}
}

/* The same step again, twice as long each time, while it goes up: outer products
 * overstate the curvature where the model is wrong. */
static void go_on(struct work *w, double *params, double *now)
{
	double factor = 1;

	for (int k = 0; k < DOUBLINGS; k++) {
		double there;

		for (size_t i = 0; i < w->p; i++)
			w->here[i] = params[i]
			             + factor * gsl_vector_get(w->move, i);
		there = total(w, w->here);
		if (!(there > *now))
			return;
		memcpy(params, w->here, w->p * sizeof *params);
		*now = there;
		factor *= 2;
	}
}

/* The inverse of what the curvature is held to be goes into w->hessian. Outer
 * products are right near the maximum of a likelihood that holds; where it does
 * not hold, or far off, their steps may be far too long or too short, and the
 * second differences are worth their time. */
static int take_curvature(struct work *w, const double *params, bool newton)
{
	bool lost[MR__LIKELIHOOD_PARAMS_MAX] = {false};
	double condition;
	int code;

	if (newton) {
		take_hessian(w, params, w->curvature);
		code = invert(w->curvature, w->hessian, lost, &condition);
		take_scores(w, params);
		take_information(w);
		return code;
	}
	take_scores(w, params);
	take_information(w);
	return invert(w->information, w->hessian, lost, &condition);
}

/* One step up. Receives the new log likelihood; `gain` what was expected. */
static int climb(struct work *w, double *params, bool newton, double *now,
                 double *gain)
{
	double factor = 1;
	int code = take_curvature(w, params, newton);

	if (code != MR_OK)
		return code;
	*gain = 0;
	for (size_t i = 0; i < w->p; i++) {
		double move = 0;

		for (size_t j = 0; j < w->p; j++)
			move += gsl_matrix_get(w->hessian, i, j)
			        * gsl_vector_get(w->gradient, j);
		gsl_vector_set(w->move, i, move);
		*gain += move * gsl_vector_get(w->gradient, i);
	}
	for (unsigned k = 0; k < HALVINGS_MAX; k++) {
		double there;

		for (size_t i = 0; i < w->p; i++)
			w->here[i] = params[i]
			             + factor * gsl_vector_get(w->move, i);
		there = total(w, w->here);
		if (there > *now) {
			memcpy(params, w->here, w->p * sizeof *params);
			*now = there;
			if (k == 0)
				go_on(w, params, now);
			return MR_OK;
		}
		factor /= 2;
	}
	return MR_OK;
}

static void sandwich(const gsl_matrix *bread, const gsl_matrix *meat,
                     const bool *lost, double *covariance)
{
	size_t p = bread->size1;

	for (size_t i = 0; i < p; i++)
		for (size_t j = 0; j < p; j++) {
			double sum = 0;

			for (size_t a = 0; a < p; a++)
				for (size_t b = 0; b < p; b++)
					sum += gsl_matrix_get(bread, i, a)
					       * gsl_matrix_get(meat, a, b)
					       * gsl_matrix_get(bread, b, j);
			covariance[i * p + j] = lost[i] || lost[j] ? NAN : sum;
		}
}

static int take_covariance(struct work *w, const double *params,
                           double *covariance, struct mr__maximum *out)
{
	bool lost[MR__LIKELIHOOD_PARAMS_MAX] = {false};
	int code;

	take_hessian(w, params, w->curvature);
	take_scores(w, params);
	take_information(w);
	code = invert(w->curvature, w->hessian, lost, &out->condition);
	if (code == MR_OK)
		sandwich(w->hessian, w->information, lost, covariance);
	return code;
}

int mr__likelihood_maximise(const struct mr__likelihood *l, double *params,
                            double *covariance, struct mr__maximum *out,
                            struct mr_errtext *err)
{
	struct work w;
	double now;
	double gain = INFINITY;
	double little = covariance ? SETTLED : ENOUGH; /* errors need the top */
	bool newton = false;
	unsigned failed = 0; /* line searches in a row that did not go up */
	int code = MR_OK;

	*out = (struct mr__maximum){0};
	if (!work_init(&w, l))
		return mr_errtext_set(err, MR_ERR_NOMEM, "no memory");
	now = total(&w, params);
	if (!isfinite(now))
		code = mr_errtext_set(err, MR_ERR_RANGE,
		                      "the likelihood is not defined where the "
		                      "search begins");
	while (code == MR_OK && gain > little
	       && out->iterations < ITERATIONS_MAX) {
		double before = now;
		bool slow = out->iterations >= PATIENCE;

		code = climb(&w, params, newton, &now, &gain);
		out->iterations++;
		failed = now - before <= 1e-7 * fabs(gain) ? failed + 1 : 0;
		/* the other curvature, where this one leads nowhere */
		newton = now - before <= 0.1 * fabs(gain) ? !newton : slow;
		if (failed == 2)
			break;
	}
	if (code == MR_OK && gain > ENOUGH)
		code = mr_errtext_set(err, MR_ERR_RANGE,
		                      "no maximum of the likelihood after %u "
		                      "steps; %g is left to gain",
		                      out->iterations, gain);
	out->log_likelihood = now;
	if (code == MR_OK && covariance)
		code = take_covariance(&w, params, covariance, out);
	work_free(&w);
	return code;
}
