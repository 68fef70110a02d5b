/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * For those who write a back end or a filter: the waist. Four functions, and
 * submit takes a list of plain records. Everything else in memrig is a program
 * over operations and lives above. Applications use array.h instead.
 *
 * What the core guarantees to a back end: operations are well-formed and
 * within what it described, defaults (0 = described) are filled in, required
 * buffers are there, and only described kinds arrive. What a back end owes:
 * it executes in order, stops at the first failure, fills outcome.status,
 * n_effect, t_begin_ns and t_end_ns of each operation that it began, and never
 * repeats a pulse on its own.
 */
#ifndef MEMRIG_BACKEND_H
#define MEMRIG_BACKEND_H

#include <signal.h>
#include <stdint.h>

#include "memrig/clock.h"
#include "memrig/error.h"
#include "memrig/types.h"
#include "memrig/uri.h"

/** What bounds a submit. All-zero = no bounds. */
struct mr_context {
	const volatile sig_atomic_t *stop; /**< nonzero stops between elements; a
	                                        signal handler may set it; or NULL */
	int64_t deadline_ns; /**< on the handle's monotonic clock; 0 = none */
	/** called between operations, each time that more are done, with their
	 * number; a composed operation counts when it is whole. How often follows
	 * from the operations: throttle what is slow. May call mr_array_stop(), must
	 * not submit. Or NULL. */
	void (*progress)(void *user, uint64_t done, uint64_t total);
	void *user; /**< handed to progress */
};

/** How far a submit has come. The core's: back ends leave it alone. */
struct mr_progress {
	const struct mr_context *context; /**< whom to tell */
	const size_t *done; /**< what the outermost stage has said so far */
	uint64_t before;    /**< done before these */
	uint64_t told;      /**< the last number that was told */
	uint64_t total;
};

/** A context as back ends and filters see it. */
struct mr_run {
	const struct mr_context *context;       /**< the caller's; may be NULL */
	const volatile sig_atomic_t *stop;      /**< the handle's own flag */
	const struct mr_clock *clock;           /**< the handle's clock */
	struct mr_errtext *err;                 /**< where a failure is explained */
	struct mr_progress *progress;           /**< the core's; NULL = none */
};

/**
 * Whether to go on: call it between operations and between long elements, from
 * the thread that submit was called on. It also tells the caller's progress
 * when more operations are done than before, going by what n_done of submit
 * says at that moment.
 *
 * @param run  what submit was given.
 * @return MR_OK; MR_ERR_STOPPED; MR_ERR_TIMEOUT (the sentence is set).
 */
MR_API int mr_run_check(const struct mr_run *run);

/** What a back end may use while it opens; borrowed for the handle's life. */
struct mr_open_options {
	bool has_seed;      /**< `seed` overrides the URI's */
	uint64_t seed;      /**< for back ends that take a seed */
	uint32_t rows;      /**< shape wanted where the URI names none; 0 = any */
	uint32_t cols;      /**< likewise */
	uint32_t threads;   /**< 0 = what the URI says, else 1 */
	const struct mr_clock *clock; /**< NULL = the system's */
	const char *guardian; /**< path of the memrig tool; NULL = none wanted. It
	                         is started as "memrig guardian HEX" with the
	                         board's port as descriptor 3 and, as 4, a pipe
	                         that closes when this process is gone without
	                         having closed the board, were it by kill -9:
	                         then it sends the bytes that HEX says, which
	                         make the board safe. For boards that have no
	                         watchdog of their own and whose port is a
	                         descriptor (serial, sockets) */
	bool keep_wire;     /**< a board's opening dialogue is kept for
	                         mr_array_watch_wire() */
};

/** What a value is of, for quantise. */
enum mr_quantity {
	MR_QUANTITY_V = 0, /**< an amplitude, V */
	MR_QUANTITY_A = 1, /**< an amplitude, A */
	MR_QUANTITY_S = 2  /**< a duration, s */
};

/** What happened on the wire of a board. */
enum mr_wire_event {
	MR_WIRE_OPENED = 0,   /**< data: who is at the other end, as text;
	                           `end`: whether this pipe keeps messages */
	MR_WIRE_SENT = 1,     /**< bytes for the board */
	MR_WIRE_RECEIVED = 2, /**< bytes from it */
	MR_WIRE_CLEARED = 3,  /**< device clear or BREAK */
	MR_WIRE_STATUS = 4    /**< data: the status byte, by the pipe's means */
};

/** A piece of what went over the wire; `data` is valid during the call. */
struct mr_wire_piece {
	enum mr_wire_event what;
	int64_t t_ns;     /**< monotonic time of the pipe's clock */
	bool end;         /**< a message ends with it */
	const void *data; /**< [size] */
	size_t size;
	const char *part; /**< which instrument of a rig: "source", "meter",
	                       "router"; NULL or "" = there is one only */
};

/** Told of each piece, in order, on the thread that moved it. */
struct mr_wire_watcher {
	void *self; /**< handed to the function */
	void (*piece)(void *self, const struct mr_wire_piece *piece);
};

struct mr_stage;

/** An opaque, versioned state of a back end. */
struct mr_blob {
	void *data;  /**< from malloc; the receiver frees it with free() */
	size_t size; /**< bytes */
};

