/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Logical weights carried by cells. A synapse (input i, output j) has N cells
 * per polarity in row i; its weight is the sum of their conductances over
 * N * g_unit_S * drift_scale, minus the same of the other polarity for a pair;
 * or, with a shared reference, that sum minus the reference's over half as much.
 *
 * Cells: column of (j, polarity s, replica d) = (j * S + s) * N + d, with S = 2
 * for PAIR and else 1; the N columns after the outputs' are the reference of
 * OFFSET. Where there are more inputs than rows, they are folded: into F equal
 * parts, the fewest that fit, part f in the columns from f * (all of these) on.
 * A forward pass then is a drive per part and a digital sum.
 * One cell per update is pulsed; which one follows from a selection counter, and
 * counters for potentiation and for depression set how often a pulse is given
 * at all (I. Boybat et al., Nat. Commun. 9, 2514 (2018),
 * doi:10.1038/s41467-018-04933-y).
 *
 * An array that describes no raising and erasing waveform but takes a program
 * by itself can be set, read and driven; what pulses answers
 * MR_ERR_UNSUPPORTED.
 *
 * Written only against array.h: it runs on any back end. Errors leave their
 * sentence in mr_array_errmsg(). One thread at a time.
 */
#ifndef MEMRIG_SYNAPSE_H
#define MEMRIG_SYNAPSE_H

#include "memrig/array.h"

/** How a weight is coded in cells. */
enum mr_coding {
	MR_CODING_SINGLE = 0, /**< w = sum of N cells, w >= 0 */
	MR_CODING_PAIR = 1,   /**< w = sum of N cells - sum of N others */
	MR_CODING_OFFSET = 2  /**< w = sum of N cells - N reference cells of the
	                           row at half of g_unit_S, w >= -1 */
};

/** How mr_synapse_set() shares a weight among the N cells of a polarity. */
enum mr_fill {
	MR_FILL_EQUAL = 0, /**< the same conductance in each */
	MR_FILL_MAX = 1    /**< g_unit_S in as many as fit, the rest in the next,
	                        the others erased: most cells then are at either
	                        end, where some cells err least */
};

/** When the counter that selects the pulsed cell advances. */
enum mr_arbitration {
	MR_ARBITRATE_PULSE = 0,  /**< one counter, with every pulse */
	MR_ARBITRATE_CALL = 1,   /**< one counter, with every update() or pulse()
	                              that gives a pulse: all synapses use the same
	                              replica in one call */
	MR_ARBITRATE_SYNAPSE = 2 /**< a counter per synapse, with its pulses */
};

/** How weights lie on an array; zeros mean defaults. */
struct mr_synapse_options {
	uint32_t n_in;        /**< inputs, >= 1: a row each, or folded */
	uint32_t n_out;       /**< outputs, >= 1 */
	uint32_t n_cells;     /**< N, cells per synapse and polarity; 0 = 1 */
	enum mr_coding coding;
	enum mr_fill fill;
	enum mr_arbitration arbitration;
	uint32_t stride;      /**< how far the selection counter advances; 0 = 1.
	                           Shares a factor with N: some cells are never
	                           pulsed, which is refused */
	uint32_t raise_every; /**< the potentiation counter: mr_synapse_pulse()
	                           raises only for every such candidate; 0 = 1 */
	uint32_t lower_every; /**< the depression counter, likewise; 0 = 1 */
	uint32_t pulses_max;  /**< most pulses that one call of
	                           mr_synapse_update() or mr_synapse_fire() gives
	                           a synapse, one after the other; 0 = 1. Each is
	                           reckoned with the same reading */
	double refresh_below; /**< mr_synapse_refresh() leaves pairs of a greater
	                           weight, by amount, as they are; 0 = no limit */
	double g_unit_S;      /**< conductance of a cell that counts as weight 1;
	                           0 = described */
	double drift_scale;   /**< drift factor that reads are divided by, one
	                           constant; 0 = 1 */
	double v_read_V;      /**< read and drive voltage; 0 = described */
	double pulse_at;      /**< a raising pulse is due when the accumulated
	                           change reaches this many mean steps; 0 = 1.
	                           Over 0.5 for a PAIR and where the array lowers
	                           by steps: from there down a step up calls for
	                           one down and that for one up, without end.
	                           Over 0 where it erases; 0.4 to 1 are usual */
	struct mr_step step;  /**< mean raising step; all-zero = described */
	uint32_t level_reads; /**< measurements that a level is the mean of, see
	                           mr_synapse_calibrate(); 0 = 1. Factors against
	                           drift of single outputs are no better than the
	                           noise of both their measurements */
};

/** Pulses that the mapping has applied so far: those that took effect, and those
 * whose outcome is unknown. Where an array offers program by itself, all pulses
 * of mr_synapse_set() count as raising. */
