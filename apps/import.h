/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Measurements of other programs, taken out of their files: what was done to
 * each cell and what was read of it, in the order of time. A file is read as a
 * whole before any of it goes into a log; the first fault ends it, named with
 * file, line and column.
 */
#ifndef MR_APPS_IMPORT_H
#define MR_APPS_IMPORT_H

#include "csvfile.h"
#include "memrig/memrig.h"

#define MR_IMPORT_EVENTS_MAX 6  /**< names of events that a file may use */
#define MR_IMPORT_COLUMNS_MAX 10
#define MR_IMPORT_LINES_MAX 65536 /**< rows, and columns, that an array has */
#define MR_IMPORT_CELLS_MAX (1u << 24)  /**< cells of one array */

/** @name Bounds of what is plausible; beyond them stands another unit. */
/**@{*/
#define MR_IMPORT_R_MIN_OHM 1.0
#define MR_IMPORT_R_MAX_OHM 1e18
#define MR_IMPORT_G_MAX_S 1.0
#define MR_IMPORT_V_MAX_V 1000.0
#define MR_IMPORT_I_MAX_A 10.0
#define MR_IMPORT_T_MAX_S 9e9 /**< 2^63 ns are 9.2e9 s */
#define MR_IMPORT_WIDTH_MIN_S 1e-12
#define MR_IMPORT_WIDTH_MAX_S 1e6
/**@}*/

/** What an event is. */
enum mr_import_kind {
	MR_IMPORT_READ = 0,
	MR_IMPORT_PULSE = 1
};

/** One thing that was done to one cell. */
struct mr_import_event {
	int64_t t_ns;   /**< array time */
	double volt_V;  /**< READ: read voltage, 0 = unknown; PULSE: amplitude */
	double width_s; /**< PULSE: flat top; READ: 0 */
	uint32_t row;
	uint32_t col;
	float g_S;      /**< READ; NAN = the value was none */
	uint8_t kind;   /**< enum mr_import_kind */
};

/** A name of an event, and what pulses of that name are. */
struct mr_import_name {
	char name[16];
	enum mr_import_kind kind;
	enum mr_effect effect;  /**< of a pulse; NONE = not stated */
	double amplitude_V;     /**< 0 = the file's */
	double width_s;         /**< 0 = the file's */
};

/** What a column of a CSV file holds. */
enum mr_import_quantity {
	MR_IMPORT_CELL,
	MR_IMPORT_ROW,
	MR_IMPORT_COL,
	MR_IMPORT_TIME,
	MR_IMPORT_EVENT,
	MR_IMPORT_VOLTAGE,
	MR_IMPORT_WIDTH,
	MR_IMPORT_CURRENT,
	MR_IMPORT_RESISTANCE,
	MR_IMPORT_CONDUCTANCE
};

/** A column of the map. */
struct mr_import_column {
	enum mr_import_quantity what;
	char name[64];   /**< in the file's head; "#3" = the third */
	double factor;   /**< its unit in SI base units */
};

/** How a file is to be understood. All-zero = as far as it says itself. */
struct mr_import_options {
	uint32_t rows;      /**< shape; 0 = from the data */
	uint32_t cols;
	uint32_t base;      /**< CSV: number of the first row, column, cell */
	double interval_s;  /**< time from row to row where the file has none; 0 =
	                         1 s */
	double v_read_V;    /**< where the file has none; 0 = unknown */
	char decimal;       /**< CSV: '.' or ','; 0 = '.' */
	char separator;     /**< CSV: 0 = by the first line */
	bool sort;          /**< CSV: rows need not be in order of time */
	double g_unit_S;    /**< NPY: what 1 is, > 0; 0 = 1 S */
	double r_unit_Ohm;  /**< NPY: values are resistances, and what 1 is; 0 =
	                         they are conductances */
	const char *times;  /**< NPY: file of the frames' times in s; NULL = at
	                         the interval */
	size_t n_names;
	struct mr_import_name names[MR_IMPORT_EVENTS_MAX];
	size_t n_columns;   /**< CSV */
	struct mr_import_column columns[MR_IMPORT_COLUMNS_MAX];
};

