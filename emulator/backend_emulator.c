/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The emulated chip as a back end: its URI, its description, its submit. */
#include "crossbar.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/emulator.h"

#define ROWS_DEFAULT 64
#define THREADS_MAX 64
#define BITS_MAX 24
#define DRIFT_STEP_DEFAULT 1e-2
#define DURATION_MAX_S 1e9
#define COUNT_MAX 1000000000u

/* What a URI asks for, before there is a chip. */
struct plan {
	const struct mr_model *model;
	struct mr_model_file file; /* parameter file that is the address */
	double p[MR_PARAMS_MAX];
	uint64_t rows;
	uint64_t cols;
	bool shaped; /* the URI names rows or cols */
	uint64_t seed;
	uint64_t threads;
	enum noise_kind noise_kind;
	bool noise_given; /* the URI names it */
	double stuck_rate;
	double missing_rate;
	const char *defects_path;
	double drift_step;
	struct periphery periphery;
	uint32_t abilities;
	const char *state_path;
	struct mr_blob state;
	struct mr_blob table; /* of the model; handed on to the chip */
};

struct emulator {
	struct crossbar x;
	char state_path[MR_URI_TEXT_MAX];
};

/* ---- opening ------------------------------------------------------------- */

static int take_params(struct mr_uri *uri, struct plan *plan,
                       struct mr_errtext *err)
{
	const struct mr_model *m = plan->model;
	const char *file = mr_uri_take(uri, "params");
	int rc = plan->file.model[0]
	                 ? mr_model_load(m, uri->address, plan->p, err)
	                 : MR_OK;

	if (file && !rc)
		rc = mr_model_load(m, file, plan->p, err);
	for (uint32_t i = 0; i < m->n_params && !rc; i++)
		rc = mr_uri_take_double(uri, m->params[i].name, m->params[i].min,
		                        m->params[i].max, &plan->p[i], err);
	return rc ? rc : m->check(plan->p, err);
}

static int take_table(struct mr_uri *uri, struct plan *plan,
                      struct mr_errtext *err)
{
	const char *path = mr_uri_take(uri, "table");

	if (!path && plan->file.table[0])
		path = plan->file.table;
	if (!path)
		return MR_OK;
	if (!plan->model->table_load)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'table=%s': model %s has no table",
		                      path, plan->model->name);
	return plan->model->table_load(path, &plan->table.data,
	                               &plan->table.size, err);
}

static int need_table(const struct plan *plan, struct mr_errtext *err)
{
	if (!plan->model->table_load || plan->table.data || plan->state.data)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "model %s needs key 'table=FILE', its table; "
	                      "devices/%s.csv, installed as %s/devices/%s.csv, "
	                      "is one",
	                      plan->model->name, plan->model->name, MR_DATADIR,
	                      plan->model->name);
}

static int take_offer(struct mr_uri *uri, struct plan *plan,
                      struct mr_errtext *err)
{
	const char *offer = mr_uri_take(uri, "offer");

	uint32_t offered = plan->abilities;

	if (!offer)
		return MR_OK;
	plan->abilities = 0;
	while (*offer) {
		size_t len = strcspn(offer, "+");
		enum mr_op_kind kind = MR_OP_READ;

		while (kind <= MR_OP_CONFIGURE &&
		       (strlen(mr_op_kind_name(kind)) != len ||
		        strncmp(mr_op_kind_name(kind), offer, len) != 0))
			kind++;
		if (kind > MR_OP_CONFIGURE ||
		    !(offered & MR_ABILITY(kind)))
			return mr_errtext_set(
				err, MR_ERR_USAGE,
				"key 'offer': '%.*s' is none of what model %s "
				"offers: read, %s, trace, drive, wait, "
				"configure (joined by +)",
				(int)len, offer, plan->model->name,
				plan->model->target ? "program" : "pulse");
		plan->abilities |= MR_ABILITY(kind);
		offer += len + (offer[len] == '+');
	}
	return MR_OK;
}

static int take_noise(struct mr_uri *uri, struct plan *plan,
                      struct mr_errtext *err)
{
	static const char *const names[] = {[NOISE_NONE] = "none",
	                                    [NOISE_WHITE] = "white",
	                                    [NOISE_FLICKER] = "flicker"};
	const char *given = mr_uri_take(uri, "noise");

