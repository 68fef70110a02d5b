/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The guard's state, and what its files call of each other. */
#ifndef MR_DRIVER_GUARD_H
#define MR_DRIVER_GUARD_H

#include "array_priv.h"

/* What lines beside the selected ones see, as fractions of the amplitude. */
struct mr__bias {
	char name[16];
	double row;   /* cells on the selected row */
	double col;   /* on the selected column */
	double other; /* on neither */
};

/* Counts of pulses; all NULL = nothing is counted. */
struct mr__guard_cells {
	uint64_t *own;       /* [cells] pulses on the cell itself */
	uint64_t *own_row;   /* [cells] those of them that its row felt */
	uint64_t *own_col;   /* [cells] its column */
	uint64_t *own_other; /* [cells] all others */
	uint64_t *row;       /* [rows] pulses on a row that the row felt */
	uint64_t *col;       /* [cols] */
	uint64_t *other_row; /* [rows] pulses on a row that all others felt */
	uint64_t *other_col; /* [cols] */
	uint64_t others;     /* in all */
};

/* Time under pulses: fills with them and drains at the duty cycle. */
struct mr__bucket {
	double load_s;
	int64_t t_ns; /* array time of load_s */
};

struct mr__guard_duty {
	double all;      /* cap of all pulses together; infinite = not given */
	double cell;     /* of each cell; infinite */
	double window_s; /* a bucket holds cap * window */
	double ahead_s;  /* what the operations admitted of a list take */
	struct mr__bucket sum;
	struct mr__bucket *cells; /* [cells] or NULL */
};

/* What is known of a cell's plausibility. */
struct mr__mark {
	float g_S;       /* last reading that moved; NaN = none */
	bool bad;
	bool is_stuck;   /* why it is: else a reading was wild */
	uint64_t pulses; /* since then */
};

struct mr__guard_marks {
	double lo_S;     /* plausible readings; infinite = not given */
	double hi_S;
	uint64_t stuck;  /* so many pulses move a cell; UINT64_MAX = not given */
	double moved_S;  /* by more than this */
	bool refuses;    /* pulses on bad cells */
	struct mr__mark *cells; /* [cells] or NULL */
};

struct mr__guard {
	struct mr_stage inner;
	double v_max_V; /* of the run, as the keys say; infinite = not given */
	double i_max_A;
	double width_max_s;
	uint64_t pulses_max;
	uint64_t pulses_left;
	double read_max_V;
	int64_t t_ns;           /* array time at the end of the last operation */
	double disturb_V;       /* on cells that are not selected; infinite */
	double disturb_from_V;  /* from here on it is an exposure */
	uint64_t cell_pulses_max; /* UINT64_MAX = not given */
	uint64_t exposures_max;
	double pulse_J;         /* of one pulse; infinite = not given */
	double total_J;         /* of the run */
	double left_J;
	double form_V;          /* beyond it a cell is formed; infinite */
	uint32_t armed;         /* cell; MR__UNARMED */
	int64_t armed_until_ns; /* of the clock */
	struct mr__bias bias;   /* of the scheme that holds */
	struct mr__guard_cells cells;
	struct mr__guard_duty duty;
	struct mr__guard_marks marks;
	double v_reads_V; /* a trace beyond this programs */
	struct mr_description desc; /* narrowed */
};

/* ---- guard_limits.c -------------------------------------------------------------- */

/* Whether a magnitude is at most max, as floats see it; NaN is not. */
bool mr__guard_within(double value, double max);

/* Whether the keys limit amplitudes or widths. */
bool mr__guard_is_narrowed(const struct mr__guard *g);

/* Whether level k of a trace is beyond reading. */
bool mr__guard_programs(const struct mr__guard *g, const struct mr_trace_op *tr,
                        uint32_t k);

/* MR_OK; MR_ERR_REFUSED. */
int mr__guard_check(const struct mr__guard *g, const struct mr_op *op,
                    struct mr_errtext *err);

/* ---- guard_select.c -------------------------------------------------------------- */

/* The scheme in force, as described; NULL = there is no choice. */
const char *mr__guard_scheme(const struct mr_description *d);

/* Go by a scheme's bias; NULL = the first described. */
void mr__guard_take_scheme(struct mr__guard *g, const char *name);

/* What a cell that is not selected sees at most, as a fraction. */
double mr__guard_worst(const struct mr__guard *g);