/** Pulses of one name, as they stood in the file. */
struct mr_import_seen {
	char name[16];
	enum mr_effect effect;
	double least_V;    /**< amplitudes */
	double greatest_V;
	double width_s;    /**< of the first; .. */
	bool one_width;    /**< .. and of all others */
};

#define MR_IMPORT_SEEN_MAX (MR_IMPORT_EVENTS_MAX + 4)

/** What was taken out of a file. All-zero, then a function below. */
struct mr_import {
	uint32_t rows;
	uint32_t cols;
	size_t n;
	size_t room;
	struct mr_import_event *events; /**< [n] in order of time */
	uint64_t n_values;  /**< readings */
	uint64_t n_pulses;
	uint64_t n_useless; /**< readings that are no conductances: zero, negative
	                         or infinite resistances, NAN; kept as such */
	size_t n_seen;      /**< names of pulses that have an effect */
	struct mr_import_seen seen[MR_IMPORT_SEEN_MAX];
	bool timed;         /**< times are the file's, not made up */
};

/**
 * Read the result log of the vendor's program for ArC ONE, .csv or .csv.gz:
 * word, bit, resistance, amplitude, pulse width, tag, read tag, read voltage,
 * under a head that may have lines before it.
 *
 * A row without a width is a reading at its amplitude, or at its read voltage
 * where the amplitude is 0; one with a width is a pulse, then a reading at the
 * read voltage. The file goes through cell after cell and knows no time: rows
 * are put an interval apart, in the order in which they stand.
 *
 * @param path     the file.
 * @param options  how; columns are ignored.
 * @param out      all-zero; released with mr_import_free() also after a failure.
 * @param err      names file, line and column.
 * @return MR_OK; MR_ERR_MISSING, MR_ERR_IO; MR_ERR_FORMAT for what is wrong in
 *         the file; MR_ERR_RANGE for cells outside the shape; MR_ERR_NOMEM.
 */
int mr_import_arc1(const char *path, const struct mr_import_options *options,
                   struct mr_import *out, struct mr_errtext *err);

/**
 * Read a CSV file whose columns a map names. Each row is of one cell; it is a
 * reading, or a pulse that a reading may follow.
 *
 * @param path     the file.
 * @param options  how; with columns.
 * @param out      as above.
 * @param err      names file, line and column.
 * @return as mr_import_arc1(); MR_ERR_USAGE for a map that says too little or
 *         contradicts itself.
 */
int mr_import_csv(const char *path, const struct mr_import_options *options,
                  struct mr_import *out, struct mr_errtext *err);

/**
 * Read a NumPy file of frames: [time][cells] or [time][rows][cols] of float32
 * or float64. NAN = not read then.
 *
 * @param path     the file.
 * @param options  how.
 * @param out      as above.
 * @param err      names file and element.
 * @return as mr_import_arc1(); MR_ERR_USAGE for a shape that does not fit.
 */
int mr_import_npy(const char *path, const struct mr_import_options *options,
                  struct mr_import *out, struct mr_errtext *err);

/**
 * Release the events.
 *
 * @param import  all-zero afterwards.
 */
void mr_import_free(struct mr_import *import);

/* ---- options ------------------------------------------------------------- */

/**
 * Add to the map: "row=word,time=t[ms],conductance=#5[uS]".
 *
 * @param options  columns are added.
 * @param text     the map.
 * @param err      says what is wrong.
 * @return MR_OK; MR_ERR_USAGE.
 */
int mr_import_map(struct mr_import_options *options, const char *text,
                  struct mr_errtext *err);

/**
 * Add a name of an event: "potentiate=set,1.2V,100ns", "check=read".
 *
 * @param options  a name is added.
 * @param text     NAME=KIND[,AMPLITUDE[,WIDTH]]; kinds: read, pulse, set
 *                 (raises), lower, reset (erases).
 * @param err      says what is wrong.
 * @return MR_OK; MR_ERR_USAGE.
 */
int mr_import_name(struct mr_import_options *options, const char *text,
                   struct mr_errtext *err);

/* ---- into a log ---------------------------------------------------------- */

/** What is said of an import in its log. */
struct mr_import_label {
	const char *path;     /**< of the file */
	const char *model;    /**< cell model or technology, at most 23 letters */
	const char *identity; /**< of the array, at most 127 letters; runs with the
	                           same one go into one history */
	const struct mr_oplog_options *log; /**< command and metadata */
};

