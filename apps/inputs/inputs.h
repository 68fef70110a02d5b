/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Where input spikes come from: a generator of correlated and uncorrelated
 * processes, or a list of events from a file (rain gauges, or anything that
 * is on or off in each step). Every fault in a file is refused with its file
 * name and line number.
 */
#ifndef MR_APPS_INPUTS_INPUTS_H
#define MR_APPS_INPUTS_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"

#define MR_GROUPS_MAX 8        /**< groups of inputs that are told apart */
#define MR_STATIONS_MAX 100000 /**< inputs of an event file */
#define MR_STEPS_MAX 10000000  /**< steps (hours) of an event file */

/* ---- generator ----------------------------------------------------------- */

/** A group of inputs with equal statistics. */
struct mr_process {
	const char *name; /**< for people */
	uint32_t count;   /**< inputs */
	double rate_hz;   /**< mean rate of each */
	double c;         /**< Pearson correlation of each pair per step; 0 = none */
};

struct mr_generator; /**< opaque */

/**
 * Make a generator. Inputs of a correlated group copy a hidden reference
 * process: with Y the reference in this step and p the rate per step,
 * P(X = 1 | Y) = p + sqrt(c) (Y - p), which gives mean p and correlation c.
 *
 * Draws are addressed (purpose INPUT): the k-th waiting time of an input by
 * (input, k), its copy of the reference by (input, step). Uncorrelated
 * processes are exact Bernoulli sequences, drawn by their waiting times.
 *
 * @param process      [n_processes] groups; inputs are numbered in order.
 * @param n_processes  how many, 1 .. MR_GROUPS_MAX.
 * @param dt_s         step.
 * @param seed         any value.
 * @param out          receives the generator; mr_generator_free() it.
 * @param err          explains a failure; or NULL.
 * @return MR_OK; MR_ERR_RANGE for a rate or correlation that no process has;
 *         MR_ERR_NOMEM.
 */
int mr_generator_alloc(const struct mr_process *process, uint32_t n_processes,
                       double dt_s, uint64_t seed, struct mr_generator **out,
                       struct mr_errtext *err);

/**
 * The inputs that spike in the next step.
 *
 * @param generator  the generator.
 * @param n          receives how many.
 * @return [*n] ascending; borrowed until the next call.
 */
const uint32_t *mr_generator_next(struct mr_generator *generator,
                                  uint32_t *n);

/**
 * Release.
 *
 * @param generator  NULL is allowed.
 */
void mr_generator_free(struct mr_generator *generator);

/* ---- event files --------------------------------------------------------- */

/** Events in order of steps. */
struct mr_events {
	uint32_t n;        /**< inputs */
	uint32_t n_steps;  /**< steps that the list covers */
	size_t *first;     /**< [n_steps + 1] where each step's events begin */
	uint32_t *input;   /**< [first[n_steps]] ascending within a step */
};

#define MR_STATION_UNUSED (-1)  /**< its events are passed over */
#define MR_STATION_UNKNOWN (-2) /**< its events are refused */

/** How an event file is understood. */
struct mr_events_options {
	bool dense;        /**< 0/1 matrix, one row per step, one column per input;
	                        else rows of station,hour,amount */
	double threshold;  /**< sparse: an event is an amount >= this */
	uint32_t n_hours;  /**< sparse: hours covered; 0 = up to the last event */
	uint32_t first_hour; /**< use hours from this one ... */
	uint32_t end_hour; /**< ... up to here, not included; 0 = all */
	uint32_t n_stations; /**< sparse: stations that exist; 0 = any */
	const int32_t *input_of; /**< [n_stations] input of a station, or one of
	                              the codes; NULL = station s is input s */
	uint32_t n_inputs; /**< with input_of: inputs */
};

/**
 * Read an event file.
 *
 * @param path     plain or gzipped; "-" is standard input.
 * @param options  how to understand it.
 * @param out      filled in; release with mr_events_free().
 * @param err      names file, line, what is wrong and what would be right.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO; MR_ERR_FORMAT; MR_ERR_NOMEM.
 */
int mr_events_read(const char *path, const struct mr_events_options *options,
                   struct mr_events *out, struct mr_errtext *err);

/**
 * Release.
 *
 * @param events  from mr_events_read(), or all zero.
 */
void mr_events_free(struct mr_events *events);

/* ---- stations ------------------------------------------------------------ */

/** A rain gauge. */
struct mr_station {
	double lat_deg;
	double lon_deg;
	int32_t cluster; /**< 0 = not stated */
	bool known;      /**< this index is in the file */
};

/** Stations by their index. */
struct mr_stations {
	uint32_t n;
	struct mr_station *station; /**< [n] */
};

