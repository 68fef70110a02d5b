/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The contract that any back end keeps, derived from what it describes: what
 * is offered works, what is not is refused. It runs on every built-in back end
 * (playback by recording the emulator first) and on $MR_TEST_URI.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/memrig.h"

#include "contract_uris.h"
#include "test.h"

#define CELLS_MAX 64 /* shapes below are smaller; odd on purpose */

typedef void contract_fn(struct mr_array *array);

static void run_on(const char *uri, const char *log_path, contract_fn *contract)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;
	struct mr_oplog *log = NULL;

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	if (!array)
		return;
	if (log_path)
		MR_CODE_ERR(mr_oplog_start(log_path, array, NULL, &log, &err),
		            MR_OK, err);
	contract(array);
	MR_CODE_ERR(mr_oplog_finish(log, &err), MR_OK, err);
	MR_CODE_ERR(mr_array_close(array, &err), MR_OK, err);
}

static void on_each(contract_fn *contract)
{
	const char *extra = getenv("MR_TEST_URI");

	for (size_t i = 0; i < N_RECORDED && !getenv("MR_TEST_ALONE"); i++) {
		char path[MR_TEST_PATH_MAX];
		char uri[MR_TEST_PATH_MAX + 16];

		mr_test_path(path, "contract.db");
		(void)remove(path);
		run_on(recorded[i], path, contract);
		(void)snprintf(uri, sizeof uri, "playback:%s", path);
		run_on(uri, NULL, contract);
	}
	if (extra)
		run_on(extra, NULL, contract);
}

static bool has(const struct mr_array *array, enum mr_op_kind kind)
{
	return mr_array_abilities(array) & MR_ABILITY(kind);
}

static uint32_t cells(const struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);

	return d->rows * d->cols;
}

static int submit(struct mr_array *array, struct mr_op *op)
{
	return mr_array_submit(array, op, 1, NULL, NULL);
}

/* ---- describe ------------------------------------------------------------ */

static void check_waveform(const struct mr_description *d,
                           const struct mr_waveform *w)
{
	double max = w->effect == MR_EFFECT_NONE ? d->limits.v_read_max_V
	             : w->unit == MR_UNIT_VOLT   ? d->limits.v_pulse_max_V
	                                         : d->limits.i_pulse_max_A;

	CU_ASSERT(w->name[0] != '\0');
	CU_ASSERT(fabs(w->amplitude) > 0 && fabs(w->amplitude) <= max);
	CU_ASSERT(w->width_s >= d->limits.width_min_s);
	CU_ASSERT(w->width_s <= d->limits.width_max_s);
	if (w->effect == MR_EFFECT_RAISE)
		CU_ASSERT(w->step.floor_S > 0 && w->step.memory_pulses > 0);
}

static void describe_contract(struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);

	CU_ASSERT(d->rows > 0 && d->cols > 0);
	CU_ASSERT(cells(array) <= CELLS_MAX || getenv("MR_TEST_URI") != NULL);
	CU_ASSERT(d->driver[0] && d->model[0] && d->identity[0]);
	CU_ASSERT(d->abilities != 0);
	CU_ASSERT(d->limits.width_min_s > 0);
	CU_ASSERT(d->limits.width_max_s > d->limits.width_min_s);
	CU_ASSERT(d->g_max_S > d->g_min_S && d->g_unit_S > 0);
	CU_ASSERT_FATAL(d->n_waveforms <= MR_WAVEFORMS_MAX);
	for (uint32_t i = 0; i < d->n_waveforms; i++)
		check_waveform(d, &d->waveforms[i]);
	CU_ASSERT(d->n_conditions <= MR_CONDITIONS_MAX);
	CU_ASSERT(d->n_schemes <= MR_SCHEMES_MAX);
	CU_ASSERT(strlen(mr_array_uri(array)) > 0);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), 0);
}

/* ---- read ---------------------------------------------------------------- */