	if (!given && plan->file.noise[0])
		given = plan->file.noise;
	plan->noise_kind = NOISE_WHITE;
	plan->noise_given = given;
	for (int k = NOISE_NONE; k <= NOISE_FLICKER; k++) {
		if (!given || strcmp(given, names[k]) != 0)
			continue;
		plan->noise_kind = (enum noise_kind)k;
		given = NULL;
	}
	if (given)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'noise=%s': must be white, flicker "
		                      "(1/f, consistent in time) or none",
		                      given);
	if (plan->noise_kind == NOISE_FLICKER && !plan->model->flicker)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'noise=flicker': model %s has no 1/f "
		                      "noise",
		                      plan->model->name);
	return MR_OK;
}

static int take_defects(struct mr_uri *uri, struct plan *plan,
                        struct mr_errtext *err)
{
	int rc = mr_uri_take_double(uri, "stuck_rate", 0, 1, &plan->stuck_rate,
	                            err);

	if (!rc)
		rc = mr_uri_take_double(uri, "missing_rate", 0, 1,
		                        &plan->missing_rate, err);
	if (!rc && plan->stuck_rate + plan->missing_rate > 1)
		rc = mr_errtext_set(err, MR_ERR_RANGE,
		                    "stuck_rate %g and missing_rate %g are more "
		                    "than 1 together",
		                    plan->stuck_rate, plan->missing_rate);
	plan->defects_path = mr_uri_take(uri, "defects");
	return rc;
}

static int take_bits(struct mr_uri *uri, const char *key, uint32_t *bits,
                     struct mr_errtext *err)
{
	uint64_t value = 0;
	int rc = mr_uri_take_u64(uri, key, 0, BITS_MAX, &value, err);

	if (!rc && value == 1)
		rc = mr_errtext_set(err, MR_ERR_RANGE,
		                    "key '%s=1': a signed converter needs 2 to %d "
		                    "bits (0 = ideal)",
		                    key, BITS_MAX);
	*bits = (uint32_t)value;
	return rc;
}

static int take_periphery(struct mr_uri *uri, struct plan *plan,
                          struct mr_errtext *err)
{
	int rc = take_bits(uri, "dac_bits", &plan->periphery.dac_bits, err);

	if (!rc)
		rc = take_bits(uri, "adc_bits", &plan->periphery.adc_bits, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "adc_range_A", 1e-15, 1e3,
		                        &plan->periphery.adc_range_A, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "adc_gain_error", -0.5, 0.5,
		                        &plan->periphery.adc_gain_error, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "adc_offset_A", -1e3, 1e3,
		                        &plan->periphery.adc_offset_A, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "drift_step", 0, 1,
		                        &plan->drift_step, err);
	return rc;
}

static int take_shape(struct mr_uri *uri, struct plan *plan,
                      struct mr_errtext *err)
{
	uint64_t rows = 0, cols = 0;
	int rc = mr_uri_take_u64(uri, "rows", 1, LINES_MAX, &rows, err);

	if (!rc)
		rc = mr_uri_take_u64(uri, "cols", 1, LINES_MAX, &cols, err);
	plan->shaped = rows || cols;
	plan->rows = rows ? rows : plan->rows;
	plan->cols = cols ? cols : plan->cols;
	return rc;
}

static int take_keys(struct mr_uri *uri, struct plan *plan,
                     struct mr_errtext *err)
{
	int rc = take_shape(uri, plan, err);

	if (!rc)
		rc = mr_uri_take_u64(uri, "seed", 0, UINT64_MAX, &plan->seed,
		                     err);
	if (!rc)
		rc = mr_uri_take_u64(uri, "threads", 1, THREADS_MAX,
		                     &plan->threads, err);
	if (!rc)
		rc = take_noise(uri, plan, err);
	if (!rc)
		rc = take_defects(uri, plan, err);
	if (!rc)
		rc = take_periphery(uri, plan, err);
	if (!rc)
		rc = take_offer(uri, plan, err);
	if (!rc)
		rc = take_table(uri, plan, err);
	plan->state_path = mr_uri_take(uri, "state");
	return rc;
}

