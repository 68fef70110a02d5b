/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Virtual board of the open protocol: what each command does. */
#include "wire_scpi.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERR_UNDEFINED (-113)
#define ERR_RANGE (-222)
#define ERR_SYSTEM (-310)
#define ERR_LIMIT 101
#define ARM_NS INT64_C(10000000000)
#define WORD 24

static uint64_t n_selected(const struct scpi_wire *w)
{
	return mr_selection_count(&w->where, &w->desc);
}

/* ---- 488.2 ------------------------------------------------------------------------- */

static int identify(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	mr__scpi_end(p);
	mr__scpi_answer(w, "memrig,virtual SCPI board,%s,%s", w->serial,
	                w->firmware);
	return p->error;
}

static int reset(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)p;
	mr__scpi_make_safe(w, now_ns);
	w->enabled = false;
	if (!w->locked)
		w->limit_V = w->limit_A = 1e9;
	w->where = (struct mr_selection){.kind = MR_SELECT_ALL};
	return 0;
}

static int clear_status(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	w->n_errors = 0;
	w->esr = 0;
	return 0;
}

static int complete(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)p;
	mr__scpi_go_on(w, now_ns, true);
	w->esr |= ESR_OPC;
	return 0;
}

static int ask_complete(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)p;
	mr__scpi_go_on(w, now_ns, true);
	mr__scpi_answer(w, "1");
	return 0;
}

static int ask_esr(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "%u", w->esr);
	w->esr = 0;
	return 0;
}

static int byte_param(struct params *p, uint8_t *out)
{
	uint32_t value = mr__scpi_whole(p);

	mr__scpi_end(p);
	if (!p->error && value > 255)
		p->error = ERR_RANGE;
	if (!p->error)
		*out = (uint8_t)value;
	return p->error;
}

static int set_ese(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	return byte_param(p, &w->ese);
}

static int ask_ese(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "%u", w->ese);
	return 0;
}

static int set_sre(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	return byte_param(p, &w->sre);
}

static int ask_sre(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "%u", w->sre);
	return 0;
}

static int ask_stb(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)p;
	mr__scpi_answer(w, "%u",
	                mr__wire_scpi.status_byte(w, now_ns) & ~STB_MAV & 0xffu);
	return 0;
}

static int ask_test(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "0");
	return 0;
}

static int nothing(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)w;
	(void)now_ns;
	mr__scpi_end(p);
	return p->error;
}

/* ---- system -------------------------------------------------------------------------- */

static int ask_error(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	int code = w->n_errors ? w->errors[0] : 0;

	(void)now_ns;
	(void)p;
	if (w->n_errors)
		memmove(w->errors, w->errors + 1,
		        --w->n_errors * sizeof w->errors[0]);
	mr__scpi_answer(w, "%d,\"%s\"", code, mr__scpi_error_text(code));
	return 0;
}

static int ask_version(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "1999.0");
	return 0;
}

static int ask_protocol(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "MEMRIG,%s", w->protocol);
	return 0;
}

static int ask_time(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "%" PRId64, mr_array_time_ns(w->array));
	return 0;
}

static int advance(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	double s = mr__scpi_number(p);
	int64_t before_ns = mr_array_time_ns(w->array);
	int error;

	(void)now_ns;
	mr__scpi_end(p);
	if (!p->error && !(s >= 0 && s <= 1e9))
		p->error = ERR_RANGE;
	if (p->error)
		return p->error;
	error = mr__scpi_code(mr_array_wait(w->array, s));
	w->ahead_ns += mr_array_time_ns(w->array) - before_ns;
	return error;
}

static int watchdog(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	double s = mr__scpi_number(p);

	(void)now_ns;
	mr__scpi_end(p);
	if (!p->error && !(s >= 0 && s <= 1e6))
		p->error = ERR_RANGE;
	if (!p->error)
		w->watchdog_s = s;
	return p->error;
}

static int ask_watchdog(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "%.9g", w->watchdog_s);
	return 0;
}

/* ---- the capability record -------------------------------------------------------------- */

struct record {
	char text[8192];
	size_t n;
};

static void MR_PRINTF(2, 3) line(struct record *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(r->text + r->n, sizeof r->text - r->n, format, args);

	va_end(args);
	if (n > 0 && (size_t)n < sizeof r->text - r->n)
		r->n += (size_t)n;
}

