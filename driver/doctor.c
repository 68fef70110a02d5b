/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Reads what the system says of itself in /dev, /proc, /sys and udev's folders. */
#include "memrig/doctor.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "usb_sysfs.h"

#define PATH_BYTES 512
#define GROUPS_MAX 256
#define RULES "60-memrig.rules"
#define RULES_REMEDY                                                             \
	"sudo make install-udev in memrig's build tree, or copy its data/udev/"  \
	"*.rules to /etc/udev/rules.d and run: sudo udevadm control --reload; "  \
	"sudo udevadm trigger"

struct visit {
	const struct mr_doctor_options *o;
	const char *about;
	mr_finding_fn *found;
	void *user;
	unsigned n;
};

static const struct mr_doctor_options here;

static struct visit visit(const struct mr_doctor_options *options,
                          const char *about, mr_finding_fn *found, void *user)
{
	return (struct visit){.o = options ? options : &here,
	                      .about = about,
	                      .found = found,
	                      .user = user};
}

__attribute__((format(printf, 4, 5))) static int
tell(struct visit *v, enum mr_health health, const char *remedy,
     const char *format, ...)
{
	struct mr_finding f = {.health = health};
	va_list args;

	va_start(args, format);
	(void)vsnprintf(f.what, sizeof f.what, format, args);
	va_end(args);
	(void)snprintf(f.about, sizeof f.about, "%s", v->about);
	(void)snprintf(f.remedy, sizeof f.remedy, "%s", remedy);
	v->n++;
	return v->found(v->user, &f);
}

__attribute__((format(printf, 3, 4))) static void
path_in(const struct visit *v, char *out, const char *format, ...)
{
	va_list args;
	int n = snprintf(out, PATH_BYTES, "%s", v->o->root ? v->o->root : "");

	va_start(args, format);
	if (n >= 0 && n < PATH_BYTES)
		(void)vsnprintf(out + n, PATH_BYTES - (size_t)n, format, args);
	va_end(args);
}

/* The first line of a small file; false if there is none. */
static bool read_line(const char *path, char *out, size_t room)
{
	FILE *file = fopen(path, "re");
	bool any = file && fgets(out, (int)room, file);

	if (file)
		(void)fclose(file);
	if (any)
		out[strcspn(out, "\n")] = '\0';
	return any;
}

static bool is_number(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && text[n] == '\0';
}

/* ---- the machine ----------------------------------------------------------- */

static int look_at_rules(struct visit *v)
{
	static const char *const folders[] = {"/etc", "/run", "/usr/lib", "/lib"};
	char path[PATH_BYTES];

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		path_in(v, path, "%s/udev/rules.d/" RULES, folders[i]);
		if (access(path, R_OK) == 0)
			return tell(v, MR_HEALTH_FINE, "",
			            "the udev rules are installed (%s)", path);
	}
	return tell(v, MR_HEALTH_NOTE, RULES_REMEDY,
	            "the udev rules (" RULES ") are not installed: nodes of "
	            "boards belong to root or a group");
}

/* Finds a process by its name; 0 = none. */
static long find_process(const struct visit *v, const char *name)
{
	char path[PATH_BYTES], comm[64];
	struct dirent *entry;
	long pid = 0;
	DIR *dir;

	path_in(v, path, "/proc");
	dir = opendir(path);
	while (dir && !pid && (entry = readdir(dir))) {
		if (!is_number(entry->d_name))
			continue;
		path_in(v, path, "/proc/%s/comm", entry->d_name);
		if (read_line(path, comm, sizeof comm) && strcmp(comm, name) == 0)
			pid = strtol(entry->d_name, NULL, 10);
	}
	if (dir)
		(void)closedir(dir);
	return pid;
}

static int look_at_modem_manager(struct visit *v)
{
	long pid = find_process(v, "ModemManager");

	if (!pid)
		return tell(v, MR_HEALTH_FINE, "", "ModemManager does not run");
	return tell(v, MR_HEALTH_NOTE,
	            "the udev rules keep it away from boards they know; from "
	            "others: sudo systemctl stop ModemManager",
	            "ModemManager runs (process %ld): it writes to fresh serial "
	            "ports that no rule keeps it from", pid);
}

static int look_at_usb(struct visit *v)
{
	char path[PATH_BYTES];

	path_in(v, path, "/dev/bus/usb");
	if (access(path, F_OK) == 0)
		return tell(v, MR_HEALTH_FINE, "", "USB devices have nodes");
	return tell(v, MR_HEALTH_NOTE,
	            "in a container, pass the host's /dev/bus/usb through",
	            "there is no /dev/bus/usb: no USB device can be reached, but "
	            "for serial ports");
}