/* A state file brings shape and parameters; what the URI says must agree. */
static int adopt_state(struct plan *plan, struct mr_errtext *err)
{
	const char *path = plan->state_path;
	char model[24];
	uint32_t rows, cols, noise_kind;
	double p[MR_PARAMS_MAX] = {0};
	int rc = mr__state_peek(&plan->state, path, model, sizeof model, &rows,
	                        &cols, &noise_kind, p, err);

	if (rc)
		return rc;
	if (strcmp(model, plan->model->name) != 0 ||
	    (plan->shaped && (rows != plan->rows || cols != plan->cols)))
		return mr_errtext_set(
			err, MR_ERR_USAGE,
			"state file %s holds a %s array of %ux%u, the URI asks "
			"for %s, %" PRIu64 "x%" PRIu64,
			path, model, rows, cols, plan->model->name, plan->rows,
			plan->cols);
	if (plan->noise_given && noise_kind != (uint32_t)plan->noise_kind)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "state file %s was made with another noise "
		                      "than the URI's key 'noise'",
		                      path);
	plan->noise_kind = (enum noise_kind)noise_kind;
	double defaults[MR_PARAMS_MAX];

	mr_model_defaults(plan->model, defaults);
	for (uint32_t i = 0; i < plan->model->n_params; i++)
		if (plan->p[i] != defaults[i] && plan->p[i] != p[i])
			return mr_errtext_set(
				err, MR_ERR_USAGE,
				"state file %s was made with %s = %g, now %g is "
				"asked for",
				path, plan->model->params[i].name, p[i],
				plan->p[i]);
	memcpy(plan->p, p, sizeof p);
	plan->rows = rows;
	plan->cols = cols;
	return plan->model->check(p, err);
}

static bool is_file(const char *address)
{
	size_t n = strlen(address);

	return n > 4 && strcmp(address + n - 4, ".ini") == 0;
}

/* By its name, or by a parameter file, whose shape holds unless the caller or the
 * URI asks for another one. */
static int find_model(const struct mr_uri *uri,
                      const struct mr_open_options *options, struct plan *plan,
                      struct mr_errtext *err)
{
	int rc = MR_OK;

	if (is_file(uri->address))
		rc = mr_model_file_head(uri->address, &plan->file, err);
	if (rc)
		return rc;
	if (plan->file.rows && !options->rows)
		plan->rows = plan->file.rows;
	if (plan->file.cols && !options->cols)
		plan->cols = plan->file.cols;
	plan->model = mr_model_find(
		plan->file.model[0] ? plan->file.model : uri->address, err);
	return plan->model ? MR_OK : MR_ERR_USAGE;
}

static int make_plan(struct mr_uri *uri, const struct mr_open_options *options,
                     struct plan *plan, struct mr_errtext *err)
{
	*plan = (struct plan){
		.rows = options->rows ? options->rows : ROWS_DEFAULT,
		.cols = options->cols ? options->cols : ROWS_DEFAULT,
		.threads = 1,
		.drift_step = DRIFT_STEP_DEFAULT,
		.abilities = MR_ABILITY(MR_OP_READ) | MR_ABILITY(MR_OP_PULSE) |
	                     MR_ABILITY(MR_OP_TRACE) | MR_ABILITY(MR_OP_DRIVE) |
	                     MR_ABILITY(MR_OP_WAIT) |
	                     MR_ABILITY(MR_OP_CONFIGURE)};
	int rc = find_model(uri, options, plan, err);

	if (rc)
		return rc;
	if (!plan->model->pulse)
		plan->abilities &= ~MR_ABILITY(MR_OP_PULSE);
	if (plan->model->target)
		plan->abilities |= MR_ABILITY(MR_OP_PROGRAM);
	mr_model_defaults(plan->model, plan->p);
	rc = take_keys(uri, plan, err);
	if (!rc)
		rc = take_params(uri, plan, err);
	if (rc)
		return rc;
	if (options->has_seed)
		plan->seed = options->seed;
	if (options->threads)
		plan->threads = options->threads;
	if (plan->threads > THREADS_MAX)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%" PRIu64 " threads: at most %d",
		                      plan->threads, THREADS_MAX);
	if (plan->rows * plan->cols > CELLS_MAX)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%" PRIu64 " x %" PRIu64
		                      " cells: at most %" PRIu32,
		                      plan->rows, plan->cols, CELLS_MAX);
	return MR_OK;
}

