/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What the verbs of the tool share: the verbs themselves, option parsing,
 * opening an array with its log, errors and exit statuses, output.
 *
 * The life of a verb:
 *
 *     struct mr_tool tool;
 *     int code;
 *
 *     if (!mr_tool_parse(&tool, &page, argc, argv))
 *             return mr_tool_end(&tool, MR_OK);
 *     code = work(&tool);           // prints with mr_tool_fail() on failure
 *     return mr_tool_end(&tool, code);
 *
 * Functions here return MR_OK or a code of enum mr_error, and those that fail
 * have already told the user. Results are written to tool.out: it reaches
 * standard output only when the whole command has succeeded.
 */
#ifndef MR_APPS_CMD_H
#define MR_APPS_CMD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "memrig/memrig.h"

/** @name The verbs. argv[0] is the verb; the exit status is returned. */
/**@{*/
int mr_cmd_calibrate(int argc, char **argv);
int mr_cmd_compare(int argc, char **argv);
int mr_cmd_configure(int argc, char **argv);
int mr_cmd_drive(int argc, char **argv);
int mr_cmd_fit(int argc, char **argv);
int mr_cmd_import(int argc, char **argv);
int mr_cmd_info(int argc, char **argv);
int mr_cmd_list(int argc, char **argv);
int mr_cmd_doctor(int argc, char **argv);
int mr_cmd_guardian(int argc, char **argv);
int mr_cmd_log(int argc, char **argv);
int mr_cmd_measure(int argc, char **argv);
int mr_cmd_models(int argc, char **argv);
int mr_cmd_plot(int argc, char **argv);
int mr_cmd_probe(int argc, char **argv);
int mr_cmd_program(int argc, char **argv);
int mr_cmd_pulse(int argc, char **argv);
int mr_cmd_read(int argc, char **argv);
int mr_cmd_report(int argc, char **argv);
int mr_cmd_run(int argc, char **argv);
int mr_cmd_serve(int argc, char **argv);
int mr_cmd_trace(int argc, char **argv);
int mr_cmd_wait(int argc, char **argv);
/**@}*/

/** An option of a verb. Options of the groups below need no record. */
struct mr_tool_option {
	const char *name; /**< long name, without dashes */
	const char *arg;  /**< name of its value, such as "FILE"; NULL = flag */
	const char *text; /**< one line for --help */
	bool many;        /**< may be given more than once */
};

/** @name Groups of options that verbs share; --help, -q and -v are always
 * there. */
/**@{*/
#define MR_TOOL_ARRAY 1u /**< --array --seed --threads */
#define MR_TOOL_LOG 2u   /**< --log --log-level --log-interval --meta */
#define MR_TOOL_JSON 4u  /**< --json */
#define MR_TOOL_ARRAYS 8u /**< with MR_TOOL_ARRAY: --array may be repeated */
/**@}*/

/** What a verb understands and says of itself; static. */
struct mr_tool_page {
	const char *name;    /**< as typed after "memrig", such as "run fstdp" */
	const char *summary; /**< one line */
	const char *usage;   /**< what follows the name, such as "[OPTION]..." */
	unsigned groups;     /**< MR_TOOL_ bits */
	const struct mr_tool_option *options; /**< ended by {0}; or NULL */
	int args_min;         /**< how many arguments that are no options */
	int args_max;         /**< likewise */
	const char *examples; /**< whole lines, each ended by '\n' */
};

/** One option as it was given. */
struct mr_tool_given {
	const struct mr_tool_option *option;
	const char *value; /**< "" for a flag */
};

/** A verb at work. */
struct mr_tool {
	const struct mr_tool_page *page;
	int status;                  /**< exit status so far */
	struct mr_tool_given *given; /**< [n_given], in the order given */
	size_t n_given;
	char **args; /**< [n_args] arguments that are no options */
	int n_args;
	char *command; /**< the command line, quoted for a shell */
	bool json;
	bool quiet;
	bool verbose;
	bool show_always; /**< results also with a status that is not 0 */

	const char *uri;             /**< --array or $MEMRIG_ARRAY; or NULL. Of
	                                  several the first */
	struct mr_open_options open; /**< seed and threads as given */
	const char *log_path;        /**< --log; or NULL */
	struct mr_oplog_options log; /**< level, interval, command, metadata */
	const char **metadata;       /**< [..] ended by NULL */

	struct mr_array *array;    /**< after mr_tool_open() */
	struct mr_oplog *oplog;    /**< after mr_tool_open() with --log */
	struct mr_context context; /**< hand it to mr_array_submit(): its stop
	                                flag follows SIGINT and SIGTERM */
	struct mr_clock clock;     /**< the system's */

	FILE *out; /**< results; shown by mr_tool_end() after success */
	char *out_text;
	size_t out_size;
	int64_t bar_ns;    /**< when the progress bar was last drawn; 0 = never */
	int64_t bar_begin_ns;
	bool bar_shown;
};

