/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "passage.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "../outfile.h"

#define CHUNK 4096 /* words at a time */
#define WORD ((size_t)4) /* bytes */
#define N_HEAD 3   /* words of magic and version */

/* The last word may be there in part. */
static void encode(const uint32_t *word, size_t n_bytes, uint8_t *bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		bytes[i] = (uint8_t)(word[i / WORD] >> 8 * (i % WORD));
}

static void decode(const uint8_t *bytes, size_t n_bytes, uint32_t *word)
{
	memset(word, 0, (n_bytes + WORD - 1) / WORD * sizeof *word);
	for (size_t i = 0; i < n_bytes; i++)
		word[i / WORD] |= (uint32_t)bytes[i] << 8 * (i % WORD);
}

static void broken(struct mr_passage *p)
{
	if (p->write)
		p->code = mr_errtext_set(p->err, MR_ERR_IO,
		                         "%s cannot be written: %s", p->path,
		                         strerror(errno ? errno : EIO));
	else
		p->code = mr_errtext_set(p->err, MR_ERR_FORMAT,
		                         "%s: ends at byte %" PRIu64
		                         ", in the middle of the checkpoint",
		                         p->path, p->at);
}

static void some_words(struct mr_passage *p, uint32_t *word, size_t n)
{
	uint8_t bytes[CHUNK * WORD];
	size_t done;

	errno = 0;
	if (p->write) {
		encode(word, n * WORD, bytes);
		done = fwrite(bytes, WORD, n, p->file);
	} else {
		done = fread(bytes, WORD, n, p->file);
	}
	if (done != n) {
		broken(p);
		return;
	}
	p->crc = (uint32_t)crc32(p->crc, bytes, (uInt)(n * WORD));
	p->at += n * WORD;
	if (!p->write)
		decode(bytes, n * WORD, word);
}

void mr_passage_words(struct mr_passage *p, uint32_t *word, size_t n)
{
	for (size_t i = 0; i < n && !p->code; i += CHUNK)
		some_words(p, word + i, n - i < CHUNK ? n - i : CHUNK);
}

void mr_passage_wide(struct mr_passage *p, uint64_t *x)
{
	uint32_t half[2] = {(uint32_t)*x, (uint32_t)(*x >> 32)};

	mr_passage_words(p, half, 2);
	*x = half[0] | (uint64_t)half[1] << 32;
}

void mr_passage_number(struct mr_passage *p, double *x)
{
	uint64_t bits;

	memcpy(&bits, x, sizeof bits);
	mr_passage_wide(p, &bits);
	memcpy(x, &bits, sizeof bits);
}

/* A number that is not finite is told by its place. */
void mr_passage_floats(struct mr_passage *p, float *x, size_t n)
{
	uint32_t word[CHUNK];

	for (size_t i = 0; i < n && !p->code; i += CHUNK) {
		size_t some = n - i < CHUNK ? n - i : CHUNK;

		memcpy(word, x + i, some * sizeof *word);
		mr_passage_words(p, word, some);
		memcpy(x + i, word, some * sizeof *word);
		for (size_t k = 0; k < some && !p->code; k++)
			if (!isfinite(x[i + k]))
				p->code = mr_errtext_set(
					p->err,
					p->write ? MR_ERR_RANGE : MR_ERR_FORMAT,
					"%s: the value at byte %" PRIu64
					" is no finite number", p->path,
					p->at - (some - k) * WORD);
	}
}

/* The size of a file is known: what it says of its parts is compared first. */
void mr_passage_blob(struct mr_passage *p, struct mr_blob *blob)
{
	uint64_t size = blob->size;
	uint32_t word[CHUNK];

	mr_passage_wide(p, &size);
	if (!p->write && !p->code && size > p->size - p->at)
		p->code = mr_errtext_set(p->err, MR_ERR_FORMAT,
		                         "%s: %" PRIu64 " bytes of state at byte "
		                         "%" PRIu64 " are more than there are",
		                         p->path, size, p->at);
	if (!p->write && !p->code)
		*blob = (struct mr_blob){.data = malloc((size_t)size + 1),
		                         .size = (size_t)size};
	if (!p->code && !blob->data)
		p->code = mr_errtext_set(p->err, MR_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < blob->size && !p->code; i += sizeof word) {
		size_t some = blob->size - i;
		unsigned char *at = (unsigned char *)blob->data + i;

		some = some < sizeof word ? some : sizeof word;
		if (p->write)
			decode(at, some, word);
		mr_passage_words(p, word, (some + WORD - 1) / WORD);
		if (!p->write && !p->code)
			encode(word, some, at);
	}
}

/* ---- the head -------------------------------------------------------------------- */

static void fill_head(const struct mr_passage_kind *kind, const uint32_t *id,
                      uint32_t *head)
{
	assert(kind->n_id <= MR_PASSAGE_ID_MAX);
	decode((const uint8_t *)kind->magic, 2 * WORD, head);
	head[2] = kind->version;
	for (uint32_t i = 0; i < kind->n_id; i++)
		head[N_HEAD + i] = id[i];
}