static void describe_conditions(struct crossbar *x)
{
	struct mr_description *d = &x->desc;
	struct mr_scheme *scheme = &d->schemes[0];
	struct mr_condition *range = &d->conditions[1];

	/* One transistor per cell: what is not selected sees nothing. */
	d->n_schemes = 1;
	*scheme = (struct mr_scheme){.name = "1t1r",
	                             .row_selected = 1,
	                             .row_other = 0,
	                             .col_selected = 0,
	                             .col_other = NAN};
	d->n_conditions = 2;
	d->conditions[0] = (struct mr_condition){
		.name = "scheme", .choices = "1t1r", .value = "1t1r"};
	*range = (struct mr_condition){
		.name = "read_range",
		.unit = "A",
		.min = x->periphery.adc_bits ? 1e-15 : 0, /* 0 = no limit */
		.max = 1e3};
	(void)snprintf(range->value, sizeof range->value, "%.9g",
	               x->periphery.adc_range_A);
}

static void describe_chip(struct crossbar *x, uint32_t abilities)
{
	struct mr_description *d = &x->desc;

	(void)snprintf(d->driver, sizeof d->driver, "emu");
	(void)snprintf(d->model, sizeof d->model, "%s", x->model->name);
	(void)snprintf(d->identity, sizeof d->identity,
	               "emulated %s %" PRIu32 "x%" PRIu32 ", seed %" PRIu64,
	               x->model->name, x->rows, x->cols, x->seed);
	d->rows = x->rows;
	d->cols = x->cols;
	d->abilities = abilities | MR_ABILITY_SNAPSHOT;
	d->has_seed = true;
	d->seed = x->seed;
	d->limits = (struct mr_limits){.width_min_s = 1 / NS_PER_S,
	                               .width_max_s = DURATION_MAX_S,
	                               .count_max = COUNT_MAX,
	                               .batch_max = COUNT_MAX,
	                               .averages_max = COUNT_MAX};
	x->model->describe(x->p, d);
	x->periphery.dac_range_V = d->limits.v_read_max_V;
	if (x->periphery.adc_bits && x->periphery.adc_range_A == 0)
		x->periphery.adc_range_A = d->limits.v_read_max_V *
		                           d->g_max_S *
		                           (x->rows > x->cols ? x->rows
		                                              : x->cols);
	describe_conditions(x);
}

#define OFFSET_MAX_S 1e3 /* beside it no cell's conductance is seen in fp32 */

/* Without a slope the offset is one that swallows every conductance. */
static struct kernel_noise kernel_noise(const struct mr_noise *noise)
{
	double offset_S = noise->slope * OFFSET_MAX_S > noise->floor_S
	                          ? noise->floor_S / noise->slope
	                          : OFFSET_MAX_S;
	double unit = offset_S < OFFSET_MAX_S ? noise->slope
	                                      : noise->floor_S / OFFSET_MAX_S;

	return (struct kernel_noise){.offset_S = (float)offset_S,
	                             .scale = (float)(unit * unit)};
}

/* Constants that follow from the parameters. */
static void settle(struct crossbar *x)
{
	x->drifts = x->model->drift != NULL;
	if (x->drifts)
		x->model->drift(x->p, &x->drift);
	x->kernel_drift = (struct kernel_drift){
		.t0_s = (float)x->drift.t0_s,
		.shift_s = (float)x->drift.shift_s,
		.t_min_s = (float)x->drift.t_min_s};
	x->noise_kind = x->noise_asked;
	x->noise = (struct mr_noise){0};
	if (x->model->noise)
		x->model->noise(x->p, &x->noise);
	x->kernel_noise = kernel_noise(&x->noise);
	if (x->noise_kind == NOISE_WHITE && !x->noise.accumulates &&
	    x->noise.slope == 0 && x->noise.floor_S == 0)
		x->noise_kind = NOISE_NONE;
}

static int fill(const struct plan *plan, struct crossbar *x,
                struct mr_errtext *err)
{
	int rc;

	mr__crossbar_birth(x);
	if (plan->state.data) {
		rc = mr__state_unpack(x, &plan->state, plan->state_path, err);
		if (!rc && plan->periphery.adc_range_A > 0)
			x->periphery.adc_range_A = plan->periphery.adc_range_A;
		return rc;
	}
	if (mr__defects_draw(x, plan->stuck_rate, plan->missing_rate))
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = plan->defects_path ? mr__defects_load(x, plan->defects_path, err)
	                        : MR_OK;
	mr__aging_touch_all(x);
	return rc;
}

