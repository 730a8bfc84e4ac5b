/* SPDX-License-Identifier: MIT */
/* audit-log NETWORKS LOG [LINES [INSIDE [USERS]]]: writes LOG, a month of a Dovecot with
 * 100,000 users in LINES lines (default 3,000,000). Four of five are logins; INSIDE (default
 * 10) percent of those from the networks in the file NETWORKS, which has one a line, relay
 * after relay. USERS (default 20) percent of the users have an app of one relay; one of
 * twenty such logins is somebody who tries passwords, of any user.
 *
 * No line has an address in these networks but the one of its client: so grepcidr, which
 * looks at all addresses of a line, counts what an audit counts. */
#include "bench-data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define LINES 3000000L
#define INSIDE 10U
#define RELAY_USERS 20U
#define NETWORKS 100000U /* at most */
#define USERS 100000U
#define BEGIN 1792972800 /* 2026-10-26 */
#define MONTH 2592000	 /* 30 days, in seconds */

static const char *const domains[] = { "example.org", "example.net", "example.com", "example.edu" };
static const char *const given[] = { "alice",  "bob",	"carol",     "dave", "eve",	"frank",
				     "grace",  "heidi", "ivan",	     "judy", "mallory", "niaj",
				     "olivia", "peggy", "sebastian", "trent" };
/* Seen from within: 192.0.2.1 and 2001:db8::1 are the server's own. */
static const char *const own[] = { "192.0.2.1", "2001:db8::1" };

struct log {
	uint64_t state;
	uint32_t pid;
	unsigned inside, relay_users; /* percent */
	struct rs_net nets[NETWORKS];
	uint32_t net_count;
	char date[16]; /* of second */
	time_t second;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static bool covers_own(const struct rs_net *net)
{
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		const char *error;
		struct rs_ip ip;

		if (rs_ip_parse(own[i], strlen(own[i]), &ip, &error) != 0 ||
		    rs_net_contains(net, &ip))
			return true;
	}
	return false;
}

static void read_networks(struct log *log, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[RS_NET_STRLEN + 2];
	const char *error;

	if (f == NULL)
		die(path);
	while (fgets(line, sizeof(line), f) != NULL) {
		struct rs_net *net = &log->nets[log->net_count];

		if (log->net_count++ == NETWORKS ||
		    rs_net_parse(line, strcspn(line, "\n"), net, NULL, NULL, &error) != 0 ||
		    covers_own(net)) {
			fprintf(stderr, "audit-log: %s: cannot use %s", path, line);
			exit(1);
		}
	}
	fclose(f);
	if (log->net_count == 0) {
		fprintf(stderr, "audit-log: %s: has no network\n", path);
		exit(1);
	}
}

/* Below limit; the lower, the more often: one of a hundred has a fifth of all. */
static uint32_t skewed(uint64_t *state, uint32_t limit)
{
	double share = (double)(rs_bench_random(state) >> 11) / 9007199254740992.0;

	return (uint32_t)(share * share * share * limit);
}

/* One of four addresses that the user has at home and on the way. */
static void home(struct log *log, uint32_t user, struct rs_ip *ip_r)
{
	uint64_t state = (user + 1) * 0x9e3779b97f4a7c15U;

	for (uint64_t i = rs_bench_random(&log->state) >> 20 & 3; i < 4; i++)
		rs_bench_ip(&state, ip_r);
}

