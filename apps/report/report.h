/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A report: one page about what a log says of an array's cells. It is written
 * section by section, each in a file of its own; this is what they share.
 *
 * A section looks into the history (the fit, the log) for its data. If there
 * are none, it says what protocol would give them and is listed at the end.
 */
#ifndef MR_APPS_REPORT_REPORT_H
#define MR_APPS_REPORT_REPORT_H

#include "../cmd.h"
#include "memrig/fit.h"
#include "memrig/history.h"

/** The report that is being written. */
struct mr_report {
	struct mr_tool *tool;
	const char *log_path;
	const char *title;
	const char *png_folder;           /**< NULL = no pictures beside the page */
	const struct mr_history *history;
	const struct mr_fit *fit;         /**< NULL = there is none: see `no_fit` */
	const char *no_fit;               /**< why; "" */
	const char *file_path;            /**< of --fit, or NULL */
	const struct mr_model *file_model; /**< model of that file */
	const double *file_values;        /**< its parameters */
	double fit_s;                     /**< wall time that the fit took */
	FILE *to;                         /**< the page */
	char folder[64];                  /**< scratch, for pictures */
	uint32_t n_figures;
	char *script;                     /**< of the figure at work */
	size_t script_size;
	FILE *script_to;
	int code;                         /**< of the first failure; MR_OK */
	struct mr_errtext err;
};

/** A section. */
struct mr_report_section {
	const char *id;    /**< anchor, and begin of its figures' names */
	const char *title;
	const char *needs; /**< what a log must hold for it, as in "memrig measure
	                        drift"; NULL = it is always there */
	/**
	 * Whether the log holds its data. NULL = always.
	 * @param r  the report.
	 * @return whether to write it.
	 */
	bool (*has)(const struct mr_report *r);
	/**
	 * Write it; failures are kept in r->code.
	 * @param r  the report.
	 */
	void (*write)(struct mr_report *r);
};

/** @name The sections, in the order of the page. */
/**@{*/
extern const struct mr_report_section mr_report_who;
extern const struct mr_report_section mr_report_summary;
extern const struct mr_report_section mr_report_yield;
extern const struct mr_report_section mr_report_sweeps;
extern const struct mr_report_section mr_report_pulses;
extern const struct mr_report_section mr_report_amplitude;
extern const struct mr_report_section mr_report_program;
extern const struct mr_report_section mr_report_noise;
extern const struct mr_report_section mr_report_drift;
extern const struct mr_report_section mr_report_retention;
extern const struct mr_report_section mr_report_endurance;
extern const struct mr_report_section mr_report_disturb;
extern const struct mr_report_section mr_report_parameters;
/**@}*/

/**
 * Write the whole page.
 *
 * @param r  the report, `to` open and `folder` empty; all that is written to
 *           the scratch folder is gone afterwards, and the folder too.
 * @return MR_OK, or the code in r->code with its text in r->err.
 */
int mr_report_write(struct mr_report *r);

/* ---- figures --------------------------------------------------------------- */

/** What belongs to a figure. */
struct mr_report_caption {
	const char *name;  /**< of its file: letters, digits, dashes */
	const char *title; /**< short, without a full stop */
	unsigned width_px;
	unsigned height_px;
};

/**
 * Begin a figure.
 *
 * @param r  the report.
 * @return where its gnuplot script goes, data included; never NULL: after a
 *         failure it leads nowhere that matters.
 */
FILE *mr_report_figure(struct mr_report *r);

/**
 * End a figure: draw it into the page (and into its own file). Its caption is
 * left open, at the end of its title: write text, then mr_report_query().
 *
 * @param r        the report.
 * @param caption  what belongs to it.
 */
void mr_report_draw(struct mr_report *r, const struct mr_report_caption *caption);

/**
 * End a caption with the query that reaches what the figure shows.
 *
 * @param r         the report.
 * @param protocol  whose runs; NULL = all runs of the history.
 * @param columns   of view op, after run and id.
 * @param where     condition on view op.
 */
void mr_report_query(struct mr_report *r, const char *protocol,
                     const char *columns, const char *where);

/**
 * Keep a failure, unless there was one.
 *
 * @param r     the report.
 * @param code  the code; MR_OK does nothing.
 * @param text  what happened.
 */
void mr_report_fail(struct mr_report *r, int code, const char *text);

/* ---- looking ---------------------------------------------------------------- */

/**
 * Whether an event is from a run of a protocol.
 *
 * @param r         the report.
 * @param part      of the event.
 * @param protocol  its name.
 * @return whether.
 */
bool mr_report_is(const struct mr_report *r, uint16_t part, const char *protocol);

/**
 * Whether the history holds runs of a protocol.
 *
 * @param r         the report.
 * @param protocol  its name.
 * @return whether.
 */
bool mr_report_has(const struct mr_report *r, const char *protocol);

/**
 * A table of the fit.
 *
 * @param r     the report.
 * @param name  such as "drift".
 * @return the table if it has rows, or NULL.
 */
const struct mr_fit_table *mr_report_table(const struct mr_report *r,
                                           const char *name);

#endif
