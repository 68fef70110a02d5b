/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Virtual source-measure units in front of an emulated array, and the virtual
 * switch matrix between the two. One unit a profile: Keithley 2450, 2400 and
 * Keysight B2901A by SCPI, Keithley 2601B by TSP. Written from the fact sheet's
 * tables (what they leave open is as the units' manuals are remembered, and is
 * marked "assumed" where it was not); nothing is shared with a driver.
 *
 * Bytes are cut into messages (wire_smu_pipe.c). SCPI: messages into commands
 * (wire_smu_parse.c), looked up (wire_smu_tree.c), which set something
 * (wire_smu_set.c) or act (wire_smu_act.c, wire_smu_sweep.c, wire_smu_trace.c).
 * TSP: statements (wire_smu_tsp.c) over names (wire_smu_names.c,
 * wire_smu_pulses.c, wire_smu_matrix.c). Acting is a job (wire_smu_job.c):
 * levels that hold, some measured at their end. wire_smu.c keeps the order.
 *
 * Time. The board's time is its host's. While the output is on the cells see
 * the level from when it was set until it changes (wire_smu_cell.c): the array
 * is told of a hold when it ends, as one pulse, so looking at the board does
 * not cut it in two.
 */
#ifndef MR_EMULATOR_WIRE_SMU_H
#define MR_EMULATOR_WIRE_SMU_H

#include "wire_scpi.h" /* its byte buffers */

struct smu;

#define SMU_PARAMS_MAX 128
#define SMU_HEADER_MAX 128
#define SMU_NAME_MAX 64
#define SMU_RANGES_MAX 10
#define SMU_STORES_MAX 6
#define SMU_LIST_MAX 2500
#define SMU_ERRORS_MAX 64
#define SMU_LINE_HZ 50.0
#define SMU_NS_PER_S 1e9
#define SMU_NAN 9.91e37       /* "not a number" of SCPI */
#define SMU_OVERFLOW 9.9e37   /* beyond the meter's range */

/* Errors of SCPI, and those of the units. */
enum smu_error {
	SMU_SYNTAX = -102,
	SMU_TYPE = -104,
	SMU_NOT_ALLOWED = -108,
	SMU_MISSING = -109,
	SMU_HEADER = -113,
	SMU_INIT_IGNORED = -213,
	SMU_CONFLICT = -221,
	SMU_RANGE = -222,
	SMU_TOO_MUCH = -223,
	SMU_ILLEGAL = -224,
	SMU_CORRUPT = -230,
	SMU_TSP_SYNTAX = -285,
	SMU_TSP_RUNTIME = -286,
	SMU_SYSTEM = -310,
	SMU_QUEUE_OVERFLOW = -350,
	SMU_OVERRUN = -363,
	SMU_INTERRUPTED = -410,
	SMU_OUTPUT_OFF = 803
};

enum smu_dialect {
	SMU_2450 = 1,
	SMU_2400 = 2,
	SMU_B2900 = 4,
	SMU_2600B = 8,
	SMU_MATRIX = 16,
	SMU_KEITHLEY = SMU_2450 | SMU_2400,
	SMU_SCPI = SMU_2450 | SMU_2400 | SMU_B2900
};

/* What a unit can do; wire_smu_profile.c. */
struct smu_profile {
	const char *name;
	enum smu_dialect dialect;
	const char *identity;  /* printf form that takes the serial number */
	const char *serial;    /* the same for the seed, as the maker's look */
	const char *firmware;
	double v_range_V[SMU_RANGES_MAX]; /* rising, 0 = end */
	double i_range_A[SMU_RANGES_MAX];
	double over;           /* part of a range that may be used */
	double i_limit_A;      /* at power-on */
	double v_limit_V;
	double nplc_min, nplc_max, nplc;
	double command_s;      /* what a command takes; assumed */
	double settle_s;       /* of a level that is to be measured; assumed */
	uint32_t points_max;
	uint32_t errors_max;
	const char *number;    /* printf form of a reading */
};