/* One of 64 addresses, or of all that it has, of a network: of any, or of the user's relay. */
static void relay(struct log *log, uint32_t user, bool any, struct rs_ip *ip_r)
{
	uint32_t each = log->net_count / RS_BENCH_RELAYS;
	uint32_t number = any ? skewed(&log->state, log->net_count)
			      : user % RS_BENCH_RELAYS * each + skewed(&log->state, each);
	const struct rs_net *net = &log->nets[number];
	uint64_t state = number * 64 + (rs_bench_random(&log->state) >> 20 & 63) + 1;
	unsigned bits = net->ip.family == AF_INET ? 32 : 128;

	*ip_r = net->ip;
	state *= 0x9e3779b97f4a7c15U;
	for (unsigned i = net->prefix; i < bits; i++)
		if ((rs_bench_random(&state) >> 20 & 1) != 0)
			ip_r->bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

static const char *date(struct log *log, time_t second)
{
	struct tm tm;

	if (log->second != second && gmtime_r(&second, &tm) != NULL)
		(void)strftime(log->date, sizeof(log->date), "%b %e %H:%M:%S", &tm);
	log->second = second;
	return log->date;
}

static const char *user_name(uint32_t user, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s%u@%s", given[user % 16], user, domains[user / 16 % 4]);
	return buf;
}

static const char *session(uint64_t *state, char buf[17])
{
	static const char base64[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (int half = 0; half < 2; half++) {
		uint64_t r = rs_bench_random(state);

		for (int i = 0; i < 8; i++)
			buf[half * 8 + i] = base64[r >> (8 + 6 * i) & 63];
	}
	buf[16] = '\0';
	return buf;
}

/* Chooses who logs in from where. Returns false when the password is wrong. */
static bool attempt(struct log *log, uint32_t user, uint64_t r, struct rs_ip *ip_r)
{
	uint32_t chance = (uint32_t)(rs_bench_random(&log->state) % 100000);
	/* Of 100000: who tries passwords, and the logins of each user who has an app. */
	uint32_t guesses = log->inside * 50, apps = log->inside * 95000 / log->relay_users;

	if (chance < guesses) {
		relay(log, user, true, ip_r);
		return false;
	}
	if ((user * 2654435761U >> 8) % 100 < log->relay_users && chance < guesses + apps)
		relay(log, user, false, ip_r);
	else
		home(log, user, ip_r);
	return r / 10 % 10 != 0;
}

static void write_login(struct log *log, FILE *f, uint32_t user, uint64_t r, const char *name)
{
	const char *service = r % 10 < 8 ? "imap" : r % 10 < 9 ? "pop3" : "submission";
	char text[RS_IP_STRLEN], id[17];
	struct rs_ip ip;

	if (!attempt(log, user, r, &ip))
		fprintf(f,
			"%s-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 "
			"secs): user=<%s>, method=PLAIN, rip=%s, lip=%s, TLS, session=<%s>\n",
			service, name, rs_ip_format(&ip, text), own[ip.family == AF_INET6],
			session(&log->state, id));
	else
		fprintf(f,
			"%s-login: Login: user=<%s>, method=PLAIN, rip=%s, lip=%s, mpid=%u, TLS, "
			"session=<%s>\n",
			service, name, rs_ip_format(&ip, text), own[ip.family == AF_INET6],
			log->pid, session(&log->state, id));
}

static void write_other(struct log *log, FILE *f, const char *name, uint64_t r)
{
	char id[17];

	if (r % 10 < 4)
		fprintf(f,
			"imap(%s)<%u><%s>: Disconnected: Logged out in=%u out=%u deleted=0 "
			"expunged=0 trashed=0 hdr_count=%u hdr_bytes=%u body_count=0 "
			"body_bytes=0\n",
			name, log->pid, session(&log->state, id), (unsigned)(r >> 8 & 1023),
			(unsigned)(r >> 20 & 65535), (unsigned)(r >> 36 & 63),
			(unsigned)(r >> 42 & 8191));
	else if (r % 10 < 7)
		fprintf(f,
			"lmtp(%s)<%u><%s>: sieve: msgid=<%x.%x@mx.example.org>: stored mail into "
			"mailbox 'INBOX'\n",
			name, log->pid, session(&log->state, id), (unsigned)(r >> 8 & 0xffffff),
			(unsigned)(r >> 32 & 0xffffff));
	else
		fprintf(f, "auth: Debug: auth client connected (pid=%u)\n", log->pid);
}

static void write_log(struct log *log, const char *path, long lines)
{
	const struct timespec written = { .tv_sec = BEGIN + MONTH };
	FILE *f = fopen(path, "w");
	char name[64];

	if (f == NULL)
		die(path);
	for (long i = 0; i < lines; i++) {
		uint32_t user = skewed(&log->state, USERS);
		uint64_t r = rs_bench_random(&log->state) >> 8;

		log->pid = 1000 + (log->pid + (uint32_t)(r & 7)) % 4000000;
		fprintf(f, "%s mx dovecot: ",
			date(log, BEGIN + (time_t)((double)i / (double)lines * MONTH)));
		if (r / 1000 % 5 != 0)
			write_login(log, f, user, r, user_name(user, name, sizeof(name)));
		else
			write_other(log, f, user_name(user, name, sizeof(name)), r);
	}
	/* The dates have no year: it is the one in which the file was written. */
	if (fflush(f) != 0 ||
	    futimens(fileno(f), (const struct timespec[]){ written, written }) != 0 ||
	    fclose(f) != 0)
		die(path);
}

int main(int argc, char **argv)
{
	static struct log log = { .state = 20261125, .inside = INSIDE, .relay_users = RELAY_USERS };
	long lines = argc > 3 ? strtol(argv[3], NULL, 10) : LINES;

	if (argc > 4)
		log.inside = (unsigned)strtoul(argv[4], NULL, 10);
	if (argc > 5)
		log.relay_users = (unsigned)strtoul(argv[5], NULL, 10);
	if (argc < 3 || argc > 6 || lines <= 0 || log.relay_users == 0 || log.relay_users > 100 ||
	    log.inside > log.relay_users) {
		fputs("usage: audit-log NETWORKS LOG [LINES [INSIDE [USERS]]]\n"
		      "There must be as many percent of USERS as of INSIDE.\n",
		      stderr);
		return 64;
	}
	read_networks(&log, argv[1]);
	write_log(&log, argv[2], lines);
	return 0;
}
