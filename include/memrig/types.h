/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The words of the waist: which cells, what is done to them, what came of it,
 * and what a back end says of itself. Plain records; all pointers belong to
 * the caller and are used only during the call.
 *
 * Units are SI base units, named in each field. Measured values are float
 * (no instrument resolves more), durations double, array time int64_t
 * nanoseconds (exact over 292 years). Matrices are flat and row-major; the
 * first index is the row (word line). cell = row * cols + col.
 */
#ifndef MEMRIG_TYPES_H
#define MEMRIG_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"

/** @name Status bits of a result; several may be set. */
/**@{*/
#define MR_STATUS_COMPLIANCE 0x01u    /**< the current limit acted */
#define MR_STATUS_OVER_RANGE 0x02u    /**< outside the meter's range: clipped */
#define MR_STATUS_SATURATED 0x04u     /**< the cell is at its end of range */
#define MR_STATUS_NOT_CONVERGED 0x08u /**< the budget ended before the target;
                                           of a sample: left out */
#define MR_STATUS_UNKNOWN 0x10u       /**< whether it took effect is unknown */
#define MR_STATUS_SUSPECT 0x20u       /**< the guard has marked the cell bad: a
                                           reading beyond guard.g_lo_S or
                                           g_hi_S, or guard.stuck pulses that
                                           did not move it */
/**@}*/

/** How a selection names its cells. */
enum mr_selection_kind {
	MR_SELECT_ALL = 0, /**< every cell, row by row */
	MR_SELECT_RECT,    /**< n_rows x n_cols from (row, col), row by row */
	MR_SELECT_LIST,    /**< a list of cells, in the order of effect */
	MR_SELECT_OUTER    /**< every crossing of listed rows and columns */
};

/**
 * Which cells. Results are in the order that the kind states. ALL, RECT and
 * OUTER act on their cells at the same time, as a crossbar does; a LIST is
 * worked off one cell after another and may name a cell twice in reads and
 * pulses. The lists of OUTER must not repeat a line.
 */
struct mr_selection {
	enum mr_selection_kind kind;
	uint32_t row;          /**< RECT: first row */
	uint32_t col;          /**< RECT: first column */
	uint32_t n_rows;       /**< RECT, OUTER: number of rows */
	uint32_t n_cols;       /**< RECT, OUTER: number of columns */
	const uint32_t *rows;  /**< OUTER: [n_rows] */
	const uint32_t *cols;  /**< OUTER: [n_cols] */
	const uint32_t *cells; /**< LIST: [n_cells] cell numbers */
	uint32_t n_cells;      /**< LIST: length */
};

/** What an operation does. Values are stored in logs: never reused. */
enum mr_op_kind {
	MR_OP_READ = 1,      /**< conductance of cells */
	MR_OP_PULSE = 2,     /**< programming pulses */
	MR_OP_TRACE = 3,     /**< a waveform with samples */
	MR_OP_PROGRAM = 4,   /**< bring cells to target conductances */
	MR_OP_DRIVE = 5,     /**< analog matrix-vector products */
	MR_OP_WAIT = 6,      /**< let array time pass */
	MR_OP_CONFIGURE = 7  /**< change a named condition */
};

/** Bit of an operation kind in a set of abilities. */
#define MR_ABILITY(kind) (1u << (kind))
/** Further abilities beside the seven operations. */
#define MR_ABILITY_SNAPSHOT (1u << 16) /**< state can be saved and restored */
#define MR_ABILITY_RESYNC (1u << 17)   /**< can recover an unknown outcome */

/** Unit of an amplitude. */
enum mr_unit {
	MR_UNIT_VOLT = 0,  /**< voltage-controlled, V */
	MR_UNIT_AMPERE = 1 /**< current-controlled, A */
};

/** Which lines a drive feeds; the others are read. */
enum mr_axis {
	MR_AXIS_ROWS = 0, /**< voltages on rows, currents from columns */
	MR_AXIS_COLS = 1  /**< voltages on columns, currents from rows */
};

/** Read conductances. n = number of selected cells. */
struct mr_read_op {
	double v_read_V;   /**< read voltage; 0 = the described read waveform */
	double t_int_s;    /**< integration time; 0 = the described one */
	uint32_t averages; /**< readings averaged into one result; 0 counts as 1 */
	float *g_S;        /**< [n] conductance; required */
	float *v_V;        /**< [n] raw voltage, or NULL */
	float *i_A;        /**< [n] raw current, or NULL */
	uint8_t *status;   /**< [n] status bits, or NULL */
};

