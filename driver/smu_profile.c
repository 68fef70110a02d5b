/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Profiles of instruments: files read, checked, and found by name. */
#include "smu_profile.h"

#include <fnmatch.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/smu_shipped.h" /* made from devices/ at build time */
#include "inifile.h"

#define ARROW " -> "

/* Placeholders, as bits. */
#define AT_V 1u
#define AT_I 2u
#define AT_S 4u
#define AT_NPLC 8u
#define AT_CHANNEL 16u
#define AT_SLOT 32u
#define AT_ROW 64u
#define AT_COL 128u

static const struct {
	const char *name;
	unsigned bit;
} placeholders[] = {
	{"v", AT_V},       {"i", AT_I},       {"s", AT_S},
	{"nplc", AT_NPLC}, {"channel", AT_CHANNEL},
	{"slot", AT_SLOT}, {"row", AT_ROW},   {"col", AT_COL},
};

#define N_PLACEHOLDERS (sizeof placeholders / sizeof placeholders[0])

/* Kinds that must have a command, as bits. */
#define OF_SMU (1u << SMU_KIND_SMU)
#define OF_METER (1u << SMU_KIND_METER)
#define OF_ROUTER (1u << SMU_KIND_ROUTER)
#define OF_ALL (OF_SMU | OF_METER | OF_ROUTER)

static const struct {
	const char *name;
	unsigned may;   /* placeholders */
	unsigned must;  /* at least one of these in the group */
	unsigned asks;  /* 1: a question with a pattern, 2: one without */
	unsigned needed; /* by kinds */
	unsigned known;  /* by kinds */
} commands[SMU_COMMANDS] = {
	[SMU_CHECK] = {"check", 0, 0, 1, 0, OF_ALL},
	[SMU_START] = {"start", 0, 0, 0, 0, OF_ALL},
	[SMU_WIRES_2] = {"wires_2", 0, 0, 0, 0, OF_SMU | OF_METER},
	[SMU_WIRES_4] = {"wires_4", 0, 0, 0, 0, OF_SMU | OF_METER},
	[SMU_LIMIT] = {"limit", AT_I, AT_I, 0, OF_SMU, OF_SMU},
	[SMU_RANGE] = {"range", AT_V, AT_V, 0, 0, OF_SMU},
	[SMU_LEVEL] = {"level", AT_V, AT_V, 0, OF_SMU, OF_SMU},
	[SMU_ON] = {"on", 0, 0, 0, OF_SMU, OF_SMU},
	[SMU_OFF] = {"off", 0, 0, 0, OF_SMU, OF_SMU},
	[SMU_IS_OFF] = {"is_off", 0, 0, 1, OF_SMU, OF_SMU},
	[SMU_ABORT] = {"abort", 0, 0, 0, 0, OF_ALL},
	[SMU_APERTURE] = {"aperture", AT_NPLC | AT_S, AT_NPLC | AT_S, 0, 0,
                          OF_SMU | OF_METER},
	[SMU_READ] = {"read", 0, 0, 2, OF_SMU | OF_METER, OF_SMU | OF_METER},
	[SMU_TRIPPED] = {"tripped", 0, 0, 2, 0, OF_SMU},
	[SMU_PULSE] = {"pulse", AT_V | AT_S | AT_I, AT_V | AT_S, 0, 0, OF_SMU},
	[SMU_PULSE_END] = {"pulse_end", 0, 0, 0, 0, OF_SMU},
	[SMU_SYNC] = {"sync", 0, 0, 1, OF_ALL, OF_ALL},
	[SMU_ERROR] = {"error", 0, 0, 2, OF_ALL, OF_ALL},
	[SMU_CLOSE] = {"close", AT_CHANNEL, AT_CHANNEL, 0, OF_ROUTER, OF_ROUTER},
	[SMU_OPEN] = {"open", AT_CHANNEL, AT_CHANNEL, 0, OF_ROUTER, OF_ROUTER},
	[SMU_OPEN_ALL] = {"open_all", 0, 0, 0, OF_ROUTER, OF_ROUTER},
	[SMU_IS_CLOSED] = {"is_closed", AT_CHANNEL, AT_CHANNEL, 1, OF_ROUTER,
                           OF_ROUTER},
};

#define NUMBER(field) #field, offsetof(struct smu_profile, field)