const struct smu_profile *mr__smu_profile(const char *name);
/** Names of all, for messages. */
void mr__smu_profile_names(char *to, size_t room);

/* ---- pipes --------------------------------------------------------------------- */

struct smu_message {
	struct smu_message *next;
	struct ws_buffer bytes; /* terminated */
	size_t at;              /* of the next command */
	int64_t arrived_ns;
	char path[SMU_HEADER_MAX];
};

/* One way in and out: the unit's, or the matrix's. */
struct smu_pipe {
	struct ws_buffer in;
	bool too_long;
	struct smu_message *first, **last;
	struct ws_buffer line; /* the answer that is being made */
	uint32_t n_answers;
	struct ws_buffer out;
	struct ws_buffer ends; /* size_t each */
	size_t head, first_end;
};

void mr__smu_pipe_init(struct smu_pipe *p);
/** Take bytes. @return an error of the unit, 0 = fine */
int mr__smu_pipe_input(struct smu_pipe *p, int64_t now_ns, const uint8_t *data,
                       size_t n, bool end);
size_t mr__smu_pipe_output(struct smu_pipe *p, uint8_t *buf, size_t room,
                           bool *end);
bool mr__smu_pipe_has_output(const struct smu_pipe *p);
/** The answer that was made, if any, goes out. @return false without memory */
bool mr__smu_pipe_send(struct smu_pipe *p);
/** Done with the first message. */
void mr__smu_pipe_drop_first(struct smu_pipe *p);
/** Forget what came, what waits and what was not fetched. */
void mr__smu_pipe_reset(struct smu_pipe *p);
/* The host went: what came whole is still worked off, as by a real unit, so that
 * a last "output off" counts; the rest is forgotten. */
void mr__smu_pipe_hang_up(struct smu_pipe *p);
void mr__smu_pipe_free(struct smu_pipe *p);
/** Begin an answer; what is printed next is its text. */
struct ws_buffer *mr__smu_answer(struct smu_pipe *p);

/* ---- errors ---------------------------------------------------------------------- */

struct smu_queue {
	int errors[SMU_ERRORS_MAX];
	int64_t at_ns[SMU_ERRORS_MAX];
	uint32_t n;
	uint32_t max; /* <= SMU_ERRORS_MAX */
	uint8_t esr, ese, sre;
};

void mr__smu_queue_add(struct smu_queue *q, int error, int64_t t_ns);
/** The oldest one, taken out; 0 = none. */
int mr__smu_queue_next(struct smu_queue *q, int64_t *at_ns);
const char *mr__smu_error_text(int error);

/* ---- settings -------------------------------------------------------------------- */

enum smu_setting {
	SET_NONE = 0,
	SET_FUNCTION, /* 0 volts, 1 amperes */
	SET_LEVEL_V, SET_LEVEL_A,
	SET_RANGE_V, SET_RANGE_A, SET_AUTO_V, SET_AUTO_A,
	SET_LIMIT_A, SET_LIMIT_V, SET_LIMIT_POS, SET_LIMIT_NEG,
	SET_PROTECTION,
	SET_MODE, /* 0 fixed, 1 sweep, 2 list */
	SET_START, SET_STOP, SET_STEP, SET_POINTS, SET_SPACING, SET_DIRECTION,
	SET_DELAY, SET_SHAPE, SET_PEAK, SET_PULSE_DELAY, SET_PULSE_WIDTH,
	SET_READ_BACK,
	SET_SENSE_A, SET_SENSE_V, /* ranges of the meter */
	SET_SENSE_AUTO_A, SET_SENSE_AUTO_V, SET_SENSE_LEAST,
	SET_NPLC, SET_APERTURE_AUTO, SET_CONCURRENT, SET_COUNT, SET_AUTOZERO,
	SET_WIRES, SET_TERMINALS, SET_OFF_STATE, SET_OFF_ON_TRIP, SET_ON_AUTO,
	SET_ARM_COUNT, SET_ARM_SOURCE, SET_ARM_TIMER,
	SET_TRIGGER_COUNT, SET_TRIGGER_SOURCE, SET_TRIGGER_TIMER,
	SET_TRIGGER_DELAY, SET_ACQUIRE_DELAY,
	SET_FORMAT, /* 0 ASCII, 1 float, 2 double */
	SET_SWAPPED,
	SET_FEED_CONTROL, SET_MEASURE_ENABLE,
	SET_N
};