static void read_where(struct mr_array *array, struct mr_selection where)
{
	float g_S[2 * CELLS_MAX] = {0}, v_V[2 * CELLS_MAX] = {0};
	float i_A[2 * CELLS_MAX] = {0};
	uint8_t status[2 * CELLS_MAX] = {0};
	struct mr_op op = {.kind = MR_OP_READ,
	                   .where = where,
	                   .read = {.g_S = g_S,
	                            .v_V = v_V,
	                            .i_A = i_A,
	                            .status = status}};
	uint64_t n = mr_selection_count(&where, mr_array_describe(array));
	int64_t t_ns = mr_array_time_ns(array);

	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.n_effect, n);
	CU_ASSERT_EQUAL(op.outcome.t_begin_ns, t_ns);
	CU_ASSERT(op.outcome.t_end_ns > t_ns);
	CU_ASSERT_EQUAL(op.outcome.t_end_ns, mr_array_time_ns(array));
	for (uint64_t i = 0; i < n; i++) {
		CU_ASSERT(isfinite(g_S[i]));
		MR_NEAR((double)i_A[i], (double)v_V[i] * (double)g_S[i], 1e-12);
		CU_ASSERT_EQUAL(status[i] & ~0x1fu, 0);
	}
}

static void read_contract(struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);
	bool many = d->rows >= 2 && d->cols >= 3; /* else one cell */
	uint32_t list[] = {cells(array) - 1, 0, many, 0};
	uint32_t rows[] = {d->rows - 1, 0};
	uint32_t cols[] = {many, d->cols - 1, 0};

	read_where(array, (struct mr_selection){.kind = MR_SELECT_ALL});
	read_where(array, (struct mr_selection){.kind = MR_SELECT_RECT,
	                                        .row = many,
	                                        .col = many,
	                                        .n_rows = d->rows - many,
	                                        .n_cols = many ? 2 : 1});
	read_where(array, (struct mr_selection){.kind = MR_SELECT_LIST,
	                                        .cells = list,
	                                        .n_cells = 4});
	read_where(array, (struct mr_selection){.kind = MR_SELECT_OUTER,
	                                        .rows = rows,
	                                        .n_rows = many ? 2 : 1,
	                                        .cols = cols,
	                                        .n_cols = many ? 3 : 1});
}

static void refuse_read(struct mr_array *array, struct mr_selection where,
                        int code, const char *text)
{
	float g_S[CELLS_MAX];
	struct mr_op op = {
		.kind = MR_OP_READ, .where = where, .read = {.g_S = g_S}};

	MR_CODE(submit(array, &op), code);
	MR_HAS(mr_array_errmsg(array), text);
	CU_ASSERT_EQUAL(op.outcome.id, 0);
}

static void read_refusals(struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);
	uint32_t outside[] = {cells(array)};
	uint32_t twice[] = {0, 0};
	uint32_t one[] = {0};
	float g_S[CELLS_MAX];
	struct mr_op op = {.kind = MR_OP_READ};

	refuse_read(array,
	            (struct mr_selection){.kind = MR_SELECT_RECT,
	                                  .row = 1,
	                                  .n_rows = d->rows,
	                                  .n_cols = 1},
	            MR_ERR_RANGE, "rows");
	refuse_read(array,
	            (struct mr_selection){.kind = MR_SELECT_RECT,
	                                  .col = d->cols,
	                                  .n_rows = 1,
	                                  .n_cols = 1},
	            MR_ERR_RANGE, "columns");
	refuse_read(array, (struct mr_selection){.kind = MR_SELECT_RECT},
	            MR_ERR_USAGE, "no cell");
	refuse_read(array,
	            (struct mr_selection){.kind = MR_SELECT_LIST,
	                                  .cells = outside,
	                                  .n_cells = 1},
	            MR_ERR_RANGE, "outside");
	refuse_read(array,
	            (struct mr_selection){.kind = MR_SELECT_LIST, .n_cells = 1},
	            MR_ERR_USAGE, "NULL");
	refuse_read(array,
	            (struct mr_selection){.kind = MR_SELECT_OUTER,
	                                  .rows = twice,
	                                  .n_rows = 2,
	                                  .cols = one,
	                                  .n_cols = 1},
	            MR_ERR_USAGE, "twice");
	refuse_read(array,
	            (struct mr_selection){.kind = (enum mr_selection_kind)9},
	            MR_ERR_USAGE, "kind");
	MR_CODE(submit(array, &op), MR_ERR_USAGE); /* no buffer */
	op.read = (struct mr_read_op){
		.g_S = g_S, .v_read_V = 2.385 * d->limits.v_read_max_V};
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	op.read = (struct mr_read_op){.g_S = g_S, .v_read_V = NAN};
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	op.read = (struct mr_read_op){.g_S = g_S, .t_int_s = -1};
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
}

