/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What stands between a user and a board, in a tree made for it: /dev, /proc, /sys
 * and udev's folders as a system has them (Linux's documentation of sysfs and
 * procfs; udev's database of version 252). Nodes are links to the null device. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "memrig/doctor.h"

#include "test.h"

#define FINDINGS_MAX 16

struct round {
	struct mr_finding at[FINDINGS_MAX];
	unsigned n;
	unsigned stop_at; /* 0 = never */
};

struct tree {
	char root[MR_TEST_PATH_MAX];
	struct mr_doctor_options o;
};

static int note(void *user, const struct mr_finding *f)
{
	struct round *r = user;

	if (r->n < FINDINGS_MAX)
		r->at[r->n++] = *f;
	return r->n == r->stop_at ? MR_ERR_STOPPED : MR_OK;
}

/* The folders above it are made too. */
static void make(const struct tree *t, const char *name, const char *text)
{
	char path[2 * MR_TEST_PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s%s", t->root, name);
	for (char *at = path + strlen(t->root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		(void)mkdir(path, 0777);
		*at = '/';
	}
	if (!text)
		return;
	file = fopen(path, "w");
	CU_ASSERT_FATAL(file != NULL);
	(void)fputs(text, file);
	(void)fclose(file);
}

static void link_to(const struct tree *t, const char *name, const char *target)
{
	char path[2 * MR_TEST_PATH_MAX];

	make(t, name, NULL);
	(void)snprintf(path, sizeof path, "%s%s", t->root, name);
	CU_ASSERT_EQUAL(symlink(target, path), 0);
}

static void remove_all(const char *path)
{
	char name[3 * MR_TEST_PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir))) {
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		if (lstat(name, &st) == 0 && S_ISDIR(st.st_mode))
			remove_all(name);
		else
			(void)unlink(name);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(path);
}

static struct tree plant(const char *name)
{
	struct tree t = {.root = ""};

	mr_test_path(t.root, name);
	remove_all(t.root);
	CU_ASSERT_EQUAL(mkdir(t.root, 0777), 0);
	make(&t, "/proc/", NULL);
	t.o = (struct mr_doctor_options){.root = NULL};
	return t;
}

static struct round node(struct tree *t, const char *name)
{
	struct round r = {.n = 0};

	t->o.root = t->root;
	MR_CODE(mr_doctor_node(&t->o, name, note, &r), MR_OK);
	for (unsigned i = 0; i < r.n; i++)
		CU_ASSERT_STRING_EQUAL(r.at[i].about, name);
	return r;
}

static void expect(const struct round *r, enum mr_health health,
                   const char *what, const char *remedy)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->at[i].health == health && strstr(r->at[i].what, what) &&
		    strstr(r->at[i].remedy, remedy)) {
			CU_PASS("found");
			return;
		}
	for (unsigned i = 0; i < r->n; i++)
		printf("# %d %s | %s\n", (int)r->at[i].health, r->at[i].what,
		       r->at[i].remedy);
	CU_FAIL("not among the findings");
}

static void nodes_that_are_none_are_told(void)
{
	struct tree t = plant("doctor");
	struct round r = node(&t, "/dev/ttyACM0");

	expect(&r, MR_HEALTH_TROUBLE, "no such node", "memrig list");
	make(&t, "/dev/ttyACM0", "plain");
	r = node(&t, "/dev/ttyACM0");
	expect(&r, MR_HEALTH_TROUBLE, "no device node", "/dev/ttyACM0");
	remove_all(t.root);
}

/* The null device is everybody's; nobody is in its group. */
static void nodes_of_ones_own_are_fine(void)
{
	struct tree t = plant("doctor");
	struct round r;

	link_to(&t, "/dev/ttyACM0", "/dev/null");
	r = node(&t, "/dev/ttyACM0");
	expect(&r, MR_HEALTH_FINE, "read and write", "");
	expect(&r, MR_HEALTH_FINE, "no program", "");
	t.o.other_user = true;
	t.o.uid = 4711;
	t.o.gid = 4711;
	r = node(&t, "/dev/ttyACM0");
	expect(&r, MR_HEALTH_FINE, "read and write", "");
	remove_all(t.root);
}

/* A node that is closed to others: any of this system's that is. */
static void nodes_of_others_are_told(void)
{
	static const char *const closed[] = {"/dev/console", "/dev/mem",
	                                     "/dev/loop-control", "/dev/kmsg",
	                                     "/dev/fuse", "/dev/vport1p1",
	                                     "/dev/hwrng", "/dev/tty0"};
	struct tree t = plant("doctor");
	struct stat st = {.st_mode = 0666};
	const char *found = NULL;

	for (size_t i = 0; i < sizeof closed / sizeof closed[0] && !found; i++)
		if (stat(closed[i], &st) == 0 && S_ISCHR(st.st_mode) &&
		    (st.st_mode & 6) != 6)
			found = closed[i];
	if (!found) {
		remove_all(t.root);
		mr_test_skip("this system has no device node that is closed");
		return;
	}
	link_to(&t, "/dev/ttyACM0", found);
	t.o = (struct mr_doctor_options){.other_user = true,
	                                 .uid = 4711,
	                                 .gid = 4711};
	struct round r = node(&t, "/dev/ttyACM0");

	expect(&r, MR_HEALTH_TROUBLE, "no permission",
	       (st.st_mode & 060) == 060 && st.st_gid ? "usermod" : "udev");
	remove_all(t.root);
}