struct mr_synapse_counts {
	uint64_t raised;  /**< raising pulses */
	uint64_t lowered; /**< lowering or erasing pulses */
	uint64_t reads;   /**< cells read */
	uint64_t sums;    /**< currents of lines that were driven for sums */
	uint64_t clipped; /**< those of them beyond the range of the meter, which
	                       came back as its end (MR_STATUS_OVER_RANGE) */
};

#define MR_OUTPUTS_ALL UINT32_MAX /**< every output, in update and pulse */

struct mr_synapse; /**< opaque: the weights of one layer */

/**
 * Lay weights on an array; nothing is sent.
 *
 * @param array    the handle; must outlive the synapses.
 * @param options  the mapping.
 * @param out      receives the synapses; release with mr_synapse_free().
 * @return MR_OK; MR_ERR_USAGE for wrong options; MR_ERR_RANGE if the array is
 *         too small (the sentence says what shape is needed);
 *         MR_ERR_UNSUPPORTED if it cannot read, or has no raising and erasing
 *         waveform and takes no program by itself; MR_ERR_NOMEM.
 */
MR_API int mr_synapse_alloc(struct mr_array *array,
                            const struct mr_synapse_options *options,
                            struct mr_synapse **out);

/**
 * Release synapses; the cells keep their state.
 *
 * @param syn  NULL is allowed.
 */
MR_API void mr_synapse_free(struct mr_synapse *syn);

/**
 * Erase every cell, then give each cell so many raising pulses, blindly. The
 * reference of OFFSET gets the same: the weights come out near 0.
 *
 * @param syn     the synapses; accumulated changes are cleared.
 * @param pulses  0 leaves all cells erased.
 * @return as mr_array_submit(); MR_ERR_UNSUPPORTED.
 */
MR_API int mr_synapse_reset(struct mr_synapse *syn, uint32_t pulses);

/**
 * Program weights with verification; the cells of a synapse share as the
 * mapping's `fill` says, the other polarity of a pair is erased. Undoes a
 * calibration.
 *
 * @param syn        the synapses; accumulated changes are cleared.
 * @param w          [n_in*n_out] weights; SINGLE needs 0 <= w, OFFSET -1 <= w.
 * @param tolerance  accepted error of each cell, in units of weight; > 0.
 * @param budget     pulses per cell, >= 1.
 * @param n_missed   receives how many cells did not converge; or NULL.
 * @return MR_OK also when cells did not converge; MR_ERR_RANGE for a weight
 *         that is too negative, not finite or beyond what a cell reaches; else
 *         as mr_array_submit().
 */
MR_API int mr_synapse_set(struct mr_synapse *syn, const float *w,
                          double tolerance, uint32_t budget,
                          uint64_t *n_missed);

/**
 * Refresh pairs that are nearly used up: both polarities only ever rise, so
 * read all, and where any cell reached `limit`, erase both and program the
 * difference anew (S. R. Nandakumar et al., J. Appl. Phys. 124, 152135 (2018),
 * doi:10.1063/1.5042408). Of several cells of a polarity some are at their end,
 * and take no step any more when it is their turn, long before their sum is. The
 * weight and its accumulated change stay.
 *
 * @param syn          the synapses; PAIR.
 * @param limit        of a cell, in units of g_unit_S; > 0.
 * @param tolerance    as of mr_synapse_set().
 * @param budget       as of mr_synapse_set().
 * @param n_refreshed  receives how many synapses that were; or NULL.
 * @return as mr_synapse_set(); MR_ERR_USAGE for another coding or a limit that
 *         is not positive; MR_ERR_UNSUPPORTED.
 */
MR_API int mr_synapse_refresh(struct mr_synapse *syn, double limit,
                              double tolerance, uint32_t budget,
                              uint64_t *n_refreshed);

/**
 * Remember the level of the conductances, for mr_synapse_compensate(): the
 * summed currents of each output, all inputs at the full read voltage, as the
 * mean of level_reads measurements one right after the other. Where the array
 * drives by itself and a line's current then is beyond the meter's range, that
 * range (the condition "read_range") is widened for the measurement.
 *
 * @param syn  the synapses.
 * @return as mr_array_submit(); MR_ERR_RANGE if an output carries no current, or
 *         if a current is beyond the meter's widest range.
 */
MR_API int mr_synapse_calibrate(struct mr_synapse *syn);