static const struct {
	const char *name;
	size_t at;
	double min;
	double max;
	unsigned needed;
	unsigned known;
} numbers[] = {
	{NUMBER(v_max_V), 1e-6, 1e4, OF_SMU, OF_SMU},
	{NUMBER(i_max_A), 1e-12, 1e3, OF_SMU, OF_SMU},
	{NUMBER(i_min_A), 1e-15, 1e3, OF_SMU, OF_SMU},
	{NUMBER(limit_A), 1e-15, 1e3, OF_SMU, OF_SMU},
	{NUMBER(pulse_min_s), 1e-9, 1e3, OF_SMU, OF_SMU},
	{NUMBER(pulse_max_s), 1e-9, 1e6, OF_SMU, OF_SMU},
	{NUMBER(pulse_step_s), 1e-9, 1, 0, OF_SMU},
	{NUMBER(nplc_min), 1e-6, 1e3, OF_SMU | OF_METER, OF_SMU | OF_METER},
	{NUMBER(nplc_max), 1e-6, 1e3, OF_SMU | OF_METER, OF_SMU | OF_METER},
	{NUMBER(baud), 50, 4e6, 0, OF_ALL},
	{NUMBER(rows), 1, 26, OF_ROUTER, OF_ROUTER},
	{NUMBER(cols), 1, 99, OF_ROUTER, OF_ROUTER},
	{NUMBER(slots), 1, 9, OF_ROUTER, OF_ROUTER},
	{NUMBER(settle_s), 0, 60, OF_ROUTER, OF_ROUTER},
};

#define N_NUMBERS (sizeof numbers / sizeof numbers[0])

struct reading {
	struct smu_profile *p;
	bool has_kind;
	uint32_t seen; /* numbers */
};

static double *number_at(struct smu_profile *p, size_t i)
{
	return (double *)(void *)((char *)p + numbers[i].at);
}

const char *mr__unit_kind_name(enum smu_kind kind)
{
	static const char *const names[SMU_KINDS] = {"smu", "meter", "router"};

	return names[kind];
}

static unsigned bit_of(const struct smu_profile *p)
{
	return 1u << p->kind;
}

/* ---- entries ------------------------------------------------------------------- */

static int take_text(char out[SMU_TEXT_MAX], const char *name,
                     const char *value, struct mr_errtext *why)
{
	if (out[0])
		return mr__ini_wrong(why, name, value, "given twice");
	if (!value[0])
		return mr__ini_wrong(why, name, value, "must not be empty");
	(void)snprintf(out, SMU_TEXT_MAX, "%s", value);
	return MR_OK;
}

static int take_head(struct reading *r, const char *name, const char *value,
                     struct mr_errtext *why)
{
	if (strcmp(name, "profile") == 0)
		return take_text(r->p->name, name, value, why);
	if (strcmp(name, "note") == 0)
		return MR_OK;
	if (strcmp(name, "kind") != 0)
		return mr__ini_wrong(why, name, value,
		             "unknown; [memrig] knows profile, kind and note");
	for (int k = 0; k < SMU_KINDS; k++) {
		if (strcmp(value, mr__unit_kind_name((enum smu_kind)k)) != 0)
			continue;
		r->p->kind = (enum smu_kind)k;
		r->has_kind = true;
		return MR_OK;
	}
	return mr__ini_wrong(why, name, value, "must be smu, meter or router");
}

static int take_reply(struct smu_profile *p, const char *value,
                      struct mr_errtext *why)
{
	static const char right[] = "must be up to 8 of v, i and -, with blanks "
				    "between, and an i among them";

	p->n_reply = 0;
	for (const char *at = value; *at; at++) {
		if (*at == ' ')
			continue;
		if (!strchr("vi-", *at) || (at[1] && at[1] != ' ') ||
		    p->n_reply == SMU_REPLY_MAX)
			return mr__ini_wrong(why, "reply", value, right);
		p->reply[p->n_reply++] = *at;
	}
	if (!p->n_reply || !memchr(p->reply, 'i', p->n_reply))
		return mr__ini_wrong(why, "reply", value, right);
	return MR_OK;
}

/* The placeholders in a text as bits; -1 and a sentence for one that may not
 * be there. */