/** Apply programming pulses. n = number of selected cells. */
struct mr_pulse_op {
	enum mr_unit unit;       /**< unit of the amplitudes */
	double amplitude;        /**< V or A, used where `amplitudes` is NULL */
	const float *amplitudes; /**< [n] V or A per cell, or NULL */
	double width_s;          /**< flat top, used where `widths_s` is NULL */
	const float *widths_s;   /**< [n] per cell, or NULL */
	double t_rise_s;         /**< leading edge, >= 0 */
	double t_fall_s;         /**< trailing edge, >= 0 */
	uint32_t count;          /**< pulses per cell; 0 counts as 1 */
	const uint32_t *counts;  /**< [n] pulses per cell (0 = none), or NULL */
	double compliance;       /**< limit in the other unit; 0 = none */
	uint8_t *status;         /**< [n] status bits, or NULL */
};

/** Play one waveform on each selected cell and sample it. Where it is composed
 * from reads, a sample integrates over the end of its hold, and one at level 0,
 * where nothing can be read, is a current of 0. A board's own job may end before
 * the waveform does, where it was told to: samples that were left out so are 0 V
 * and 0 A with MR_STATUS_NOT_CONVERGED, and the cell took effect. */
struct mr_trace_op {
	enum mr_unit unit;     /**< unit of the levels */
	uint32_t n_levels;     /**< number of levels, >= 1 */
	const float *level;    /**< [n_levels] V or A */
	const double *hold_s;  /**< [n_levels] how long each level holds, > 0 */
	const uint8_t *sample; /**< [n_levels] nonzero: sample at its end; or NULL
	                            = all levels */
	double compliance;     /**< limit in the other unit; 0 = none */
	float *v_V;            /**< [n*n_samples] or NULL */
	float *i_A;            /**< [n*n_samples]; required */
	double *t_s;           /**< [n*n_samples] since the operation's begin, or
	                            NULL */
	uint8_t *status;       /**< [n*n_samples] or NULL */
};

/**
 * Bring cells to target conductances. n = number of selected cells. A verify
 * read that was over range is no success, whatever its value: it counts as
 * "above", and where it lies below the target the cell is given up.
 */
struct mr_program_op {
	double target;         /**< S, used where `target_S` is NULL; finite, >= 0 */
	const float *target_S; /**< [n] per cell, or NULL */
	double tolerance_S;    /**< a read within +-tolerance is a success; > 0 */
	uint32_t budget;       /**< pulses allowed per cell, >= 1 */
	uint32_t averages;     /**< readings per verify; 0 counts as 1 */
	float *g_S;            /**< [n] last verify read, or NULL */
	uint32_t *pulses;      /**< [n] pulses spent, or NULL */
	uint8_t *status;       /**< [n] status bits of the cell's last verify read
	                            and last pulse, and NOT_CONVERGED; or NULL */
};

/**
 * Drive a batch of voltage vectors and take the currents: with axis ROWS,
 * i[b][c] = sum over r of v[b][r] * G[r][c]. The selection must be ALL, RECT
 * or OUTER; its rows and columns name the lines; n_in lines are fed and n_out
 * are read. Vector b starts b * period_s after the operation's begin.
 */
struct mr_drive_op {
	enum mr_axis axis;
	uint32_t batch;    /**< number of vectors, >= 1 */
	const float *v_V;  /**< [batch*n_in] line voltages */
	double duration_s; /**< how long each vector is applied; 0 = described */
	double period_s;   /**< from start to start; 0 = back to back */
	float *i_A;        /**< [batch*n_out] currents; required */
	uint8_t *status;   /**< [batch*n_out] or NULL; of a composed drive, the
	                        bits of all the reads that an output sums */
};

/** Let array time pass: an emulator ages, a board really waits. */
struct mr_wait_op {
	double duration_s; /**< >= 0 and finite */
};

/** Change a named condition; it holds from here on. */
struct mr_configure_op {
	const char *name;  /**< one of the described conditions */
	const char *value; /**< its new value as text, such as "2e-05" or "1t1r" */
};