/** Set all as at power-on. */
void mr__smu_defaults(struct smu *b);
/** Set one if it may be. @return an error, 0 = done */
int mr__smu_set(struct smu *b, enum smu_setting which, double x);
/** Least and greatest that a setting may be. */
void mr__smu_bounds(const struct smu *b, enum smu_setting which, double *min,
                    double *max);
double mr__smu_aperture_s(const struct smu *b);
/** Whether a level may be sourced with the range as it is set. */
bool mr__smu_level_ok(const struct smu *b, double level);

/* ---- readings and their stores ----------------------------------------------------- */

#define SMU_LIMITED 1u /* the unit's limit acted */
#define SMU_WAS_OFF 2u /* the output was off */

struct smu_reading {
	double source;
	double v_V, i_A;
	double t_s; /* board time */
	uint32_t status;
};

struct smu_store {
	char name[SMU_NAME_MAX]; /* "" = free */
	struct ws_buffer readings;
	uint32_t room; /* readings that it takes */
	double t0_s;   /* of its first reading */
	bool appends, keeps_sources;
};

uint32_t mr__smu_store_n(const struct smu_store *s);
const struct smu_reading *mr__smu_store_at(const struct smu_store *s, uint32_t i);
void mr__smu_store_add(struct smu_store *s, const struct smu_reading *r);
void mr__smu_store_clear(struct smu_store *s);
struct smu_store *mr__smu_store_find(struct smu *b, const char *name);

/* ---- jobs --------------------------------------------------------------------------- */

enum smu_answer { ANSWER_NONE = 0, ANSWER_LAST, ANSWER_ALL, ANSWER_TSP };

/* Points one after another. A point: the base level for lead_s, the point's
 * level for hold_s, then the base again for trail_s; a staircase has neither
 * lead nor trail. Measured at the end of the level, or of the trail if `late`,
 * over aperture_s. */
struct smu_job {
	bool running;
	bool overlapped;         /* other commands are taken meanwhile */
	enum smu_answer answer;
	char what;               /* of TSP: v, i, r, p, both, a test; 0 nothing */
	struct ws_buffer levels; /* double each */
	uint32_t n_points;
	uint32_t at;             /* point */
	uint32_t phase;          /* 0 lead, 1 level, 2 trail */
	uint32_t repeats;        /* of the whole, >= 1 */
	double base, lead_s, hold_s, trail_s;
	double limit_A;          /* while it runs; 0 = as set */
	bool late;
	bool off_at_end;
	bool stops_on_limit;
	double level;            /* present */
	int64_t due_ns;          /* end of the phase */
	struct smu_store *store; /* where readings go; never NULL */
	uint32_t first;          /* index of the first reading of this job */
	uint32_t n_read;
};

/** Begin the job that was described; `levels` holds its points. */
void mr__smu_job_begin(struct smu *b);
/** A phase has ended. */
void mr__smu_job_step(struct smu *b);
/** End it where the clock is. @return whether there was one */
bool mr__smu_job_cut(struct smu *b);
/** Forget the last job's description. */
struct smu_job *mr__smu_job_new(struct smu *b);
bool mr__smu_job_point(struct smu *b, double level);

/* ---- the matrix between unit and cells ------------------------------------------------ */

#define SMU_SLOTS 6
#define SMU_MATRIX_ROWS 8
#define SMU_MATRIX_COLS 12
#define SMU_PER_SLOT 96 /* rows * columns */
#define SMU_CHANNELS 576
#define SMU_LINES 72