/* ---- pulse --------------------------------------------------------------- */

static double mean_S(struct mr_array *array)
{
	float g_S[CELLS_MAX];
	double sum = 0;

	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	for (uint32_t i = 0; i < cells(array); i++)
		sum += (double)g_S[i];
	return sum / cells(array);
}

static void pulse_contract(struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);
	const struct mr_waveform *erase =
		mr_description_effect(d, MR_EFFECT_ERASE);
	const struct mr_waveform *raise =
		mr_description_effect(d, MR_EFFECT_RAISE);
	const struct mr_waveform *lower =
		mr_description_effect(d, MR_EFFECT_LOWER);

	if (!has(array, MR_OP_PULSE) || !erase || !raise)
		return;
	MR_CODE(mr_array_pulse(array, NULL, erase->name, 1), MR_OK);
	double erased = mean_S(array);

	MR_CODE(mr_array_pulse(array, NULL, raise->name, 4), MR_OK);
	double raised = mean_S(array);

	CU_ASSERT(raised > erased + raise->step.floor_S);
	if (lower) {
		MR_CODE(mr_array_pulse(array, NULL, lower->name, 2), MR_OK);
		CU_ASSERT(mean_S(array) < raised);
	}
	MR_CODE(mr_array_pulse(array, NULL, erase->name, 1), MR_OK);
	MR_NEAR(mean_S(array), erased, 0.02 * d->g_max_S);
}

static void refuse_pulse(struct mr_array *array, struct mr_pulse_op pulse,
                         int code)
{
	struct mr_op op = {.kind = MR_OP_PULSE, .pulse = pulse};

	MR_CODE(submit(array, &op), code);
	CU_ASSERT(strlen(mr_array_errmsg(array)) > 0);
}

static void pulse_refusals(struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);
	const struct mr_waveform *w = mr_description_effect(d, MR_EFFECT_RAISE);
	struct mr_op good;
	float bad[CELLS_MAX];

	if (!has(array, MR_OP_PULSE) || !w)
		return;
	mr_pulse_from(&good, w);
	struct mr_pulse_op p = good.pulse;
	p.unit = p.unit == MR_UNIT_VOLT ? MR_UNIT_AMPERE : MR_UNIT_VOLT;
	if (d->limits.v_pulse_max_V == 0 || d->limits.i_pulse_max_A == 0)
		refuse_pulse(array, p, MR_ERR_UNSUPPORTED);
	p = good.pulse;
	p.amplitude *= 1e6;
	refuse_pulse(array, p, MR_ERR_RANGE);
	p.amplitude = NAN;
	refuse_pulse(array, p, MR_ERR_RANGE);
	p = good.pulse;
	p.width_s = 0;
	refuse_pulse(array, p, MR_ERR_RANGE);
	p = good.pulse;
	p.t_fall_s = -1;
	refuse_pulse(array, p, MR_ERR_RANGE);
	p = good.pulse;
	p.compliance = -2.385;
	refuse_pulse(array, p, MR_ERR_RANGE);
	p = good.pulse;
	p.amplitudes = bad;
	for (uint32_t i = 0; i < cells(array); i++)
		bad[i] = i + 1 == cells(array) ? NAN : (float)good.pulse.amplitude;
	refuse_pulse(array, p, MR_ERR_RANGE);
	MR_CODE(mr_array_pulse(array, NULL, "no-such", 1), MR_ERR_USAGE);
	MR_CODE(mr_array_pulse(array, NULL, "read", 1), MR_ERR_USAGE);
	MR_CODE(mr_array_pulse(array, NULL, w->name, 0), MR_ERR_USAGE);
}