static int build(struct plan *plan, struct crossbar *x,
                 struct mr_errtext *err)
{
	x->table = plan->table.data;
	x->table_size = plan->table.size;
	x->c.table = x->table;
	plan->table = (struct mr_blob){0};
	x->model = plan->model;
	x->kernels = mr__kernels_pick();
	memcpy(x->p, plan->p, sizeof x->p);
	x->rows = (uint32_t)plan->rows;
	x->cols = (uint32_t)plan->cols;
	x->seed = plan->seed;
	x->drift_step = plan->drift_step;
	x->periphery = plan->periphery;
	x->noise_asked = plan->noise_kind;
	settle(x);
	describe_chip(x, plan->abilities);
	if (mr__crossbar_alloc(x) ||
	    mr__pool_alloc((uint32_t)plan->threads, &x->pool))
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "out of memory for %" PRIu32 " cells or %"
		                      PRIu64 " threads",
		                      x->n_cells, plan->threads);
	return fill(plan, x, err);
}

static int make_emulator(struct plan *plan, void **self,
                         struct mr_errtext *err)
{
	struct emulator *emu = calloc(1, sizeof *emu);

	if (!emu)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	int rc = build(plan, &emu->x, err);

	if (rc) {
		mr__crossbar_free(&emu->x);
		free(emu);
		return rc;
	}
	describe_chip(&emu->x, plan->abilities); /* a state has its own seed */
	if (plan->state_path)
		(void)snprintf(emu->state_path, sizeof emu->state_path, "%s",
		               plan->state_path);
	*self = emu;
	return MR_OK;
}

static int emulator_open(struct mr_uri *uri,
                         const struct mr_open_options *options, void **self,
                         struct mr_errtext *err)
{
	struct plan plan;
	int rc = make_plan(uri, options, &plan, err);

	if (!rc && plan.state_path)
		rc = mr__state_load(plan.state_path, &plan.state, err);
	if (!rc)
		rc = need_table(&plan, err);
	if (!rc && plan.state.data)
		rc = adopt_state(&plan, err);
	if (!rc)
		rc = make_emulator(&plan, self, err);
	free(plan.state.data);
	free(plan.table.data);
	return rc;
}

static int emulator_close(void *self, struct mr_errtext *err)
{
	struct emulator *emu = self;
	int rc = MR_OK;

	if (emu->state_path[0]) {
		struct mr_blob blob = {0};

		rc = mr__state_pack(&emu->x, &blob, err);
		if (!rc)
			rc = mr__state_save(emu->state_path, &blob, err);
		free(blob.data);
	}
	mr__crossbar_free(&emu->x);
	free(emu);
	return rc;
}

/* ---- running ------------------------------------------------------------- */

static int emulator_describe(void *self, struct mr_description *out,
                             struct mr_errtext *err)
{
	(void)err;
	*out = ((struct emulator *)self)->x.desc;
	out->time_ns = ((struct emulator *)self)->x.t_ns;
	return MR_OK;
}

static int operate_wait(struct crossbar *x, struct mr_op *op)
{
	x->t_ns += mr__crossbar_ns(op->wait.duration_s);
	op->outcome.n_effect = 1;
	return MR_OK;
}

/* The core has checked name and value against the description. */
static int operate_configure(struct crossbar *x, struct mr_op *op)
{
	if (strcmp(op->configure.name, "read_range") == 0) {
		x->periphery.adc_range_A = strtod(op->configure.value, NULL);
		describe_conditions(x);
	}
	op->outcome.n_effect = 1;
	return MR_OK;
}

static double pulses_s(const struct mr_op *op, uint64_t n)
{
	const struct mr_pulse_op *pu = &op->pulse;
	bool alike = !pu->widths_s && !pu->counts;
	double edges_s = pu->t_rise_s + pu->t_fall_s;
	double s = 0;

	for (uint64_t i = 0; i < (alike ? 1 : n); i++) {
		double width_s = pu->widths_s ? (double)pu->widths_s[i]
		                              : pu->width_s;

		s += (width_s + edges_s) *
		     (pu->counts ? pu->counts[i] : pu->count);
	}
	return alike ? s * (double)n : s;
}

/* An upper bound of the time that an operation takes, in seconds. */
static double worst_s(const struct crossbar *x, const struct mr_op *op)
{
	double n = (double)mr_selection_count(&op->where, &x->desc);
	double s = 0;

	if (op->kind == MR_OP_PULSE)
		return pulses_s(op, (uint64_t)n);
	switch (op->kind) {
	case MR_OP_READ:
		return n * op->read.t_int_s * op->read.averages;
	case MR_OP_TRACE:
		for (uint32_t k = 0; k < op->trace.n_levels; k++)
			s += op->trace.hold_s[k];
		return n * s;
	case MR_OP_DRIVE:
		return op->drive.batch *
		       fmax(op->drive.duration_s, op->drive.period_s);
	case MR_OP_WAIT:
		return op->wait.duration_s;
	default:
		return 0;
	}
}