static int find_placeholders(const char *name, const char *value, unsigned may,
                             unsigned *found, struct mr_errtext *why)
{
	const char *at = value;

	while ((at = strchr(at, '{')) != NULL) {
		size_t n = strcspn(++at, "}");
		bool ok = false;

		for (size_t k = 0; k < N_PLACEHOLDERS; k++) {
			if (strlen(placeholders[k].name) != n ||
			    strncmp(placeholders[k].name, at, n) != 0 ||
			    !(placeholders[k].bit & may))
				continue;
			*found |= placeholders[k].bit;
			ok = at[n] == '}';
		}
		if (!ok)
			return mr_errtext_set(
				why, MR_ERR_FORMAT,
				"%.60s = '%.120s': no placeholder {%.*s} there%s%s%s%s%s%s%s",
				name, value, (int)(n < 20 ? n : 20), at,
				may ? "; it knows" : "",
				may & AT_V ? " {v}" : "", may & AT_I ? " {i}" : "",
				may & AT_S ? " {s}" : "",
				may & AT_NPLC ? " {nplc}" : "",
				may & AT_CHANNEL ? " {channel}" : "",
				may & AT_SLOT ? " {slot} {row} {col}" : "");
	}
	return MR_OK;
}

static int take_channel(struct smu_profile *p, const char *value,
                        struct mr_errtext *why)
{
	unsigned found = 0;
	int rc = take_text(p->channel, "channel", value, why);

	if (!rc)
		rc = find_placeholders("channel", value, AT_SLOT | AT_ROW | AT_COL,
		                       &found, why);
	if (!rc && (found & (AT_ROW | AT_COL)) != (AT_ROW | AT_COL))
		rc = mr__ini_wrong(why, "channel", value, "must have {row} and {col}");
	return rc;
}

static int take_unit(struct reading *r, const char *name, const char *value,
                     struct mr_errtext *why)
{
	struct smu_profile *p = r->p;

	if (strcmp(name, "name") == 0)
		return take_text(p->title, name, value, why);
	if (strcmp(name, "idn") == 0)
		return p->n_idns < SMU_IDNS_MAX
		               ? take_text(p->idn[p->n_idns++], name, value, why)
		               : mr__ini_wrong(why, name, value, "more than 8 of them");
	if (strcmp(name, "overflow") == 0)
		return p->n_overflows < SMU_OVERFLOWS_MAX
		               ? mr__ini_number(name, value, 1, 1e308,
		                             &p->overflow[p->n_overflows++], why)
		               : mr__ini_wrong(why, name, value, "more than 4 of them");
	if (strcmp(name, "reply") == 0)
		return take_reply(p, value, why);
	if (strcmp(name, "channel") == 0)
		return take_channel(p, value, why);
	for (size_t i = 0; i < N_NUMBERS; i++) {
		if (strcmp(name, numbers[i].name) != 0)
			continue;
		if (r->seen & 1u << i)
			return mr__ini_wrong(why, name, value, "given twice");
		r->seen |= 1u << i;
		return mr__ini_number(name, value, numbers[i].min, numbers[i].max,
		                   number_at(p, i), why);
	}
	return mr__ini_wrong(why, name, value,
	             "unknown; [unit] knows name, idn, reply, overflow, channel "
	             "and the numbers of docs/smu.md");
}

static int take_line(struct smu_profile *p, enum smu_command c,
                     const char *value, struct mr_errtext *why)
{
	struct smu_line *l = &p->lines[p->n_lines];
	const char *arrow = strstr(value, ARROW), *name = commands[c].name;
	unsigned found = 0;
	int rc;

	if (p->n_lines == SMU_LINES_MAX)
		return mr__ini_wrong(why, name, value, "more than 64 commands");
	if (!value[0] || arrow == value)
		return mr__ini_wrong(why, name, value, "must not be empty");
	if (commands[c].asks == 1 && !arrow)
		return mr__ini_wrong(why, name, value,
		             "must say what the answer has to be: QUESTION -> "
		             "PATTERN");
	if (commands[c].asks == 2 && (arrow || mr__unit_profile_has(p, c)))
		return mr__ini_wrong(why, name, value, "must be one question alone");
	rc = find_placeholders(name, value, commands[c].may, &found, why);
	*l = (struct smu_line){.command = (uint8_t)c};
	(void)snprintf(l->text, sizeof l->text, "%.*s",
	               (int)(arrow ? arrow - value : (ptrdiff_t)strlen(value)),
	               value);
	if (arrow)
		(void)snprintf(l->answer, sizeof l->answer, "%s",
		               arrow + sizeof ARROW - 1);
	p->n_lines += rc == MR_OK;
	return rc;
}