/* ---- options ------------------------------------------------------------- */

/**
 * Read the command line. Prints help when asked and complains when wrong.
 *
 * @param tool  filled in; end it with mr_tool_end() whatever is returned.
 * @param page  the verb's page.
 * @param argc  as main's, from the verb on.
 * @param argv  likewise.
 * @return whether to go on; if not, tool->status is the exit status.
 */
bool mr_tool_parse(struct mr_tool *tool, const struct mr_tool_page *page,
                   int argc, char **argv);

/**
 * Value of an option.
 *
 * @param tool  the verb.
 * @param name  the option.
 * @return its (last) value; "" for a flag; NULL if it was not given.
 */
const char *mr_tool_value(const struct mr_tool *tool, const char *name);

/**
 * Values of an option that may be repeated.
 *
 * @param tool  the verb.
 * @param name  the option.
 * @param k     which, from 0 in the order given.
 * @return its value; NULL if there are not so many.
 */
const char *mr_tool_nth(const struct mr_tool *tool, const char *name, size_t k);

/**
 * Value of an option that takes a whole number.
 *
 * @param tool  the verb.
 * @param name  the option.
 * @param min   least allowed value.
 * @param max   greatest allowed value.
 * @param out   written only if the option was given and is right.
 * @return MR_OK (also when absent); MR_ERR_USAGE or MR_ERR_RANGE.
 */
int mr_tool_u64(struct mr_tool *tool, const char *name, uint64_t min,
                uint64_t max, uint64_t *out);

/**
 * How many threads a verb without an emulator takes: --threads, or one for each
 * processor.
 *
 * @param tool  the verb.
 * @param out   receives it.
 * @return MR_OK; MR_ERR_USAGE or MR_ERR_RANGE.
 */
int mr_tool_threads(struct mr_tool *tool, uint32_t *out);

/** The option for it. */
#define MR_TOOL_THREADS_OPTION                                                  \
	{"threads", "N", "threads of the fit, 1 to 256; default one per "       \
	 "processor", false}

/**
 * Value of an option that takes a whole number of 32 bits.
 *
 * @param tool  the verb.
 * @param name  the option.
 * @param min   least allowed value.
 * @param max   greatest allowed value.
 * @param out   written only if the option was given and is right.
 * @return MR_OK (also when absent); MR_ERR_USAGE or MR_ERR_RANGE.
 */
int mr_tool_u32(struct mr_tool *tool, const char *name, uint32_t min,
                uint32_t max, uint32_t *out);

/**
 * Value of an option that takes a quantity, such as "50ns", "90uA" or "1e-6".
 *
 * @param tool  the verb.
 * @param name  the option.
 * @param unit  SI symbol that may follow the number; "1" = a pure number.
 * @param min   least allowed value, in SI base units.
 * @param max   greatest allowed value.
 * @param out   written only if the option was given and is right.
 * @return MR_OK (also when absent); MR_ERR_USAGE or MR_ERR_RANGE.
 */
int mr_tool_double(struct mr_tool *tool, const char *name, const char *unit,
                   double min, double max, double *out);

/**
 * Read a quantity. Strict: no NAN, no infinity, nothing after it.
 *
 * @param text  such as "0.2V", "90u", "1.5 us" (one blank), "2h" (unit "s").
 * @param unit  SI symbol; "1" = a pure number.
 * @param out   receives SI base units.
 * @return MR_OK or MR_ERR_USAGE; says nothing.
 */
int mr_tool_quantity(const char *text, const char *unit, double *out);

/**
 * Read a whole number, strictly.
 *
 * @param text  decimal digits.
 * @param out   receives the number.
 * @return MR_OK or MR_ERR_USAGE; says nothing.
 */
int mr_tool_whole(const char *text, uint64_t *out);

/* ---- array and log ------------------------------------------------------- */

/**
 * Open the array of --array or $MEMRIG_ARRAY and, with --log, its log;
 * from here on signals raise the stop flag, see mr_tool_catch_signals().
 *
 * @param tool  the verb.
 * @return MR_OK or a code.
 */
int mr_tool_open(struct mr_tool *tool);

/**
 * Have SIGINT, SIGTERM and SIGHUP raise the stop flag of tool->context (a
 * second one kills); mr_tool_open() does it too.
 *
 * @param tool  the verb.
 */
void mr_tool_catch_signals(struct mr_tool *tool);

/** One of several runs of a verb. */
struct mr_tool_run {
	uint64_t seed;  /**< of an emulated array */
	uint32_t rows;  /**< shape wanted where the URI names none */
	uint32_t cols;
	const char *const *metadata; /**< "key=value" texts of this run, ended by
	                                  NULL; or NULL */
};

/**
 * Open the array for a run: an array that has a seed is closed and made anew,
 * another one stays open. With --log the run gets a place of its own there.
 *
 * @param tool  the verb.
 * @param run   the run.
 * @return MR_OK or a code.
 */
