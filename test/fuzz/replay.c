/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target on files, and on the files in folders: replay PATH... */
#include "fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

static unsigned long replayed;

static void replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;

	FUZZ_CHECK(f != NULL && fstat(fileno(f), &st) == 0);
	/* As large as the input, so that sanitizers see what is read behind it. */
	data = malloc((size_t)st.st_size + (st.st_size == 0));
	FUZZ_CHECK(data != NULL && fread(data, 1, (size_t)st.st_size, f) == (size_t)st.st_size);
	fclose(f);
	(void)LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
	free(data);
	replayed++;
}

static void replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[4096];

	FUZZ_CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		replay_file(path);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	struct stat st;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &st) < 0) {
			fprintf(stderr, "replay: there is no %s\n", argv[i]);
			return 1;
		}
		if (S_ISDIR(st.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	printf("%lu inputs replayed\n", replayed);
	return replayed > 0 ? 0 : 1;
}
