/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A transport is a pipe to a board: bytes or messages, deadlines on an
 * injectable clock, no wait without end. Board drivers call the mr__transport_
 * functions; each kind of pipe is one struct mr__transport_type in a file of
 * its own (transport_NAME.c) and one line in the table (transports.c).
 *
 * The other end of a pipe in this process is a virtual board: a state machine
 * that takes bytes, gives bytes, and says when its next ones fall due
 * (struct mr__wire_type; emulator/wire_*.c). It never waits and owns no clock,
 * so that the same board runs in process on a manual clock, behind a socket,
 * behind a pseudo-terminal and behind an emulated USB port.
 */
#ifndef MR_DRIVER_TRANSPORT_H
#define MR_DRIVER_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/array.h"
#include "memrig/backend.h"

/* ---- what a board driver uses ----------------------------------------------- */

/* How a serial line is set; other transports ignore it. */
struct mr__line {
	uint32_t baud;
	uint8_t data_bits;
	char parity;    /* 'N', 'E', 'O' */
	uint8_t stop_bits;
	bool rts_cts;   /* hardware flow control */
	bool raise_dtr; /* DTR and RTS as the kernel raises them on opening; many
	                 * USB stacks keep silent without, some boards restart */
};

/* What the URI does not say. Its keys `baud`, `parity`, `flow` and `dtr`
 * override these. */
struct mr__wish {
	struct mr__line line;
	uint16_t usb_vendor;  /* 0 = the URI must name the device */
	uint16_t usb_product;
	uint16_t tcp_port;    /* where the address names none; 0 = it must */
};

/* Who is at the other end, as far as the pipe itself can tell. */
struct mr__peer {
	char path[128];     /* node, socket or host:port */
	uint16_t vendor;    /* USB; 0 = none */
	uint16_t product;
	char serial[64];    /* "" = none */
	char name[128];     /* product string, "" = none */
};

struct mr__transport; /* an open pipe; one thread at a time */

/* A device that no other program may open; see transports.h. */
struct mr__lock {
	int fd; /* -1 = none */
	char path[160];
};

/**
 * Open what the URI's transport part and address name. Takes its keys. Key
 * `control=PATH` names the socket at which a served virtual board takes orders
 * (memrig serve --control): a pause then advances the board's time instead of
 * waiting.
 * A second open of the same device, by this program or another, is refused.
 * @param uri      parsed; e.g. "arc1+serial:/dev/ttyACM0?baud=921600".
 * @param options  its clock bounds and stamps; a `loop` brings its own.
 * @param wish     what the board needs where the URI is silent.
 * @param out      receives the pipe.
 * @param err      names what was wrong and the remedy.
 * @return MR_OK; MR_ERR_USAGE (unknown transport, bad address or key, more
 *         than one device that fits: they are named); MR_ERR_MISSING (no such
 *         device); MR_ERR_BUSY (in use: by whom, where that can be known);
 *         MR_ERR_IO (permission, a link that failed); MR_ERR_NOMEM.
 */
int mr__transport_open(struct mr_uri *uri, const struct mr_open_options *options,
                       const struct mr__wish *wish, struct mr__transport **out,
                       struct mr_errtext *err);

/** The clock that deadlines are on, and that a board's waits sleep on. */
const struct mr_clock *mr__transport_clock(const struct mr__transport *t);

/** Whether its time is its own: nobody really waits, and nothing happens
 * meanwhile. */
bool mr__transport_is_emulated(const struct mr__transport *t);

/**
 * Let time pass on the pipe's clock; looks for a stop about every 50 ms, or
 * where a pause takes no time (a loop, key `control`) before and after it.
 * @param duration_s  0 to 1e9.
 * @return MR_OK; MR_ERR_STOPPED or MR_ERR_TIMEOUT as mr_run_check().
 */
int mr__transport_pause(struct mr__transport *t, double duration_s,
                        const struct mr_run *run);

/** Whether the pipe keeps the ends of messages (USBTMC, loop). */
bool mr__transport_has_messages(const struct mr__transport *t);

/** Whether it plays a recording: there is no board to be made safe, and its log
 * has ended before that of its time was. */
bool mr__transport_is_recorded(const struct mr__transport *t);

/**
 * Send all of `data` or fail. `end`: a message ends with it.
 * @param deadline_ns  monotonic time of the pipe's clock; > 0.
 * @param sent         receives the bytes that left, also on failure; or NULL.
 * @return MR_OK; MR_ERR_TIMEOUT; MR_ERR_IO (the other end is gone).
 */
int mr__transport_write(struct mr__transport *t, const void *data, size_t n,
                        bool end, int64_t deadline_ns, size_t *sent,
                        struct mr_errtext *err);

