/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What was found after learning, as tables or as JSON. */
#include "app.h"

#define POINTS_SHOWN 6 /* of a curve, for people */

static const char *const attacks[MR_ROBUST_ATTACKS] = {"loss", "ln h",
                                                       "worst of both"};

static unsigned n_attacks(const struct mr_study_row *row)
{
	return row->t > 0 ? MR_ROBUST_ATTACKS : 1;
}

/* ---- for people ------------------------------------------------------------------ */

static void print_name(FILE *to, const struct mr_study_row *row)
{
	if (row->t > 0)
		fprintf(to, "SoftHebb, t' = %-7g", row->t);
	else
		fputs("MLP, backprop         ", to);
}

static void print_noise(FILE *to, const struct mr_study *s)
{
	fputs("\ntest %, noise of sigma  ", to);
	for (unsigned k = 0; k < MR_ROBUST_SIGMAS; k++)
		fprintf(to, "%5.1f", mr_robust_sigma(k));
	for (uint32_t r = 0; r < s->n_rows; r++) {
		fputc('\n', to);
		print_name(to, &s->row[r]);
		fputs("  ", to);
		for (unsigned k = 0; k < MR_ROBUST_SIGMAS; k++)
			fprintf(to, " %4.1f", 100 * s->row[r].row.noise[k]);
	}
	fputc('\n', to);
}

static void print_attacks(FILE *to, const struct mr_study *s)
{
	fprintf(to, "\n%% of %u test pictures, PGD of eps/255 on   ",
	        (unsigned)s->n_attacked);
	for (unsigned k = 0; k < MR_ROBUST_EPS; k++)
		fprintf(to, "%6.0f", 255 * mr_robust_eps(k));
	for (uint32_t r = 0; r < s->n_rows; r++)
		for (unsigned a = 0; a < n_attacks(&s->row[r]); a++) {
			fputc('\n', to);
			print_name(to, &s->row[r]);
			fprintf(to, "  %-19s", attacks[a]);
			for (unsigned k = 0; k < MR_ROBUST_EPS; k++)
				fprintf(to, "  %4.1f",
				        100 * s->row[r].row.pgd[a][k]);
		}
	fputc('\n', to);
}

static void print_curve(FILE *to, const char *name, const struct mr_curve *curve)
{
	fprintf(to, "%-20s", name);
	for (unsigned k = 0; k < POINTS_SHOWN; k++) {
		unsigned at = k * (MR_CURVE_POINTS - 1) / (POINTS_SHOWN - 1);
		uint64_t n_seen;
		double loss;

		while (at && !curve->n[at])
			at--;
		if (mr_curve_point(curve, at, &n_seen, &loss))
			fprintf(to, "  %.3f at %llu", loss,
			        (unsigned long long)n_seen);
	}
	fputc('\n', to);
}

static void print_walks(FILE *to, const struct mr_study *s)
{
	for (uint32_t k = 0; k < 2 * s->n_walks; k++)
		fprintf(to,
		        "%sfrom class %u to %u, %-8s: probability of the latter "
		        "%.3f, at the end %.3f\n",
		        k ? "" : "\n", (unsigned)s->walk[k].from,
		        (unsigned)s->walk[k].to, k % 2 ? "MLP" : "SoftHebb",
		        s->walk[k].p[0], s->walk[k].p[MR_BETWEEN_SHOWN - 1]);
}

void mr_study_print(const struct mr_softhebb_app *app)
{
	const struct mr_study *s = &app->study;
	FILE *to = app->tool->out;

	if (!s->done)
		return;
	fprintf(to,
	        "\nseed %llu, test %%: SoftHebb with linear read-out %.2f; MLP of "
	        "as many hidden\nneurons by back-propagation %.2f after one pass, "
	        "%.2f after all\n",
	        (unsigned long long)s->seed, 100 * s->hebb, 100 * s->mlp_one,
	        100 * s->mlp);
	if (s->n_rows) {
		print_noise(to, s);
		print_attacks(to, s);
	}
	if (s->posthoc) {
		fputs("\ncross-entropy in nats, of batches, at samples seen\n",
		      to);
		print_curve(to, "SoftHebb, post-hoc", &s->hebb_loss);
		print_curve(to, "MLP, first pass", &s->mlp_loss);
	}
	print_walks(to, s);
	if (app->plotted && s->figure[0])
		fprintf(to, "\nfigure: %s\n", s->figure);
	if (app->plotted && s->walks[0])
		fprintf(to, "\nfigure: %s\n", s->walks);
}