/** What became of an operation; written by the library. */
struct mr_outcome {
	int error;         /**< MR_OK or the code */
	uint32_t status;   /**< OR of all status bits */
	uint64_t n_effect; /**< how many of its elements took effect, in order:
	                        cells; vectors of a drive; 1 for wait, configure */
	int64_t t_begin_ns; /**< array time at begin */
	int64_t t_end_ns;   /**< array time at end */
	uint64_t id;        /**< order in this handle, 1.. ; 0 = never begun */
};

/** One operation: a kind, its cells, the record of its kind, its outcome. */
struct mr_op {
	enum mr_op_kind kind;
	struct mr_selection where; /**< ignored by wait and configure */
	union {
		struct mr_read_op read;
		struct mr_pulse_op pulse;
		struct mr_trace_op trace;
		struct mr_program_op program;
		struct mr_drive_op drive;
		struct mr_wait_op wait;
		struct mr_configure_op configure;
	};
	struct mr_outcome outcome;
};

/** What a named waveform does to the conductance. */
enum mr_effect {
	MR_EFFECT_NONE = 0,  /**< reads: does not change the cell */
	MR_EFFECT_RAISE = 1, /**< one step up */
	MR_EFFECT_LOWER = 2, /**< one step down */
	MR_EFFECT_ERASE = 3  /**< down to the bottom, whatever it was */
};

/**
 * Typical mean step of a waveform, as a data sheet would state it:
 * dG = max(floor, offset + slope * G + history * exp(-(n + 1) / memory)), with
 * n = pulses since the last erase. It describes the type, not a cell.
 */
struct mr_step {
	double floor_S;       /**< smallest step to reckon with, > 0 */
	double offset_S;      /**< at G = 0 */
	double slope;         /**< per siemens: dimensionless, usually <= 0 */
	double history_S;     /**< extra step of a fresh cell; 0 = none */
	double memory_pulses; /**< pulses over which the extra fades; > 0 */
};

/** A waveform that the array knows by name. */
struct mr_waveform {
	char name[16];
	enum mr_unit unit;
	double amplitude; /**< V or A */
	double amplitude_min; /**< below it nothing happens; 0 = fixed */
	double amplitude_max; /**< greatest that acts alike, in steps that grow
	                           with the amplitude; 0 = fixed */
	double width_s;
	double t_rise_s;
	double t_fall_s;
	enum mr_effect effect;
	struct mr_step step; /**< for RAISE and LOWER */
};

/** Real bias of every line under a half-select scheme, as a fraction of the
 * applied amplitude; NAN = floating. */
struct mr_scheme {
	char name[16];
	double row_selected;
	double row_other;
	double col_selected;
	double col_other;
};

/** A condition that configure accepts. */
struct mr_condition {
	char name[24];
	char unit[8];     /**< empty for a choice */
	double min;       /**< numbers: least value */
	double max;       /**< numbers: greatest value */
	char choices[64]; /**< choices: names separated by '|'; else empty */
	char value[32];   /**< what holds now */
};

/** Bounds of what may be applied; 0 = the quantity is not available. */
struct mr_limits {
	double v_read_max_V;  /**< reads and drives that do not disturb */
	double v_pulse_max_V; /**< magnitude of voltage pulses */
	double i_pulse_max_A; /**< magnitude of current pulses */
	double width_min_s;   /**< shortest pulse, read or drive */
	double width_max_s;   /**< longest */
	double wait_max_s;    /**< longest wait, period and hold at level 0; 0 =
	                           width_max_s */
	uint32_t count_max;   /**< pulses per cell in one operation */
	uint32_t batch_max;   /**< vectors in one drive */
	uint32_t averages_max;
};

#define MR_WAVEFORMS_MAX 8
#define MR_SCHEMES_MAX 4
#define MR_CONDITIONS_MAX 8
#define MR_LEVELS_MAX 16

/** How the cells of one operation that are no list follow each other between
 * its begin and its end; a list is worked off cell after cell in any case. */
enum mr_order {
	MR_ORDER_ROWS = 0,  /**< reads row by row, all else at the end */
	MR_ORDER_CELLS = 1, /**< cell after cell, each with all that is asked */
	MR_ORDER_PASSES = 2 /**< the same, but averaged reads, also of a list, are
	                         as many passes over the cells */
};