int mr_doctor_machine(const struct mr_doctor_options *options,
                      mr_finding_fn *found, void *user)
{
	struct visit v = visit(options, "", found, user);
	int rc = look_at_rules(&v);

	if (!rc)
		rc = look_at_modem_manager(&v);
	return rc ? rc : look_at_usb(&v);
}

/* ---- whose a node is ------------------------------------------------------------ */

static bool in_group(const struct visit *v, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int n;

	if (v->o->other_user)
		return v->o->gid == gid;
	if (getegid() == gid)
		return true;
	n = getgroups(GROUPS_MAX, groups);
	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static bool may_use(const struct visit *v, const struct stat *st)
{
	uid_t uid = v->o->other_user ? v->o->uid : geteuid();
	unsigned bits = uid == st->st_uid       ? st->st_mode >> 6
	                : in_group(v, st->st_gid) ? st->st_mode >> 3
	                                          : st->st_mode;

	return uid == 0 || (bits & 6) == 6;
}

/* uaccess gives nodes to whoever sits at the machine by ACL, which the mode does
 * not show; the system knows best about itself. */
static bool can_use(const struct visit *v, const char *path,
                    const struct stat *st)
{
	if (!v->o->other_user && access(path, R_OK | W_OK) == 0)
		return true;
	return may_use(v, st);
}

static int look_at_owner(struct visit *v, const char *path,
                         const struct stat *st)
{
	char remedy[256], group[64];
	char buffer[1024];
	struct group record, *there = NULL;
	bool shared = (st->st_mode & 060) == 060 && st->st_gid != 0;

	if (getgrgid_r(st->st_gid, &record, buffer, sizeof buffer, &there) == 0 &&
	    there)
		(void)snprintf(group, sizeof group, "%s", record.gr_name);
	else
		(void)snprintf(group, sizeof group, "%u", (unsigned)st->st_gid);
	if (can_use(v, path, st))
		return tell(v, MR_HEALTH_FINE, "",
		            "you may read and write it (group %s, mode %03o)",
		            group, st->st_mode & 0777u);
	if (shared)
		(void)snprintf(remedy, sizeof remedy,
		               "sudo usermod -aG %s $USER, then log in anew", group);
	else
		(void)snprintf(remedy, sizeof remedy, "%s", RULES_REMEDY);
	return tell(v, MR_HEALTH_TROUBLE, remedy,
	            "no permission: it belongs to user %u and group %s, mode %03o",
	            (unsigned)st->st_uid, group, st->st_mode & 0777u);
}

/* ---- who holds it ------------------------------------------------------------------ */

static bool holds(const struct visit *v, const char *pid, const char *node)
{
	char path[PATH_BYTES], target[PATH_BYTES];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	path_in(v, path, "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		path_in(v, path, "/proc/%s/fd/%s", pid, entry->d_name);
		ssize_t n = readlink(path, target, sizeof target - 1);

		target[n > 0 ? n : 0] = '\0';
		found = strcmp(target, node) == 0;
	}
	if (dir)
		(void)closedir(dir);
	return found;
}

static int tell_holder(struct visit *v, const char *pid)
{
	char path[PATH_BYTES], comm[64] = "?";

	path_in(v, path, "/proc/%s/comm", pid);
	(void)read_line(path, comm, sizeof comm);
	return tell(v, MR_HEALTH_TROUBLE,
	            "end that program, or let it finish: one at a time drives a "
	            "board",
	            "process %s (%s) has it open", pid, comm);
}

static int look_for_holders(struct visit *v, const char *node)
{
	char path[PATH_BYTES];
	struct dirent *entry;
	unsigned n = 0;
	int rc = MR_OK;
	DIR *dir;

	path_in(v, path, "/proc");
	dir = opendir(path);
	while (dir && !rc && (entry = readdir(dir))) {
		if (!is_number(entry->d_name) || !holds(v, entry->d_name, node))
			continue;
		n++;
		rc = tell_holder(v, entry->d_name);
	}
	if (dir)
		(void)closedir(dir);
	if (rc || n)
		return rc;
	return tell(v, MR_HEALTH_FINE, "",
	            "no program that you may look into has it open");
}

/* ---- what else may be in the way ------------------------------------------------ */

static bool is_fresh_port(const char *node)
{
	return strncmp(node, "/dev/ttyACM", 11) == 0 ||
	       strncmp(node, "/dev/ttyUSB", 11) == 0;
}

/* udev keeps what its rules said of a device under its numbers. */
static bool rule_says(const struct visit *v, const struct stat *st,
                      const char *line)
{
	char path[PATH_BYTES], text[256];
	bool said = false;
	FILE *file;

	path_in(v, path, "/run/udev/data/c%u:%u", major(st->st_rdev),
	        minor(st->st_rdev));
	file = fopen(path, "re");
	while (file && !said && fgets(text, sizeof text, file))
		said = strncmp(text, line, strlen(line)) == 0;
	if (file)
		(void)fclose(file);
	return said;
}

static int look_at_modem_rule(struct visit *v, const char *node,
                              const struct stat *st)
{
	if (!is_fresh_port(node) || !find_process(v, "ModemManager"))
		return MR_OK;
	if (rule_says(v, st, "E:ID_MM_DEVICE_IGNORE=1"))
		return tell(v, MR_HEALTH_FINE, "",
		            "a udev rule keeps ModemManager away");
	return tell(v, MR_HEALTH_TROUBLE,
	            "sudo systemctl stop ModemManager; or, for a board that the "
	            "udev rules do not know, a rule with ENV{ID_MM_DEVICE_IGNORE}"
	            "=\"1\"",
	            "ModemManager may write to it, which a board takes for "
	            "commands");
}

static int tell_driver(struct visit *v, const char *interface)
{
	char path[PATH_BYTES], target[PATH_BYTES];
	const char *name;
	ssize_t n;

	path_in(v, path, "/sys/bus/usb/devices/%s/driver", interface);
	n = readlink(path, target, sizeof target - 1);
	if (n <= 0)
		return MR_OK;
	target[n] = '\0';
	name = strrchr(target, '/') ? strrchr(target, '/') + 1 : target;
	if (strcmp(name, "usbtmc") == 0)
		return tell(v, MR_HEALTH_NOTE,
		            "nothing: memrig takes it over while it works and "
		            "gives it back; or open its node by "
		            "usbtmc-kernel:/dev/usbtmcN",
		            "Linux's usbtmc driver holds interface %s", interface);
	if (strcmp(name, "usbfs") == 0)
		return tell(v, MR_HEALTH_TROUBLE, "end that program",
		            "a program holds interface %s", interface);
	return tell(v, MR_HEALTH_NOTE, "", "the kernel's %s driver holds "
	            "interface %s", name, interface);
}

static int look_at_interfaces(struct visit *v, const char *device)
{
	char path[PATH_BYTES];
	size_t length = strlen(device);
	struct dirent *entry;
	int rc = MR_OK;
	DIR *dir;

	path_in(v, path, "/sys/bus/usb/devices");
	dir = opendir(path);
	while (dir && !rc && (entry = readdir(dir)))
		if (strncmp(entry->d_name, device, length) == 0 &&
		    entry->d_name[length] == ':')
			rc = tell_driver(v, entry->d_name);
	if (dir)
		(void)closedir(dir);
	return rc;
}

/* Taken from /dev/bus/usb/BBB/DDD. */
static bool usb_place(const char *node, unsigned long *bus,
                      unsigned long *number)
{
	static const char folder[] = "/dev/bus/usb/";
	char *end;

	if (strncmp(node, folder, sizeof folder - 1) != 0)
		return false;
	*bus = strtoul(node + sizeof folder - 1, &end, 10);
	if (*end != '/')
		return false;
	*number = strtoul(end + 1, &end, 10);
	return *end == '\0';
}

static int look_at_drivers(struct visit *v, const char *node)
{
	unsigned long bus, number;
	char device[128];

	if (!usb_place(node, &bus, &number) ||
	    !mr__usb_sysfs_find(v->o->root ? v->o->root : "", bus, number,
	                        device, sizeof device))
		return MR_OK;
	return look_at_interfaces(v, device);
}

int mr_doctor_node(const struct mr_doctor_options *options, const char *node,
                   mr_finding_fn *found, void *user)
{
	struct visit v = visit(options, node, found, user);
	char path[PATH_BYTES];
	struct stat st;
	int rc;

	path_in(&v, path, "%s", node);
	if (stat(path, &st) < 0)
		return tell(&v, MR_HEALTH_TROUBLE,
		            "plug it in; 'memrig list' shows what there is",
		            "%s", errno == ENOENT ? "there is no such node"
		                                  : "it cannot be looked at");
	if (!S_ISCHR(st.st_mode))
		return tell(&v, MR_HEALTH_TROUBLE,
		            "name a node such as /dev/ttyACM0",
		            "it is no device node");
	rc = look_at_owner(&v, path, &st);
	if (!rc)
		rc = look_for_holders(&v, node);
	if (!rc)
		rc = look_at_modem_rule(&v, node, &st);
	return rc ? rc : look_at_drivers(&v, node);
}