/**
 * Receive exactly n bytes or fail. What came before a failure is lost to the
 * caller but is in the trace and in `got`.
 * @param got  receives the number that came; or NULL.
 * @return MR_OK; MR_ERR_TIMEOUT; MR_ERR_IO; MR_ERR_FORMAT (a message ended
 *         before).
 */
int mr__transport_read(struct mr__transport *t, void *buf, size_t n,
                       int64_t deadline_ns, size_t *got,
                       struct mr_errtext *err);

/**
 * Receive at least one byte: what is there, up to `room`.
 * @param end  receives whether a message ended with it; never set where the
 *             pipe keeps no ends. Or NULL.
 * @return MR_OK; MR_ERR_TIMEOUT; MR_ERR_IO.
 */
int mr__transport_read_some(struct mr__transport *t, void *buf, size_t room,
                            int64_t deadline_ns, size_t *got, bool *end,
                            struct mr_errtext *err);

/**
 * Receive up to and with `delimiter`; what follows it stays in the pipe.
 * @return MR_OK; MR_ERR_TIMEOUT; MR_ERR_IO; MR_ERR_FORMAT (none in `room`
 *         bytes, or the message ended before).
 */
int mr__transport_read_until(struct mr__transport *t, char delimiter, void *buf,
                             size_t room, int64_t deadline_ns, size_t *got,
                             struct mr_errtext *err);

/**
 * Wait until there is something to read, without taking it.
 * @return MR_OK; MR_ERR_TIMEOUT; MR_ERR_IO.
 */
int mr__transport_await(struct mr__transport *t, int64_t deadline_ns,
                        struct mr_errtext *err);

/** Drop what has been received and not read. */
int mr__transport_flush(struct mr__transport *t, struct mr_errtext *err);

/** The way to an instrument that is out of step: USBTMC device clear, a serial
 * BREAK; MR_ERR_UNSUPPORTED where there is none. */
int mr__transport_clear(struct mr__transport *t, int64_t deadline_ns,
                        struct mr_errtext *err);

/** The status byte by the pipe's own means (USB488), also while the board is
 * busy; MR_ERR_UNSUPPORTED where there is none. */
int mr__transport_status_byte(struct mr__transport *t, uint8_t *stb,
                              int64_t deadline_ns, struct mr_errtext *err);

/** A descriptor for poll(): readable when bytes wait; -1 = none. */
int mr__transport_poll_fd(const struct mr__transport *t);

/**
 * Have a second process make the board safe should this one die
 * (mr_open_options.guardian).
 * Pipes without a descriptor go without.
 * @param program  options.guardian; NULL = none wanted.
 * @param safe     [n] what to send, up to 100 bytes, beginning with what ends a
 *                 cut-off line.
 * @return MR_OK; MR_ERR_IO.
 */
int mr__transport_watch_over(struct mr__transport *t, const char *program,
                             const void *safe, size_t n,
                             struct mr_errtext *err);

/** Who is at the other end. */
void mr__transport_peer(const struct mr__transport *t, struct mr__peer *out);

/** Close and free; NULL is ignored. */
void mr__transport_close(struct mr__transport *t);

/* ---- watching the wire ---------------------------------------------------------- */

/**
 * Have the wire watched; one watcher a pipe, NULL ends it. Opened with the option
 * `keep_wire`, the first watcher is told of everything since then.
 * @return MR_OK; MR_ERR_NOMEM (what was to be kept could not be).
 */
int mr__transport_watch(struct mr__transport *t,
                        const struct mr_wire_watcher *watcher,
                        struct mr_errtext *err);

/* ---- what a kind of pipe offers ------------------------------------------------- */

/* A device that listing found without opening it. */
struct mr__found {
	char address[192]; /* what stands in a URI after the colon */
	struct mr__peer peer;
	char note[160];    /* such as "no permission: group dialout"; "" = fine */
};

typedef int mr__found_fn(void *user, const struct mr__found *found);

/* NULL = not offered; deadlines are monotonic times of `clock`. Partial
 * progress is normal: write and read move at least one byte, or say
 * MR_ERR_TIMEOUT, or MR_ERR_IO when the other end is gone. */
struct mr__transport_type {
	const char *name;
	const char *summary; /* one line, with the form of the address */
	bool messages;       /* keeps message ends */
	bool locks;          /* its open() locks the device by itself, where
	                      * opening would disturb who has it */