/* What the unit's terminals reach: HI on rows and LO on columns, or reversed. */
struct smu_route {
	uint32_t rows[2][SMU_LINES], cols[2][SMU_LINES];
	uint32_t n_rows[2], n_cols[2];
	bool shorted;
};

struct smu_matrix {
	bool there;
	const char *model;
	bool closed[SMU_CHANNELS];
	bool forbidden[SMU_CHANNELS];
	double delay_s[SMU_CHANNELS];
	double rule; /* channel.connectrule */
	uint64_t hot; /* changes of the route with the output on */
	double wait_s; /* channel delays of what was closed last */
	struct smu_route route;
	struct smu_queue errors;
};

/* ---- statements of TSP ------------------------------------------------------------- */

enum tsp_kind { TSP_NIL = 0, TSP_NUMBER, TSP_BOOL, TSP_TEXT, TSP_NAME };

#define TSP_TEXT_MAX 3072 /* all channels of a matrix, named */
#define TSP_VALUES_MAX 16
#define TSP_LOG_MAX 4
#define TSP_GLOBALS_MAX 24
#define TSP_NAME_LENGTH 48

struct tsp_value {
	enum tsp_kind kind;
	double x;                 /* number; bool 0 or 1 */
	char text[TSP_TEXT_MAX];  /* text, or name of a table such as a store */
};

struct tsp_values {
	uint32_t n;
	struct tsp_value v[TSP_VALUES_MAX];
};

/* Calls of the statement at work whose results are known: it is evaluated again
 * when a measurement that it waits for has ended. */
struct tsp_log {
	uint32_t n, at;
	struct tsp_values results[TSP_LOG_MAX];
};

struct tsp_global {
	char name[TSP_NAME_LENGTH];
	struct tsp_value value;
};

struct tsp {
	struct smu_pipe *pipe;
	struct smu_queue *errors;
	enum smu_dialect here; /* whose names need no node[] before them */
	double precision;      /* format.asciiprecision */
	double data;           /* format.data: 1 text, 2 REAL32, 3 REAL64 */
	double order;          /* format.byteorder: 0 normal, 1 swapped */
	bool loading;          /* between loadscript and endscript */
	bool runs;             /* loadandrunscript */
	bool in_script;        /* it is the script that is worked off */
	struct ws_buffer script;
	size_t at;             /* of the statement at work */
	struct tsp_log log;
	struct tsp_global globals[TSP_GLOBALS_MAX];
	uint32_t n_globals;
};

#define TSP_WAIT 1 /* of a call: goes on when the job has ended */

struct tsp_name;

#define TSP_CALL(name)                                                        \
	int mr__tsp_##name(struct smu *b, struct tsp *t,                      \
	                   const struct tsp_name *n,                          \
	                   const struct tsp_values *in, struct tsp_values *out)

/* A name that statements may use. NULL = cannot be read, set, called. */
struct tsp_name {
	const char *name;
	unsigned where;
	int (*get)(struct smu *, struct tsp *, const struct tsp_name *,
	           struct tsp_value *);
	int (*set)(struct smu *, struct tsp *, const struct tsp_name *,
	           const struct tsp_value *);
	int (*call)(struct smu *, struct tsp *, const struct tsp_name *,
	            const struct tsp_values *, struct tsp_values *);
	enum smu_setting setting;
	double x; /* of a constant */
};

/* wire_smu_names.c */
const struct tsp_name *mr__tsp_find(enum smu_dialect where, const char *name);
/** What a waiting call gives, now that its job has ended. */
void mr__tsp_results(struct smu *b, struct tsp_values *out);
int mr__tsp_element(struct smu *b, const char *name, double i, double *x);
void mr__tsp_init(struct smu *b, struct tsp *t, enum smu_dialect here,
                  struct smu_pipe *pipe, struct smu_queue *errors);

/* wire_smu_tsp.c */
/** Work off a text from t->at on. @return TSP_WAIT: again when the job has
 * ended; 0: done, also where it failed */