static int take_command(struct reading *r, const char *name, const char *value,
                        struct mr_errtext *why)
{
	for (int c = 0; c < SMU_COMMANDS; c++)
		if (strcmp(name, commands[c].name) == 0)
			return take_line(r->p, (enum smu_command)c, value, why);
	return mr__ini_wrong(why, name, value,
	             "unknown; docs/smu.md lists the commands of a profile");
}

static int take_entry(void *user, int line, const char *section,
                      const char *name, const char *value,
                      struct mr_errtext *why)
{
	struct reading *r = user;

	(void)line;
	if (strcmp(section, "memrig") == 0)
		return take_head(r, name, value, why);
	if (strcmp(section, "unit") == 0)
		return take_unit(r, name, value, why);
	if (strcmp(section, "commands") == 0)
		return take_command(r, name, value, why);
	return mr_errtext_set(why, MR_ERR_FORMAT,
	                      "[%.40s]: unknown; a profile has [memrig], [unit] "
	                      "and [commands]",
	                      section);
}

/* ---- the whole ----------------------------------------------------------------- */

static int missing(const struct smu_profile *p, const char *section,
                   const char *name, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s: a %s needs '%s = ...' in [%s]", p->path,
	                      mr__unit_kind_name(p->kind), name, section);
}

static int check_numbers(const struct reading *r, struct mr_errtext *err)
{
	const struct smu_profile *p = r->p;

	for (size_t i = 0; i < N_NUMBERS; i++) {
		if (numbers[i].needed & bit_of(p) && !(r->seen & 1u << i))
			return missing(p, "unit", numbers[i].name, err);
		if (!(numbers[i].known & bit_of(p)) && r->seen & 1u << i)
			return mr_errtext_set(err, MR_ERR_FORMAT,
			                      "%s: a %s has no %s", p->path,
			                      mr__unit_kind_name(p->kind),
			                      numbers[i].name);
	}
	if (p->nplc_min > p->nplc_max || p->pulse_min_s > p->pulse_max_s ||
	    p->i_min_A > p->limit_A || p->limit_A > p->i_max_A)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%s: must hold: nplc_min <= nplc_max, "
		                      "pulse_min_s <= pulse_max_s, i_min_A <= "
		                      "limit_A <= i_max_A",
		                      p->path);
	return MR_OK;
}

static int check_command(const struct smu_profile *p, enum smu_command c,
                         struct mr_errtext *err)
{
	struct mr_errtext why;
	unsigned found = 0;
	bool has = mr__unit_profile_has(p, c);

	if (commands[c].needed & bit_of(p) && !has)
		return missing(p, "commands", commands[c].name, err);
	if (has && !(commands[c].known & bit_of(p)))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: a %s has no command '%s'", p->path,
		                      mr__unit_kind_name(p->kind),
		                      commands[c].name);
	for (uint32_t i = 0; i < p->n_lines; i++) {
		const struct smu_line *l = &p->lines[i];

		if (l->command != c)
			continue;
		(void)find_placeholders("", l->text, ~0u, &found, &why);
		(void)find_placeholders("", l->answer, ~0u, &found, &why);
	}
	if (has && commands[c].must && !(found & commands[c].must))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: '%s' does not say where its value "
		                      "goes: %s",
		                      p->path, commands[c].name,
		                      commands[c].must & AT_CHANNEL ? "{channel}"
		                      : commands[c].must & AT_NPLC
		                              ? "{nplc} or {s}"
		                      : commands[c].must & AT_V ? "{v}"
		                                                : "{i}");
	return MR_OK;
}

static int check_whole(const struct reading *r, struct mr_errtext *err)
{
	const struct smu_profile *p = r->p;
	int rc;

	if (!p->name[0] || !r->has_kind)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: [memrig] with profile = NAME and kind = "
		                      "smu, meter or router is missing",
		                      p->path);
	if (!p->title[0])
		return missing(p, "unit", "name", err);
	if (!p->n_idns)
		return missing(p, "unit", "idn", err);
	if (p->kind != SMU_KIND_ROUTER && !p->n_reply)
		return missing(p, "unit", "reply", err);
	if (p->kind == SMU_KIND_ROUTER && !p->channel[0])
		return missing(p, "unit", "channel", err);
	rc = check_numbers(r, err);
	for (int c = 0; c < SMU_COMMANDS && !rc; c++)
		rc = check_command(p, (enum smu_command)c, err);
	return rc;
}