	int (*list)(mr__found_fn *found, void *user, struct mr_errtext *err);
	int (*open)(struct mr_uri *uri, const struct mr_open_options *options,
	            const struct mr__wish *wish, void **self,
	            struct mr_errtext *err);
	const struct mr_clock *(*clock)(void *self); /* NULL: the options' */
	int (*write)(void *self, const void *data, size_t n, bool end,
	             int64_t deadline_ns, size_t *sent, struct mr_errtext *err);
	int (*read)(void *self, void *buf, size_t room, int64_t deadline_ns,
	            size_t *got, bool *end, struct mr_errtext *err);
	int (*flush)(void *self, struct mr_errtext *err);
	int (*clear)(void *self, int64_t deadline_ns, struct mr_errtext *err);
	int (*status_byte)(void *self, uint8_t *stb, int64_t deadline_ns,
	                   struct mr_errtext *err);
	int (*poll_fd)(void *self);
	bool (*has_messages)(void *self); /* NULL: `messages` */
	bool recorded; /* no board is at the other end */
	void (*peer)(void *self, struct mr__peer *out);
	void (*close)(void *self);
};

/** The table of transports. */
const struct mr__transport_type *const *mr__transports(size_t *n);

/* ---- virtual boards --------------------------------------------------------------- */

/* A virtual board. Times are nanoseconds of whatever clock its host keeps,
 * never running backwards; every call tells the board what time it is. */
struct mr__wire_type {
	const char *name;    /* "arc1" */
	const char *summary;
	bool messages;       /* speaks in messages: ends matter */

	/**
	 * Switch on. `uri` names the emulated array behind it ("emu:..."); the
	 * board's own keys (board.…) are taken from it first.
	 */
	int (*open)(struct mr_uri *uri, int64_t now_ns, void **self,
	            struct mr_errtext *err);
	/** Bytes from the host; all are taken. */
	void (*input)(void *self, int64_t now_ns, const uint8_t *data, size_t n,
	              bool end);
	/** Bytes for the host that are due; returns how many were written. */
	size_t (*output)(void *self, int64_t now_ns, uint8_t *buf, size_t room,
	                 bool *end);
	/** When output falls due next; INT64_MAX = nothing is to come until
	 * there is more input or a timer of the board ends. */
	int64_t (*due_ns)(void *self, int64_t now_ns);
	/** A device clear or a BREAK. */
	void (*clear)(void *self, int64_t now_ns);
	/** The status byte, for pipes that can ask aside; NULL = none. */
	uint8_t (*status_byte)(void *self, int64_t now_ns);
	/** The host came or went: a USB port that was closed, a socket. */
	void (*link)(void *self, int64_t now_ns, bool up);
	/** How safe it is: whether any output carries a voltage, and since when;
	 * for tests and for the served board's log. */
	bool (*is_safe)(void *self, int64_t now_ns, int64_t *since_ns);
	/** Whether the board's plug has been pulled; NULL = never is. */
	bool (*is_gone)(void *self);
	/** The second pipe of a bench, such as a switch matrix beside its unit:
	 * a board that is called with the same `self`, and neither opened nor
	 * closed by itself. NULL, or a NULL answer = there is none. */
	const struct mr__wire_type *(*port)(void *self);
	int (*close)(void *self, struct mr_errtext *err);

	const struct mr__line *line; /* how its UART is set; NULL = has none */
	uint16_t usb_vendor;         /* of its port; 0 = numbers for tests */
	uint16_t usb_product;
};

/**
 * Open the emulated array that a virtual board stands in front of: what `uri`
 * says without the keys that were taken.
 * @return MR_OK; what mr_array_open() returns.
 */
int mr__wire_array(const struct mr_uri *uri, struct mr_array **out,
                   struct mr_errtext *err);

/**
 * Switch a board on, with the faults that its key board.fault asks for
 * (wire_fault.c) around it; refuses keys that nobody took.
 * @param type  receives the type to call: the board's own, or the faulty one.
 */
int mr__wire_open(const struct mr__wire_type *board, struct mr_uri *uri,
                  int64_t now_ns, const struct mr__wire_type **type,
                  void **self, struct mr_errtext *err);

/**
 * Put a board that is switched on behind a USB port, and that port behind
 * USB/IP: the bytes of the wire are then those of a USB/IP device after its
 * import. A broken stream counts as a pulled plug. wire_usbip.c.
 * @param base         the board's own type, also where a faulty one is called.
 * @param personality  "usbtmc", "bulk", "acm"; NULL = as the board is.
 * @param type         the type to call; replaced.
 * @param self         the board, which the port owns from then on; replaced.
 * @return MR_OK; MR_ERR_USAGE (no such personality); MR_ERR_NOMEM; after a
 *         failure both are as before.
 */
int mr__wire_usbip_open(const struct mr__wire_type *base,
                        const char *personality,
                        const struct mr__wire_type **type, void **self,
                        struct mr_errtext *err);

/** The table of virtual boards; emulator/wires.c. */
const struct mr__wire_type *const *mr__wires(size_t *n);

/** Find one by name; NULL = there is none. */
const struct mr__wire_type *mr__wire_find(const char *name);

#endif
