/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * An instrument at the end of a pipe, told what its profile says: a
 * source-measure unit, a meter or a switch matrix. After each group of commands
 * it is asked whether all is done and what went wrong.
 */
#ifndef MR_DRIVER_SMU_H
#define MR_DRIVER_SMU_H

#include "smu_profile.h"
#include "transport.h"

#define SMU_ANSWER_MAX 512 /* longest answer */

struct smu {
	struct mr__transport *pipe; /* NULL = not open */
	const struct mr_run *run;   /* of the submit that goes on; or NULL */
	struct smu_profile profile;
	char identity[SMU_ANSWER_MAX];
	int64_t answer_ns; /* grace on top of what a command takes */
	bool four_wires;   /* the voltage is sensed apart */
	double line_hz;    /* of the mains: what NPLC counts */
	double limit_A;    /* where an operation asks for none */
	bool in_step;      /* false: start it again before anything else */
	bool sent;         /* something has left since this was cleared */
	bool on;           /* its output, as far as we know */
	bool explaining;   /* a silence is being looked into */
	double set_limit_A; /* what the unit was told; 0 = nothing yet */
	double set_range_V;
	double set_nplc;
	double range_V;    /* least range to use */
};

/* What goes into the placeholders of a command. */
struct smu_values {
	double v_V;
	double i_A;
	double width_s;
	double nplc;
	const char *channel;
	double lasts_s; /* how long the unit is busy with it */
};

/* One reading. */
struct smu_reading {
	double v_V; /* NAN = the reply has none */
	double i_A; /* NAN = over range */
	uint8_t status; /* MR_STATUS_OVER_RANGE, _COMPLIANCE */
};

/**
 * Take the keys of an instrument from its URI (profile, answer_s; of a unit
 * also line_hz, wires, limit_A, range_V), open its pipe, ask who is there, start it.
 * @param kind  what it must be.
 * @param out   zeroed; on failure nothing is left open or switched on.
 * @return MR_OK; what mr__unit_profile_find() and mr__transport_open() return;
 *         MR_ERR_MISMATCH (another instrument is there: both are named).
 */
int mr__unit_open(struct mr_uri *uri, const struct mr_open_options *options,
                 enum smu_kind kind, struct smu *out, struct mr_errtext *err);

/** Safe state, then close; NULL pipe is ignored. */
int mr__unit_close(struct smu *s, struct mr_errtext *err);

/** Get in step again: clear, the same identity, start. */
int mr__unit_restart(struct smu *s, struct mr_errtext *err);

/** Abort and switch off, whatever is going on. It cannot wait for an answer;
 * out of step afterwards. */
int mr__unit_safe(struct smu *s, struct mr_errtext *err);

/** Send a group's lines; where one is a question its answer must fit. NULL
 * values where it has no placeholders. A group without lines is done. */
int mr__unit_say(struct smu *s, enum smu_command command,
                const struct smu_values *values, struct mr_errtext *err);

/** Wait until all is done, and take the errors from its queue: the first one is
 * the error. @return also MR_ERR_RANGE, MR_ERR_UNSUPPORTED, MR_ERR_REFUSED */
int mr__unit_settle(struct smu *s, double lasts_s, struct mr_errtext *err);

/** Output on at level 0 with this limit and at least this range: limit, range,
 * level 0, on; what changes is changed while it is off. */
int mr__unit_ready(struct smu *s, double v_V, double limit_A,
                  struct mr_errtext *err);

/** Level 0 and off, and the unit says so. */
int mr__unit_rest(struct smu *s, struct mr_errtext *err);

/** Integration time of the readings that follow, within the unit's bounds. */
int mr__unit_aperture(struct smu *s, double t_int_s, struct mr_errtext *err);

/** One reading and, where the unit can tell, whether the limit acts. */
int mr__unit_read(struct smu *s, struct smu_reading *out, struct mr_errtext *err);

/** Ask whether the limit acts; false where the unit cannot tell. */
int mr__unit_tripped(struct smu *s, bool *out, struct mr_errtext *err);

/* ---- answers (smu_answer.c) ---------------------------------------------------- */

/** The numbers of an answer, with commas, semicolons or blanks between.
 * @return how many, at most `room`; -1 = something is no number. */
int mr__unit_numbers(const char *text, double *out, int room);

/** A reading from an answer, in the order of the profile's `reply`.
 * @return MR_OK; MR_ERR_IO (malformed). */
int mr__unit_take_reading(const struct smu_profile *p, const char *text,
                         struct smu_reading *out, struct mr_errtext *err);

/** A yes or no: a number, true or false. @return MR_OK; MR_ERR_IO. */
int mr__unit_take_flag(const char *text, bool *out, struct mr_errtext *err);

/** An entry of an error queue: `number` and where its text begins.
 * @return MR_OK; MR_ERR_IO. */
int mr__unit_take_error(const char *text, long *number, const char **rest,
                       struct mr_errtext *err);

/** A command with its placeholders filled in.
 * @return MR_OK; MR_ERR_USAGE (it gets too long). */
int mr__unit_fill(const char *text, const struct smu_values *values,
                 char out[SMU_ANSWER_MAX], struct mr_errtext *err);

#endif
