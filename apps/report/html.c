/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Escaping, the frame of the page, and gnuplot's pictures inside it. */
#include "html.h"

#include "../cmd.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/* Serif for reading on paper would need a second font in the pictures. */
static const char style[] =
	"html{background:#fff;color:#1a1a1a;"
	"font:15px/1.5 Helvetica,Arial,'Liberation Sans',sans-serif}\n"
	"body{max-width:1000px;margin:0 auto;padding:24px 32px 48px}\n"
	"h1{font-size:27px;margin:0 0 4px}\n"
	"h2{font-size:20px;margin:40px 0 8px;padding-top:10px;"
	"border-top:1px solid #bbb}\n"
	"h1,h2,p,li,.facts td,.long{overflow-wrap:anywhere}\n"
	"td code,.whole{white-space:nowrap}\n"
	"p,ul{margin:8px 0;max-width:46em}\n"
	"figure{margin:14px 0 22px}\n"
	"figure svg{display:block;width:100%;height:auto}\n"
	"figure svg text{font-family:Helvetica,Arial,'Liberation Sans',"
	"sans-serif}\n"
	"figure svg image{image-rendering:pixelated}\n"
	"figcaption{max-width:46em;margin-top:6px}\n"
	"pre,code{font-family:Menlo,Consolas,'DejaVu Sans Mono',monospace;"
	"font-size:12px}\n"
	"pre{background:#f4f4f4;border-left:3px solid #bbb;margin:8px 0;"
	"padding:6px 10px;white-space:pre-wrap;overflow-wrap:anywhere}\n"
	"table{border-collapse:collapse;margin:10px 0;font-size:13px;"
	"line-height:1.35}\n"
	"th,td{padding:3px 10px 3px 0;text-align:left;vertical-align:top;"
	"border-bottom:1px solid #ddd}\n"
	"th{border-bottom:1px solid #666}\n"
	".number{text-align:right;white-space:nowrap;"
	"font-variant-numeric:tabular-nums}\n"
	".facts th{font-weight:normal;color:#555;border-bottom:none;"
	"white-space:nowrap}\n"
	".facts td{border-bottom:none}\n"
	".warnings{border-left:3px solid #D55E00;padding:2px 14px;margin:10px 0}"
	"\n.warnings ul{padding-left:18px}\n"
	".quiet{color:#555}\n"
	"nav a{margin-right:14px;white-space:nowrap}\n"
	"a{color:#0072B2}\n"
	"@page{size:A4;margin:16mm 15mm}\n"
	"@media print{html{font-size:10pt}body{max-width:none;padding:0}"
	"nav{display:none}"
	"section.page{break-before:page}h2{margin-top:0}"
	"figure,.warnings{break-inside:avoid}tr{break-inside:avoid}"
	"h2,figcaption{break-after:avoid}thead{display:table-header-group}"
	"a{color:inherit;text-decoration:none}table{font-size:8.5pt}"
	"pre{font-size:8pt}}\n";

/* Length of the UTF-8 character at `c`; 0 = it is none. */
static size_t character(const unsigned char *c)
{
	size_t n = c[0] < 0x80   ? 1
	           : c[0] < 0xC2 ? 0
	           : c[0] < 0xE0 ? 2
	           : c[0] < 0xF0 ? 3
	           : c[0] < 0xF5 ? 4
	                         : 0;

	for (size_t k = 1; k < n; k++)
		if ((c[k] & 0xC0) != 0x80)
			return 0;
	if ((c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xED && c[1] > 0x9F)
	    || (c[0] == 0xF0 && c[1] < 0x90) || (c[0] == 0xF4 && c[1] > 0x8F))
		return 0; /* overlong, a surrogate, or beyond Unicode */
	return n;
}

static void put_mark(FILE *to, char c)
{
	switch (c) {
	case '&':
		fputs("&amp;", to);
		break;
	case '<':
		fputs("&lt;", to);
		break;
	case '>':
		fputs("&gt;", to);
		break;
	case '"':
		fputs("&quot;", to);
		break;
	case '\'':
		fputs("&#39;", to);
		break;
	default:
		fputc(((unsigned char)c < ' ' && c != '\n') || c == 0x7F ? ' ' : c,
		      to);
	}
}

void mr_html_text(FILE *to, const char *text)
{
	while (*text) {
		size_t n = character((const unsigned char *)text);

		if (n == 1)
			put_mark(to, *text);
		else if (n > 1)
			(void)fwrite(text, 1, n, to);
		else
			fputc('?', to);
		text += n ? n : 1;
	}
}

void mr_html_print(FILE *to, const char *fmt, ...)
{
	char text[4096];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	mr_html_text(to, text);
}

void mr_html_quantity(FILE *to, double x, const char *unit)
{
	char text[32];

	if (!isfinite(x)) {
		fputs("&ndash;", to);
		return;
	}
	(void)mr_tool_pretty(text, x, unit);
	for (const char *c = text; *c; c++) {
		if (*c == ' ')
			fputs("&nbsp;", to);
		else if (*c == 'u' && c > text && c[-1] == ' ')
			fputs("µ", to);
		else if (*c == '-' && (c == text || c[-1] == 'e'))
			fputs("&minus;", to);
		else
			put_mark(to, *c);
	}
}

void mr_html_head(FILE *to, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<title>", to);
	mr_html_text(to, title);
	fprintf(to, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>",
	        style);
	mr_html_text(to, title);
	fputs("</h1>\n", to);
}

void mr_html_foot(FILE *to)
{
	fputs("</body>\n</html>\n", to);
}

void mr_html_table(FILE *to, const char *const *columns)
{
	fputs("<table>\n<thead><tr>", to);
	for (size_t k = 0; columns[k]; k++) {
		bool number = columns[k][0] == '#';

		fputs(number ? "<th class=\"number\">" : "<th>", to);
		mr_html_text(to, columns[k] + (number ? 1 : 0));
		fputs("</th>", to);
	}
	fputs("</tr></thead>\n<tbody>\n", to);
}

/* What an id or a reference to one follows, in gnuplot's pictures. */
static size_t before_id(const char *at)
{
	static const char *const marks[] = {" id=\"",   " id='",  "href=\"#",
	                                    "href='#",  "url(#"};

	for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
		if (strncmp(at, marks[k], strlen(marks[k])) == 0)
			return strlen(marks[k]);
	return 0;
}

int mr_html_svg(FILE *to, const char *svg, const char *id, const char *title)
{
	static const char named[] = "<title>Gnuplot</title>";
	const char *at = strstr(svg, "<svg");

	if (!at)
		return MR_ERR_FORMAT;
	while (*at) {
		size_t n = before_id(at);

		if (strncmp(at, named, sizeof named - 1) == 0) {
			fputs("<title>", to);
			mr_html_text(to, title);
			fputs("</title>", to);
			at += sizeof named - 1;
		} else if (n > 0) {
			(void)fwrite(at, 1, n, to);
			fprintf(to, "%s-", id);
			at += n;
		} else {
			fputc(*at++, to);
		}
	}
	return MR_OK;
}