static void who_holds_a_node_is_named(void)
{
	struct tree t = plant("doctor");
	struct round r;

	link_to(&t, "/dev/ttyACM0", "/dev/null");
	make(&t, "/proc/812/comm", "minicom\n");
	link_to(&t, "/proc/812/fd/5", "/dev/ttyACM0");
	make(&t, "/proc/813/comm", "other\n");
	link_to(&t, "/proc/813/fd/5", "/dev/ttyACM1");
	make(&t, "/proc/self/comm", "no number\n");
	r = node(&t, "/dev/ttyACM0");
	expect(&r, MR_HEALTH_TROUBLE, "812 (minicom)", "end that program");
	CU_ASSERT_EQUAL(r.n, 2);
	remove_all(t.root);
}

static void modem_manager_is_seen(void)
{
	struct tree t = plant("doctor");
	char data[64], line[] = "E:ID_MM_DEVICE_IGNORE=1\n";
	struct stat st;
	struct round r;

	link_to(&t, "/dev/ttyACM0", "/dev/null");
	make(&t, "/proc/77/comm", "ModemManager\n");
	r = node(&t, "/dev/ttyACM0");
	expect(&r, MR_HEALTH_TROUBLE, "ModemManager may write", "ID_MM_DEVICE");
	CU_ASSERT_EQUAL(stat("/dev/null", &st), 0);
	(void)snprintf(data, sizeof data, "/run/udev/data/c%u:%u",
	               major(st.st_rdev), minor(st.st_rdev));
	make(&t, data, "I:1\n");
	r = node(&t, "/dev/ttyACM0");
	expect(&r, MR_HEALTH_TROUBLE, "ModemManager may write", "ID_MM_DEVICE");
	make(&t, data, line);
	r = node(&t, "/dev/ttyACM0");
	expect(&r, MR_HEALTH_FINE, "keeps ModemManager away", "");
	remove_all(t.root);
}

static void kernel_drivers_are_named(void)
{
	struct tree t = plant("doctor");
	struct round r;

	link_to(&t, "/dev/bus/usb/001/004", "/dev/null");
	make(&t, "/sys/bus/usb/devices/1-1/busnum", "1\n");
	make(&t, "/sys/bus/usb/devices/1-1/devnum", "4\n");
	make(&t, "/sys/bus/usb/devices/1-2/busnum", "1\n");
	make(&t, "/sys/bus/usb/devices/1-2/devnum", "5\n");
	link_to(&t, "/sys/bus/usb/devices/1-2:1.0/driver",
	        "../../../../drivers/other");
	r = node(&t, "/dev/bus/usb/001/004");
	CU_ASSERT_EQUAL(r.n, 2);
	link_to(&t, "/sys/bus/usb/devices/1-1:1.0/driver",
	        "../../../../bus/usb/drivers/usbtmc");
	link_to(&t, "/sys/bus/usb/devices/1-1:1.1/driver", "drivers/usbfs");
	link_to(&t, "/sys/bus/usb/devices/1-1:1.2/driver", "cdc_acm");
	r = node(&t, "/dev/bus/usb/001/004");
	expect(&r, MR_HEALTH_NOTE, "usbtmc driver holds", "takes it over");
	expect(&r, MR_HEALTH_TROUBLE, "program holds interface 1-1:1.1", "end");
	expect(&r, MR_HEALTH_NOTE, "cdc_acm driver", "");
	CU_ASSERT_EQUAL(r.n, 5);
	remove_all(t.root);
}

static void machine_is_looked_at(void)
{
	struct tree t = plant("doctor");
	struct round r = {.n = 0};

	t.o.root = t.root;
	MR_CODE(mr_doctor_machine(&t.o, note, &r), MR_OK);
	expect(&r, MR_HEALTH_NOTE, "not installed", "install-udev");
	expect(&r, MR_HEALTH_FINE, "ModemManager does not run", "");
	expect(&r, MR_HEALTH_NOTE, "no /dev/bus/usb", "container");
	make(&t, "/usr/lib/udev/rules.d/60-memrig.rules", "# rules");
	make(&t, "/dev/bus/usb/", NULL);
	make(&t, "/proc/9/comm", "ModemManager\n");
	r = (struct round){.n = 0};
	MR_CODE(mr_doctor_machine(&t.o, note, &r), MR_OK);
	expect(&r, MR_HEALTH_FINE, "are installed", "");
	expect(&r, MR_HEALTH_NOTE, "ModemManager runs (process 9)", "stop");
	expect(&r, MR_HEALTH_FINE, "have nodes", "");
	remove_all(t.root);
}

static void round_ends_when_told(void)
{
	struct round r = {.stop_at = 1};

	MR_CODE(mr_doctor_machine(NULL, note, &r), MR_ERR_STOPPED);
	CU_ASSERT_EQUAL(r.n, 1);
	r = (struct round){.stop_at = 1};
	MR_CODE(mr_doctor_node(NULL, "/dev/null", note, &r), MR_ERR_STOPPED);
	CU_ASSERT_EQUAL(r.n, 1);
}

const struct mr_test mr_tests[] = {
	{"nodes_that_are_none_are_told", nodes_that_are_none_are_told},
	{"nodes_of_ones_own_are_fine", nodes_of_ones_own_are_fine},
	{"nodes_of_others_are_told", nodes_of_others_are_told},
	{"who_holds_a_node_is_named", who_holds_a_node_is_named},
	{"modem_manager_is_seen", modem_manager_is_seen},
	{"kernel_drivers_are_named", kernel_drivers_are_named},
	{"machine_is_looked_at", machine_is_looked_at},
	{"round_ends_when_told", round_ends_when_told},
	{0},
};
