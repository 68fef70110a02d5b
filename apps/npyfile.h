/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Arrays for NumPy: the file format .npy. Written is version 1.0, little-endian
 * and in C order; the length of the first axis may become known last: the head
 * has the same size whatever it is. Read are versions 1 to 3 in C order, of
 * numbers of either byte order.
 */
#ifndef MR_APPS_NPYFILE_H
#define MR_APPS_NPYFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "memrig/error.h"

/**
 * Write the head at the beginning of the file; leaves the stream behind it.
 *
 * @param to     can be sought in.
 * @param descr  the element type as a Python literal, such as "'<f4'" or a
 *               list of fields; at most 1500 characters.
 * @param n      length of the first axis.
 * @param inner  the further axes, such as "3, 4"; "" if there are none.
 */
void mr_npy_head(FILE *to, const char *descr, uint64_t n, const char *inner);

/**
 * Write elements of four bytes, '<f4'.
 *
 * @param to  the stream.
 * @param x   [n] the elements.
 * @param n   how many.
 */
void mr_npy_floats(FILE *to, const float *x, size_t n);

/**
 * Write an integer, '<u1' to '<i8'.
 *
 * @param to     the stream.
 * @param x      the number; its lowest bytes are taken.
 * @param bytes  how many, 1 to 8.
 */
void mr_npy_whole(FILE *to, uint64_t x, unsigned bytes);

/**
 * Write a text of fixed width, '|S...': cut or filled up with zero bytes.
 *
 * @param to     the stream.
 * @param text   the text.
 * @param bytes  the width.
 */
void mr_npy_text(FILE *to, const char *text, unsigned bytes);

/* ---- reading ------------------------------------------------------------- */

#define MR_NPY_AXES_MAX 3

/** A file that is being read. */
struct mr_npy {
	const char *path;  /**< for messages; borrowed */
	FILE *from;
	unsigned n_axes;   /**< 1 .. MR_NPY_AXES_MAX */
	uint64_t shape[MR_NPY_AXES_MAX];
	uint64_t n;        /**< elements in all */
	uint64_t at;       /**< the next one */
	char kind;         /**< 'f' float, 'i' or 'u' whole number */
	unsigned bytes;    /**< of an element: 4 or 8 */
	bool big;          /**< big-endian */
};

/**
 * Open a file: its head is read, and its length compared with it.
 *
 * @param path  the file; stays the caller's.
 * @param npy   filled in; close it with mr_npy_close() after success.
 * @param err   names the file, what is wrong and what would be right.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO; MR_ERR_FORMAT for what is no such
 *         file, Fortran order, another type, more axes, or a file that is cut
 *         off.
 */
int mr_npy_open(const char *path, struct mr_npy *npy, struct mr_errtext *err);

/**
 * Take the next elements.
 *
 * @param npy  the file.
 * @param x    [n] receives them.
 * @param n    how many; no more than are left.
 * @param err  names the file.
 * @return MR_OK; MR_ERR_IO.
 */
int mr_npy_take(struct mr_npy *npy, double *x, size_t n,
                struct mr_errtext *err);

/**
 * Close.
 *
 * @param npy  opened, or all-zero.
 */
void mr_npy_close(struct mr_npy *npy);

#endif
