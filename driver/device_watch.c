/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What is plugged in and out. libusb says that something has changed; what, is
 * seen by listing again, so that the ports and nodes of other drivers count,
 * too. These come a little after the device: it is looked at several times.
 */
#include "memrig/device.h"

#include <stdlib.h>
#include <string.h>

#include "memrig/clock.h"
#include "usb.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S 1e9
#define TIMEOUT_MAX_S 86400
#define FIRST_ROOM 16

/* After a change, in ms: udev has mostly done its work within the second. */
static const int looks_ms[] = {0, 100, 400, 1000, 2000};

#define N_LOOKS (sizeof looks_ms / sizeof looks_ms[0])

struct list {
	struct mr_device *all; /* [room] */
	size_t n;
	size_t room;
};

struct mr_device_watch {
	struct usb_watch *usb;
	struct mr_clock clock;
	struct list here;
	int64_t changed_ns; /* when libusb said so last */
	size_t looks;       /* that were taken since; N_LOOKS = all */
};

static int collect(void *user, const struct mr_device *d)
{
	struct list *l = user;

	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : FIRST_ROOM;
		struct mr_device *more = realloc(l->all, room * sizeof *more);

		if (!more)
			return MR_ERR_NOMEM;
		l->all = more;
		l->room = room;
	}
	l->all[l->n++] = *d;
	return MR_OK;
}

static int list(struct list *out, struct mr_errtext *err)
{
	int rc;

	*out = (struct list){.n = 0};
	rc = mr_devices_list(collect, out, err);
	if (rc == MR_ERR_NOMEM)
		(void)mr_errtext_set(err, rc, "out of memory");
	if (rc)
		free(out->all);
	return rc;
}

/* Unplugged and plugged in again, a device has a new path. */
static bool has(const struct list *l, const struct mr_device *d)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->all[i].uri, d->uri) == 0 &&
		    strcmp(l->all[i].path, d->path) == 0)
			return true;
	return false;
}

/* Tell what is in `from` and not in `other`. */
static int tell(const struct list *from, const struct list *other,
                enum mr_device_change change, mr_device_change_fn *changed,
                void *user, bool *told)
{
	int rc = MR_OK;

	for (size_t i = 0; i < from->n && !rc; i++) {
		if (has(other, &from->all[i]))
			continue;
		*told = true;
		rc = changed(user, change, &from->all[i]);
	}
	return rc;
}

static int look(struct mr_device_watch *w, mr_device_change_fn *changed,
                void *user, bool *told, struct mr_errtext *err)
{
	struct list before = w->here, now;
	int rc = list(&now, err);

	if (rc)
		return rc;
	w->here = now; /* told once, whatever `changed` says */
	rc = tell(&before, &now, MR_DEVICE_LEFT, changed, user, told);
	if (!rc)
		rc = tell(&now, &before, MR_DEVICE_ARRIVED, changed, user,
		          told);
	free(before.all);
	return rc;
}

static int64_t now_ns(const struct mr_device_watch *w)
{
	return w->clock.monotonic_ns(w->clock.self);
}

static int64_t look_ns(const struct mr_device_watch *w)
{
	return w->looks < N_LOOKS
	               ? w->changed_ns + looks_ms[w->looks] * NS_PER_MS
	               : INT64_MAX;
}

/* Wait for libusb, no longer than to the next look. */
static int wait_usb(struct mr_device_watch *w, int64_t deadline_ns,
                    struct mr_errtext *err)
{
	int64_t until_ns = look_ns(w) < deadline_ns ? look_ns(w) : deadline_ns;
	int64_t left_ns = until_ns - now_ns(w);
	bool changed = false;
	int rc = mr__usb_watch_wait(
		w->usb,
		left_ns > 0 ? (unsigned)((left_ns + NS_PER_MS - 1) / NS_PER_MS)
			    : 0,
		&changed, err);

	if (changed) {
		w->changed_ns = now_ns(w);
		w->looks = 0;
	}
	return rc;
}

int mr_device_watch_open(struct mr_device_watch **out, struct mr_errtext *err)
{
	struct mr_device_watch *w = calloc(1, sizeof *w);
	int rc;

	if (!w)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	mr_clock_system(&w->clock);
	w->looks = N_LOOKS;
	rc = mr__usb_watch_open(&w->usb, err);
	if (!rc) /* watched first: what comes meanwhile is not missed */
		rc = list(&w->here, err);
	if (rc) {
		mr__usb_watch_close(w->usb);
		free(w);
		return rc;
	}
	*out = w;
	return MR_OK;
}

int mr_device_watch_wait(struct mr_device_watch *w, double timeout_s,
                         mr_device_change_fn *changed, void *user,
                         struct mr_errtext *err)
{
	int64_t deadline_ns;
	bool told = false;
	int rc;

	if (!(timeout_s >= 0 && timeout_s <= TIMEOUT_MAX_S))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "a time-out of %g s: must be 0 to %d",
		                      timeout_s, TIMEOUT_MAX_S);
	deadline_ns = now_ns(w) + (int64_t)(timeout_s * NS_PER_S);
	do {
		rc = wait_usb(w, deadline_ns, err);
		if (!rc && now_ns(w) >= look_ns(w)) {
			w->looks++;
			rc = look(w, changed, user, &told, err);
		}
	} while (!rc && !told && now_ns(w) < deadline_ns);
	if (!rc && !told)
		return mr_errtext_set(err, MR_ERR_TIMEOUT,
		                      "no device came or went");
	return rc;
}

void mr_device_watch_close(struct mr_device_watch *w)
{
	if (!w)
		return;
	mr__usb_watch_close(w->usb);
	free(w->here.all);
	free(w);
}