/** A back end: the waist. NULL = not offered. */
struct mr_backend {
	const char *name;    /**< driver part of the URI */
	const char *summary; /**< one line, with the URI's form */

	/**
	 * Open. Takes its keys from `uri` with mr_uri_take...(); the core refuses
	 * what is left over (and then calls close).
	 * @param uri      parsed.
	 * @param options  never NULL; its clock is never NULL.
	 * @param self     receives the state.
	 * @param err      explains a failure.
	 * @return MR_OK or a code.
	 */
	int (*open)(struct mr_uri *uri, const struct mr_open_options *options,
	            void **self, struct mr_errtext *err);

	/**
	 * Describe. Called after open and after each successful configure.
	 * @param self  the state.
	 * @param out   zeroed; filled in.
	 * @param err   explains a failure.
	 * @return MR_OK or a code.
	 */
	int (*describe)(void *self, struct mr_description *out,
	                struct mr_errtext *err);

	/**
	 * Execute operations in order; stop at the first failure.
	 * @param self    the state.
	 * @param ops     [n] records; results and outcomes are written.
	 * @param n       how many.
	 * @param run     stop, deadline, clock, error text.
	 * @param n_done  receives how many operations succeeded (a prefix); kept up
	 *                to date while it runs: progress is read from it.
	 * @return MR_OK, or the code of the operation ops[*n_done], which is also
	 *         in its outcome.error.
	 */
	int (*submit)(void *self, struct mr_op *ops, size_t n,
	              const struct mr_run *run, size_t *n_done);

	/**
	 * Bring to the safe state and free everything.
	 * @param self  the state; never NULL.
	 * @param err   explains a failure, such as a state file not written.
	 * @return MR_OK or a code; the state is gone either way.
	 */
	int (*close)(void *self, struct mr_errtext *err);

	/**
	 * By what means submit does this very operation of a described kind. One
	 * that it has none for is composed by the core, if it can be. Asked of
	 * traces and programs that are well-formed, when all that came before them
	 * is done; an answer holds until the next operation. NULL = by means that
	 * need no name.
	 * @param self   the state.
	 * @param op     the operation.
	 * @param means  receives a name such as "CurveTracer (job 201)", static or
	 *               the state's; NULL = by none.
	 * @param err    explains a refusal.
	 * @return MR_OK, or the code that submit would refuse it with.
	 */
	int (*means)(void *self, const struct mr_op *op, const char **means,
	             struct mr_errtext *err);

	/** Save the state (ability SNAPSHOT). @return MR_OK, MR_ERR_NOMEM */
	int (*snapshot)(void *self, struct mr_blob *out, struct mr_errtext *err);

	/** Restore a state (ability SNAPSHOT). @return MR_OK, MR_ERR_FORMAT */
	int (*restore)(void *self, const struct mr_blob *blob,
	               struct mr_errtext *err);

	/** Get in step again after MR_ERR_OUTCOME (ability RESYNC). */
	int (*resync)(void *self, const struct mr_run *run);

	/** What is applied where this value is asked for: the nearest that the
	 * board's converters, timers or number formats can do. */
	double (*quantise)(void *self, enum mr_quantity what, double value);

	/** Have the wire watched, from its opening on if that was kept; NULL
	 * ends it. @return MR_OK, MR_ERR_NOMEM (the opening was not kept whole) */
	int (*watch_wire)(void *self, const struct mr_wire_watcher *watcher,
	                  struct mr_errtext *err);
};

/** One link of the chain: a back end, or a filter around another stage. */
struct mr_stage {
	const struct mr_backend *type;
	void *self;
};

/**
 * A filter is a back end whose state holds the stage that it wraps. It is
 * made from URI keys that begin with its name and a dot ("guard.v=1.2").
 */
struct mr_filter {
	const char *name;
	const char *summary;        /**< one line, with its keys */
	const char *const *keys;    /**< all its keys, ended by NULL */
	bool always;                /**< made even when no key asks for it */
	struct mr_backend waist;    /**< submit, describe and close; open NULL */
	/**
	 * Wrap a stage.
	 * @param uri    takes its keys from it.
	 * @param inner  the stage to wrap; owned by the new state on success.
	 * @param desc   what `inner` described.
	 * @param self   receives the state.
	 * @param err    explains a failure.
	 * @return MR_OK or a code; on failure `inner` is untouched.
	 */
	int (*wrap)(struct mr_uri *uri, struct mr_stage inner,
	            const struct mr_description *desc, void **self,
	            struct mr_errtext *err);
};

/* The back ends that live outside driver/ or beside the table; only
 * driver/backends.c names them. */
extern const struct mr_backend mr__backend_emulator;
extern const struct mr_backend mr__backend_playback;

/**
 * The table of back ends.
 *
 * @param n  receives the number; may be NULL.
 * @return the back ends; static.
 */
MR_API const struct mr_backend *const *mr_backends(size_t *n);

/**
 * The table of filters, innermost first.
 *
 * @param n  receives the number; may be NULL.
 * @return the filters; static.
 */
MR_API const struct mr_filter *const *mr_filters(size_t *n);

#endif
