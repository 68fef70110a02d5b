/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The parameters of the model, and how the model was chosen. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "html.h"

#define CORRELATED 0.5 /* pairs beyond it are listed */

static const char *state_text(enum mr_estimate_state state)
{
	static const char *const names[] = {"fitted", "described",
	                                    "assumed", "undetermined"};

	return names[state];
}

/* ---- parameters ---------------------------------------------------------------- */

static void put_number(FILE *to, uint64_t n)
{
	if (n > 0)
		fprintf(to, "<td class=\"number\">%" PRIu64 "</td>", n);
	else
		fputs("<td></td>", to);
}

/* The file's value, marked where the two are far apart. */
static void put_file_value(const struct mr_report *r, uint32_t i)
{
	const struct mr_estimate *e = &r->fit->estimates[i];
	double off;

	if (!r->file_values)
		return;
	fputs("<td class=\"number\">", r->to);
	mr_html_quantity(r->to, r->file_values[i], r->fit->model->params[i].unit);
	off = fabs(r->file_values[i] - e->value) / e->se;
	if (e->state == MR_ESTIMATE_FITTED && off > 3)
		fprintf(r->to, " (%.0f se off)", off);
	fputs("</td>", r->to);
}

static void put_parameter(const struct mr_report *r, uint32_t i)
{
	const struct mr_estimate *e = &r->fit->estimates[i];
	const struct mr_param *p = &r->fit->model->params[i];

	fputs("<tr><td><code>", r->to);
	mr_html_text(r->to, p->name);
	fputs("</code></td><td class=\"number\">", r->to);
	mr_html_quantity(r->to, e->value, p->unit);
	fputs("</td><td class=\"number\">", r->to);
	if (e->state == MR_ESTIMATE_FITTED && isfinite(e->se))
		mr_html_quantity(r->to, e->se, p->unit);
	fputs("</td>", r->to);
	put_file_value(r, i);
	fprintf(r->to, "<td>%s</td>", state_text(e->state));
	put_number(r->to, e->n_cells);
	put_number(r->to, e->n_points);
	fputs("<td class=\"long\">", r->to);
	mr_html_text(r->to, p->text);
	if (e->how && *e->how) {
		fputs(" <span class=\"quiet\">(", r->to);
		mr_html_text(r->to, e->how);
		fputs(")</span>", r->to);
	}
	fputs("</td></tr>\n", r->to);
}

static void put_parameters(const struct mr_report *r)
{
	static const char *const plain[] = {
		"Parameter", "#Value", "#Standard error", "State", "#Cells",
		"#Readings", "What it is, and how it was found", NULL};
	static const char *const beside[] = {
		"Parameter", "#Value", "#Standard error", "#In the file", "State",
		"#Cells", "#Readings", "What it is, and how it was found", NULL};

	mr_html_table(r->to, r->file_values ? beside : plain);
	for (int state = MR_ESTIMATE_FITTED; state <= MR_ESTIMATE_UNDETERMINED;
	     state++)
		for (uint32_t i = 0; i < r->fit->n_estimates; i++)
			if ((int)r->fit->estimates[i].state == state)
				put_parameter(r, i);
	fputs("</tbody>\n</table>\n", r->to);
}

static void put_correlations(const struct mr_report *r)
{
	const struct mr_fit *fit = r->fit;
	const char *comma = "";

	fprintf(r->to, "<p>Pairs whose errors are correlated beyond &plusmn;%.1f: ",
	        CORRELATED);
	for (uint32_t i = 0; i < fit->n_estimates; i++)
		for (uint32_t j = 0; j < i; j++) {
			double c = fit->correlation[i * fit->n_estimates + j];

			if (!(fabs(c) > CORRELATED))
				continue;
			fprintf(r->to, "%s<code>%s</code>, <code>%s</code> %s%.2f",
			        comma, fit->model->params[j].name,
			        fit->model->params[i].name, c < 0 ? "&minus;" : "",
			        fabs(c));
			comma = "; ";
		}
	fputs(*comma ? ".</p>\n" : "none.</p>\n", r->to);
}

/* ---- choice --------------------------------------------------------------------- */

static void put_choice(const struct mr_report *r, uint32_t k)
{
	const struct mr_fit_choice *c = &r->fit->choices[k];

	fputs("<tr><td>", r->to);
	mr_html_text(r->to, c->model);
	fputs("</td><td class=\"number\">", r->to);
	mr_html_quantity(r->to, c->score, "1");
	fputs("</td><td class=\"number\">", r->to);
	if (k > 0 && isfinite(c->score)) {
		mr_html_quantity(r->to, r->fit->choices[0].score - c->score, "1");
		fputs(" &plusmn; ", r->to);
		mr_html_quantity(r->to, c->se, "1");
	}
	fputs("</td><td>", r->to);
	mr_html_text(r->to, c->why);
	fputs("</td></tr>\n", r->to);
}

static void put_choices(const struct mr_report *r)
{
	static const char *const columns[] = {
		"Model", "#Log density of a reading (nat)", "#Behind the best (nat)",
		"Why it has none", NULL};

	if (r->fit->n_choices == 0)
		return;
	fputs("<h3>Choice of the model</h3>\n<p>How well each model foretells a "
	      "reading of cells that it was not fitted to (cross-validation): "
	      "higher is better.</p>\n", r->to);
	mr_html_table(r->to, columns);
	for (uint32_t k = 0; k < r->fit->n_choices; k++)
		put_choice(r, k);
	fputs("</tbody>\n</table>\n", r->to);
}

/* ---- the section ----------------------------------------------------------------- */

static void put_intro(const struct mr_report *r)
{
	fputs("<p>Model <b>", r->to);
	mr_html_text(r->to, r->fit->model->name);
	fputs("</b>: ", r->to);
	mr_html_text(r->to, r->fit->model->summary);
	mr_html_print(r->to, "; read noise: %s. \"fitted\" values are from "
	              "measured data only, \"described\" ones are what the array "
	              "says of itself, \"assumed\" ones the model's defaults, of "
	              "which these data say nothing; \"undetermined\" is a "
	              "default too, for the data speak of it but cannot tell it. "
	              "A standard error is the sampling error of the estimate, "
	              "not the spread over cells. The fit took %.1f s.",
	              r->fit->noise, r->fit_s);
	if (r->file_path)
		mr_html_print(r->to, " \"In the file\" is %s, with the difference "
		              "where it is more than 3 standard errors.",
		              r->file_path);
	fputs("</p>\n", r->to);
}

static void put_absent(const struct mr_report *r)
{
	fputs("<p>There is no fit: ", r->to);
	mr_html_text(r->to, r->no_fit);
	fputs("</p>\n", r->to);
}

static void write_section(struct mr_report *r)
{
	if (!r->fit) {
		put_absent(r);
		return;
	}
	put_intro(r);
	put_parameters(r);
	put_correlations(r);
	put_choices(r);
	fputs("<p>The same as JSON, with all correlations:</p>\n"
	      "<pre class=\"command\">memrig fit ", r->to);
	mr_html_print(r->to, "%s --model %s --json", r->log_path,
	              r->fit->model->name);
	fputs("</pre>\n", r->to);
}

const struct mr_report_section mr_report_parameters = {
	.id = "parameters", .title = "Parameters of the model", .write = write_section};
