/* SPDX-License-Identifier: MIT */
/* Loads the files and folders of a catalogue. */
#include "catalogue-internal.h"

#include "nearest.h"
#include "strmap.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A relay, and the path (its place in the arguments) that brought it. */
struct entry {
	struct rs_relay_def *def;
	size_t path;
};

struct rs_catalogue {
	struct rs_arena arena;
	/* The selections of feeds point into the documents. */
	struct rs_json_doc **docs;
	size_t doc_count, docs_allocated;
	struct entry *entries; /* sorted by id when loaded */
	size_t count, allocated;
	struct rs_strmap ids; /* to indices of entries, while loading */
};

static const char *const file_keys[] = { "relays", "comment", NULL };

static bool has_room(void **items, size_t count, size_t *allocated, size_t size)
{
	size_t want = *allocated > 0 ? *allocated * 2 : 16;
	void *grown;

	if (count < *allocated)
		return true;
	grown = reallocarray(*items, want, size);
	if (grown == NULL)
		return false;
	*items = grown;
	*allocated = want;
	return true;
}

/* While loading. */
static struct entry *find_entry(const struct rs_catalogue *catalogue, const char *id)
{
	uint32_t i;

	return rs_strmap_get(&catalogue->ids, id, strlen(id), &i) ? &catalogue->entries[i] : NULL;
}

/* Suggests an id for one that is not there. */
static const char *nearest_id(const struct rs_catalogue *catalogue, const char *id)
{
	const char **ids = calloc(catalogue->count + 1, sizeof(*ids)), *nearest = NULL;
	size_t i;

	for (i = 0; ids != NULL && i < catalogue->count; i++)
		ids[i] = catalogue->entries[i].def->id;
	if (ids != NULL)
		nearest = rs_nearest(id, ids, catalogue->count);
	free(ids);
	return nearest;
}

/* A relay that is switched off keeps what it was called. */
static void inherit(struct rs_relay_def *def, const struct rs_relay_def *old,
		    const struct rs_json *object)
{
	if (rs_json_member(object, "name") == NULL)
		def->name = old->name;
	if (rs_json_member(object, "vendor") == NULL)
		def->vendor = old->vendor;
	if (rs_json_member(object, "class") == NULL)
		def->class_ = old->class_;
}

static void warn_needless(struct rs_catalogue_reader *reader, const struct rs_catalogue *catalogue,
			  const struct rs_relay_def *def, const struct rs_json *object)
{
	const char *nearest = nearest_id(catalogue, def->id);

	if (nearest != NULL)
		rs_json_complain(reader->diags, RS_LEVEL_WARNING, object,
				 "switches off \"%s\", which no file before defines; did you mean "
				 "\"%s\"?",
				 def->id, nearest);
	else
		rs_json_complain(reader->diags, RS_LEVEL_WARNING, object,
				 "switches off \"%s\", which no file before defines; name the "
				 "bundled catalogue too, or remove this entry",
				 def->id);
}

static void add_relay(struct rs_catalogue *catalogue, struct rs_catalogue_reader *reader,
		      size_t path, const struct rs_json *object)
{
	struct rs_relay_def *def = rs_catalogue_read_relay(reader, object);
	struct entry *old;

	if (def == NULL)
		return;
	old = find_entry(catalogue, def->id);
	if (old != NULL && old->path == path) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, rs_json_member(object, "id"),
				 "\"%s\" is defined in %s:%u already; give one of them another id",
				 def->id, old->def->file, old->def->line);
		return;
	}
	if (old != NULL) {
		if (def->disabled)
			inherit(def, old->def, object);
		*old = (struct entry){ .def = def, .path = path };
		return;
	}
	if (def->disabled && rs_json_member(object, "class") == NULL)
		warn_needless(reader, catalogue, def, object);
	if (!has_room((void **)&catalogue->entries, catalogue->count, &catalogue->allocated,
		      sizeof(*catalogue->entries)) ||
	    rs_strmap_put(&catalogue->ids, def->id, strlen(def->id), (uint32_t)catalogue->count) <
		    0) {
		reader->out_of_memory = true;
		return;
	}
	catalogue->entries[catalogue->count++] = (struct entry){ .def = def, .path = path };
}