/** What a back end says of itself. */
struct mr_description {
	char driver[16];    /**< as in the URI, such as "emu" */
	char model[24];     /**< cell model or technology */
	char identity[128]; /**< serial number, firmware, or the emulator's key
	                         figures */
	char calibration[48]; /**< that its readings have gone through: number
	                         and date; "" = none */
	uint32_t rows;
	uint32_t cols;
	uint32_t abilities; /**< MR_ABILITY() bits of what submit takes itself */
	enum mr_order order; /**< in which cells take their turns */
	bool has_seed;      /**< seed is meaningful */
	uint64_t seed;
	int64_t time_ns;    /**< array time when it was described; 0 = new or
	                         unknown */
	struct mr_limits limits;
	double g_min_S;     /**< least conductance that can be set */
	double g_max_S;     /**< greatest */
	double g_unit_S;    /**< a cell that counts as fully on (weight 1) */
	double drift_nu;    /**< typical drift exponent; 0 = none or unknown */
	double drift_t0_s;  /**< its reference time */
	uint32_t n_levels;  /**< drive takes only these input levels; 0 = any */
	float level_V[MR_LEVELS_MAX];
	uint32_t n_waveforms;
	struct mr_waveform waveforms[MR_WAVEFORMS_MAX];
	uint32_t n_schemes;
	struct mr_scheme schemes[MR_SCHEMES_MAX];
	uint32_t n_conditions;
	struct mr_condition conditions[MR_CONDITIONS_MAX];
};

/**
 * Number of cells of a selection.
 *
 * @param where  the selection.
 * @param desc   gives the shape, for ALL.
 * @return how many cells; repeated list entries count each time.
 */
MR_API uint64_t mr_selection_count(const struct mr_selection *where,
                                   const struct mr_description *desc);

/**
 * The i-th cell of a selection.
 *
 * @param where  the selection; must fit the shape.
 * @param desc   gives the shape.
 * @param i      0 .. mr_selection_count() - 1.
 * @return its cell number, row * cols + col.
 */
MR_API uint32_t mr_selection_cell(const struct mr_selection *where,
                                  const struct mr_description *desc,
                                  uint64_t i);

/**
 * Check that a selection fits an array.
 *
 * @param where  the selection.
 * @param desc   gives the shape.
 * @param err    says which index is wrong and what would be right; or NULL.
 * @return MR_OK; MR_ERR_USAGE for an empty selection, a missing list, a
 *         repeated line of OUTER or an unknown kind; MR_ERR_RANGE for a line
 *         or cell outside the array.
 */
MR_API int mr_selection_check(const struct mr_selection *where,
                              const struct mr_description *desc,
                              struct mr_errtext *err);

/**
 * Number of rows and columns of a selection that is a product of lines.
 *
 * @param where   ALL, RECT or OUTER.
 * @param desc    gives the shape, for ALL.
 * @param n_rows  receives the number of rows.
 * @param n_cols  receives the number of columns.
 * @return MR_OK; MR_ERR_USAGE for a LIST.
 */
MR_API int mr_selection_lines(const struct mr_selection *where,
                              const struct mr_description *desc,
                              uint32_t *n_rows, uint32_t *n_cols);

/**
 * Name of an operation kind, such as "pulse".
 *
 * @param kind  any value.
 * @return static text, never NULL; "unknown" for no kind.
 */
MR_API const char *mr_op_kind_name(enum mr_op_kind kind);

/**
 * Number of elements of an operation: what n_effect counts up to.
 *
 * @param op    the operation.
 * @param desc  gives the shape.
 * @return cells; vectors of a drive; 1 for wait and configure.
 */
MR_API uint64_t mr_op_elements(const struct mr_op *op,
                               const struct mr_description *desc);

/**
 * Number of samples of a trace per cell.
 *
 * @param trace  the trace.
 * @return how many levels are sampled.
 */
MR_API uint32_t mr_trace_samples(const struct mr_trace_op *trace);

/**
 * Find a waveform by name.
 *
 * @param desc  the description.
 * @param name  such as "set".
 * @return the record inside `desc`, or NULL.
 */
MR_API const struct mr_waveform *
mr_description_waveform(const struct mr_description *desc, const char *name);

/**
 * Find the first waveform with an effect.
 *
 * @param desc    the description.
 * @param effect  what it should do.
 * @return the record inside `desc`, or NULL.
 */
MR_API const struct mr_waveform *
mr_description_effect(const struct mr_description *desc,
                      enum mr_effect effect);

#endif