/* From a file, or from the lines of a shipped one. */
static int load(const char *path, const char *const *lines,
                struct smu_profile *out, struct mr_errtext *err)
{
	struct reading r = {.p = out};
	int rc;

	*out = (struct smu_profile){.n_lines = 0};
	(void)snprintf(out->path, sizeof out->path, "%s", path);
	rc = lines ? mr__ini_read_lines(path, lines, take_entry, &r, err)
	           : mr__ini_read("profile", path, take_entry, &r, err);
	return rc ? rc : check_whole(&r, err);
}

/* ---- finding -------------------------------------------------------------------- */

bool mr__unit_profile_has(const struct smu_profile *p, enum smu_command command)
{
	for (uint32_t i = 0; i < p->n_lines; i++)
		if (p->lines[i].command == command)
			return true;
	return false;
}

bool mr__unit_profile_fits(const struct smu_profile *p, const char *identity)
{
	for (uint32_t i = 0; i < p->n_idns; i++)
		if (fnmatch(p->idn[i], identity, 0) == 0)
			return true;
	return false;
}

bool mr__unit_profile_shipped(size_t n, const char **name, enum smu_kind *kind)
{
	static const char router[] = "router-", smu[] = "smu-";
	const char *file;

	if (n >= sizeof shipped / sizeof shipped[0])
		return false;
	file = shipped[n].name;
	*kind = strncmp(file, router, sizeof router - 1) == 0 ? SMU_KIND_ROUTER
	                                                      : SMU_KIND_SMU;
	*name = file + (*kind == SMU_KIND_ROUTER ? sizeof router - 1
	                                         : sizeof smu - 1);
	return true;
}

static void list_shipped(enum smu_kind kind, char *out, size_t room)
{
	enum smu_kind of;
	const char *name;
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; mr__unit_profile_shipped(i, &name, &of); i++)
		if (of == kind && n < room)
			n += (size_t)snprintf(out + n, room - n, "%s%s",
			                      n ? ", " : "", name);
}

static int unknown(const char *name, enum smu_kind kind, struct mr_errtext *err)
{
	char known[256];

	list_shipped(kind, known, sizeof known);
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "key 'profile=%.80s': there is no such %s profile; "
	                      "there are %s, and any file as profile=./FILE.ini",
	                      name, mr__unit_kind_name(kind),
	                      known[0] ? known : "none");
}

int mr__unit_profile_find(const char *name, enum smu_kind kind,
                         struct smu_profile *out, struct mr_errtext *err)
{
	bool file = strpbrk(name, "/.") != NULL;
	enum smu_kind of;
	const char *known;
	int rc = MR_ERR_USAGE;

	if (file)
		rc = load(name, NULL, out, err);
	for (size_t i = 0;
	     !file && mr__unit_profile_shipped(i, &known, &of); i++) {
		if (of != kind || strcmp(known, name) != 0)
			continue;
		rc = load(shipped[i].path, shipped[i].lines, out, err);
		file = true;
	}
	if (!file)
		return unknown(name, kind, err);
	if (!rc && out->kind != kind)
		rc = mr_errtext_set(err, MR_ERR_USAGE,
		                    "%s is the profile of a %s, not of a %s",
		                    out->path, mr__unit_kind_name(out->kind),
		                    mr__unit_kind_name(kind));
	return rc;
}

int mr__unit_profile_match(const char *identity, enum smu_kind kind,
                          struct smu_profile *out, struct mr_errtext *err)
{
	char known[256];
	enum smu_kind of;
	const char *name;
	int rc = MR_OK;

	for (size_t i = 0; mr__unit_profile_shipped(i, &name, &of) && !rc; i++) {
		if (of != kind)
			continue;
		rc = load(shipped[i].path, shipped[i].lines, out, err);
		if (!rc && mr__unit_profile_fits(out, identity))
			return MR_OK;
	}
	list_shipped(kind, known, sizeof known);
	return rc ? rc
	          : mr_errtext_set(err, MR_ERR_MISMATCH,
	                           "'%.120s' is there, and no %s profile is for "
	                           "it: say which is like it, profile=NAME (%s) "
	                           "or profile=./FILE.ini",
	                           identity, mr__unit_kind_name(kind), known);
}
