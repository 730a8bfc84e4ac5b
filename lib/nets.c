/* SPDX-License-Identifier: MIT */
#include <relaysentry/source.h>

#include <errno.h>
#include <stdlib.h>

int rs_nets_add(struct rs_nets *nets, const struct rs_net *net)
{
	if (nets->count == nets->allocated) {
		size_t want = nets->allocated > 0 ? nets->allocated * 2 : 64;
		struct rs_net *grown = reallocarray(nets->nets, want, sizeof(*grown));

		if (grown == NULL)
			return -1;
		nets->nets = grown;
		if (nets->with_lines) {
			unsigned *lines = reallocarray(nets->lines, want, sizeof(*lines));

			if (lines == NULL)
				return -1;
			nets->lines = lines;
		}
		nets->allocated = want;
	}
	if (nets->with_lines)
		nets->lines[nets->count] = 0;
	nets->nets[nets->count++] = *net;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return rs_net_cmp(a, b);
}

void rs_nets_sort(struct rs_nets *nets)
{
	size_t kept = 0, i;

	if (nets->count < 2)
		return;
	/* Most files are in order already. */
	for (i = 1; i < nets->count; i++) {
		if (rs_net_cmp(&nets->nets[i - 1], &nets->nets[i]) > 0) {
			qsort(nets->nets, nets->count, sizeof(*nets->nets), compare);
			break;
		}
	}
	for (i = 1; i < nets->count; i++) {
		if (rs_net_cmp(&nets->nets[kept], &nets->nets[i]) != 0)
			nets->nets[++kept] = nets->nets[i];
	}
	nets->count = kept + 1;
}

void rs_nets_free(struct rs_nets *nets)
{
	free(nets->nets);
	free(nets->lines);
	*nets = (struct rs_nets){ 0 };
}