/* ---- drive --------------------------------------------------------------- */

/* Noise of a drive follows from that of reads: five deviations of a sum of
 * cells with 5 % + 0.13 uS each, more than any model has on fresh cells. */
static double drive_tolerance(double v_V, uint32_t n, double g_S)
{
	return 5 * v_V * sqrt(n) * (0.05 * g_S + 0.13e-6) + 1e-12;
}

static void drive_axis(struct mr_array *array, enum mr_axis axis)
{
	const struct mr_description *d = mr_array_describe(array);
	uint32_t n_in = axis == MR_AXIS_ROWS ? d->rows : d->cols;
	uint32_t n_out = axis == MR_AXIS_ROWS ? d->cols : d->rows;
	float v_V[2 * CELLS_MAX] = {0}, i_A[2 * CELLS_MAX] = {0};
	float g_S[CELLS_MAX] = {0};
	uint8_t status[2 * CELLS_MAX] = {0};
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .drive = {.axis = axis,
	                             .batch = 2,
	                             .v_V = v_V,
	                             .period_s = 2e-3,
	                             .i_A = i_A,
	                             .status = status}};
	float v = (float)(0.61 * d->limits.v_read_max_V);

	for (uint32_t k = 0; k < n_in; k++) {
		v_V[k] = k % 2 ? v : 0;
		v_V[n_in + k] = k % 3 ? 0 : v / 2;
	}
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	int64_t t_ns = mr_array_time_ns(array);

	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.n_effect, 2);
	CU_ASSERT(mr_array_time_ns(array) >= t_ns + 4000000);
	for (uint32_t b = 0; b < 2; b++) {
		for (uint32_t j = 0; j < n_out; j++) {
			double sum = 0;

			for (uint32_t k = 0; k < n_in; k++) {
				uint32_t cell = axis == MR_AXIS_ROWS
				                        ? k * d->cols + j
				                        : j * d->cols + k;

				sum += (double)v_V[b * n_in + k] *
				       (double)g_S[cell];
			}
			MR_NEAR((double)i_A[b * n_out + j], sum,
			        2 * drive_tolerance((double)v, n_in,
			                            d->g_max_S));
		}
	}
}

static void drive_contract(struct mr_array *array)
{
	if (!has(array, MR_OP_DRIVE))
		return;
	drive_axis(array, MR_AXIS_ROWS);
	drive_axis(array, MR_AXIS_COLS);
}

static void drive_refusals(struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);
	float v_V[CELLS_MAX] = {0}, i_A[CELLS_MAX];
	uint32_t list[] = {0};
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .drive = {.batch = 1, .v_V = v_V, .i_A = i_A}};

	if (!has(array, MR_OP_DRIVE))
		return;
	op.where = (struct mr_selection){
		.kind = MR_SELECT_LIST, .cells = list, .n_cells = 1};
	MR_CODE(submit(array, &op), MR_ERR_USAGE);
	op.where = (struct mr_selection){.kind = MR_SELECT_ALL};
	op.drive.batch = 0;
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	op.drive.batch = 1;
	v_V[d->rows - 1] = (float)(1.5 * d->limits.v_read_max_V);
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	v_V[d->rows - 1] = NAN;
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	v_V[d->rows - 1] = 0;
	op.drive.period_s = -1;
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	op.drive.period_s = 0;
	op.drive.axis = (enum mr_axis)7;
	MR_CODE(submit(array, &op), MR_ERR_USAGE);
	op.drive.axis = MR_AXIS_ROWS;
	op.drive.i_A = NULL;
	MR_CODE(submit(array, &op), MR_ERR_USAGE);
}

/* ---- trace, wait, configure ---------------------------------------------- */

