/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Figures through gnuplot, a PNG or SVG file each. A script is written to a
 * stream, data included; gnuplot gets it through its standard input when the
 * figure ends. The file appears whole or not at all: it is written under a
 * temporary name and renamed.
 */
#ifndef MR_APPS_FIGURE_H
#define MR_APPS_FIGURE_H

#include "memrig/error.h"

#include <stdbool.h>
#include <stdio.h>

struct mr_figure; /**< opaque: a figure that is being written */

/** Colours that colour-blind readers can tell apart (M. Okabe and K. Ito,
 * "Color Universal Design", 2008), for use in scripts. */
#define MR_FIGURE_BLUE "#0072B2"
#define MR_FIGURE_ORANGE "#E69F00"
#define MR_FIGURE_GREEN "#009E73"
#define MR_FIGURE_RED "#D55E00"
#define MR_FIGURE_PURPLE "#CC79A7"
#define MR_FIGURE_SKY "#56B4E9"
#define MR_FIGURE_GREY "#9A9A9A"

/**
 * Check the name of a figure before the work is done that it will show.
 *
 * @param path  the file wanted.
 * @param err   says what would be right; or NULL.
 * @return MR_OK; MR_ERR_USAGE if it ends neither in .png nor .svg; MR_ERR_IO if
 *         its folder is not there or cannot be written; MR_ERR_NOMEM.
 */
int mr_figure_check(const char *path, struct mr_errtext *err);

/**
 * Begin a figure: terminal, font and output are set in the script.
 *
 * @param path       ends in .png or .svg.
 * @param width_px   of the picture, at 96 pixels per inch.
 * @param height_px  likewise.
 * @param out        receives the figure; end it with mr_figure_end().
 * @param err        explains a failure; or NULL.
 * @return MR_OK; as mr_figure_check(); MR_ERR_NOMEM.
 */
int mr_figure_begin(const char *path, unsigned width_px, unsigned height_px,
                    struct mr_figure **out, struct mr_errtext *err);

/**
 * Where the script goes.
 *
 * @param figure  the figure.
 * @return a stream; do not close it.
 */
FILE *mr_figure_script(struct mr_figure *figure);

/**
 * Write a text, quoted for gnuplot. Marks of its enhanced text mode
 * (^ _ { } @ & ~) appear as they are.
 *
 * @param to    where a script is being written.
 * @param text  any text.
 */
void mr_figure_quote(FILE *to, const char *text);

/**
 * Write a text into the script of a figure, as mr_figure_quote() does.
 *
 * @param figure  the figure.
 * @param text    any text.
 */
void mr_figure_text(struct mr_figure *figure, const char *text);

/**
 * Run gnuplot and put the file in its place; or drop the figure.
 *
 * @param figure  gone either way; NULL is allowed.
 * @param keep    false: drop it.
 * @param err     explains a failure; or NULL.
 * @return MR_OK; MR_ERR_UNSUPPORTED if gnuplot is not installed; MR_ERR_IO if
 *         it failed or the file cannot be written; MR_ERR_NOMEM.
 */
int mr_figure_end(struct mr_figure *figure, bool keep,
                  struct mr_errtext *err);

#endif
