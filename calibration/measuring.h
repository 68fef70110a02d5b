/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What protocols share. A protocol is one file measure_NAME.c with one
 * struct mr__protocol, and one line in measure_tables.c. It decides by the
 * description and by what its operations gave, by nothing else: that is what
 * makes it resumable.
 */
#ifndef MR_CALIBRATION_MEASURING_H
#define MR_CALIBRATION_MEASURING_H

#include "memrig/measure.h"

/** Readings of a cell at one end of its range. */
struct mr__end {
	double sum_S;
	uint32_t n;
};

/** What has been seen and done so far; kept by mr__measure_do(). */
struct mr__tally {
	uint64_t *pulses;   /**< [n_array] on each cell of the array */
	uint64_t *all;      /**< [n_array] likewise, of the whole measurement */
	struct mr__end *low;  /**< [n_array] readings at the bottom */
	struct mr__end *high; /**< [n_array] readings far up */
	uint32_t *steps;    /**< [n_array] 0 = unknown, else 1 + steps up since the
	                         cell was brought to the bottom */
	uint8_t *unknown;   /**< [n_array] nonzero: a pulse of unknown outcome */
	struct mr_measure_result *result; /**< counts go here */
};

/** A protocol at work. */
struct mr__measuring {
	const struct mr_description *desc;
	uint32_t abilities;
	struct mr_selection where; /**< the cells */
	uint32_t n;                /**< how many */
	uint32_t *cells;           /**< [n] their numbers, in order */
	float *g_S;                /**< [n] the last reading or programming */
	uint8_t *status;           /**< [n] its status */
	uint32_t *counts;          /**< [n] pulses, scratch of the protocol */
	float *targets_S;          /**< [n] likewise */
	uint32_t *spent;           /**< [n] likewise */
	int64_t t_ns;              /**< array time; goes on where a measurement is
	                                resumed */
	const struct mr__protocol *protocol;
	double value[MR_MEASURE_SETTINGS_MAX];     /**< of each setting */
	const char *text[MR_MEASURE_SETTINGS_MAX]; /**< of those that are texts */
	bool skipped;              /**< the array cannot do it */
	struct mr_errtext *err;    /**< never NULL */
	struct mr__tally tally;
	/** Does one operation, in earnest or not. */
	int (*submit)(void *self, struct mr_op *op);
	void *self;
};

/** A protocol; static. */
struct mr__protocol {
	struct mr_measure_protocol about;
	/**
	 * Measure.
	 * @param m  ready.
	 * @return MR_OK; what mr__measure_do() and mr__measure_skip() return.
	 */
	int (*run)(struct mr__measuring *m);
};

/** The protocols, each in a file of its own. */
extern const struct mr__protocol mr__measure_amplitude;
extern const struct mr__protocol mr__measure_converter;
extern const struct mr__protocol mr__measure_disturb;
extern const struct mr__protocol mr__measure_drift;
extern const struct mr__protocol mr__measure_endurance;
extern const struct mr__protocol mr__measure_iv;
extern const struct mr__protocol mr__measure_map;
extern const struct mr__protocol mr__measure_noise;
extern const struct mr__protocol mr__measure_program;
extern const struct mr__protocol mr__measure_pulses;
extern const struct mr__protocol mr__measure_retention;
extern const struct mr__protocol mr__measure_temperature;

/**
 * The table of protocols.
 * @param i  index.
 * @return the i-th; NULL behind the last.
 */
const struct mr__protocol *mr__measure_protocol(size_t i);

/* ---- operations ---------------------------------------------------------- */

/**
 * Do one operation and count it.
 * @param m   the protocol.
 * @param op  the operation.
 * @return as mr_array_submit(); m->err says why.
 */
int mr__measure_do(struct mr__measuring *m, struct mr_op *op);

/**
 * Say that the array cannot do this protocol.
 * @param m    the protocol.
 * @param fmt  printf format: why.
 * @return MR_ERR_UNSUPPORTED.
 */
int mr__measure_skip(struct mr__measuring *m, const char *fmt, ...)
	MR_PRINTF(2, 3);

/**
 * Value of a number.
 * @param m     the protocol.
 * @param name  of a setting that it has.
 * @return the value; NAN if it follows from the description.
 */
double mr__measure_value(const struct mr__measuring *m, const char *name);

/**
 * Value of a number, or what stands for it.
 * @param m       the protocol.
 * @param name    of a setting that it has.
 * @param preset  where nothing was set.
 * @return the value.
 */
double mr__measure_value_or(const struct mr__measuring *m, const char *name,
                            double preset);

