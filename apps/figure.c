/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Runs gnuplot without a shell, so that no file name needs quoting for one:
 * the script waits in an unnamed temporary file, which becomes gnuplot's
 * standard input; what gnuplot complains of comes back through a pipe.
 */
#include "figure.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct mr_figure {
	char *path;
	char *temporary; /* path + suffix: the same directory, so rename works */
	FILE *script;
};

static bool ends_in(const char *text, const char *ending)
{
	size_t n = strlen(text);
	size_t m = strlen(ending);

	return n > m && strcmp(text + n - m, ending) == 0;
}

/* Before the work is done: a folder that is not there costs nothing yet. */
static int check_folder(const char *path, struct mr_errtext *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1)
	                     : strdup(".");
	int code = MR_OK;

	if (!folder)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	if (access(folder, W_OK | X_OK) != 0)
		code = mr_errtext_set(err, MR_ERR_IO, "%s cannot be written: %s",
		                      path, strerror(errno));
	free(folder);
	return code;
}

int mr_figure_check(const char *path, struct mr_errtext *err)
{
	for (const char *c = path; *c; c++)
		if ((unsigned char)*c < ' ')
			return mr_errtext_set(err, MR_ERR_USAGE,
			                      "a figure's name cannot hold control "
			                      "characters");
	if (!ends_in(path, ".png") && !ends_in(path, ".svg"))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%s ends neither in .png nor in .svg",
		                      path);
	return check_folder(path, err);
}

/* Single quotes hold everything but themselves, which are doubled. */
static void put_plain(FILE *to, const char *text)
{
	fputc('\'', to);
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', to);
		fputc(*text, to);
	}
	fputc('\'', to);
}

static void put_head(struct mr_figure *figure, unsigned width_px,
                     unsigned height_px)
{
	FILE *to = figure->script;

	fputs("set encoding utf8\n", to);
	if (ends_in(figure->path, ".svg"))
		fprintf(to,
		        "set terminal svg size %u,%u dynamic font 'Helvetica,13' "
		        "background '#ffffff'\n",
		        width_px, height_px);
	else
		fprintf(to,
		        "if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) {\n"
		        "set terminal pngcairo size %u,%u font 'Sans,12' "
		        "background '#ffffff'\n"
		        "} else {\nset terminal png size %u,%u truecolor\n}\n",
		        width_px, height_px, width_px, height_px);
	fputs("set output ", to);
	put_plain(to, figure->temporary);
	fputc('\n', to);
}

static void drop(struct mr_figure *figure)
{
	if (figure->script)
		fclose(figure->script);
	free(figure->path);
	free(figure->temporary);
	free(figure);
}

int mr_figure_begin(const char *path, unsigned width_px, unsigned height_px,
                    struct mr_figure **out, struct mr_errtext *err)
{
	struct mr_figure *figure;
	size_t room = strlen(path) + 32;
	int code = mr_figure_check(path, err);

	if (code != MR_OK)
		return code;
	figure = calloc(1, sizeof *figure);
	if (!figure)
		return mr_errtext_set(err, MR_ERR_NOMEM, "no memory for a figure");
	figure->path = strdup(path);
	figure->temporary = malloc(room);
	figure->script = tmpfile();
	if (!figure->path || !figure->temporary || !figure->script) {
		drop(figure);
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "no memory or temporary file for a figure");
	}
	snprintf(figure->temporary, room, "%s.%ld.tmp", path, (long)getpid());
	put_head(figure, width_px, height_px);
	*out = figure;
	return MR_OK;
}

FILE *mr_figure_script(struct mr_figure *figure)
{
	return figure->script;
}

void mr_figure_quote(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		if (strchr("^_{}@&~\\", *text))
			fputs("\\\\", to);
		if (*text == '"' || *text == '\\')
			fputc('\\', to);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, to);
	}
	fputc('"', to);
}

void mr_figure_text(struct mr_figure *figure, const char *text)
{
	mr_figure_quote(figure->script, text);
}

/* ---- running gnuplot ----------------------------------------------------- */

static int spawn_gnuplot(FILE *script, int complaints, pid_t *pid)
{
	char program[] = "gnuplot";
	char *const argv[] = {program, NULL};
	posix_spawn_file_actions_t files;
	int code = posix_spawn_file_actions_init(&files);

	if (code != 0)
		return code;
	code = posix_spawn_file_actions_adddup2(&files, fileno(script), 0);
	if (code == 0)
		code = posix_spawn_file_actions_adddup2(&files, complaints, 1);
	if (code == 0)
		code = posix_spawn_file_actions_adddup2(&files, complaints, 2);
	if (code == 0)
		code = posix_spawnp(pid, program, &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return code;
}

/* Keeps the first bytes; reads the rest, or gnuplot would wait. */
static void collect(int from, char *text, size_t room)
{
	char rest[512];
	size_t have = 0;
	ssize_t got = 0;

	do {
		if (have + 1 < room)
			got = read(from, text + have, room - 1 - have);
		else
			got = read(from, rest, sizeof rest);
		if (got > 0 && have + 1 < room)
			have += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	text[have] = '\0';
}

static int run_gnuplot(FILE *script, char *text, size_t room,
                       struct mr_errtext *err)
{
	int ends[2];
	int status = 0;
	int code;
	pid_t pid;

	if (pipe(ends) != 0)
		return mr_errtext_set(err, MR_ERR_IO, "no pipe for gnuplot: %s",
		                      strerror(errno));
	code = spawn_gnuplot(script, ends[1], &pid);
	close(ends[1]);
	if (code == 0)
		collect(ends[0], text, room);
	close(ends[0]);
	if (code == ENOENT)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "gnuplot is not installed (Debian: apt-get "
		                      "install gnuplot-nox)");
	if (code != 0)
		return mr_errtext_set(err, MR_ERR_IO, "cannot start gnuplot: %s",
		                      strerror(code));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_IO, "gnuplot failed: %.300s", text);
}

static int put_in_place(const struct mr_figure *figure, const char *text,
                        struct mr_errtext *err)
{
	struct stat found;

	if (stat(figure->temporary, &found) != 0 || found.st_size == 0)
		return mr_errtext_set(err, MR_ERR_IO, "%s cannot be written: %.300s",
		                      figure->path,
		                      text[0] ? text : "gnuplot wrote nothing");
	if (rename(figure->temporary, figure->path) != 0)
		return mr_errtext_set(err, MR_ERR_IO, "%s cannot be written: %s",
		                      figure->path, strerror(errno));
	return MR_OK;
}

static int render(struct mr_figure *figure, struct mr_errtext *err)
{
	char text[400] = "";
	int code;

	fputs("\nunset output\n", figure->script);
	if (fflush(figure->script) != 0 || ferror(figure->script) ||
	    lseek(fileno(figure->script), 0, SEEK_SET) != 0)
		return mr_errtext_set(err, MR_ERR_IO,
		                      "the figure's script cannot be written: %s",
		                      strerror(errno));
	code = run_gnuplot(figure->script, text, sizeof text, err);
	if (code == MR_OK)
		code = put_in_place(figure, text, err);
	if (code != MR_OK)
		unlink(figure->temporary);
	return code;
}

int mr_figure_end(struct mr_figure *figure, bool keep,
                  struct mr_errtext *err)
{
	int code = MR_OK;

	if (!figure)
		return MR_OK;
	if (keep)
		code = render(figure, err);
	drop(figure);
	return code;
}