static void put_waveforms(struct record *r, const struct mr_description *d)
{
	static const char *const effects[] = {"none", "raise", "lower",
	                                      "erase"};

	for (uint32_t i = 0; i < d->n_waveforms; i++) {
		const struct mr_waveform *w = &d->waveforms[i];

		line(r, "waveform.%s=%s %.17g %.17g %.17g %.17g\n", w->name,
		     effects[w->effect], w->amplitude, w->width_s, w->t_rise_s,
		     w->t_fall_s);
		if (w->effect == MR_EFFECT_RAISE || w->effect == MR_EFFECT_LOWER)
			line(r, "step.%s=%.17g %.17g %.17g %.17g %.17g\n",
			     w->name, w->step.floor_S, w->step.offset_S,
			     w->step.slope, w->step.history_S,
			     w->step.memory_pulses);
	}
}

static void put_limits(struct record *r, const struct scpi_wire *w)
{
	const struct mr_description *d = &w->desc;
	const struct mr_limits *l = &d->limits;

	line(r, "v_read_max_V=%.17g\nv_pulse_max_V=%.17g\n"
	        "i_pulse_max_A=%.17g\n",
	     l->v_read_max_V, l->v_pulse_max_V, l->i_pulse_max_A);
	line(r, "width_min_s=%.17g\nwidth_max_s=%.17g\n", l->width_min_s,
	     l->width_max_s);
	line(r, "count_max=%" PRIu32 "\nbatch_max=%" PRIu32
	        "\naverages_max=%" PRIu32 "\nmessage_max=%zu\n",
	     l->count_max, l->batch_max, l->averages_max, w->message_max);
	line(r, "g_min_S=%.17g\ng_max_S=%.17g\ng_unit_S=%.17g\n", d->g_min_S,
	     d->g_max_S, d->g_unit_S);
	line(r, "drift_nu=%.17g\ndrift_t0_s=%.17g\n", d->drift_nu,
	     d->drift_t0_s);
}

static void put_offers(struct record *r, uint32_t abilities)
{
	static const enum mr_op_kind kinds[] = {MR_OP_READ, MR_OP_PULSE,
	                                        MR_OP_TRACE, MR_OP_PROGRAM,
	                                        MR_OP_DRIVE};

	line(r, "offers=");
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (abilities & MR_ABILITY(kinds[i]))
			line(r, "%s ", mr_op_kind_name(kinds[i]));
	line(r, "\n");
}

static int ask_capabilities(struct scpi_wire *w, int64_t now_ns,
                            struct params *p)
{
	const struct mr_description *d = &w->desc;
	struct record *r = calloc(1, sizeof *r);

	(void)now_ns;
	(void)p;
	if (!r)
		return ERR_SYSTEM;
	line(r, "rows=%" PRIu32 "\ncols=%" PRIu32 "\ntechnology=%s\nunit=%s\n",
	     d->rows, d->cols, d->model, d->limits.v_pulse_max_V > 0 ? "V" : "A");
	/* what the array itself does: a board composes nothing */
	put_offers(r, d->abilities);
	put_limits(r, w);
	for (uint32_t i = 0; i < d->n_schemes; i++)
		line(r, "scheme.%s=%.17g %.17g %.17g %.17g\n",
		     d->schemes[i].name, d->schemes[i].row_selected,
		     d->schemes[i].row_other, d->schemes[i].col_selected,
		     d->schemes[i].col_other);
	put_waveforms(r, d);
	line(r, "watchdog=1\nabort_s=0.001\nsimulated=1\ncobs=0\n");
	mr__scpi_answer(w, "%s", "");
	mr__scpi_answer_block(w, r->text, r->n);
	free(r);
	return 0;
}

/* ---- selecting --------------------------------------------------------------------------- */

static int select_checked(struct scpi_wire *w, struct mr_selection where,
                          struct params *p)
{
	mr__scpi_end(p);
	if (!p->error && mr_selection_check(&where, &w->desc, NULL))
		p->error = ERR_RANGE;
	if (!p->error)
		w->where = where;
	return p->error;
}