/**
 * Compensate drift: measure the level again, and divide all later readings and
 * sums by what is left of the calibrated one. One factor for the array is what
 * is known as global drift compensation (M. Le Gallo et al., IEEE Trans.
 * Electron Devices 65, 4304 (2018), doi:10.1109/TED.2018.2865352; V. Joshi et
 * al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9).
 *
 * @param syn         the synapses, calibrated.
 * @param per_output  a factor for each output, else one for all.
 * @return as mr_array_submit(); MR_ERR_USAGE if never calibrated since the last
 *         mr_synapse_set() or mr_synapse_reset(); MR_ERR_RANGE if less than 1e-4
 *         of the level is left; the factors then stay.
 */
MR_API int mr_synapse_compensate(struct mr_synapse *syn, bool per_output);

/**
 * Take a compensation back: readings and sums are divided by nothing any more.
 * The calibration stays.
 *
 * @param syn  the synapses.
 */
MR_API void mr_synapse_uncompensate(struct mr_synapse *syn);

/**
 * What is left of the calibrated level, as last compensated.
 *
 * @param syn  the synapses.
 * @param out  an output, < n_out.
 * @return the factor; 1 when never compensated.
 */
MR_API double mr_synapse_scale(const struct mr_synapse *syn, uint32_t out);

/**
 * Read all weights, one reading per cell.
 *
 * @param syn  the synapses.
 * @param w    [n_in*n_out] receives the weights.
 * @return as mr_array_submit().
 */
MR_API int mr_synapse_read(struct mr_synapse *syn, float *w);

/**
 * Read the weights of one output, one reading per cell.
 *
 * @param syn  the synapses.
 * @param out  the output, < n_out.
 * @param w    [n_in] receives its weights.
 * @return as mr_array_submit(); MR_ERR_RANGE for an output that is not there.
 */
MR_API int mr_synapse_read_output(struct mr_synapse *syn, uint32_t out,
                                  float *w);

/**
 * Weighted sums of some inputs: y[j] = sum over k of x[k] * w[in[k]][j].
 * Through drive where the array offers it with any input level, else through
 * reads of the active cells and a digital sum.
 *
 * @param syn       the synapses.
 * @param in        [n] active inputs, each at most once; NULL = inputs 0..n-1.
 * @param x         [n] values; |x| <= 1 (1 = the full read voltage).
 * @param n         how many; 0 sets y to 0.
 * @param period_s  array time that this step takes in all; 0 = just what the
 *                  read-out needs.
 * @param y         [n_out] receives the sums.
 * @return as mr_array_submit(); MR_ERR_RANGE for an |x| over 1 or an input that
 *         is not one of these synapses; MR_ERR_USAGE for one that is repeated.
 */
MR_API int mr_synapse_forward(struct mr_synapse *syn, const uint32_t *in,
                              const float *x, uint32_t n, double period_s,
                              float *y);

/**
 * Weighted sums of many vectors of all inputs, back to back: fewer and larger
 * drives than mr_synapse_forward(). As there, an array that offers no drive, or
 * none with such levels, is read instead and the sums are digital: for each
 * vector a reading of the cells of all inputs that are not 0.
 *
 * @param syn    the synapses.
 * @param x      [batch*n_in] values; |x| <= 1 (1 = the full read voltage).
 * @param batch  how many vectors.
 * @param y      [batch*n_out] receives the sums.
 * @return as mr_array_submit(); MR_ERR_RANGE for an |x| over 1; MR_ERR_NOMEM.
 */
MR_API int mr_synapse_forward_batch(struct mr_synapse *syn, const float *x,
                                    uint32_t batch, float *y);

/**
 * Fit the range of the array's meter to data: the vectors are driven, again and
 * again, while the condition "read_range" is widened until no current is beyond
 * it and then set to the greatest current and 1 % more, since a converter's
 * reading is uncertain by half a step. What later vectors drive beyond it is
 * clipped, and counted in mr_synapse_counts(). An array without that condition,
 * or with 0 for it (no limit), stays as it is.
 *
 * @param syn      the synapses.
 * @param x        [batch*n_in] values; |x| <= 1, such as will come.
 * @param batch    how many vectors; >= 1.
 * @param range_A  receives the range; 0 = there is none to fit; or NULL.
 * @return as mr_synapse_forward_batch(); MR_ERR_RANGE if the widest range is too
 *         narrow or the currents are nothing beside its resolution.
 */
MR_API int mr_synapse_fit_range(struct mr_synapse *syn, const float *x,
                                uint32_t batch, double *range_A);