int mr__tsp_run(struct smu *b, struct tsp *t, const char *text);
/** A line from the host. @return as mr__tsp_run() */
int mr__tsp_line(struct smu *b, struct tsp *t, const char *line);
void mr__tsp_number(struct tsp_value *v, double x);
void mr__tsp_text(struct tsp_value *v, const char *text);
void mr__tsp_bool(struct tsp_value *v, bool x);
void mr__tsp_print_number(const struct tsp *t, struct ws_buffer *to, double x);

/* wire_smu_pulses.c */
TSP_CALL(config_pulse);
TSP_CALL(initiate_pulse);

/* wire_smu_matrix.c */
TSP_CALL(channel_change);
TSP_CALL(channel_ask);
TSP_CALL(channel_forbid);
TSP_CALL(channel_delay);
TSP_CALL(matrix_reset);
/** The route that what is closed makes. */
void mr__smu_route(struct smu *b);

#define SMU_TAGS_MAX 4

/* A pulse test that was configured. */
struct smu_pulse_test {
	double tag; /* 0 = free */
	double bias, start, stop, limit_A, on_s, off_s;
	uint32_t points;
	bool log;
	struct smu_store *store;
};

/* ---- the bench ----------------------------------------------------------------------- */

struct smu_command {
	char header[SMU_HEADER_MAX]; /* upper case, from the root, begins ':' or '*' */
	bool query;
	uint32_t n;
	struct smu_param {
		const char *p;
		size_t n;
		char quote; /* '"', '(' or 0 */
	} params[SMU_PARAMS_MAX];
};

#define SMU_ASK 1u    /* has a query form */
#define SMU_TELL 2u   /* has a command form */
#define SMU_ASIDE 4u  /* is taken while an overlapped job runs */

struct smu_entry {
	const char *pattern;
	unsigned dialects;
	unsigned flags;
	enum smu_setting setting; /* set and asked for as it is, if not SET_NONE */
	const char *words;        /* "ONE|TWo": the setting's values 0, 1 */
	int (*act)(struct smu *b, const struct smu_command *c);
	uint8_t n_least, n_most;
};

struct smu {
	const struct smu_profile *profile;
	struct mr_array *array;
	const struct mr_description *desc;
	char serial[SMU_NAME_MAX], firmware[SMU_NAME_MAX];

	int64_t now_ns;   /* host time of this call */
	int64_t t_ns;     /* of what is being done; never after now_ns */
	int64_t base_ns;  /* host time at which the array would have been new */
	int64_t opened_ns;
	int64_t free_ns;  /* no command before */

	double set[SET_N];
	bool on;
	int64_t changed_ns;    /* of what is_safe says */
	bool was_safe;
	bool limited;          /* the last look saw the limit act */
	bool protecting;       /* or the voltage protection */
	uint64_t refused;      /* the model had no answer */
	bool senses_v, senses_a, senses_r;
	unsigned elements;
	double list[SMU_LIST_MAX];
	uint32_t n_list;
	bool peak_set;         /* B2900: the peak is not the base */
	unsigned swept;        /* 2450: 0 nothing, 1 sweep, 2 list is loaded */
	struct smu_sweep {
		double start, stop, delay_s, first;
		uint32_t points, count;
		bool log, dual, stops;
		struct smu_store *store;
	} sweep;
	uint32_t feed_points;  /* 2400: readings that the store takes */
	uint32_t measure_event;

	struct smu_store stores[SMU_STORES_MAX];
	struct smu_job job;
	struct smu_queue errors;
	struct smu_pipe pipe;
	bool has_command;      /* one is parsed, or a statement is at work */
	int64_t command_ns;
	struct smu_command command;
	const struct smu_entry *entry;
	bool waits_for_job;    /* the message goes on when the job has ended */
	struct tsp tsp;
	struct smu_pulse_test tests[SMU_TAGS_MAX];

