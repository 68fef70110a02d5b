/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "smupeer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

#define LINE_MAX_BYTES 512

/* ---- the journal --------------------------------------------------------------- */

static void note(struct smupeer *p, const char *line)
{
	struct journal *j = p->journal;

	(void)pthread_mutex_lock(&j->lock);
	if (j->n < sizeof j->text - LINE_MAX_BYTES)
		j->n += (size_t)snprintf(j->text + j->n, LINE_MAX_BYTES,
		                         "%s%s\n", p->tag ? p->tag : "", line);
	(void)pthread_mutex_unlock(&j->lock);
}

void journal_clear(struct journal *j)
{
	(void)pthread_mutex_lock(&j->lock);
	j->n = 0;
	j->text[0] = '\0';
	(void)pthread_mutex_unlock(&j->lock);
}

bool journal_has_order(struct journal *j, const char *const *lines)
{
	const char *at = j->text;
	char wanted[LINE_MAX_BYTES];

	(void)pthread_mutex_lock(&j->lock);
	for (; *lines && at; lines++) {
		(void)snprintf(wanted, sizeof wanted, "%s\n", *lines);
		while (at && *at && strncmp(at, wanted, strlen(wanted)) != 0) {
			at = strchr(at, '\n');
			at = at ? at + 1 : NULL;
		}
		if (!at || !*at)
			break;
		at += strlen(wanted);
	}
	if (*lines)
		printf("    not in order: '%s' in\n%s", *lines, j->text);
	(void)pthread_mutex_unlock(&j->lock);
	return *lines == NULL;
}

unsigned journal_count(struct journal *j, const char *begin)
{
	unsigned n = 0;

	(void)pthread_mutex_lock(&j->lock);
	for (const char *at = j->text; *at; at = strchr(at, '\n') + 1)
		n += strncmp(at, begin, strlen(begin)) == 0;
	(void)pthread_mutex_unlock(&j->lock);
	return n;
}

/* ---- what it says ---------------------------------------------------------------- */

static bool number_behind(const char *line, const char *begin, double *out)
{
	if (strncmp(line, begin, strlen(begin)) != 0)
		return false;
	*out = strtod(line + strlen(begin), NULL);
	return true;
}

static bool tripped(const struct smupeer *p)
{
	return p->on && fabs(p->v_V) / p->r_ohm > p->limit_A;
}

static void close_channel(struct smupeer *p, const char *name)
{
	size_t n = strlen(p->closed);

	(void)snprintf(p->closed + n, sizeof p->closed - n, "%s%.*s",
	               n ? ";" : "", (int)strcspn(name, "\""), name);
}

static void hear_setting(struct smupeer *p, const char *line)
{
	double on;

	(void)(number_behind(line, ":SOUR:VOLT ", &p->v_V) ||
	       number_behind(line, "smua.source.levelv = ", &p->v_V));
	(void)(number_behind(line, ":SOUR:VOLT:ILIM ", &p->limit_A) ||
	       number_behind(line, ":SENS:CURR:PROT ", &p->limit_A) ||
	       number_behind(line, "smua.source.limiti = ", &p->limit_A));
	if (strcmp(line, ":OUTP ON") == 0)
		p->on = true;
	if (strcmp(line, ":OUTP OFF") == 0 || strcmp(line, "*RST") == 0 ||
	    strcmp(line, "smua.reset()") == 0)
		p->on = false;
	if (number_behind(line, "smua.source.output = ", &on))
		p->on = on != 0;
	if (strncmp(line, "channel.close(\"", 15) == 0)
		close_channel(p, line + 15);
	if (strncmp(line, "channel.open(", 13) == 0)
		p->closed[0] = '\0';
}

static void say_reading(const struct smupeer *p, const char *line, char *out,
                        size_t room)
{
	double v_V = p->on ? p->v_V : 0, i_A = v_V / p->r_ohm;

	if (tripped(p)) {
		i_A = copysign(p->limit_A, v_V);
		v_V = i_A * p->r_ohm;
	}
	if (strncmp(line, "print(", 6) == 0)
		(void)snprintf(out, room, "%.9e\t%.9e", i_A, v_V);
	else
		(void)snprintf(out, room, "%.9E,%.9E", v_V, i_A);
}

static void say_flag(const char *line, bool flag, char *out, size_t room)
{
	bool lua = strcmp(line, "print(smua.source.compliance)") == 0;

	(void)snprintf(out, room, "%s",
	               lua    ? (flag ? "true" : "false")
	               : flag ? "1"
	                      : "0");
}

