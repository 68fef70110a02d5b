/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Forms: what many operations have in common (kind, parameters, outcome), kept
 * once in table form, and remembered so that the next operation of that form
 * costs one number.
 */
#ifndef MR_DRIVER_OPLOG_FORM_H
#define MR_DRIVER_OPLOG_FORM_H

#include "oplog_schema.h"

/** A row of table form. All-zero is one where every column is NULL. */
struct mr__form {
	uint64_t set;   /**< bit c: column MR__FORM_FIRST + c is not NULL */
	uint64_t reals; /**< of them, those that hold a real; .. */
	uint64_t texts; /**< .. and a text; the rest holds an integer */
	bool passing;   /**< a text is not static, so it cannot be remembered */
	union {
		int64_t number;
		double real;
		const char *text;
		uint64_t bits;
	} at[MR__FORM_COLUMNS];
};

struct mr__forms; /**< those that are in the file, as far as remembered */

/**
 * Prepare to insert forms.
 *
 * @param db   open for writing; outlives it.
 * @param out  receives it.
 * @return MR_OK; the connection's code; MR_ERR_NOMEM.
 */
int mr__forms_open(struct mr__db *db, struct mr__forms **out);

/**
 * Forget all.
 *
 * @param forms  NULL is allowed.
 */
void mr__forms_close(struct mr__forms *forms);

/**
 * The key of a form in table form, where it is inserted if it is not known to
 * be there. What was inserted must not be rolled back.
 *
 * @param forms  the forms.
 * @param form   borrowed for the call, but for its texts if not `passing`.
 * @param key    receives the key.
 * @return MR_OK; the connection's code; MR_ERR_NOMEM.
 */
int mr__forms_key(struct mr__forms *forms, const struct mr__form *form,
                  int64_t *key);

/** @name Columns of a form
 * `column` is MR__OP_COMPOSED .. MR__OP_PACKING. A text lasts until the form is
 * forgotten, but for a passing one, which lasts until the key is asked for.
 */
/**@{*/
void mr__form_int(struct mr__form *form, enum mr__op_column column,
                  int64_t value);
void mr__form_real(struct mr__form *form, enum mr__op_column column,
                   double value);
void mr__form_text(struct mr__form *form, enum mr__op_column column,
                   const char *text);
void mr__form_passing(struct mr__form *form, enum mr__op_column column,
                      const char *text);
/**@}*/

#endif
