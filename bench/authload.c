/* SPDX-License-Identifier: MIT */
/* Puts authentication requests through a Dovecot auth-client socket and prints
 * what they cost: wall time, and CPU time of the auth process as the scheduler
 * accounts it (/proc/PID/schedstat, nanoseconds), and the median of the times until
 * a request was answered. Speaks the Dovecot
 * authentication protocol, version 1 (doc: "Authentication Protocol"). */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct load {
	const char *socket_path;
	char **responses; /* PLAIN, base64: those of several users in turn */
	unsigned response_count;
	char *const *addresses;
	unsigned address_count;
	unsigned requests;
	unsigned in_flight;
	unsigned rate; /* at most so many a second; 0: as many as are answered */
	FILE *in, *out;
	long auth_pid;
	unsigned ok, failed;
	uint64_t *sent; /* when, by id */
	uint64_t *took; /* in the order of the replies */
};

static void die(const char *what)
{
	fprintf(stderr, "authload: %s: %s\n", what, errno != 0 ? strerror(errno) : "unexpected");
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static uint64_t cpu_ns(long pid)
{
	char path[64];
	uint64_t ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/schedstat", pid);
	f = fopen(path, "r");
	if (f == NULL || fscanf(f, "%" SCNu64, &ns) != 1)
		die(path);
	fclose(f);
	return ns;
}

static void connect_auth(struct load *load)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char line[8192];
	bool done = false;
	int fd;

	if (strlen(load->socket_path) >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		die(load->socket_path);
	}
	strcpy(sa.sun_path, load->socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		die(load->socket_path);
	load->in = fdopen(fd, "r");
	load->out = fdopen(dup(fd), "w");
	if (load->in == NULL || load->out == NULL)
		die("fdopen");
	setvbuf(load->out, NULL, _IOFBF, 1U << 16);
	fprintf(load->out, "VERSION\t1\t1\nCPID\t%ld\n", (long)getpid());
	fflush(load->out);
	while (!done) {
		if (fgets(line, sizeof(line), load->in) == NULL)
			die("handshake");
		if (strncmp(line, "SPID\t", 5) == 0)
			load->auth_pid = atol(line + 5);
		done = strcmp(line, "DONE\n") == 0;
	}
}

static void send_request(struct load *load, unsigned id)
{
	load->sent[id] = now_ns();
	fprintf(load->out,
		"AUTH\t%u\tPLAIN\tservice=imap\tsecured\tsession=bench%u\tlip=127.0.0.1\trip=%s\t"
		"lport=143\trport=40000\tresp=%s\n",
		id, id, load->addresses[id % load->address_count],
		load->responses[id / load->address_count % load->response_count]);
}

static void read_reply(struct load *load)
{
	char line[8192];

	if (fgets(line, sizeof(line), load->in) == NULL)
		die("reply");
	unsigned long id = strtoul(line + strcspn(line, "\t"), NULL, 10);

	if (id == 0 || id > load->requests)
		die(line);
	load->took[load->ok + load->failed] = now_ns() - load->sent[id];
	if (strncmp(line, "OK\t", 3) == 0)
		load->ok++;
	else if (strncmp(line, "FAIL\t", 5) == 0)
		load->failed++;
	else
		die(line);
}

/* Cuts the text at its commas. */
static void split_responses(struct load *load, char *text)
{
	char *next;

	load->responses = calloc(strlen(text) + 1, sizeof(*load->responses));
	if (load->responses == NULL)
		die("memory");
	for (; text != NULL; text = next) {
		next = strchr(text, ',');
		if (next != NULL)
			*next++ = '\0';
		load->responses[load->response_count++] = text;
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return count == 0 ? 0 : values[count / 2];
}

/* Waits until it is time for one more request. */
static void pace(const struct load *load, uint64_t begin, unsigned sent)
{
	uint64_t due, now = now_ns();
	struct timespec ts;

	if (load->rate == 0)
		return;
	due = begin + sent * (uint64_t)1000000000 / load->rate;
	if (due <= now)
		return;
	ts.tv_sec = (time_t)((due - now) / 1000000000);
	ts.tv_nsec = (long)((due - now) % 1000000000);
	nanosleep(&ts, NULL);
}

static void run(struct load *load)
{
	unsigned sent = 0, got = 0;
	uint64_t begin = now_ns();

	while (got < load->requests) {
		pace(load, begin, sent);
		while (sent < load->requests && sent - got < load->in_flight)
			send_request(load, ++sent);
		if (fflush(load->out) != 0)
			die("write");
		/* half of what is under way, so that requests travel in batches */
		for (unsigned i = 0; i < (load->in_flight + 1) / 2 && got < sent; i++, got++)
			read_reply(load);
	}
}

int main(int argc, char **argv)
{
	struct load load = { .socket_path = NULL };
	uint64_t wall, cpu;
	char *rate;

	if (argc < 6) {
		fprintf(stderr, "usage: authload SOCKET BASE64-PLAIN[,...] REQUESTS IN-FLIGHT "
				"ADDRESS...\n");
		return 64;
	}
	load.socket_path = argv[1];
	split_responses(&load, argv[2]);
	load.requests = (unsigned)strtoul(argv[3], NULL, 10);
	load.in_flight = (unsigned)strtoul(argv[4], &rate, 10);
	if (*rate == '/')
		load.rate = (unsigned)strtoul(rate + 1, NULL, 10);
	load.addresses = argv + 5;
	load.address_count = (unsigned)argc - 5;
	if (load.in_flight == 0)
		load.in_flight = 1;
	load.sent = calloc((size_t)load.requests + 1, sizeof(*load.sent));
	load.took = calloc((size_t)load.requests + 1, sizeof(*load.took));
	if (load.sent == NULL || load.took == NULL)
		die("memory");
	connect_auth(&load);
	cpu = cpu_ns(load.auth_pid);
	wall = now_ns();
	run(&load);
	wall = now_ns() - wall;
	cpu = cpu_ns(load.auth_pid) - cpu;
	printf("{\"requests\":%u,\"ok\":%u,\"failed\":%u,\"wall_ns\":%" PRIu64
	       ",\"cpu_ns\":%" PRIu64 ",\"median_ns\":%" PRIu64 "}\n",
	       load.requests, load.ok, load.failed, wall, cpu,
	       median(load.took, load.ok + load.failed));
	return 0;
}