static void trace_contract(struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);
	double v = 0.7 * d->limits.v_read_max_V;
	double least_s = fmax(1e-4, d->limits.width_min_s);
	float level[] = {(float)v, (float)(v / 2), (float)-v};
	double hold_s[] = {least_s, 2 * least_s, 3 * least_s};
	uint8_t sample[] = {1, 0, 1};
	uint32_t n = cells(array) > 2 ? 2 : 1;
	uint32_t list[] = {n == 2 ? 2 : 0, 0};
	float v_V[4] = {0}, i_A[4] = {0};
	double t_s[4] = {0};
	struct mr_op op = {.kind = MR_OP_TRACE,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = list,
	                             .n_cells = n},
	                   .trace = {.n_levels = 3,
	                             .level = level,
	                             .hold_s = hold_s,
	                             .sample = sample,
	                             .v_V = v_V,
	                             .i_A = i_A,
	                             .t_s = t_s}};

	if (!has(array, MR_OP_TRACE))
		return;
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.n_effect, n);
	for (uint32_t k = 0; k < 2 * n; k++) {
		CU_ASSERT(isfinite(i_A[k]));
		MR_NEAR((double)v_V[k], k % 2 ? -v : v, 1e-6);
		CU_ASSERT(k == 0 || t_s[k] > t_s[k - 1]);
	}
	CU_ASSERT(t_s[2 * n - 1] >= 6 * n * least_s - 1e-9);
	hold_s[1] = 0;
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	hold_s[1] = least_s;
	level[1] = NAN;
	CU_ASSERT(submit(array, &op) != MR_OK);
	level[1] = 0;
	sample[0] = sample[2] = 0;
	MR_CODE(submit(array, &op), MR_ERR_USAGE);
	op.trace.n_levels = 0;
	MR_CODE(submit(array, &op), MR_ERR_USAGE);
}

static void wait_contract(struct mr_array *array)
{
	if (!has(array, MR_OP_WAIT))
		return;
	int64_t t_ns = mr_array_time_ns(array);

	MR_CODE(mr_array_wait(array, 2.385), MR_OK);
	CU_ASSERT(mr_array_time_ns(array) - t_ns >= 2385000000);
	MR_CODE(mr_array_wait(array, 0), MR_OK);
	MR_CODE(mr_array_wait(array, -1), MR_ERR_RANGE);
	MR_CODE(mr_array_wait(array, NAN), MR_ERR_RANGE);
	MR_CODE(mr_array_wait(array, INFINITY), MR_ERR_RANGE);
}

static int configure(struct mr_array *array, const char *name,
                     const char *value)
{
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {.name = name, .value = value}};

	return submit(array, &op);
}

static void configure_contract(struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);

	if (!has(array, MR_OP_CONFIGURE))
		return;
	for (uint32_t i = 0; i < d->n_conditions; i++) {
		struct mr_condition c = d->conditions[i];
		char value[32];

		(void)snprintf(value, sizeof value, "%g", c.max / 2);
		if (c.choices[0])
			(void)snprintf(value, sizeof value, "%.*s",
			               (int)strcspn(c.choices, "|"), c.choices);
		MR_CODE(configure(array, c.name, value), MR_OK);
		CU_ASSERT_STRING_EQUAL(d->conditions[i].value, value);
		CU_ASSERT(configure(array, c.name, "nonsense") != MR_OK);
		if (!c.choices[0])
			MR_CODE(configure(array, c.name, "-1e9"), MR_ERR_RANGE);
	}
	MR_CODE(configure(array, "no-such", "1"), MR_ERR_USAGE);
	MR_CODE(configure(array, NULL, "1"), MR_ERR_USAGE);
}

/* ---- program ------------------------------------------------------------- */