/**
 * Read a station list: a header line, then columns s, lat, lon and, if there,
 * cluster12.
 *
 * @param path  plain or gzipped.
 * @param out   filled in; free(out->station).
 * @param err   names file, line, what is wrong and what would be right.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO; MR_ERR_FORMAT; MR_ERR_NOMEM.
 */
int mr_stations_read(const char *path, struct mr_stations *out,
                     struct mr_errtext *err);

/** A choice of stations with labels. */
struct mr_panel {
	uint32_t n;
	uint32_t *station; /**< [n] station of each input */
	int8_t *label;     /**< [n] 1 = in the group, 0 = background, -1 unknown */
};

/**
 * Read one panel, or a list of labels: a header line, then columns s, label
 * and, for panels, panel.
 *
 * @param path      plain or gzipped.
 * @param name      the panel; NULL = every row (the file needs no panel).
 * @param stations  what stations exist; NULL = any.
 * @param out       filled in; release with mr_panel_free().
 * @param err       names file, line, what is wrong and what would be right.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO; MR_ERR_FORMAT, also for an unknown panel (those
 *         that exist are named); MR_ERR_NOMEM.
 */
int mr_panel_read(const char *path, const char *name,
                  const struct mr_stations *stations, struct mr_panel *out,
                  struct mr_errtext *err);

/**
 * Release.
 *
 * @param panel  from mr_panel_read(), or all zero.
 */
void mr_panel_free(struct mr_panel *panel);

/* ---- what a run is fed with ---------------------------------------------- */

/** Inputs, whatever their origin, with what is known of them. */
struct mr_inputs {
	uint32_t n;
	double dt_s;
	double *rate_hz;   /**< [n] mean rates */
	int8_t *label;     /**< [n] 1, 0, -1 = unknown */
	bool labelled;     /**< both labels occur */
	uint8_t *group;    /**< [n] */
	uint32_t n_groups;
	char group_name[MR_GROUPS_MAX][24];
	const struct mr_process *process; /**< generated inputs, else NULL */
	uint32_t n_processes;
	struct mr_events events;     /**< listed inputs */
	struct mr_stations stations; /**< n = 0: no map */
	uint32_t *station;           /**< [n] or NULL */
};

/** Where listed inputs are found; NULL paths = not given. */
struct mr_inputs_files {
	const char *events;
	const char *stations;
	const char *panels;
	const char *panel;
	const char *labels;
	bool dense;
	double threshold;
	uint32_t n_hours;
	uint32_t first_hour;
	uint32_t end_hour;
};

/**
 * Inputs from a generator.
 *
 * @param inputs       filled in; release with mr_inputs_free().
 * @param process      [n_processes]; must outlive the inputs.
 * @param n_processes  how many.
 * @param dt_s         step.
 * @param err          explains a failure.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_inputs_generated(struct mr_inputs *inputs,
                        const struct mr_process *process,
                        uint32_t n_processes, double dt_s,
                        struct mr_errtext *err);

/**
 * Inputs from files.
 *
 * @param inputs  filled in; release with mr_inputs_free().
 * @param files   where.
 * @param dt_s    step.
 * @param err     names file, line, what is wrong and what would be right.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO; MR_ERR_FORMAT; MR_ERR_NOMEM.
 */
int mr_inputs_listed(struct mr_inputs *inputs,
                     const struct mr_inputs_files *files, double dt_s,
                     struct mr_errtext *err);

/**
 * Release.
 *
 * @param inputs  from one of the above, or all zero.
 */
void mr_inputs_free(struct mr_inputs *inputs);

/** A pass through inputs. */
struct mr_feed {
	const struct mr_inputs *inputs;
	struct mr_generator *generator;
	uint32_t step; /**< in the list */
};

/**
 * Begin at the first step.
 *
 * @param feed    filled in; release with mr_feed_free().
 * @param inputs  must outlive the feed.
 * @param seed    of generated inputs.
 * @param err     explains a failure; or NULL.
 * @return MR_OK; as mr_generator_alloc().
 */
int mr_feed_init(struct mr_feed *feed, const struct mr_inputs *inputs,
                 uint64_t seed, struct mr_errtext *err);

/**
 * The inputs that spike in the next step; a list begins anew at its end.
 *
 * @param feed  the feed.
 * @param n     receives how many.
 * @return [*n] ascending; borrowed until the next call.
 */
const uint32_t *mr_feed_next(struct mr_feed *feed, uint32_t *n);

/**
 * Release.
 *
 * @param feed  from mr_feed_init(), or all zero.
 */
void mr_feed_free(struct mr_feed *feed);

#endif
