/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Forms of operations. An insert costs SQLite a fixed time for each column, so
 * what an operation shares with many others is inserted once. What is forgotten
 * here is inserted again, which costs time and bytes and is as true.
 */
#include "oplog_form.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_LOG2 9 /* some 150 kB */
#define SLOTS (1 << SLOTS_LOG2)
#define PROBES 8  /* slots that a form may be in */
#define MIX UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio */

static_assert(MR__FORM_COLUMNS <= 64, "a column is a bit of a mask");

struct slot {
	int64_t key; /* 0 = free */
	struct mr__form form;
};

struct mr__forms {
	struct mr__query *insert;
	struct slot slots[SLOTS];
};

int mr__forms_open(struct mr__db *db, struct mr__forms **out)
{
	char sql[MR__OPLOG_SQL_MAX];
	struct mr__forms *forms = calloc(1, sizeof(*forms));
	int code;

	if (!forms) {
		return MR_ERR_NOMEM;
	}
	mr__oplog_form_sql(sql);
	code = mr__db_prepare(db, sql, &forms->insert);
	if (code != MR_OK) {
		free(forms);
		return code;
	}
	*out = forms;
	return MR_OK;
}

void mr__forms_close(struct mr__forms *forms)
{
	free(forms);
}

/* ---- columns ------------------------------------------------------------- */

static uint64_t bit_of(enum mr__op_column column)
{
	return UINT64_C(1) << (column - MR__FORM_FIRST);
}

void mr__form_int(struct mr__form *form, enum mr__op_column column,
                  int64_t value)
{
	form->set |= bit_of(column);
	form->at[column - MR__FORM_FIRST].number = value;
}

void mr__form_real(struct mr__form *form, enum mr__op_column column,
                   double value)
{
	form->set |= bit_of(column);
	form->reals |= bit_of(column);
	form->at[column - MR__FORM_FIRST].real = value;
}

void mr__form_text(struct mr__form *form, enum mr__op_column column,
                   const char *text)
{
	form->set |= bit_of(column);
	form->texts |= bit_of(column);
	form->at[column - MR__FORM_FIRST].text = text;
}

void mr__form_passing(struct mr__form *form, enum mr__op_column column,
                      const char *text)
{
	mr__form_text(form, column, text);
	form->passing = true;
}

/* ---- remembering --------------------------------------------------------- */

/* A sum of products that do not wait for each other; its upper bits depend on
 * all of every column. */
static size_t home_of(const struct mr__form *form)
{
	uint64_t hash = form->set * MIX;

	for (uint64_t i = 0; i < MR__FORM_COLUMNS; i++) {
		hash += form->at[i].bits * (MIX + (i << 33) + 2 * i);
	}
	return (size_t)(hash >> (64 - SLOTS_LOG2));
}

/* Bit for bit, so that -0.0 and NaN are values like any other. */
static bool is_same(const struct mr__form *a, const struct mr__form *b)
{
	uint64_t differ = (a->set ^ b->set) | (a->reals ^ b->reals) |
	                  (a->texts ^ b->texts);

	for (size_t i = 0; i < MR__FORM_COLUMNS; i++)
		differ |= a->at[i].bits ^ b->at[i].bits;
	return differ == 0;
}

/* The slot that holds the form, or else the one to be used for it. */
static struct slot *slot_of(struct mr__forms *forms,
                            const struct mr__form *form, bool *known)
{
	size_t home = home_of(form);

	for (size_t i = 0; i < PROBES; i++) {
		struct slot *slot = &forms->slots[(home + i) % SLOTS];

		*known = slot->key != 0 && is_same(&slot->form, form);
		if (*known || slot->key == 0) {
			return slot;
		}
	}
	return &forms->slots[home];
}

static int insert(struct mr__forms *forms, const struct mr__form *form,
                  int64_t *key)
{
	struct mr__query *to = forms->insert;
	int code;

	mr__query_clear(to);
	for (int i = 0; i < MR__FORM_COLUMNS; i++) {
		uint64_t bit = UINT64_C(1) << i;

		if (form->texts & bit) {
			mr__query_set_text(to, i + 1, form->at[i].text);
		} else if (form->reals & bit) {
			mr__query_set_real(to, i + 1, form->at[i].real);
		} else if (form->set & bit) {
			mr__query_set_int(to, i + 1, form->at[i].number);
		}
	}
	code = mr__query_run(to);
	*key = mr__query_inserted(to);
	return code;
}

int mr__forms_key(struct mr__forms *forms, const struct mr__form *form,
                  int64_t *key)
{
	struct slot *slot;
	bool known;
	int code;

	if (form->passing) {
		return insert(forms, form, key);
	}
	slot = slot_of(forms, form, &known);
	if (known) {
		*key = slot->key;
		return MR_OK;
	}
	code = insert(forms, form, key);
	if (code == MR_OK) {
		slot->key = *key;
		slot->form = *form;
	}
	return code;
}