static void program_contract(struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);
	float g_S[CELLS_MAX] = {0};
	uint32_t pulses[CELLS_MAX] = {0};
	uint8_t status[CELLS_MAX] = {0};
	double tolerance_S = 0.08 * d->g_unit_S;
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .program = {.target = 0.53 * d->g_unit_S,
	                               .tolerance_S = tolerance_S,
	                               .budget = 200,
	                               .g_S = g_S,
	                               .pulses = pulses, .status = status}};

	if (!has(array, MR_OP_PROGRAM))
		return;
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT_EQUAL(op.outcome.n_effect, cells(array));
	for (uint32_t i = 0; i < cells(array); i++) {
		bool there = fabs((double)g_S[i] - op.program.target) <=
		             tolerance_S;

		CU_ASSERT_EQUAL(there, !(status[i] & MR_STATUS_NOT_CONVERGED));
		CU_ASSERT(there || !has(array, MR_OP_PULSE)); /* 200 will do */
		CU_ASSERT(pulses[i] <= 200);
	}
	op.program.budget = 1;
	op.program.tolerance_S = 1e-3 * tolerance_S;
	op.program.target = 0.9 * d->g_max_S;
	MR_CODE(submit(array, &op), MR_OK);
	CU_ASSERT(op.outcome.status & MR_STATUS_NOT_CONVERGED);
}

static void program_refusals(struct mr_array *array)
{
	const struct mr_description *d = mr_array_describe(array);
	uint32_t last = cells(array) - 1;
	uint32_t twice[] = {last, 0, last};
	struct mr_op op = {.kind = MR_OP_PROGRAM};
	struct mr_program_op good = {.target = d->g_unit_S / 2,
	                             .tolerance_S = d->g_unit_S / 10,
	                             .budget = 3};

	if (!has(array, MR_OP_PROGRAM))
		return;
	op.program = good;
	op.program.target = NAN;
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "target");
	op.program.target = -1e-9;
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	op.program.target = 1.01 * d->g_max_S;
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	op.program = good;
	op.program.tolerance_S = 0;
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	op.program = good;
	op.program.budget = 0;
	MR_CODE(submit(array, &op), MR_ERR_RANGE);
	op.program = good;
	op.where = (struct mr_selection){
		.kind = MR_SELECT_LIST, .cells = twice, .n_cells = 3};
	MR_CODE(submit(array, &op), MR_ERR_USAGE);
	MR_HAS(mr_array_errmsg(array), "twice");
}

/* ---- lists, stop, deadline, observers ------------------------------------ */

static void list_contract(struct mr_array *array)
{
	float g_S[CELLS_MAX];
	struct mr_op ops[3] = {
		{.kind = MR_OP_READ, .read = {.g_S = g_S}},
		{.kind = MR_OP_READ, .read = {.g_S = NULL}},
		{.kind = MR_OP_READ, .read = {.g_S = g_S}},
	};
	size_t done = 9;

	/* the whole list is checked before anything happens */
	MR_CODE(mr_array_submit(array, ops, 3, NULL, &done), MR_ERR_USAGE);
	CU_ASSERT_EQUAL(done, 0);
	MR_HAS(mr_array_errmsg(array), "operation 2 (read)");
	CU_ASSERT_EQUAL(ops[0].outcome.error, MR_ERR_NOT_RUN);
	ops[1].read.g_S = g_S;
	MR_CODE(mr_array_submit(array, ops, 3, NULL, &done), MR_OK);
	CU_ASSERT_EQUAL(done, 3);
	CU_ASSERT_EQUAL(ops[1].outcome.t_begin_ns, ops[0].outcome.t_end_ns);
	CU_ASSERT_EQUAL(ops[2].outcome.id, ops[0].outcome.id + 2);
	MR_CODE(mr_array_submit(array, NULL, 0, NULL, &done), MR_OK);
	CU_ASSERT_EQUAL(done, 0);
	struct mr_op odd = {.kind = (enum mr_op_kind)23};

	MR_CODE(submit(array, &odd), MR_ERR_USAGE);
}

