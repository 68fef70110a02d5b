/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What the fuzz targets share. A target is one file that defines mr_fuzz_name
 * and libFuzzer's function. `make fuzz` links it with libFuzzer, `make check`
 * with replay.c, which runs it on every file of corpus/NAME.
 */
#ifndef MR_TESTS_FUZZ_H
#define MR_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"

/** The target's name: that of its corpus. */
extern const char mr_fuzz_name[];

/** Judgements so far, so that replay.c sees what a corpus reaches. */
struct mr_fuzz_count {
	uint64_t accepted;
	uint64_t refused;
};

/** Of this program. */
extern struct mr_fuzz_count mr_fuzz_count;

/**
 * The target.
 *
 * @param data  [size] bytes.
 * @param size  how many.
 * @return 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * A file with these bytes; there is one at a time, in $TMPDIR or else in memory
 * where the system has a folder for that. What SQLite leaves beside it is
 * removed before.
 *
 * @param data  [size] bytes.
 * @param size  how many.
 * @return its path; the file is removed when the program ends.
 */
const char *mr_fuzz_file(const void *data, size_t size);

/**
 * A folder with a file of these bytes, beside those that were put there before.
 *
 * @param name  of the file.
 * @param data  [size] bytes.
 * @param size  how many.
 * @return its path; it is removed when the program ends.
 */
const char *mr_fuzz_folder(const char *name, const void *data, size_t size);

/**
 * The bytes as a text.
 *
 * @param data  [size] bytes.
 * @param size  how many.
 * @return from malloc, terminated; never NULL.
 */
char *mr_fuzz_text(const uint8_t *data, size_t size);

/**
 * Count what was said of an input; a refusal must have a code that has a name
 * and a sentence.
 *
 * @param code  MR_OK or a code.
 * @param text  the sentence, if it is a code.
 * @return whether it was accepted.
 */
bool mr_fuzz_judge(int code, const char *text);

/**
 * End the program with a message if something does not hold.
 *
 * @param holds  whether it does.
 * @param what   the message.
 */
void mr_fuzz_must(bool holds, const char *what);

#endif
