/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A figure's script is kept until it ends, for it may be drawn twice: into the
 * page as SVG, and as a PNG beside it. */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../figure.h"
#include "html.h"

/* Thin grey axes, and a grid that does not speak. */
static const char look[] =
	"set border 3 lc rgb '#555555'\nset tics nomirror textcolor rgb 'black'\n"
	"set grid lc rgb '#e4e4e4' lt 1\nset style fill solid 1.0 noborder\n"
	"set key samplen 2 spacing 1.1\nset bars small\n";

FILE *mr_report_figure(struct mr_report *r)
{
	r->script_to = open_memstream(&r->script, &r->script_size);
	if (!r->script_to) {
		mr_report_fail(r, MR_ERR_NOMEM, "no memory for a figure");
		return r->to; /* the page is dropped anyway */
	}
	fputs(look, r->script_to);
	return r->script_to;
}

static int run(struct mr_report *r, const struct mr_report_caption *c,
               const char *path)
{
	struct mr_figure *figure;
	int code = mr_figure_begin(path, c->width_px, c->height_px, &figure,
	                           &r->err);

	if (code != MR_OK)
		return code;
	(void)fwrite(r->script, 1, r->script_size, mr_figure_script(figure));
	return mr_figure_end(figure, true, &r->err);
}

/* The whole file, ended by 0. */
static char *read_file(const char *path)
{
	FILE *from = fopen(path, "rb");
	char *text = NULL;
	long size = -1;

	if (!from)
		return NULL;
	if (fseek(from, 0, SEEK_END) == 0)
		size = ftell(from);
	if (size >= 0 && fseek(from, 0, SEEK_SET) == 0)
		text = calloc(1, (size_t)size + 1);
	if (text && fread(text, 1, (size_t)size, from) != (size_t)size) {
		free(text);
		text = NULL;
	}
	fclose(from);
	return text;
}

static void into_page(struct mr_report *r, const struct mr_report_caption *c)
{
	char path[128];
	char id[24];
	char *svg;
	int code;

	(void)snprintf(path, sizeof path, "%s/figure.svg", r->folder);
	code = run(r, c, path);
	if (code != MR_OK) {
		r->code = code;
		return;
	}
	svg = read_file(path);
	(void)unlink(path);
	(void)snprintf(id, sizeof id, "f%" PRIu32, r->n_figures);
	if (!svg || mr_html_svg(r->to, svg, id, c->title) != MR_OK)
		mr_report_fail(r, MR_ERR_IO, "gnuplot's picture cannot be read");
	free(svg);
}

static void beside_page(struct mr_report *r, const struct mr_report_caption *c)
{
	size_t room = strlen(r->png_folder) + strlen(c->name) + 8;
	char *path = malloc(room);

	if (!path) {
		mr_report_fail(r, MR_ERR_NOMEM, "out of memory");
		return;
	}
	(void)snprintf(path, room, "%s/%s.png", r->png_folder, c->name);
	r->code = run(r, c, path);
	free(path);
}

void mr_report_draw(struct mr_report *r, const struct mr_report_caption *c)
{
	bool bad = !r->script_to || ferror(r->script_to) != 0;

	if (r->script_to)
		bad = fclose(r->script_to) != 0 || bad;
	r->script_to = NULL;
	if (bad)
		mr_report_fail(r, MR_ERR_NOMEM, "no memory for a figure");
	r->n_figures++;
	fprintf(r->to, "<figure id=\"figure-%s\">\n<div style=\"max-width:%upx\">", c->name,
	        c->width_px);
	if (r->code == MR_OK)
		into_page(r, c);
	fputs("</div>\n", r->to);
	if (r->code == MR_OK && r->png_folder)
		beside_page(r, c);
	free(r->script);
	r->script = NULL;
	fprintf(r->to, "<figcaption><b>Figure %" PRIu32 ". ", r->n_figures);
	mr_html_text(r->to, c->title);
	fputs(".</b> ", r->to);
}

void mr_report_query(struct mr_report *r, const char *protocol,
                     const char *columns, const char *where)
{
	const char *comma = "";

	fprintf(r->to, "</figcaption>\n<pre class=\"query\">SELECT row &gt;&gt; 40 AS "
	        "run, id, ");
	mr_html_text(r->to, columns);
	fputs("\n  FROM op\n WHERE row &gt;&gt; 40 IN (", r->to);
	for (size_t k = 0; k < r->history->n_parts; k++) {
		const struct mr_history_part *p = &r->history->parts[k];

		if (protocol && strcmp(p->protocol, protocol) != 0)
			continue;
		fprintf(r->to, "%s%" PRId64, comma, p->run);
		comma = ", ";
	}
	fputs(")\n   AND ", r->to);
	mr_html_text(r->to, where);
	fputs("\n ORDER BY row;</pre>\n</figure>\n", r->to);
}
