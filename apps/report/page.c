/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The page: its sections in order, and the list of those that have no data. */
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "html.h"

static const struct mr_report_section *const sections[] = {
	&mr_report_who,       &mr_report_summary,   &mr_report_yield,
	&mr_report_sweeps,    &mr_report_pulses,    &mr_report_amplitude,
	&mr_report_program,   &mr_report_noise,     &mr_report_drift,
	&mr_report_retention, &mr_report_endurance, &mr_report_disturb,
	&mr_report_parameters, NULL,
};

static bool is_there(const struct mr_report *r, size_t k)
{
	return !sections[k]->has || sections[k]->has(r);
}

static void put_contents(struct mr_report *r)
{
	fputs("<nav>", r->to);
	for (size_t k = 0; sections[k]; k++)
		if (is_there(r, k))
			fprintf(r->to, "<a href=\"#%s\">%s</a> ", sections[k]->id,
			        sections[k]->title);
	fputs("</nav>\n", r->to);
}

/* The first two share the first sheet of paper. */
static void put_section(struct mr_report *r, size_t k)
{
	fprintf(r->to, "<section id=\"%s\"%s>\n<h2>%s</h2>\n", sections[k]->id,
	        k > 1 ? " class=\"page\"" : "", sections[k]->title);
	sections[k]->write(r);
	fputs("</section>\n", r->to);
}

static void put_absent(struct mr_report *r)
{
	bool any = false;

	for (size_t k = 0; sections[k]; k++)
		any = any || !is_there(r, k);
	if (!any)
		return;
	fputs("<section id=\"absent\">\n<h2>Not in this log</h2>\n<ul>\n", r->to);
	for (size_t k = 0; sections[k]; k++) {
		if (is_there(r, k))
			continue;
		fprintf(r->to, "<li id=\"%s\">%s: ", sections[k]->id,
		        sections[k]->title);
		mr_html_text(r->to, sections[k]->needs);
		fputs("</li>\n", r->to);
	}
	fputs("</ul>\n</section>\n", r->to);
}

static void put_page(struct mr_report *r)
{
	mr_html_head(r->to, r->title);
	put_contents(r);
	for (size_t k = 0; sections[k] && r->code == MR_OK; k++)
		if (is_there(r, k))
			put_section(r, k);
	put_absent(r);
	mr_html_foot(r->to);
}

int mr_report_write(struct mr_report *r)
{
	const char *base = getenv("TMPDIR");

	(void)snprintf(r->folder, sizeof r->folder, "%s/memrig-XXXXXX",
	               base && *base && strlen(base) < 40 ? base : "/tmp");
	if (!mkdtemp(r->folder)) {
		mr_report_fail(r, MR_ERR_IO, "no scratch folder can be made for "
		               "the figures: set TMPDIR to one that can be written");
		return r->code;
	}
	put_page(r);
	(void)rmdir(r->folder);
	return r->code;
}

/* ---- looking ---------------------------------------------------------------- */

void mr_report_fail(struct mr_report *r, int code, const char *text)
{
	if (code != MR_OK && r->code == MR_OK)
		r->code = mr_errtext_set(&r->err, code, "%s", text);
}

bool mr_report_is(const struct mr_report *r, uint16_t part, const char *protocol)
{
	return strcmp(r->history->parts[part].protocol, protocol) == 0;
}

bool mr_report_has(const struct mr_report *r, const char *protocol)
{
	for (size_t k = 0; k < r->history->n_parts; k++)
		if (mr_report_is(r, (uint16_t)k, protocol)
		    && r->history->parts[k].n_ops > 0)
			return true;
	return false;
}

const struct mr_fit_table *mr_report_table(const struct mr_report *r,
                                           const char *name)
{
	for (uint32_t k = 0; r->fit && k < r->fit->n_tables; k++)
		if (strcmp(r->fit->tables[k].name, name) == 0
		    && r->fit->tables[k].n_rows > 0)
			return &r->fit->tables[k];
	return NULL;
}