static void unsupported_contract(struct mr_array *array)
{
	float f[CELLS_MAX] = {0};
	struct mr_op ops[] = {
		{.kind = MR_OP_READ, .read = {.g_S = f}},
		{.kind = MR_OP_PULSE},
		{.kind = MR_OP_TRACE},
		{.kind = MR_OP_PROGRAM},
		{.kind = MR_OP_DRIVE, .drive = {.batch = 1, .v_V = f, .i_A = f}},
		{.kind = MR_OP_WAIT},
		{.kind = MR_OP_CONFIGURE, .configure = {"a", "b"}},
	};
	struct mr_blob blob = {0};

	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		if (!has(array, ops[i].kind))
			MR_CODE(submit(array, &ops[i]), MR_ERR_UNSUPPORTED);
	if (!(mr_array_abilities(array) & MR_ABILITY_SNAPSHOT)) {
		MR_CODE(mr_array_snapshot(array, &blob), MR_ERR_UNSUPPORTED);
		MR_CODE(mr_array_restore(array, &blob), MR_ERR_UNSUPPORTED);
	}
	if (!(mr_array_abilities(array) & MR_ABILITY_RESYNC))
		MR_CODE(mr_array_resync(array), MR_ERR_UNSUPPORTED);
	CU_ASSERT(mr_array_abilities(array) != 0);
}

static void count_up(void *user, uint64_t done, uint64_t total)
{
	CU_ASSERT(done == ++*(uint64_t *)user && done <= total);
}

static void stop_contract(struct mr_array *array)
{
	volatile sig_atomic_t stop = 1;
	struct mr_context stopped = {.stop = &stop};
	struct mr_context late = {.deadline_ns = 1};
	uint64_t told = 0;
	struct mr_context told_of = {.progress = count_up, .user = &told};
	float g_S[CELLS_MAX];
	struct mr_op op = {.kind = MR_OP_READ, .read = {.g_S = g_S}};
	size_t done = 9;

	MR_CODE(mr_array_submit(array, &op, 1, &stopped, &done),
	        MR_ERR_STOPPED);
	CU_ASSERT_EQUAL(done, 0);
	CU_ASSERT_EQUAL(op.outcome.error, MR_ERR_STOPPED);
	MR_CODE(mr_array_submit(array, &op, 1, &late, NULL), MR_ERR_TIMEOUT);
	mr_array_stop(array);
	MR_CODE(submit(array, &op), MR_ERR_STOPPED);
	MR_HAS(mr_array_errmsg(array), "stopped");
	mr_array_resume(array);
	struct mr_op two[2] = {op, op};

	MR_CODE(mr_array_submit(array, two, 2, &told_of, NULL), MR_OK);
	CU_ASSERT_EQUAL(told, 2);
	CU_ASSERT_STRING_EQUAL(mr_array_errmsg(array), "");
}

struct witness {
	struct mr_array *array;
	int begun;
	int sent;
	int ended;
	int failed;
	int refuse_at; /* 1-based begin that says no; 0 = never */
};

static int witness_begin(void *self, const struct mr_event *event,
                         struct mr_errtext *err)
{
	struct witness *w = self;
	float v_V[CELLS_MAX] = {0}, i_A[CELLS_MAX];

	CU_ASSERT(event->id > 0 && event->desc && event->op);
	MR_CODE(mr_array_drive(w->array, v_V, i_A), MR_ERR_BUSY);
	if (++w->begun == w->refuse_at)
		return mr_errtext_set(err, MR_ERR_IO, "witness says no");
	return MR_OK;
}

static int witness_sending(void *self, const struct mr_description *desc,
                           struct mr_errtext *err)
{
	(void)desc;
	(void)err;
	((struct witness *)self)->sent++;
	return MR_OK;
}

static void witness_end(void *self, const struct mr_event *event)
{
	struct witness *w = self;

	w->ended++;
	if (event->op->outcome.error) {
		w->failed++;
		CU_ASSERT(strlen(event->errtext) > 0);
	}
}