/* ---- for programs ---------------------------------------------------------------- */

static json_t *noise_json(const struct mr_robust_row *row)
{
	json_t *list = json_array();

	for (unsigned k = 0; k < MR_ROBUST_SIGMAS; k++)
		json_array_append_new(
			list, json_pack("{s:o,s:o}", "sigma",
		                        mr_tool_real(mr_robust_sigma(k)),
		                        "accuracy", mr_tool_real(row->noise[k])));
	return list;
}

static json_t *pgd_json(const struct mr_study_row *row)
{
	static const char *const names[] = {"loss", "ln_h", "worst"};
	json_t *list = json_array();

	for (unsigned a = 0; a < n_attacks(row); a++)
		for (unsigned k = 0; k < MR_ROBUST_EPS; k++)
			json_array_append_new(
				list,
				json_pack("{s:s,s:o,s:o}", "attack", names[a],
			                  "eps", mr_tool_real(mr_robust_eps(k)),
			                  "accuracy",
			                  mr_tool_real(row->row.pgd[a][k])));
	return list;
}

static json_t *rows_json(const struct mr_study *s)
{
	json_t *list = json_array();

	for (uint32_t r = 0; r < s->n_rows; r++) {
		const struct mr_study_row *row = &s->row[r];

		json_array_append_new(
			list,
			json_pack("{s:s,s:o,s:i,s:o,s:o}", "network",
		                  row->network, "readout_t",
		                  row->t > 0 ? mr_tool_real(row->t)
		                             : json_null(),
		                  "attacked", (int)s->n_attacked, "noise",
		                  noise_json(&row->row), "pgd", pgd_json(row)));
	}
	return list;
}

static json_t *curve_json(const struct mr_curve *curve)
{
	json_t *list = json_array();
	uint64_t n_seen;
	double loss;

	for (unsigned k = 0; k < MR_CURVE_POINTS; k++)
		if (mr_curve_point(curve, k, &n_seen, &loss))
			json_array_append_new(
				list, json_pack("{s:I,s:o}", "samples",
			                        (json_int_t)n_seen, "loss",
			                        mr_tool_real(loss)));
	return list;
}

static json_t *walks_json(const struct mr_study *s)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < 2 * s->n_walks; k++) {
		const struct mr_between *b = &s->walk[k];
		json_t *p = json_array();

		for (unsigned i = 0; i < MR_BETWEEN_SHOWN; i++)
			json_array_append_new(p, mr_tool_real(b->p[i]));
		json_array_append_new(
			list, json_pack("{s:s,s:i,s:i,s:i,s:o}", "network",
		                        k % 2 ? "mlp" : "softhebb", "from",
		                        (int)b->from, "to", (int)b->to, "image",
		                        (int)b->image, "probability", p));
	}
	return list;
}

static json_t *path_json(const struct mr_softhebb_app *app, const char *path)
{
	return app->plotted && path[0] ? json_string(path) : json_null();
}

void mr_study_json(const struct mr_softhebb_app *app, json_t *object)
{
	const struct mr_study *s = &app->study;

	if (!s->done)
		return;
	json_object_set_new(
		object, "baseline",
		json_pack("{s:I,s:o,s:o,s:o,s:o}", "seed", (json_int_t)s->seed,
	                  "softhebb_linear", mr_tool_real(s->hebb), "readout_t",
	                  mr_tool_real(s->t), "mlp_one_pass",
	                  mr_tool_real(s->mlp_one), "mlp",
	                  mr_tool_real(s->mlp)));
	if (s->n_rows)
		json_object_set_new(object, "robustness", rows_json(s));
	if (s->posthoc)
		json_object_set_new(object, "posthoc",
		                    json_pack("{s:o,s:o}", "softhebb",
		                              curve_json(&s->hebb_loss), "mlp",
		                              curve_json(&s->mlp_loss)));
	if (s->n_walks)
		json_object_set_new(object, "interpolation", walks_json(s));
	json_object_set_new(object, "study_plot", path_json(app, s->figure));
	json_object_set_new(object, "interpolation_plot", path_json(app, s->walks));
}