static int operate(struct crossbar *x, struct mr_op *op,
                   const struct mr_run *run)
{
	switch (op->kind) {
	case MR_OP_READ:
		return mr__operate_read(x, op, run);
	case MR_OP_PULSE:
		return mr__operate_pulse(x, op, run);
	case MR_OP_TRACE:
		return mr__operate_trace(x, op, run);
	case MR_OP_DRIVE:
		return mr__operate_drive(x, op, run);
	case MR_OP_WAIT:
		return operate_wait(x, op);
	case MR_OP_CONFIGURE:
		return operate_configure(x, op);
	case MR_OP_PROGRAM:
		return mr__operate_program(x, op, run);
	}
	return mr_errtext_set(run->err, MR_ERR_UNSUPPORTED,
	                      "the emulator does not offer %s",
	                      mr_op_kind_name(op->kind));
}

static int submit_one(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run)
{
	int rc = mr_run_check(run);

	op->outcome.t_begin_ns = x->t_ns;
	if (!rc &&
	    (double)x->t_ns + worst_s(x, op) * NS_PER_S > (double)TIME_MAX_NS)
		rc = mr_errtext_set(run->err, MR_ERR_RANGE,
		                    "array time would pass %.3g s",
		                    (double)TIME_MAX_NS / NS_PER_S);
	if (!rc)
		rc = operate(x, op, run);
	op->outcome.t_end_ns = x->t_ns;
	op->outcome.error = rc;
	return rc;
}

static int emulator_submit(void *self, struct mr_op *ops, size_t n,
                           const struct mr_run *run, size_t *n_done)
{
	struct emulator *emu = self;
	int rc = MR_OK;

	*n_done = 0;
	while (*n_done < n && !rc) {
		rc = submit_one(&emu->x, &ops[*n_done], run);
		*n_done += rc == MR_OK;
	}
	return rc;
}

static int emulator_snapshot(void *self, struct mr_blob *out,
                             struct mr_errtext *err)
{
	return mr__state_pack(&((struct emulator *)self)->x, out, err);
}

static int emulator_restore(void *self, const struct mr_blob *blob,
                            struct mr_errtext *err)
{
	struct crossbar *x = &((struct emulator *)self)->x;
	int rc = mr__state_unpack(x, blob, "snapshot", err);

	if (rc)
		return rc;
	settle(x);
	describe_chip(x, x->desc.abilities);
	mr__aging_touch_all(x);
	return MR_OK;
}

const struct mr_backend mr__backend_emulator = {
	.name = "emu",
	.summary = "emulated crossbar: emu:MODEL?rows=R&cols=C&seed=S&...",
	.open = emulator_open,
	.describe = emulator_describe,
	.submit = emulator_submit,
	.close = emulator_close,
	.snapshot = emulator_snapshot,
	.restore = emulator_restore,
};

/* ---- out of band --------------------------------------------------------- */

static const struct crossbar *crossbar_of(const struct mr_array *array)
{
	const struct mr_stage *stage = mr_array_stage(array);

	if (stage->type != &mr__backend_emulator)
		return NULL;
	return &((const struct emulator *)stage->self)->x;
}

int mr_emulator_truth(const struct mr_array *array, struct mr_truth *out)
{
	const struct crossbar *x = crossbar_of(array);

	if (!x)
		return MR_ERR_UNSUPPORTED;
	*out = (struct mr_truth){.n_cells = x->n_cells,
	                         .g_S = x->c.g_S,
	                         .nu = x->c.nu,
	                         .memory = x->c.memory,
	                         .t_p_ns = x->c.t_p_ns,
	                         .pulses = x->pulses,
	                         .reads = x->reads};
	return MR_OK;
}

int mr_emulator_now(const struct mr_array *array, uint32_t cell, double *g_S)
{
	const struct crossbar *x = crossbar_of(array);

	if (!x)
		return MR_ERR_UNSUPPORTED;
	if (cell >= x->n_cells)
		return MR_ERR_RANGE;
	*g_S = mr__aging_now(x, cell, x->t_ns);
	return MR_OK;
}