static void observer_contract(struct mr_array *array)
{
	struct witness w = {.array = array};
	struct mr_observer o = {.self = &w,
	                        .begin = witness_begin,
	                        .sending = witness_sending,
	                        .end = witness_end};
	float g_S[CELLS_MAX];
	struct mr_op ops[2] = {{.kind = MR_OP_READ, .read = {.g_S = g_S}},
	                       {.kind = MR_OP_READ, .read = {.g_S = g_S}}};

	MR_CODE(mr_array_observe(array, &o), MR_OK);
	MR_CODE(mr_array_submit(array, ops, 2, NULL, NULL), MR_OK);
	CU_ASSERT(w.begun == 2 && w.ended == 2 && w.sent == 1 && !w.failed);
	w = (struct witness){.array = array, .refuse_at = 2};
	MR_CODE(mr_array_submit(array, ops, 2, NULL, NULL), MR_ERR_IO);
	MR_HAS(mr_array_errmsg(array), "witness says no");
	CU_ASSERT(w.begun == 2 && w.ended == 2 && w.sent == 0 && w.failed == 2);
	mr_array_unobserve(array, &w);
	MR_CODE(mr_array_submit(array, ops, 2, NULL, NULL), MR_OK);
	CU_ASSERT_EQUAL(w.begun, 2);
}

static void snapshot_contract(struct mr_array *array)
{
	struct mr_blob blob = {0};
	struct mr_blob cut;
	float before[CELLS_MAX], after[CELLS_MAX];

	if (!(mr_array_abilities(array) & MR_ABILITY_SNAPSHOT))
		return;
	MR_CODE(mr_array_snapshot(array, &blob), MR_OK);
	MR_CODE(mr_array_read(array, NULL, before), MR_OK);
	MR_CODE(mr_array_restore(array, &blob), MR_OK);
	MR_CODE(mr_array_read(array, NULL, after), MR_OK);
	CU_ASSERT_EQUAL(memcmp(before, after, cells(array) * sizeof(float)), 0);
	cut = (struct mr_blob){.data = blob.data, .size = blob.size - 3};
	MR_CODE(mr_array_restore(array, &cut), MR_ERR_FORMAT);
	((unsigned char *)blob.data)[blob.size / 2] ^= 0x10;
	MR_CODE(mr_array_restore(array, &blob), MR_ERR_FORMAT);
	free(blob.data);
}

#define CONTRACT(name)                                                        \
	static void name##_holds(void)                                        \
	{                                                                     \
		on_each(name);                                                \
	}

CONTRACT(describe_contract)
CONTRACT(read_contract)
CONTRACT(read_refusals)
CONTRACT(pulse_contract)
CONTRACT(pulse_refusals)
CONTRACT(drive_contract)
CONTRACT(drive_refusals)
CONTRACT(trace_contract)
CONTRACT(wait_contract)
CONTRACT(configure_contract)
CONTRACT(program_contract)
CONTRACT(program_refusals)
CONTRACT(list_contract)
CONTRACT(unsupported_contract)
CONTRACT(stop_contract)
CONTRACT(observer_contract)

/* A snapshot is no operation and not in the log: the emulator alone. */
static void snapshot_contract_holds(void)
{
	for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++)
		run_on(recorded[i], NULL, snapshot_contract);
}

const struct mr_test mr_tests[] = {
	{"describe_of_any_array_is_sound", describe_contract_holds},
	{"read_of_any_selection_gives_results", read_contract_holds},
	{"read_that_is_wrong_is_refused", read_refusals_holds},
	{"pulse_by_name_has_its_effect", pulse_contract_holds},
	{"pulse_that_is_wrong_is_refused", pulse_refusals_holds},
	{"drive_agrees_with_reads", drive_contract_holds},
	{"drive_that_is_wrong_is_refused", drive_refusals_holds},
	{"trace_is_sampled_in_order", trace_contract_holds},
	{"wait_lets_time_pass", wait_contract_holds},
	{"configure_takes_described_conditions", configure_contract_holds},
	{"program_reaches_its_targets", program_contract_holds},
	{"program_that_is_wrong_is_refused", program_refusals_holds},
	{"list_is_checked_before_it_is_sent", list_contract_holds},
	{"kind_not_described_is_refused", unsupported_contract_holds},
	{"stop_deadline_and_progress_of_a_submit", stop_contract_holds},
	{"observer_sees_begin_and_end", observer_contract_holds},
	{"snapshot_brings_back_the_state", snapshot_contract_holds},
	{0},
};