/* Greatest magnitude of an operation's voltages; 0 if they are currents. */
double mr__guard_peak_V(const struct mr__guard *g, const struct mr_op *op);

int mr__guard_check_disturb(const struct mr__guard *g, const struct mr_op *op,
                            struct mr_errtext *err);

/* ---- guard_cells.c --------------------------------------------------------------- */

/* Begin to count if anything can be felt, or is limited. MR_ERR_NOMEM. */
int mr__guard_cells_open(struct mr__guard *g, struct mr_errtext *err);
void mr__guard_cells_free(struct mr__guard *g);

/* MR_ERR_UNSUPPORTED: nothing is counted. */
int mr__guard_exposure(const struct mr__guard *g, uint32_t cell,
                       struct mr_exposure *out);

/* Count an operation as done, unless that goes over a limit; then put it right
 * when it is known how many elements took effect. */
int mr__guard_cells_reserve(struct mr__guard *g, const struct mr_op *op,
                            struct mr_errtext *err);
void mr__guard_cells_settle(struct mr__guard *g, const struct mr_op *op,
                            uint64_t n_done);

/* ---- guard_energy.c -------------------------------------------------------------- */

/* An upper bound of what the first n elements take. */
double mr__guard_energy_J(const struct mr__guard *g, const struct mr_op *op,
                          uint64_t n);

/* Each pulse within its bound, and all within what is left. */
int mr__guard_check_energy(const struct mr__guard *g, const struct mr_op *op,
                           struct mr_errtext *err);

/* ---- guard_duty.c ---------------------------------------------------------------- */

bool mr__guard_has_duty(const struct mr__guard *g);

/* MR_ERR_NOMEM. */
int mr__guard_duty_open(struct mr__guard *g, struct mr_errtext *err);
void mr__guard_duty_free(struct mr__guard *g);

/* Take an operation's time as spent, unless that is too much: MR_ERR_REFUSED. */
int mr__guard_duty_reserve(struct mr__guard *g, const struct mr_op *op,
                           struct mr_errtext *err);
/* Give back what its elements from n_done on would have spent. */
void mr__guard_duty_settle(struct mr__guard *g, const struct mr_op *op,
                           uint64_t n_done);

/* ---- guard_marks.c --------------------------------------------------------------- */

/* Take key guard.bad, and begin to watch where a key says how. MR_ERR_USAGE,
 * MR_ERR_NOMEM. */
int mr__guard_marks_open(struct mr__guard *g, struct mr_uri *uri,
                         struct mr_errtext *err);
void mr__guard_marks_free(struct mr__guard *g);

bool mr__guard_is_bad(const struct mr__guard *g, uint32_t cell);

/* No pulses on bad cells, where that was asked for. */
int mr__guard_check_marks(const struct mr__guard *g, const struct mr_op *op,
                          struct mr_errtext *err);

/* Learn from the first n_done elements of an operation that was done, and tell
 * in its status which cells are bad. */
void mr__guard_marks_learn(struct mr__guard *g, struct mr_op *op, uint64_t n_done);

/* ---- guard_arm.c ----------------------------------------------------------------- */

#define MR__UNARMED UINT32_MAX

/* Whether an operation is the guard's own: configure arm. */
bool mr__guard_is_arm(const struct mr__guard *g, const struct mr_op *op);

/* Arm a cell, or none. MR_ERR_RANGE. */
int mr__guard_arm(struct mr__guard *g, struct mr_op *op, const struct mr_run *run);

/* Describe the condition, where forming has a threshold. */
void mr__guard_describe_arm(const struct mr__guard *g, struct mr_description *d);

/* Forming has been allowed for just this; uses the arm up. */
int mr__guard_check_forming(struct mr__guard *g, const struct mr_op *op,
                            const struct mr_run *run, struct mr_errtext *err);

/* ---- guard_budget.c -------------------------------------------------------------- */

/* Check an operation and take what it may cost off the budget. */
int mr__guard_admit(struct mr__guard *g, const struct mr_op *op,
                    const struct mr_run *run, struct mr_errtext *err);

/* Whether an operation would be admitted; nothing is taken. */
int mr__guard_would(struct mr__guard *g, const struct mr_op *op,
                    const struct mr_run *run);

/* Give back what was admitted and did not happen. */
void mr__guard_settle(struct mr__guard *g, const struct mr_op *ops, size_t n,
                      size_t n_done, int rc);

#endif