static void say_error(struct smupeer *p, const char *line, char *out,
                      size_t room)
{
	bool lua = strncmp(line, "print(", 6) == 0;
	const char *none = lua ? "0.00000e+00\tQueue Is Empty\t0.0\t0.0"
	                       : "0,\"No error\"";

	(void)snprintf(out, room, "%s", p->error_waits ? p->error : none);
	p->error_waits = false;
}

static void say(struct smupeer *p, const char *line, char *out, size_t room)
{
	*out = '\0';
	for (const struct smupeer_rule *r = p->rules; r && r->begin; r++) {
		if (strncmp(line, r->begin, strlen(r->begin)) != 0)
			continue;
		(void)snprintf(out, room, "%s", r->answer);
		return;
	}
	if (strcmp(line, "*IDN?") == 0)
		(void)snprintf(out, room, "%s", p->identity);
	else if (strcmp(line, "*OPC?") == 0)
		(void)snprintf(out, room, "1");
	else if (strcmp(line, "*LANG?") == 0)
		(void)snprintf(out, room, "SCPI");
	else if (strcmp(line, ":SYST:ERR?") == 0 ||
	         strcmp(line, "print(errorqueue.next())") == 0)
		say_error(p, line, out, room);
	else if (strstr(line, "TRIP?") || strstr(line, "source.compliance"))
		say_flag(line, tripped(p), out, room);
	else if (strcmp(line, ":OUTP?") == 0)
		say_flag(line, p->on, out, room);
	else if (strcmp(line, "print(smua.source.output)") == 0)
		(void)snprintf(out, room, "%.5e", p->on ? 1.0 : 0.0);
	else if (strncmp(line, ":READ?", 6) == 0 ||
	         strncmp(line, ":MEAS?", 6) == 0 ||
	         strcmp(line, "print(smua.measure.iv())") == 0)
		say_reading(p, line, out, room);
	else if (strcmp(line, "print(f, msg)") == 0)
		(void)snprintf(out, room, "true\tnil");
	else if (strstr(line, "channel.getclose"))
		(void)snprintf(out, room, "%s",
		               p->closed[0] ? p->closed : "nil");
}

/* ---- the thread -------------------------------------------------------------------- */

static void hear(struct smupeer *p, int fd, const char *line)
{
	char answer[LINE_MAX_BYTES];

	note(p, line);
	hear_setting(p, line);
	if (p->error_after &&
	    strncmp(line, p->error_after, strlen(p->error_after)) == 0)
		p->error_waits = true;
	say(p, line, answer, sizeof answer - 1);
	if (answer[0]) {
		size_t n = strlen(answer);

		answer[n] = '\n';
		(void)send(fd, answer, n + 1, MSG_NOSIGNAL);
	}
}

static void talk(struct smupeer *p, int fd)
{
	char line[LINE_MAX_BYTES];
	size_t n = 0;
	char c;

	while (read(fd, &c, 1) == 1) {
		if (c != '\n' && n < sizeof line - 1) {
			line[n++] = c;
			continue;
		}
		line[n] = '\0';
		n = 0;
		hear(p, fd, line);
	}
}

static void *serve(void *user)
{
	struct smupeer *p = user;
	int fd;

	while ((fd = accept(p->listener, NULL, NULL)) >= 0) {
		talk(p, fd);
		(void)close(fd);
	}
	return NULL;
}

void smupeer_start(struct smupeer *p)
{
	struct sockaddr_un where = {.sun_family = AF_UNIX};
	char name[32];

	(void)snprintf(name, sizeof name, "smu-%s.sock",
	               p->tag ? p->tag : "unit");
	mr_test_path(p->path, name);
	(void)unlink(p->path);
	CU_ASSERT_FATAL(strlen(p->path) < sizeof where.sun_path);
	(void)snprintf(where.sun_path, sizeof where.sun_path, "%.100s",
	               p->path);
	p->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL_FATAL(bind(p->listener, (void *)&where, sizeof where), 0);
	CU_ASSERT_EQUAL_FATAL(listen(p->listener, 4), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&p->thread, NULL, serve, p), 0);
}

void smupeer_stop(struct smupeer *p)
{
	(void)shutdown(p->listener, SHUT_RDWR);
	(void)pthread_join(p->thread, NULL);
	(void)close(p->listener);
	(void)unlink(p->path);
}
