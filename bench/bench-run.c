/* SPDX-License-Identifier: MIT */
/* bench-run LABEL REPETITIONS COMMAND...: runs a command, without its output,
 * and prints the median of its times and its largest memory. */
#include "bench-data.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_REPETITIONS 100

static double run(char **command, long *memory)
{
	double begin = rs_bench_now();
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		if (null != -1)
			(void)dup2(null, STDOUT_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	if (pid == -1 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
		fprintf(stderr, "bench-run: %s failed\n", command[0]);
		exit(1);
	}
	if (usage.ru_maxrss > *memory)
		*memory = usage.ru_maxrss;
	return rs_bench_now() - begin;
}

int main(int argc, char **argv)
{
	double times[MAX_REPETITIONS];
	long count, memory = 0;

	if (argc < 4 || (count = strtol(argv[2], NULL, 10)) < 1 || count > MAX_REPETITIONS) {
		fputs("usage: bench-run LABEL REPETITIONS COMMAND...\n", stderr);
		return 64;
	}
	for (long i = 0; i < count; i++)
		times[i] = run(argv + 3, &memory);
	printf("%-44s %10.1f ms %8.1f MB\n", argv[1], rs_bench_median(times, (size_t)count) * 1e3,
	       (double)memory / 1024);
	return 0;
}