static int select_all(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	return select_checked(w, (struct mr_selection){.kind = MR_SELECT_ALL},
	                      p);
}

static int select_rect(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	struct mr_selection where = {.kind = MR_SELECT_RECT};

	(void)now_ns;
	where.row = mr__scpi_whole(p);
	where.col = mr__scpi_whole(p);
	where.n_rows = mr__scpi_whole(p);
	where.n_cols = mr__scpi_whole(p);
	return select_checked(w, where, p);
}

static uint32_t *keep(struct bytes *b, const uint8_t *data, size_t n,
                      struct params *p)
{
	void *to = mr__scpi_more_room(b, n * sizeof(uint32_t));

	if (!to)
		p->error = ERR_SYSTEM;
	else if (data)
		memcpy(to, data, n * sizeof(uint32_t));
	return to;
}

static int select_list(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	size_t n;
	const uint8_t *data = mr__scpi_elements(p, sizeof(uint32_t), &n);
	struct mr_selection where = {.kind = MR_SELECT_LIST,
	                             .n_cells = (uint32_t)n};

	(void)now_ns;
	if (p->error)
		return p->error;
	where.cells = keep(&w->list, data, n, p);
	w->where = (struct mr_selection){.kind = MR_SELECT_ALL};
	return select_checked(w, where, p);
}

static int select_outer(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	size_t n_rows, n_cols;
	const uint8_t *rows = mr__scpi_elements(p, sizeof(uint32_t), &n_rows);
	const uint8_t *cols = mr__scpi_elements(p, sizeof(uint32_t), &n_cols);
	struct mr_selection where = {.kind = MR_SELECT_OUTER,
	                             .n_rows = (uint32_t)n_rows,
	                             .n_cols = (uint32_t)n_cols};

	(void)now_ns;
	if (p->error)
		return p->error;
	where.rows = keep(&w->list, rows, n_rows, p);
	where.cols = keep(&w->list2, cols, n_cols, p);
	w->where = (struct mr_selection){.kind = MR_SELECT_ALL};
	return select_checked(w, where, p);
}

static int select_channels(struct scpi_wire *w, int64_t now_ns,
                           struct params *p)
{
	struct mr_selection where = {.kind = MR_SELECT_LIST};

	(void)now_ns;
	w->where = (struct mr_selection){.kind = MR_SELECT_ALL};
	mr__scpi_channels(p, &w->desc, &w->list);
	where.n_cells = (uint32_t)(w->list.n / sizeof(uint32_t));
	where.cells = (const uint32_t *)(const void *)w->list.at;
	return select_checked(w, where, p);
}

static int ask_selected(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "%" PRIu64, n_selected(w));
	return 0;
}

static int configure(struct scpi_wire *w, const char *scheme)
{
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {.name = "scheme", .value = scheme}};

	return mr_array_submit(w->array, &op, 1, NULL, NULL);
}

static int set_scheme(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	char name[WORD];

	(void)now_ns;
	mr__scpi_word(p, name, sizeof name);
	mr__scpi_end(p);
	for (char *c = name; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	if (p->error)
		return p->error;
	return mr__scpi_code(configure(w, name));
}

static int ask_scheme(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	const struct mr_description *d = mr_array_describe(w->array);

	(void)now_ns;
	(void)p;
	for (uint32_t i = 0; i < d->n_conditions; i++)
		if (strcmp(d->conditions[i].name, "scheme") == 0)
			mr__scpi_answer(w, "%s", d->conditions[i].value);
	return 0;
}

/* ---- safety ---------------------------------------------------------------------------------- */

static int enable(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	uint32_t on = mr__scpi_whole(p);

	mr__scpi_end(p);
	if (!p->error && on > 1)
		p->error = ERR_RANGE;
	if (p->error)
		return p->error;
	if (!on)
		mr__scpi_make_safe(w, now_ns);
	w->enabled = on;
	return 0;
}

static int ask_enabled(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "%d", w->enabled);
	return 0;
}

static int limit(struct scpi_wire *w, struct params *p, double *out)
{
	double value = mr__scpi_number(p);

	mr__scpi_end(p);
	if (!p->error && w->locked)
		p->error = ERR_LIMIT;
	if (!p->error && !(value > 0))
		p->error = ERR_RANGE;
	if (!p->error)
		*out = value;
	return p->error;
}

