/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Who measured what, and when: the array, the runs, what was noted of them. */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../logfile.h"
#include "html.h"
#include "memrig/memrig.h"

#define NS_PER_S 1e9

/* These have a place of their own. */
static bool is_known(const char *key, size_t n)
{
	static const char *const known[] = {"protocol", "suite", "settings",
	                                    "measurement", "session", "began_ns"};

	for (size_t k = 0; k < sizeof known / sizeof *known; k++)
		if (strlen(known[k]) == n && strncmp(known[k], key, n) == 0)
			return true;
	return false;
}

/* The value in "key=value" lines, [*n] bytes; NULL = none. */
static const char *value_of(const char *lines, const char *key, size_t *n)
{
	size_t length = strlen(key);

	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		if (strncmp(lines, key, length) == 0 && lines[length] == '=') {
			*n = strcspn(lines + length + 1, "\n");
			return lines + length + 1;
		}
	return NULL;
}

static void fact(const struct mr_report *r, const char *name, const char *text)
{
	fputs("<tr><th>", r->to);
	mr_html_text(r->to, name);
	fputs("</th><td>", r->to);
	mr_html_text(r->to, text);
	fputs("</td></tr>\n", r->to);
}

static void put_array(const struct mr_report *r)
{
	const struct mr_description *d = &r->history->desc;
	char text[160];

	fact(r, "Array", d->identity[0] ? d->identity : d->driver);
	fact(r, "URI", r->history->uri);
	(void)snprintf(text, sizeof text, "%" PRIu32 " rows × %" PRIu32
	               " columns = %" PRIu32 " cells; driver %s, cells: %s",
	               d->rows, d->cols, r->history->n_cells, d->driver, d->model);
	fact(r, "Shape", text);
	fputs("<tr><th>Range</th><td>", r->to);
	mr_html_quantity(r->to, d->g_min_S, "S");
	fputs(" to ", r->to);
	mr_html_quantity(r->to, d->g_max_S, "S");
	fputs(" as the array says; reads up to ", r->to);
	mr_html_quantity(r->to, d->limits.v_read_max_V, "V");
	fputs("</td></tr>\n", r->to);
}

/* What was noted with --meta, each different note once. */
static void put_notes(const struct mr_report *r, const char *lines,
                      const char *before)
{
	while (*lines) {
		size_t line = strcspn(lines, "\n");
		size_t key = strcspn(lines, "=\n");
		char name[64];
		char text[512];
		size_t n;
		const char *was;

		if (key < line && !is_known(lines, key) && key < sizeof name) {
			(void)snprintf(name, sizeof name, "%.*s", (int)key, lines);
			(void)snprintf(text, sizeof text, "%.*s",
			               (int)(line - key - 1), lines + key + 1);
			was = value_of(before, name, &n);
			if (!was || n != line - key - 1
			    || strncmp(was, lines + key + 1, n) != 0)
				fact(r, name, text);
		}
		lines += line;
		lines += *lines == '\n';
	}
}

static void put_run(const struct mr_report *r,
                    const struct mr_oplog_run_info *info,
                    const struct mr_history_part *part)
{
	char date[32];
	size_t n = 0;
	const char *settings = value_of(info->metadata, "settings", &n);

	fprintf(r->to, "<tr><td class=\"number\">%" PRId64 "</td><td>",
	        part->run);
	mr_html_text(r->to, part->protocol[0] ? part->protocol : "–");
	fputs("</td><td class=\"long\">", r->to);
	mr_html_print(r->to, "%.*s", (int)n, settings ? settings : "");
	fputs("</td><td class=\"whole\">", r->to);
	(void)mr_logfile_date(date, part->started_wall_ns);
	date[strcspn(date, "U")] = '\0'; /* the column says UTC */
	mr_html_text(r->to, date);
	fputs(info->ended_wall_ns ? "" : "; <b>cut off</b>", r->to);
	fprintf(r->to, "</td><td class=\"number\">%" PRId64
	        "</td><td class=\"number\">", info->n_ops);
	mr_html_quantity(r->to, (double)(part->t_end_ns - part->t_begin_ns)
	                        / NS_PER_S, "s");
	fputs("</td></tr>\n", r->to);
}

/* Twice through the log's runs: notes, then the table. */
static void put_runs(struct mr_report *r, struct mr_oplog_reader *reader,
                     struct mr_oplog_run_info *info, bool notes)
{
	static const char *const columns[] = {
		"#Run", "Protocol", "Settings", "Begun (UTC)", "#Operations",
		"#Array time", NULL};
	char before[2048] = "";

	if (!notes)
		mr_html_table(r->to, columns);
	for (size_t k = 0; k < r->history->n_parts; k++) {
		if (mr_oplog_info(reader, r->history->parts[k].run, info)
		    != MR_OK) {
			mr_report_fail(r, MR_ERR_IO, mr_oplog_errmsg(reader));
			return;
		}
		if (!notes) {
			put_run(r, info, &r->history->parts[k]);
			continue;
		}
		put_notes(r, info->metadata, before);
		(void)snprintf(before, sizeof before, "%s", info->metadata);
		if (k > 0)
			continue;
		fact(r, "Measured with", info->version);
		fact(r, "Command", info->command);
	}
	if (!notes)
		fputs("</tbody>\n</table>\n", r->to);
}

static void put_report_facts(struct mr_report *r)
{
	char date[32];
	char text[400];
	int64_t now_ns = r->tool->clock.wall_ns(r->tool->clock.self);

	(void)snprintf(text, sizeof text,
	               "memrig %s, %s, from %.200s", mr_version(),
	               mr_logfile_date(date, now_ns), r->log_path);
	fact(r, "This report", text);
	(void)snprintf(text, sizeof text, "%016" PRIx64 " (FNV-1a of all events "
	               "used)", r->history->digest);
	fact(r, "Digest", text);
}

static void put_who(struct mr_report *r)
{
	struct mr_oplog_reader *reader = NULL;
	struct mr_oplog_run_info *info;
	struct mr_errtext err = {""};
	int code = mr_oplog_open(r->log_path, &reader, &err);

	if (code != MR_OK) {
		mr_report_fail(r, code, err.text);
		return;
	}
	info = calloc(1, sizeof *info);
	if (!info)
		mr_report_fail(r, MR_ERR_NOMEM, "out of memory");
	fputs("<table class=\"facts\">\n", r->to);
	put_array(r);
	if (info)
		put_runs(r, reader, info, true);
	put_report_facts(r);
	fputs("</table>\n", r->to);
	if (info)
		put_runs(r, reader, info, false);
	free(info);
	mr_oplog_close(reader);
}

const struct mr_report_section mr_report_who = {
	.id = "who", .title = "Who, what, when", .write = put_who};
