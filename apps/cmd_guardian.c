/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The guardian of a board (memrig/backend.h, mr_open_options.guardian): started by
 * a driver, never by hand, so it is in no list of verbs. */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PORT 3
#define LIFE 4
#define SAFE_MAX 100
#define TRIES 20
#define TRY_MS 100

static int from_hex(const char *hex, char *out)
{
	size_t n = strlen(hex) / 2;

	if (n == 0 || n > SAFE_MAX || strlen(hex) % 2 ||
	    hex[strspn(hex, "0123456789abcdef")])
		return 0;
	for (size_t i = 0; i < n; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		out[i] = (char)strtoul(pair, NULL, 16);
	}
	return (int)n;
}

static void become_alone(void)
{
	const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
	long most = sysconf(_SC_OPEN_MAX);

	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		(void)signal(ignored[i], SIG_IGN);
	for (int fd = LIFE + 1; fd < most && fd < 1024; fd++)
		(void)close(fd);
}

/* Nothing is ever written to it: the end is all that comes. */
static void await_death(void)
{
	char c;
	ssize_t n;

	do
		n = read(LIFE, &c, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
}

static bool send_all(const char *bytes, int n)
{
	int done = 0;

	for (int k = 0; k < TRIES && done < n; k++) {
		struct pollfd at = {.fd = PORT, .events = POLLOUT};
		ssize_t moved;

		if (poll(&at, 1, TRY_MS) <= 0)
			continue;
		moved = write(PORT, bytes + done, (size_t)(n - done));
		if (moved > 0)
			done += (int)moved;
		else if (errno != EAGAIN && errno != EINTR)
			return false;
	}
	return done == n;
}

int mr_cmd_guardian(int argc, char **argv)
{
	char bytes[SAFE_MAX];
	int n = argc == 2 ? from_hex(argv[1], bytes) : 0;
	bool sent;

	if (!n || fcntl(PORT, F_GETFD) < 0 || fcntl(LIFE, F_GETFD) < 0) {
		fputs("memrig: guardian: only a board's driver starts it\n",
		      stderr);
		return 2;
	}
	become_alone();
	await_death();
	sent = send_all(bytes, n);
	if (isatty(PORT)) {
		(void)tcdrain(PORT);
		(void)tcsendbreak(PORT, 0);
	}
	return sent ? 0 : 1;
}
