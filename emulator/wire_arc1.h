/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The inside of the virtual ArC ONE, shared by its files; the protocol, the
 * assumptions and what is not modelled stand in wire_arc1.c. Tests look at the
 * counters through mr__arc1_report().
 */
#ifndef MR_EMULATOR_WIRE_ARC1_H
#define MR_EMULATOR_WIRE_ARC1_H

#include "memrig/array.h"

#define ARC1_LINES 32             /* words, and bits */
#define ARC1_TOKEN_MAX 64         /* bytes of a token, with its terminator */
#define ARC1_PARAMS_MAX 16        /* numbers of a job */
#define ARC1_IN_MAX 16384         /* bytes that wait for the job to end */
#define ARC1_OUT_MAX 32768        /* bytes that nobody has read yet */
#define ARC1_COUNT_MAX 10000      /* reads, pulses, cycles, steps of a ramp */
#define ARC1_V_MAX_V 12.0         /* sheet: hardware limit */
#define ARC1_WIDTH_MIN_S 90e-9    /* sheet: hardware limit */
#define ARC1_R_OPEN_OHM 1e11      /* what a cell that does not conduct reads */
#define ARC1_NS_PER_S 1e9
#define ARC1_READ_S 20e-6         /* assumed: one read cycle */

/* What a board has seen that a careful driver never causes, and its codes. */
struct mr__arc1_report {
	uint64_t misuse;   /* numbers outside hardware limits, clamped */
	uint64_t ignored;  /* tokens where a job was due that name no job */
	uint64_t lost;     /* tokens: too fast (strict), too many, too long */
	uint64_t deaf;     /* bytes that came while it booted */
	uint64_t dropped;  /* bytes for the host that a restart threw away */
	uint64_t refused;  /* pulses and levels that the model does not know */
	uint64_t restarts; /* by 00, BREAK or the link */
	uint64_t jobs;     /* begun */
	unsigned read_cycles;
	unsigned read_mode;
	unsigned session;
	unsigned sneak_path; /* 0 "V/3", 1 "V/2", 256 floating; never acts */
	double v_read_V;
	bool initialised;
	bool idle;         /* waits for a job token */
};

/* Look at a board; `self` is what mr__wire_arc1.open() gave. */
void mr__arc1_report(const void *self, struct mr__arc1_report *out);

/* The emulated array behind it: for tests. */
struct mr_array *mr__arc1_array(const void *self);

/* ---- for the board's own files ------------------------------------------- */

struct arc1;

/* What a piece of work came to. */
enum arc1_step {
	ARC1_MORE,  /* another piece follows */
	ARC1_TOKENS, /* `want` numbers are needed first, then another */
	ARC1_DONE   /* done with this device */
};

/* One row of the job table. */
struct arc1_job {
	const char *token;
	/* one letter for each number, see the kinds in wire_arc1_jobs.c; the
	 * letter N at the end: so many devices follow, word and bit each */
	const char *params;
	enum arc1_step (*step)(struct arc1 *b); /* NULL = nothing to do */
	bool triple; /* (0, 0, 0) ends each device */
};

/* Where a job is with its device; all zero at the begin of each. */
struct arc1_run {
	uint32_t stage;
	uint32_t k;     /* steps so far */
	uint32_t k2;
	uint32_t n;
	uint32_t n2;
	uint32_t cycle;
	int sign;
	double r_ohm;   /* last reading */
	double r0_ohm;  /* reading to compare with */
	double sum;
	double square;
	double t_s;
	int64_t t0_ns;
	bool lines[ARC1_LINES];
	float level_V;
};

enum arc1_phase { ARC1_IDLE, ARC1_PARAMS, ARC1_ADDRESS, ARC1_WANT, ARC1_RUN };

struct arc1_byte {
	int64_t due_ns;
	uint8_t value;
};

struct arc1 {
	struct mr_array *array;
	struct mr_manual_clock hand; /* the array's clock: stands still */
	struct mr_clock clock;
	int64_t base_ns; /* board time at which array time was 0 */
	struct mr__arc1_report seen;