int mr_tool_reopen(struct mr_tool *tool, const struct mr_tool_run *run);

/**
 * End the log of a run; the array stays open.
 *
 * @param tool  the verb.
 * @return MR_OK or a code.
 */
int mr_tool_close_log(struct mr_tool *tool);

/** An array beside the tool's own, for what lies on several. */
struct mr_tool_beside {
	struct mr_array *array; /**< NULL = not open */
	struct mr_oplog *oplog; /**< NULL = no log */
	const char *uri;        /**< borrowed */
	char *log_path;         /**< NULL = no log */
};

/**
 * Open another array for a run of mr_tool_reopen(), with its own guard; one that
 * is open and has no seed stays as it is. With --log its operations go to a log
 * of their own beside the tool's: FILE.db becomes FILE-2.db for number 2.
 *
 * @param tool    the verb, with its array open for the run.
 * @param uri     the array; must stay as long as it is open.
 * @param run     as for the tool's; the seed is that of this array, where the
 *                URI names none.
 * @param number  of the array, from 2 on.
 * @param beside  all-zero, or what an earlier run left open.
 * @return MR_OK or a code; release with mr_tool_close_beside() either way.
 */
int mr_tool_open_beside(struct mr_tool *tool, const char *uri,
                        const struct mr_tool_run *run, unsigned number,
                        struct mr_tool_beside *beside);

/**
 * End its log; close the array if it has a seed, or if that is the end.
 *
 * @param tool    the verb.
 * @param beside  from mr_tool_open_beside(), or all-zero.
 * @param end     no run comes after this.
 * @return MR_OK or a code.
 */
int mr_tool_close_beside(struct mr_tool *tool, struct mr_tool_beside *beside,
                         bool end);

/**
 * Submit with the tool's context and tell of a failure.
 *
 * @param tool  the verb, with its array open.
 * @param ops   [n] operations.
 * @param n     how many.
 * @return as mr_array_submit().
 */
int mr_tool_submit(struct mr_tool *tool, struct mr_op *ops, size_t n);

/**
 * Finish the log, close the array, show the results if everything succeeded,
 * release everything.
 *
 * @param tool  the verb.
 * @param code  MR_OK or the code of what the verb failed with.
 * @return the exit status: 0, 1 for a failure at run time, 2 for wrong use or
 *         input.
 */
int mr_tool_end(struct mr_tool *tool, int code);

/* ---- talking ------------------------------------------------------------- */

/**
 * Tell of a failure: "memrig: VERB: text" on standard error.
 *
 * @param tool  the verb.
 * @param code  returned as it is.
 * @param fmt   printf format, without a newline.
 * @return code.
 */
int mr_tool_fail(struct mr_tool *tool, int code, const char *fmt, ...)
	MR_PRINTF(3, 4);

/**
 * A remark on standard error, only with -v.
 *
 * @param tool  the verb.
 * @param fmt   printf format, without a newline.
 */
void mr_tool_note(struct mr_tool *tool, const char *fmt, ...)
	MR_PRINTF(2, 3);

/**
 * Draw the progress bar on standard error; silent under -q and when standard
 * error is no terminal. Cheap enough for every step.
 *
 * @param tool   the verb.
 * @param what   what is being done.
 * @param done   how much.
 * @param total  of how much; done == total ends the bar.
 */
void mr_tool_progress(struct mr_tool *tool, const char *what, uint64_t done,
                      uint64_t total);

/**
 * Exit status of a code: 0 for MR_OK, 2 for wrong use or input, else 1.
 *
 * @param code  MR_OK or a member of enum mr_error.
 * @return the status.
 */
int mr_tool_status(int code);

/* ---- results ------------------------------------------------------------- */

/**
 * A JSON object that begins with "schema": "memrig.KIND/1".
 *
 * @param kind  such as "read".
 * @return a new object.
 */
json_t *mr_tool_object(const char *kind);

/**
 * A number for JSON, at 9 significant digits; null if it is not finite.
 *
 * @param x  the number.
 * @return a new value.
 */
json_t *mr_tool_real(double x);

/**
 * Numbers for JSON, as mr_tool_real().
 *
 * @param x  [n] the numbers.
 * @param n  how many.
 * @return a new array.
 */
json_t *mr_tool_reals(const float *x, size_t n);

/**
 * Write the one object of --json to tool->out.
 *
 * @param tool    the verb.
 * @param object  released.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_tool_print(struct mr_tool *tool, json_t *object);

/**
 * A quantity for people, such as "25.3 uS" or "50 ns".
 *
 * @param out   [32] receives the text.
 * @param x     SI base units.
 * @param unit  SI symbol; "1" or "" = a pure number.
 * @return out.
 */
const char *mr_tool_pretty(char *out, double x, const char *unit);

#endif
