/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Pieces of a page in HTML that needs nothing else: no script, no network.
 * Whatever text goes in comes out as text, whatever it holds.
 */
#ifndef MR_APPS_REPORT_HTML_H
#define MR_APPS_REPORT_HTML_H

#include <stddef.h>
#include <stdio.h>

#include "memrig/error.h"

/**
 * Write a text with its marks escaped; control characters become blanks, bytes
 * that are no UTF-8 question marks.
 *
 * @param to    the page.
 * @param text  any bytes.
 */
void mr_html_text(FILE *to, const char *text);

/**
 * Print, then write as mr_html_text() does; cut behind 4095 bytes.
 *
 * @param to   the page.
 * @param fmt  printf format.
 */
void mr_html_print(FILE *to, const char *fmt, ...) MR_PRINTF(2, 3);

/**
 * Write a quantity for people, such as "25.3 µS".
 *
 * @param to    the page.
 * @param x     SI base units; what is no number is written as a dash.
 * @param unit  SI symbol; "1" = a pure number.
 */
void mr_html_quantity(FILE *to, double x, const char *unit);

/**
 * Write everything up to the first section.
 *
 * @param to     the page.
 * @param title  of the page.
 */
void mr_html_head(FILE *to, const char *title);

/**
 * Write what closes the page.
 *
 * @param to  the page.
 */
void mr_html_foot(FILE *to);

/**
 * Begin a table: its head.
 *
 * @param to       the page.
 * @param columns  titles, ended by NULL; those that begin with '#' are of
 *                 numbers, and set to the right.
 */
void mr_html_table(FILE *to, const char *const *columns);

/**
 * Put a picture into the page: its <svg> element, every id in it made unique.
 *
 * @param to    the page.
 * @param svg   [ended by 0] a document as gnuplot writes it.
 * @param id    what its ids shall begin with: letters, digits and dashes.
 * @param title what a reader who cannot see it is told.
 * @return MR_OK; MR_ERR_FORMAT if there is no <svg> element.
 */
int mr_html_svg(FILE *to, const char *svg, const char *id, const char *title);

#endif