/**
 * Describe the array that an import is of: driver "import", shape, the spans of
 * what was applied and read, a waveform for each name of pulses whose amplitude
 * and width are known.
 *
 * @param import   complete.
 * @param options  how it was read.
 * @param label    what is said of it.
 * @param out      filled in.
 */
void mr_import_describe(const struct mr_import *import,
                        const struct mr_import_options *options,
                        const struct mr_import_label *label,
                        struct mr_description *out);

/**
 * Write an import as a new run of a log: all of it, or nothing. Events that are
 * alike and at the same time become one operation; none takes time.
 *
 * @param import   complete.
 * @param log      the log.
 * @param desc     from mr_import_describe().
 * @param label    what is said of it.
 * @param context  its stop flag ends it; or NULL.
 * @param run      receives the run's number.
 * @param err      explains a failure.
 * @return MR_OK; MR_ERR_STOPPED; as mr_oplog_import_start() and .._add().
 */
int mr_import_write(const struct mr_import *import, const char *log,
                    const struct mr_description *desc,
                    const struct mr_import_label *label,
                    const struct mr_context *context, int64_t *run,
                    struct mr_errtext *err);

/* ---- between the readers ------------------------------------------------- */

/**
 * Add an event. A reading that is no value is counted, and NAN from then on.
 *
 * @param import  what grows.
 * @param event   copied.
 * @param err     says that there is no memory.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_import_add(struct mr_import *import,
                  const struct mr_import_event *event, struct mr_errtext *err);

/**
 * A field as a number in SI base units; with the right decimal sign, a unit that
 * is plausible, and nothing else.
 *
 * @param row      the row.
 * @param k        which field; must exist.
 * @param column   its name and factor.
 * @param decimal  '.' or ','.
 * @param out      receives it; may be infinite or NAN where the file says so
 *                 and the quantity is a result.
 * @param err      names file, line and column, and what would be right.
 * @return MR_OK; MR_ERR_FORMAT.
 */
int mr_import_number(const struct mr_csv_row *row, uint32_t k,
                     const struct mr_import_column *column, char decimal,
                     double *out, struct mr_errtext *err);

/**
 * A field as the number of a row, column or cell, from 0.
 *
 * @param row      the row.
 * @param k        which field; must exist.
 * @param column   its name.
 * @param base     number of the first one in the file.
 * @param n        how many there are.
 * @param out      receives it.
 * @param err      names file, line and column.
 * @return MR_OK; MR_ERR_FORMAT for no whole number; MR_ERR_RANGE.
 */
int mr_import_index(const struct mr_csv_row *row, uint32_t k,
                    const struct mr_import_column *column, uint32_t base,
                    uint32_t n, uint32_t *out, struct mr_errtext *err);

/**
 * Take the next row that has as many fields as the head.
 *
 * @param csv   the file.
 * @param row   filled in.
 * @param n     fields of the head.
 * @param more  receives false at the end.
 * @param err   names file and line.
 * @return as mr_csv_next(); MR_ERR_FORMAT for another number of fields.
 */
int mr_import_row(struct mr_csv *csv, struct mr_csv_row *row, uint32_t n,
                  bool *more, struct mr_errtext *err);

/**
 * Complete an import: its shape, and the order of time.
 *
 * @param import   with its events.
 * @param path     the file, for messages.
 * @param options  how.
 * @param err      explains a failure.
 * @return MR_OK; MR_ERR_FORMAT if there is no event; MR_ERR_RANGE for more than
 *         MR_IMPORT_CELLS_MAX cells; MR_ERR_NOMEM.
 */
int mr_import_complete(struct mr_import *import, const char *path,
                       const struct mr_import_options *options,
                       struct mr_errtext *err);

/**
 * Separator of a file: the options', or the one of ';', tabulator and ',' that is
 * most frequent in one of its first lines.
 *
 * @param path     the file.
 * @param options  how.
 * @param out      receives it; ',' if there is none.
 * @param err      explains a failure.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO, MR_ERR_FORMAT of a gzip file.
 */
int mr_import_separator(const char *path,
                        const struct mr_import_options *options, char *out,
                        struct mr_errtext *err);

#endif
