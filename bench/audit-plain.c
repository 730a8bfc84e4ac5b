/* SPDX-License-Identifier: MIT */
/* audit-plain NETWORKS LOG: how many lines of LOG have an address behind ` rip=`, and how
 * many of those an address in one of the networks, of the file NETWORKS with one a line.
 *
 * The least that a program for the same question does: it knows neither users nor times,
 * and believes what a name says. It has nothing of the library, so that it can say what the
 * audit must count. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* IPv4 lies at ::ffff:0:0/96. */
struct interval {
	uint8_t first[16], last[16];
};

struct networks {
	struct interval *list;
	size_t count;
};

static void die(const char *what)
{
	fprintf(stderr, "audit-plain: %s\n", what);
	exit(1);
}

static bool parse(const char *text, uint8_t ip_r[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (strchr(text, ':') != NULL)
		return inet_pton(AF_INET6, text, ip_r) == 1;
	memcpy(ip_r, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, ip_r + 12) == 1;
}

static void add(struct networks *nets, char *text)
{
	char *slash = strchr(text, '/');
	struct interval *interval;
	unsigned prefix;

	if (slash == NULL)
		die("a network has no length");
	*slash = '\0';
	prefix = (unsigned)strtoul(slash + 1, NULL, 10) + (strchr(text, ':') == NULL ? 96 : 0);
	nets->list = realloc(nets->list, (nets->count + 1) * sizeof(*nets->list));
	if (nets->list == NULL)
		die("memory is short");
	interval = &nets->list[nets->count++];
	if (!parse(text, interval->first))
		die("a network is none");
	memcpy(interval->last, interval->first, sizeof(interval->last));
	for (unsigned bit = prefix; bit < 128; bit++)
		interval->last[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

static int by_first(const void *a, const void *b)
{
	return memcmp(((const struct interval *)a)->first, ((const struct interval *)b)->first,
		      sizeof(((const struct interval *)a)->first));
}

static void merge(struct networks *nets)
{
	size_t kept = 0;

	qsort(nets->list, nets->count, sizeof(*nets->list), by_first);
	for (size_t i = 1; i < nets->count; i++) {
		struct interval *before = &nets->list[kept], *next = &nets->list[i];

		if (memcmp(next->first, before->last, sizeof(next->first)) > 0)
			nets->list[++kept] = *next;
		else if (memcmp(next->last, before->last, sizeof(next->last)) > 0)
			memcpy(before->last, next->last, sizeof(before->last));
	}
	nets->count = kept + 1;
}

static bool covered(const struct networks *nets, const uint8_t ip[16])
{
	size_t low = 0, high = nets->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (memcmp(nets->list[middle].last, ip, 16) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < nets->count && memcmp(nets->list[low].first, ip, 16) <= 0;
}

static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "r");

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	return f;
}

/* The address behind ` rip=`. */
static bool address(const char *line, size_t len, uint8_t ip_r[16])
{
	static const char key[] = " rip=";
	const char *begin = memmem(line, len, key, sizeof(key) - 1);
	char text[INET6_ADDRSTRLEN];
	size_t n;

	if (begin == NULL)
		return false;
	begin += sizeof(key) - 1;
	n = strcspn(begin, ",\n");
	if (n >= sizeof(text))
		return false;
	memcpy(text, begin, n);
	text[n] = '\0';
	return parse(text, ip_r);
}

int main(int argc, char **argv)
{
	unsigned long lines = 0, addresses = 0, hits = 0;
	struct networks nets = { 0 };
	char *line = NULL;
	size_t size = 0;
	uint8_t ip[16];
	ssize_t len;
	FILE *f;

	if (argc != 3) {
		fputs("usage: audit-plain NETWORKS LOG\n", stderr);
		return 64;
	}
	f = open_file(argv[1]);
	while (getline(&line, &size, f) > 0)
		add(&nets, line);
	fclose(f);
	if (nets.count == 0)
		die("there are no networks");
	merge(&nets);
	f = open_file(argv[2]);
	for (; (len = getline(&line, &size, f)) > 0; lines++)
		if (address(line, (size_t)len, ip)) {
			addresses++;
			hits += covered(&nets, ip);
		}
	fclose(f);
	free(line);
	free(nets.list);
	printf("{\"lines\": %lu, \"addresses\": %lu, \"hits\": %lu}\n", lines, addresses, hits);
	return 0;
}