static int limit_volts(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	return limit(w, p, &w->limit_V);
}

static int limit_amperes(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	return limit(w, p, &w->limit_A);
}

static int ask_limit_volts(struct scpi_wire *w, int64_t now_ns,
                           struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "%.9g", w->limit_V);
	return 0;
}

static int ask_limit_amperes(struct scpi_wire *w, int64_t now_ns,
                             struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "%.9g", w->limit_A);
	return 0;
}

static int lock(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	mr__scpi_end(p);
	w->locked = p->error ? w->locked : true;
	return p->error;
}

static int abort_now(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)p;
	mr__scpi_make_safe(w, now_ns);
	return 0;
}

static int make_safe(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)p;
	mr__scpi_make_safe(w, now_ns);
	w->enabled = false;
	return 0;
}

static int arm(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	uint32_t cell = mr__scpi_whole(p);

	mr__scpi_end(p);
	if (!p->error && cell >= w->desc.rows * w->desc.cols)
		p->error = ERR_RANGE;
	if (p->error)
		return p->error;
	w->armed_cell = cell;
	w->armed_until_ns = now_ns + ARM_NS;
	return 0;
}

/* ---- the table --------------------------------------------------------------------------------- */

static const struct {
	const char *pattern;
	command_fn *execute;
} commands[] = {
	{"*CLS", clear_status},
	{"*ESE", set_ese},
	{"*ESE?", ask_ese},
	{"*ESR?", ask_esr},
	{"*IDN?", identify},
	{"*OPC", complete},
	{"*OPC?", ask_complete},
	{"*RST", reset},
	{"*SRE", set_sre},
	{"*SRE?", ask_sre},
	{"*STB?", ask_stb},
	{"*TST?", ask_test},
	{"*WAI", complete},
	{":ABORt", abort_now},
	{":FORMing:RESult?", mr__scpi_formed},
	{":FORMing:STARt", mr__scpi_form},
	{":MEASure:CONDuctance?", mr__scpi_read},
	{":MEASure:STATus?", mr__scpi_status},
	{":OUTPut:ENABle", enable},
	{":OUTPut:ENABle?", ask_enabled},
	{":OUTPut:SAFE", make_safe},
	{":ROUTe:SELect", select_channels},
	{":ROUTe:SELect?", ask_selected},
	{":ROUTe:SELect:ALL", select_all},
	{":ROUTe:SELect:LIST", select_list},
	{":ROUTe:SELect:OUTer", select_outer},
	{":ROUTe:SELect:RECT", select_rect},
	{":SOURce:ARRay:SCHeme", set_scheme},
	{":SOURce:ARRay:SCHeme?", ask_scheme},
	{":SOURce:DRIVe?", mr__scpi_drive},
	{":SOURce:LIMit:CURRent", limit_amperes},
	{":SOURce:LIMit:CURRent?", ask_limit_amperes},
	{":SOURce:LIMit:LOCK", lock},
	{":SOURce:LIMit:VOLTage", limit_volts},
	{":SOURce:LIMit:VOLTage?", ask_limit_volts},
	{":SOURce:PROGram?", mr__scpi_program},
	{":SOURce:PULSe", mr__scpi_pulse},
	{":SOURce:PULSe:DONE?", mr__scpi_done},
	{":SOURce:PULSe:TRAin", mr__scpi_train},
	{":SOURce:TRACe?", mr__scpi_trace},
	{":SYSTem:ARM", arm},
	{":SYSTem:CAPability?", ask_capabilities},
	{":SYSTem:ERRor?", ask_error},
	{":SYSTem:HEARt", nothing},
	{":SYSTem:PROTocol?", ask_protocol},
	{":SYSTem:TIME?", ask_time},
	{":SYSTem:TIME:ADVance", advance},
	{":SYSTem:VERSion?", ask_version},
	{":SYSTem:WDOG", watchdog},
	{":SYSTem:WDOG?", ask_watchdog},
};

int mr__scpi_command(struct scpi_wire *w, int64_t now_ns, const char *header,
                     struct params *p)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (mr__scpi_is(header, commands[i].pattern))
			return commands[i].execute(w, now_ns, p);
	return ERR_UNDEFINED;
}