static int check_head(const struct mr_passage *p,
                      const struct mr_passage_kind *kind, const uint32_t *id,
                      const uint32_t *head)
{
	uint32_t right[N_HEAD + MR_PASSAGE_ID_MAX];

	fill_head(kind, id, right);
	if (head[0] != right[0] || head[1] != right[1])
		return mr_errtext_set(p->err, MR_ERR_FORMAT,
		                      "%s is no checkpoint of %s: it does not "
		                      "begin with %s", p->path, kind->what,
		                      kind->magic);
	if (head[2] != kind->version)
		return mr_errtext_set(p->err, MR_ERR_FORMAT,
		                      "%s is a checkpoint of version %u; this "
		                      "program reads version %u", p->path, head[2],
		                      kind->version);
	for (uint32_t i = 0; i < kind->n_id; i++)
		if (head[N_HEAD + i] != right[N_HEAD + i])
			return mr_errtext_set(p->err, MR_ERR_USAGE,
			                      "%s is a checkpoint of another "
			                      "%s (%u, here %u)", p->path,
			                      kind->name[i], head[N_HEAD + i],
			                      right[N_HEAD + i]);
	return MR_OK;
}

/* ---- writing ------------------------------------------------------------- */

int mr_passage_write(const char *path, const struct mr_passage_kind *kind,
                     const uint32_t *id,
                     void (*body)(struct mr_passage *p, void *user),
                     void *user, struct mr_errtext *err)
{
	struct mr_passage p = {.path = path, .write = true, .err = err};
	uint32_t head[N_HEAD + MR_PASSAGE_ID_MAX];
	struct mr_outfile *out;
	int code = mr_outfile_begin(path, &out, err);

	if (code)
		return code;
	p.file = mr_outfile_stream(out);
	fill_head(kind, id, head);
	mr_passage_words(&p, head, N_HEAD + kind->n_id);
	if (!p.code)
		body(&p, user);
	uint32_t crc = p.crc;

	mr_passage_words(&p, &crc, 1);
	code = mr_outfile_end(out, p.code == MR_OK, p.code ? NULL : err);
	return p.code ? p.code : code;
}

/* ---- reading ------------------------------------------------------------- */

/* Whether the last word is the check of all before it: nothing is taken from a
 * damaged file. */
static int check_sum(struct mr_passage *p)
{
	uint8_t bytes[CHUNK * WORD + WORD];
	size_t kept = 0, n;
	uint32_t crc = 0, last;

	rewind(p->file);
	while ((n = fread(bytes + kept, 1, sizeof bytes - kept, p->file)) > 0) {
		size_t all = kept + n;

		p->size += n;
		kept = all < WORD ? all : WORD;
		crc = (uint32_t)crc32(crc, bytes, (uInt)(all - kept));
		memmove(bytes, bytes + all - kept, kept);
	}
	if (ferror(p->file))
		return mr_errtext_set(p->err, MR_ERR_IO,
		                      "%s cannot be read: %s", p->path,
		                      strerror(errno));
	decode(bytes, WORD, &last);
	if (kept < WORD || last != crc)
		return mr_errtext_set(p->err, MR_ERR_FORMAT,
		                      "%s is damaged or cut off: its check is "
		                      "%08x, its bytes give %08x", p->path, last,
		                      crc);
	rewind(p->file);
	return MR_OK;
}

static int read_all(struct mr_passage *p, const struct mr_passage_kind *kind,
                    const uint32_t *id,
                    void (*body)(struct mr_passage *p, void *user), void *user)
{
	uint32_t head[N_HEAD + MR_PASSAGE_ID_MAX] = {0};

	mr_passage_words(p, head, N_HEAD + kind->n_id);
	if (!p->code)
		p->code = check_head(p, kind, id, head);
	if (!p->code)
		p->code = check_sum(p);
	if (p->code)
		return p->code;
	p->at = 0;
	mr_passage_words(p, head, N_HEAD + kind->n_id);
	if (!p->code)
		body(p, user);
	if (!p->code && p->at + WORD != p->size)
		p->code = mr_errtext_set(p->err, MR_ERR_FORMAT,
		                         "%s: the checkpoint ends at byte "
		                         "%" PRIu64 ", the file does not",
		                         p->path, p->at);
	return p->code;
}

int mr_passage_read(const char *path, const struct mr_passage_kind *kind,
                    const uint32_t *id,
                    void (*body)(struct mr_passage *p, void *user),
                    void *user, struct mr_errtext *err)
{
	struct mr_passage p = {.path = path, .err = err};

	p.file = fopen(path, "rb");
	if (!p.file)
		return mr_errtext_set(err, errno == ENOENT ? MR_ERR_MISSING
		                                           : MR_ERR_IO,
		                      "%s cannot be read: %s", path,
		                      strerror(errno));
	int code = read_all(&p, kind, id, body, user);

	(void)fclose(p.file);
	return code;
}

/* ---- what a run is of ---------------------------------------------------- */

uint32_t mr_passage_check(uint32_t crc, const uint32_t *word, size_t n)
{
	uint8_t bytes[WORD];

	for (size_t i = 0; i < n; i++) {
		encode(word + i, WORD, bytes);
		crc = (uint32_t)crc32(crc, bytes, WORD);
	}
	return crc;
}

uint32_t mr_passage_check_images(uint32_t crc, const struct mr_images *images)
{
	if (!images)
		return crc;
	const uint32_t shape[] = {images->n, images->channels, images->height,
	                          images->width, images->n_classes};
	size_t n = (size_t)images->channels * images->height * images->width;

	crc = mr_passage_check(crc, shape, sizeof shape / sizeof *shape);
	for (uint32_t i = 0; images->pixels && i < images->n; i++)
		crc = (uint32_t)crc32(crc, images->pixels + i * n, (uInt)n);
	for (uint32_t i = 0; images->label && i < images->n; i++) {
		uint32_t label = images->label[i];

		crc = mr_passage_check(crc, &label, 1);
	}
	return crc;
}