/**
 * Accumulate wanted changes and pulse where they are due: read the weights,
 * add `dw` to an accumulator chi per synapse, then at most `pulses_max` pulses
 * per synapse, one erase at most:
 *  - raise the next cell when chi >= pulse_at * its mean step, and subtract
 *    that step; at w >= 1 clear a positive chi instead;
 *  - SINGLE, OFFSET: lower the next cell by one step where the array can; else
 *    erase the next cell that was raised since its last erase when -chi
 *    reaches what it carries, and add that back; with all cells erased clear a
 *    negative chi;
 *  - PAIR: a negative chi raises a cell of the other polarity.
 *
 * @param syn  the synapses.
 * @param out  which output, or MR_OUTPUTS_ALL.
 * @param dw   [n_in] wanted changes ([n_in*n_out] for all).
 * @param w    receives the weights read before the pulses, shaped like dw; or
 *             NULL.
 * @return as mr_array_submit(); MR_ERR_RANGE if a change is not finite. When the
 *         pulses fail, what they were to spend stays spent: none is repeated.
 */
MR_API int mr_synapse_update(struct mr_synapse *syn, uint32_t out,
                             const float *dw, float *w);

/**
 * mr_synapse_update() on the readings that are at hand, for rules whose change
 * depends on the weight: read, reckon, fire.
 *
 * @param syn  the synapses.
 * @param out  the output of the mr_synapse_read_output() just before, or
 *             MR_OUTPUTS_ALL after mr_synapse_read().
 * @param dw   [n_in] wanted changes ([n_in*n_out] for all).
 * @return as mr_synapse_update(); MR_ERR_USAGE if that reading is not at hand:
 *         each serves once.
 */
MR_API int mr_synapse_fire(struct mr_synapse *syn, uint32_t out,
                           const float *dw);

/**
 * Round wanted changes to pulses by chance, without an accumulator, on the
 * readings that are at hand: whole mean steps are given, and one pulse more with
 * the probability that is what is left over its mean step, so that the change
 * is the wanted one on average. A mean step is that of the very cell: of its
 * reading, its pulses since its last erase, and those before it in this call.
 *  - a positive change raises, a negative one raises the other polarity of a
 *    PAIR;
 *  - SINGLE, OFFSET: a negative one lowers by steps where the array can; else it
 *    erases the next cell, once at most, with the probability that is the
 *    change over what the cell carries;
 *  - at w >= 1 (PAIR: also at w <= -1) what goes further is dropped.
 * An update of stochastic rounding: S. Gupta et al., ICML 2015,
 * arXiv:1502.02551; that mean steps go by the cell's history is ours.
 *
 * @param syn     the synapses.
 * @param out     the output of the mr_synapse_read_output() just before.
 * @param dw      [n_in] wanted changes.
 * @param chance  [n_in] uniform over 0 .. 1, independent of each other.
 * @param n_dropped  receives how many whole pulses were wanted beyond pulses_max
 *                of a synapse; or NULL.
 * @return as mr_array_submit(); MR_ERR_RANGE if a change is not finite or the
 *         output is not one; MR_ERR_USAGE if that reading is not at hand: each
 *         serves once.
 */
MR_API int mr_synapse_round(struct mr_synapse *syn, uint32_t out,
                            const float *dw, const float *chance,
                            uint64_t *n_dropped);

/**
 * Pulse without an accumulator: one raising pulse where `change` is positive,
 * one lowering (or erasing) pulse where it is negative, on the next cell of
 * each synapse, for every raise_every-th and lower_every-th such candidate.
 *
 * @param syn     the synapses.
 * @param out     which output, or MR_OUTPUTS_ALL.
 * @param change  [n_in] signs ([n_in*n_out] for all); 0 = leave alone. An amount
 *                over 1 is so many candidates, one after the other.
 * @return as mr_array_submit(); MR_ERR_RANGE for more than pulses_max at once.
 */
MR_API int mr_synapse_pulse(struct mr_synapse *syn, uint32_t out,
                            const int8_t *change);

/**
 * Save what the mapping knows beside the cells: accumulated changes, counters of
 * selection, pulses since the last erase, calibration and compensation. The
 * cells themselves are mr_array_snapshot()'s; a reading at hand and the counts of
 * sums are not saved.
 *
 * @param syn  the synapses.
 * @param out  receives the state, in this machine's byte order; release with
 *             free(out->data).
 * @return MR_OK; MR_ERR_NOMEM.
 */
MR_API int mr_synapse_save(const struct mr_synapse *syn, struct mr_blob *out);

/**
 * Take up a state that mr_synapse_save() gave; a reading at hand is used up.
 *
 * @param syn   synapses of the same options on an array of the same shape.
 * @param blob  the state.
 * @return MR_OK; MR_ERR_FORMAT if it is malformed, of other synapses or with a
 *         number that is not finite (the synapses then are unchanged).
 */
MR_API int mr_synapse_restore(struct mr_synapse *syn,
                              const struct mr_blob *blob);

/**
 * Pulses applied so far.
 *
 * @param syn  the synapses.
 * @return borrowed counters.
 */
MR_API const struct mr_synapse_counts *
mr_synapse_counts(const struct mr_synapse *syn);

#endif