	bool has_version;
	uint16_t version[2];
	bool ideal_line;
	bool strict;
	bool gui; /* quirks as the vendor's GUI reckons with */
	bool whole; /* a reading is read in one, not cycle by cycle */

	uint32_t words;
	uint32_t bits;

	int64_t t_ns;      /* end of the piece that was done last */
	int64_t boot_ns;   /* deaf until then */
	bool up;
	bool closed;       /* a crosspoint that 02 closed */
	uint32_t closed_word, closed_bit;
	int64_t live_ns;   /* since when something is closed or under voltage */
	int64_t safe_ns;   /* since when nothing is */

	char token[ARC1_TOKEN_MAX];
	size_t n_token;
	bool skip;         /* the token that is coming in is lost */
	bool began;        /* it has */
	int64_t last_ns;   /* end of the token before */
	bool last_here;    /* it came with the same write */
	char in[ARC1_IN_MAX];
	size_t in_at, n_in;

	enum arc1_phase phase;
	const struct arc1_job *job;
	double p[ARC1_PARAMS_MAX];
	uint32_t n_p;
	double arg[ARC1_PARAMS_MAX];
	uint32_t n_arg, want;
	uint32_t devices;  /* that are to come */
	uint32_t word, bit; /* from 0: where the job works */
	struct arc1_run run;

	struct arc1_byte out[ARC1_OUT_MAX];
	size_t out_at, n_out;
	int64_t line_ns;   /* the line is busy until then */
};

/* wire_arc1_cell.c: what a job can do to the array. All take board time. */
double mr__arc1_read(struct arc1 *b, uint32_t word, uint32_t bit);
double mr__arc1_read_at(struct arc1 *b, double v_V, uint32_t reads,
                        double each_s);
void mr__arc1_pulse(struct arc1 *b, double v_V, double width_s);
/* A level that is held, and the resistance at its end. */
double mr__arc1_hold(struct arc1 *b, double v_V, double hold_s);
void mr__arc1_pause(struct arc1 *b, double pause_s);
/* Conductance of marked words on a bit line, in S. */
double mr__arc1_column(struct arc1 *b, const bool *words, uint32_t bit,
                       double v_V);

/* wire_arc1.c: bytes for the host, due at the end of the piece so far. */
void mr__arc1_float(struct arc1 *b, double value);
void mr__arc1_triple(struct arc1 *b, double x, double y, double z);
void mr__arc1_text(struct arc1 *b, const char *line);
void mr__arc1_byte(struct arc1 *b, uint8_t value);

/* wire_arc1_jobs.c: the job table and what its numbers may be; word and bit
 * that the host counts from 1. */
void mr__arc1_address(struct arc1 *b, double word, double bit);
const struct arc1_job *mr__arc1_job(const char *token);
double mr__arc1_number(struct arc1 *b, char kind, const char *token);
double mr__arc1_bound(struct arc1 *b, char kind, double value);

/* wire_arc1_sweeps.c, wire_arc1_states.c: jobs of many pulses. */
uint32_t mr__arc1_steps(struct arc1 *b, double from, double step, double to);
double mr__arc1_at(double from, double step, double to, uint32_t k);
enum arc1_step mr__arc1_former(struct arc1 *b);
enum arc1_step mr__arc1_former2(struct arc1 *b);
enum arc1_step mr__arc1_switch(struct arc1 *b);
enum arc1_step mr__arc1_endurance(struct arc1 *b);
enum arc1_step mr__arc1_curve(struct arc1 *b);
enum arc1_step mr__arc1_converge(struct arc1 *b);
enum arc1_step mr__arc1_chrono(struct arc1 *b);
enum arc1_step mr__arc1_polarity(struct arc1 *b);
enum arc1_step mr__arc1_retention(struct arc1 *b);
enum arc1_step mr__arc1_states_v(struct arc1 *b);
enum arc1_step mr__arc1_states_w(struct arc1 *b);
enum arc1_step mr__arc1_states_n(struct arc1 *b);
enum arc1_step mr__arc1_volatility(struct arc1 *b);
enum arc1_step mr__arc1_stdp(struct arc1 *b);
enum arc1_step mr__arc1_bias(struct arc1 *b);

#endif
