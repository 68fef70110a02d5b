/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What a mapping knows beside its cells, as one block of bytes. */
#include "synapse_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "MRSYNAP"
#define VERSION 1u
#define BYTE_ORDER_MARK 0x01020304u

/* No padding: the widths fall. */
struct header {
	char magic[8];
	uint64_t next;
	uint64_t ups;
	uint64_t downs;
	uint64_t raised;
	uint64_t lowered;
	uint64_t reads;
	uint32_t byte_order;
	uint32_t version;
	uint32_t n_in;
	uint32_t n_out;
	uint32_t n_cols;
	uint32_t n_rows;
	uint32_t n_cells;
	uint32_t coding;
	uint32_t arbitration;
	uint32_t spare; /* 0 */
};

struct part {
	void *data;
	size_t size;
};

#define PARTS 5

static void list_parts(const struct mr_synapse *s, struct part out[PARTS])
{
	size_t n_synapses = (size_t)s->o.n_in * s->o.n_out;
	size_t n_own = s->o.arbitration == MR_ARBITRATE_SYNAPSE ? n_synapses : 1;
	const struct part all[PARTS] = {
		{s->chi, n_synapses * sizeof *s->chi},
		{s->sum0_A, s->o.n_out * sizeof *s->sum0_A},
		{s->scale, s->o.n_out * sizeof *s->scale},
		{s->own, n_own * sizeof *s->own},
		{s->raised, (size_t)s->o.n_in * s->n_cols * sizeof *s->raised}};

	memcpy(out, all, sizeof all);
}

static struct header make_header(const struct mr_synapse *s)
{
	return (struct header){.magic = MAGIC,
	                       .next = s->next,
	                       .ups = s->ups,
	                       .downs = s->downs,
	                       .raised = s->counts.raised,
	                       .lowered = s->counts.lowered,
	                       .reads = s->counts.reads,
	                       .byte_order = BYTE_ORDER_MARK,
	                       .version = VERSION,
	                       .n_in = s->o.n_in,
	                       .n_out = s->o.n_out,
	                       .n_cols = s->n_cols,
	                       .n_rows = s->n_rows,
	                       .n_cells = s->o.n_cells,
	                       .coding = s->o.coding,
	                       .arbitration = s->o.arbitration};
}

static size_t size_of(const struct part part[PARTS])
{
	size_t size = sizeof(struct header);

	for (size_t k = 0; k < PARTS; k++)
		size += part[k].size;
	return size;
}

int mr_synapse_save(const struct mr_synapse *s, struct mr_blob *out)
{
	const struct header h = make_header(s);
	struct part part[PARTS];
	unsigned char *at;

	list_parts(s, part);
	at = malloc(size_of(part));
	if (!at)
		return mr__synapse_fail(s, MR_ERR_NOMEM, "out of memory");
	*out = (struct mr_blob){.data = at, .size = size_of(part)};
	memcpy(at, &h, sizeof h);
	at += sizeof h;
	for (size_t k = 0; k < PARTS; at += part[k++].size)
		memcpy(at, part[k].data, part[k].size);
	return MR_OK;
}

/* Of the doubles, which come first: changes, levels, what is left of them. */
static bool are_sound(const struct mr_synapse *s, const unsigned char *at)
{
	size_t n_chi = (size_t)s->o.n_in * s->o.n_out;
	size_t n = n_chi + 2 * (size_t)s->o.n_out;
	size_t n_level = n_chi + s->o.n_out;

	for (size_t k = 0; k < n; k++) {
		double x;

		memcpy(&x, at + k * sizeof x, sizeof x);
		if (!isfinite(x) || (k >= n_chi && x < 0) ||
		    (k >= n_level && x == 0))
			return false;
	}
	return true;
}

static int check(const struct mr_synapse *s, const struct mr_blob *blob,
                 struct header *h)
{
	struct header right = make_header(s);
	struct part part[PARTS];

	list_parts(s, part);
	if (blob->size < sizeof *h)
		return mr__synapse_fail(s, MR_ERR_FORMAT,
		                        "a state that is cut off");
	memcpy(h, blob->data, sizeof *h);
	right.next = h->next;
	right.ups = h->ups;
	right.downs = h->downs;
	right.raised = h->raised;
	right.lowered = h->lowered;
	right.reads = h->reads;
	if (memcmp(&right, h, sizeof right) != 0)
		return mr__synapse_fail(s, MR_ERR_FORMAT,
		                        "a state of other synapses, of another "
		                        "version or byte order");
	if (blob->size != size_of(part))
		return mr__synapse_fail(s, MR_ERR_FORMAT,
		                        "a state of another size");
	if (!are_sound(s, (const unsigned char *)blob->data + sizeof *h))
		return mr__synapse_fail(s, MR_ERR_FORMAT,
		                        "a state with a number that is not "
		                        "finite or not positive");
	return MR_OK;
}

int mr_synapse_restore(struct mr_synapse *s, const struct mr_blob *blob)
{
	const unsigned char *at = blob->data;
	struct part part[PARTS];
	struct header h;
	int rc = check(s, blob, &h);

	if (rc)
		return rc;
	list_parts(s, part);
	at += sizeof h;
	for (size_t k = 0; k < PARTS; at += part[k++].size)
		memcpy(part[k].data, at, part[k].size);
	s->next = h.next;
	s->ups = h.ups;
	s->downs = h.downs;
	s->counts = (struct mr_synapse_counts){
		.raised = h.raised, .lowered = h.lowered, .reads = h.reads};
	s->seen_n = 0;
	return MR_OK;
}