	struct smu_matrix matrix;
	struct smu_pipe matrix_pipe;
	int64_t matrix_ns; /* when its first message is done */
	struct tsp matrix_tsp;
};

/* wire_smu.c */
void mr__smu_raise(struct smu *b, int error);

/* wire_smu_status.c */
uint8_t mr__smu_stb_now(const struct smu *b);

/* wire_smu_cell.c */
/** Let time pass until `to_ns` with what the terminals carry now; then measure,
 * if there is `r`. */
void mr__smu_pass(struct smu *b, int64_t to_ns, struct smu_reading *r);
/** What the terminals carry changes now: what was until now ends. */
void mr__smu_settle(struct smu *b);
/** After a change: since when is it safe. */
void mr__smu_note(struct smu *b);
void mr__smu_output(struct smu *b, bool on);
double mr__smu_level(const struct smu *b);
/** The limit acts at this moment. */
bool mr__smu_is_limited(struct smu *b);

/* wire_smu_parse.c */
int mr__smu_next(struct smu_message *m, struct smu_command *c);
bool mr__smu_matches(const char *pattern, const char *header);
int mr__smu_real(const struct smu *b, const struct smu_command *c, uint32_t i,
                 enum smu_setting bounds, double *x);
int mr__smu_number(const struct smu_param *p, double *x);
int mr__smu_choice(const struct smu_param *p, const char *words, double *x);
bool mr__smu_word_is(const char *word, size_t n, const char *pattern);
void mr__smu_copy(const struct smu_param *p, char *to, size_t room);

/* wire_smu_tree.c */
const struct smu_entry *mr__smu_find(const struct smu *b,
                                     const struct smu_command *c);

/* wire_smu_set.c */
int mr__smu_tell(struct smu *b, const struct smu_entry *e,
                 const struct smu_command *c);
int mr__smu_ask(struct smu *b, const struct smu_entry *e,
                const struct smu_command *c);

double mr__smu_protection_V(const struct smu *b);
double mr__smu_last_range(const double ranges[SMU_RANGES_MAX]);

/* wire_smu_trace.c */
void mr__smu_answer_job(struct smu *b);
void mr__smu_print(const struct smu *b, struct ws_buffer *to, double x);
/** A current as the meter's range shows it. */
double mr__smu_shown_A(const struct smu *b, double i_A);

#define SMU_ACT(name)                                                         \
	int mr__smu_##name(struct smu *b, const struct smu_command *c)
SMU_ACT(idn);
SMU_ACT(rst);
SMU_ACT(cls);
SMU_ACT(opc);
SMU_ACT(esr);
SMU_ACT(ese);
SMU_ACT(sre);
SMU_ACT(stb);
SMU_ACT(wai);
SMU_ACT(tst);
SMU_ACT(lang);
SMU_ACT(error);
SMU_ACT(error_count);
SMU_ACT(clear_errors);
SMU_ACT(hot);
SMU_ACT(measure_event);
SMU_ACT(output_act);
SMU_ACT(trip);
SMU_ACT(interlock);
SMU_ACT(protection_trip);
SMU_ACT(limits);
SMU_ACT(sense_function);
SMU_ACT(sense_off);
SMU_ACT(aperture);
SMU_ACT(peak);
SMU_ACT(pulse_shape);
SMU_ACT(list);
SMU_ACT(list_append);
SMU_ACT(list_points);
SMU_ACT(sweep_linear);
SMU_ACT(sweep_list);
SMU_ACT(points);
SMU_ACT(init);
SMU_ACT(read);
SMU_ACT(measure);
SMU_ACT(fetch);
SMU_ACT(fetch_array);
SMU_ACT(sense_data);
SMU_ACT(abort);
SMU_ACT(format);
SMU_ACT(elements);
SMU_ACT(trace_make);
SMU_ACT(trace_clear);
SMU_ACT(trace_actual);
SMU_ACT(trace_points);
SMU_ACT(trace_data);
SMU_ACT(trace_feed);

#endif