static void load_file(struct rs_catalogue *catalogue, struct rs_catalogue_reader *reader,
		      size_t path, const char *file)
{
	struct rs_json_options options = { .comments = true };
	const struct rs_json *root, *relays;
	struct rs_json_doc *doc;
	size_t i;

	reader->file = rs_arena_strdup(&catalogue->arena, file);
	if (reader->file == NULL ||
	    !has_room((void **)&catalogue->docs, catalogue->doc_count, &catalogue->docs_allocated,
		      sizeof(struct rs_json_doc *))) {
		reader->out_of_memory = true;
		return;
	}
	doc = rs_json_read_file(reader->file, &options, reader->diags);
	if (doc == NULL)
		return;
	catalogue->docs[catalogue->doc_count++] = doc;
	root = rs_json_root(doc);
	if (!rs_catalogue_expect(reader, root, RS_JSON_OBJECT))
		return;
	(void)rs_json_check_keys(reader->diags, root, file_keys);
	(void)rs_catalogue_member(reader, root, "comment", RS_JSON_STRING);
	relays = rs_catalogue_member(reader, root, "relays", RS_JSON_ARRAY);
	if (rs_json_member(root, "relays") == NULL)
		rs_catalogue_complain(reader, root,
				      "has no \"relays\", so it is no catalogue file; keep other "
				      "files, such as feeds, in another folder");
	for (i = 0; relays != NULL && i < rs_json_count(relays); i++)
		add_relay(catalogue, reader, path, rs_json_at(relays, i));
}

static int is_catalogue_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && entry->d_type != DT_DIR && len > 5 &&
	       strcmp(entry->d_name + len - 5, ".json") == 0;
}

/* By bytes: the order must not depend on the locale. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_folder(struct rs_catalogue *catalogue, struct rs_catalogue_reader *reader,
			size_t path, const char *folder)
{
	struct dirent **names;
	int count = scandir(folder, &names, is_catalogue_file, compare_names), i;
	size_t len = strlen(folder);

	if (count == -1) {
		rs_diags_add(reader->diags, RS_LEVEL_ERROR, folder, 0,
			     "the folder cannot be read: %s", strerror(errno));
		return;
	}
	while (len > 1 && folder[len - 1] == '/')
		len--;
	for (i = 0; i < count; i++) {
		char *file;

		if (asprintf(&file, "%.*s/%s", (int)len, folder, names[i]->d_name) == -1) {
			file = NULL;
			reader->out_of_memory = true;
		} else {
			load_file(catalogue, reader, path, file);
		}
		free(file);
		free(names[i]);
	}
	free(names);
}

static void load_path(struct rs_catalogue *catalogue, struct rs_catalogue_reader *reader,
		      size_t number, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		rs_diags_add(reader->diags, RS_LEVEL_ERROR, path, 0, "cannot be read: %s",
			     strerror(errno));
	else if (S_ISDIR(st.st_mode))
		load_folder(catalogue, reader, number, path);
	else
		load_file(catalogue, reader, number, path);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->def->id, y->def->id);
}

struct rs_catalogue *rs_catalogue_load(const char *const *paths, size_t count,
				       struct rs_diags *diags)
{
	struct rs_catalogue *catalogue = calloc(1, sizeof(*catalogue));
	struct rs_catalogue_reader reader = { .diags = diags };
	struct rs_diags *own = NULL;
	size_t i;

	if (catalogue == NULL)
		return NULL;
	/* Whether a relay is right is told by what was added. */
	if (diags == NULL)
		reader.diags = own = rs_diags_new();
	reader.arena = &catalogue->arena;
	reader.out_of_memory = reader.diags == NULL;
	for (i = 0; i < count && !reader.out_of_memory; i++)
		load_path(catalogue, &reader, i, paths[i]);
	rs_diags_free(&own);
	rs_strmap_clear(&catalogue->ids);
	if (reader.out_of_memory)
		rs_catalogue_free(&catalogue);
	else if (catalogue->count > 0)
		qsort(catalogue->entries, catalogue->count, sizeof(*catalogue->entries),
		      compare_entries);
	return catalogue;
}

void rs_catalogue_free(struct rs_catalogue **catalogue)
{
	size_t i;

	if (*catalogue == NULL)
		return;
	for (i = 0; i < (*catalogue)->doc_count; i++)
		rs_json_free(&(*catalogue)->docs[i]);
	free((*catalogue)->docs);
	free((*catalogue)->entries);
	rs_arena_clear(&(*catalogue)->arena);
	free(*catalogue);
	*catalogue = NULL;
}

size_t rs_catalogue_count(const struct rs_catalogue *catalogue)
{
	return catalogue->count;
}

const struct rs_relay_def *rs_catalogue_get(const struct rs_catalogue *catalogue, size_t i)
{
	return catalogue->entries[i].def;
}

const struct rs_relay_def *rs_catalogue_find(const struct rs_catalogue *catalogue, const char *id)
{
	struct rs_relay_def wanted = { .id = id };
	const struct entry key = { .def = &wanted }, *entry = NULL;

	if (catalogue->count > 0)
		entry = bsearch(&key, catalogue->entries, catalogue->count,
				sizeof(*catalogue->entries), compare_entries);
	return entry != NULL ? entry->def : NULL;
}
