/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What a source-measure unit, a meter or a switch matrix is told and how it
 * answers: a data file (devices/smu-*.ini, devices/router-*.ini; docs/smu.md).
 * The shipped ones are built in.
 */
#ifndef MR_DRIVER_SMU_PROFILE_H
#define MR_DRIVER_SMU_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"

#define SMU_LINES_MAX 64
#define SMU_TEXT_MAX 200 /* a line of a profile, with its terminator */
#define SMU_IDNS_MAX 8
#define SMU_OVERFLOWS_MAX 4
#define SMU_REPLY_MAX 8

enum smu_kind { SMU_KIND_SMU, SMU_KIND_METER, SMU_KIND_ROUTER, SMU_KINDS };

/* Groups of lines; each is sent in the order of the file. */
enum smu_command {
	SMU_CHECK,     /* questions before anything else */
	SMU_START,     /* output off, functions, formats */
	SMU_WIRES_2,   /* sense at the terminals that source */
	SMU_WIRES_4,   /* sense apart */
	SMU_LIMIT,     /* {i}: the current limit */
	SMU_RANGE,     /* {v}: of the source */
	SMU_LEVEL,     /* {v} */
	SMU_ON,
	SMU_OFF,
	SMU_IS_OFF,    /* a question */
	SMU_ABORT,
	SMU_APERTURE,  /* {nplc} or {s}: integration time of a reading */
	SMU_READ,      /* a question: numbers in the order of `reply` */
	SMU_TRIPPED,   /* a question: whether the current limit acts */
	SMU_PULSE,     /* {v} {s} {i}: one pulse by the unit's own means */
	SMU_PULSE_END, /* back to levels */
	SMU_SYNC,      /* a question that is answered when all is done */
	SMU_ERROR,     /* a question: the oldest error; number 0 = none */
	SMU_CLOSE,     /* {channel} of a switch matrix */
	SMU_OPEN,      /* {channel} */
	SMU_OPEN_ALL,
	SMU_IS_CLOSED, /* {channel}: a question */
	SMU_COMMANDS
};

struct smu_line {
	uint8_t command;
	char text[SMU_TEXT_MAX];
	char answer[SMU_TEXT_MAX]; /* pattern that its answer fits; "" = none */
};

struct smu_profile {
	enum smu_kind kind;
	char path[256]; /* where it was read */
	char name[SMU_TEXT_MAX];
	char title[SMU_TEXT_MAX];
	uint32_t n_idns;
	char idn[SMU_IDNS_MAX][SMU_TEXT_MAX]; /* patterns, as of a shell */
	/* of a unit: */
	double v_max_V;
	double i_max_A;     /* greatest and */
	double i_min_A;     /* least current limit, and */
	double limit_A;     /* the one where none is asked for */
	double pulse_min_s; /* shortest and */
	double pulse_max_s; /* longest pulse or level, in */
	double pulse_step_s; /* steps; 0 = any */
	double nplc_min;    /* integration time in cycles of the mains */
	double nplc_max;
	double baud;        /* of a serial line */
	uint32_t n_overflows;
	double overflow[SMU_OVERFLOWS_MAX]; /* magnitudes that are no number */
	uint32_t n_reply;
	char reply[SMU_REPLY_MAX]; /* 'v', 'i', or '-' = something else */
	/* of a matrix: */
	double rows; /* of a slot */
	double cols;
	double slots;
	double settle_s;    /* until its contacts rest */
	char channel[SMU_TEXT_MAX]; /* with {slot}, {row} (a letter), {col} */
	uint32_t n_lines;
	struct smu_line lines[SMU_LINES_MAX];
};

/** Name of a kind: "smu", "meter", "router". */
const char *mr__unit_kind_name(enum smu_kind kind);

/**
 * The profile of that name: a shipped one, or a file where the name has a
 * slash or a dot in it.
 * @return MR_OK; MR_ERR_USAGE (no such profile: the shipped ones are named;
 *         one of another kind); MR_ERR_MISSING, MR_ERR_FORMAT, MR_ERR_RANGE
 *         (the file: its line is named, and what would be right).
 */
int mr__unit_profile_find(const char *name, enum smu_kind kind,
                         struct smu_profile *out, struct mr_errtext *err);

/** The shipped profile whose unit answers `identity` to *IDN?.
 * @return MR_OK; MR_ERR_MISMATCH (none: the key is required). */
int mr__unit_profile_match(const char *identity, enum smu_kind kind,
                          struct smu_profile *out, struct mr_errtext *err);

/** Whether a unit that gives this identity is what the profile is for. */
bool mr__unit_profile_fits(const struct smu_profile *p, const char *identity);

/** Whether there are lines of a command. */
bool mr__unit_profile_has(const struct smu_profile *p, enum smu_command command);

/** The n-th shipped profile's name and kind; false after the last. */
bool mr__unit_profile_shipped(size_t n, const char **name, enum smu_kind *kind);

#endif