/**
 * Value of a whole number.
 * @param m     the protocol.
 * @param name  of a setting that it has.
 * @return the value.
 */
uint32_t mr__measure_whole(const struct mr__measuring *m, const char *name);

/**
 * Value of a text.
 * @param m     the protocol.
 * @param name  of a setting that it has.
 * @return the text; "" = not set.
 */
const char *mr__measure_text(const struct mr__measuring *m, const char *name);

/**
 * Read numbers out of a text setting, separated by commas.
 * @param m     the protocol.
 * @param name  of the setting.
 * @param out   [max] receives the numbers.
 * @param max   room.
 * @param n     receives how many; 0 for an empty text.
 * @return MR_OK; MR_ERR_USAGE, explained.
 */
int mr__measure_list(const struct mr__measuring *m, const char *name,
                     double *out, size_t max, size_t *n);

/**
 * The waveform with an effect, if the array takes pulses.
 * @param m       the protocol.
 * @param effect  what it should do.
 * @return the waveform; NULL = there is none.
 */
const struct mr_waveform *mr__measure_wave(const struct mr__measuring *m,
                                           enum mr_effect effect);

/**
 * Read all cells at the described voltage into m->g_S.
 * @param m         the protocol.
 * @param averages  readings averaged; fewer where the array takes fewer.
 * @return as mr__measure_do().
 */
int mr__measure_read(struct mr__measuring *m, uint32_t averages);

/**
 * Give every cell the same number of pulses.
 * @param m      the protocol.
 * @param wave   the pulse.
 * @param count  how many.
 * @return as mr__measure_do().
 */
int mr__measure_pulse(struct mr__measuring *m, const struct mr_waveform *wave,
                      uint32_t count);

/**
 * Give every cell its number of pulses, from m->counts, which is used up.
 * @param m     the protocol.
 * @param wave  the pulse.
 * @return as mr__measure_do().
 */
int mr__measure_counts(struct mr__measuring *m, const struct mr_waveform *wave);

/**
 * Whether mr__measure_clear() can work.
 * @param m  the protocol.
 * @return whether there is a pulse that leads down.
 */
bool mr__measure_clears(const struct mr__measuring *m);

/**
 * Bring every cell to the bottom: by an erase, or by as many steps down as
 * cross the range.
 * @param m  the protocol.
 * @return as mr__measure_do().
 */
int mr__measure_clear(struct mr__measuring *m);

/**
 * Program every cell to its target, from m->targets_S; m->g_S, m->spent and
 * m->status receive what came of it.
 * @param m            the protocol.
 * @param tolerance_S  of success.
 * @param budget       pulses per cell.
 * @param averages     per verify read.
 * @return as mr__measure_do().
 */
int mr__measure_targets(struct mr__measuring *m, double tolerance_S,
                        uint32_t budget, uint32_t averages);

/**
 * Let array time pass.
 * @param m           the protocol.
 * @param duration_s  nothing is done if it is not > 0.
 * @return as mr__measure_do().
 */
int mr__measure_wait(struct mr__measuring *m, double duration_s);

/**
 * Wait until a moment.
 * @param m     the protocol.
 * @param t_ns  array time; may have passed.
 * @return as mr__measure_do().
 */
int mr__measure_until(struct mr__measuring *m, int64_t t_ns);

/* ---- levels -------------------------------------------------------------- */

/**
 * Whether cells can be brought to levels.
 * @param m  the protocol.
 * @return MR_OK; else as mr__measure_skip().
 */
int mr__measure_can_level(struct mr__measuring *m);

/**
 * Bring groups of cells to levels all over the range: by pulse counts after an
 * erase where the array takes pulses, else by programming. In each round every
 * cell moves on to the next level.
 * @param m         the protocol, after mr__measure_can_level().
 * @param round     0..
 * @param n_levels  >= 1.
 * @return as mr__measure_do(); m->t_ns is when they were brought there.
 */
int mr__measure_levels(struct mr__measuring *m, uint32_t round,
                       uint32_t n_levels);

/**
 * Read all cells at times that grow by a constant factor.
 * @param m           the protocol.
 * @param t0_ns       array time of programming.
 * @param first_s     first reading, after t0_ns.
 * @param last_s      last reading.
 * @param per_decade  readings per factor of ten.
 * @param averages    per reading.
 * @return as mr__measure_do().
 */
int mr__measure_log_times(struct mr__measuring *m, int64_t t0_ns,
                          double first_s, double last_s, uint32_t per_decade,
                          uint32_t averages);

#endif
