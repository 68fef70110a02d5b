/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Arrays for NumPy: the file format .npy, version 1.0, little-endian and in
 * C order. The length of the first axis may become known last: the head has
 * the same size whatever it is.
 */
#ifndef MR_APPS_NPYFILE_H
#define MR_APPS_NPYFILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

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

#endif
