/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <relaysentry/ip.h>
#include <relaysentry/mmdbw.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_file_open(struct fuzz_file *file, const void *data, size_t size)
{
	file->fd = memfd_create("fuzz", MFD_CLOEXEC);
	FUZZ_CHECK(file->fd >= 0);
	FUZZ_CHECK(size == 0 || write(file->fd, data, size) == (ssize_t)size);
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
}

void fuzz_file_close(struct fuzz_file *file)
{
	close(file->fd);
}

static void insert(struct rs_mmdbw *w, int relay, const char *text, uint32_t asn)
{
	const char *error;
	struct rs_net net;

	FUZZ_CHECK(rs_net_parse(text, strlen(text), &net, NULL, NULL, &error) == 0);
	FUZZ_CHECK(rs_mmdbw_insert(w, relay, &net, asn, asn == 0 ? "" : "EXAMPLE") == 0);
}

const unsigned char *fuzz_relaydb(size_t *size_r)
{
	/* Freed by nobody: still reachable, as leak checkers say. */
	static unsigned char *data;
	static size_t size;
	struct rs_mmdbw *w;
	int outlook, gmail, cloud, proxy;

	if (data == NULL) {
		w = rs_mmdbw_new("fuzz", 1700000000);
		FUZZ_CHECK(w != NULL);
		outlook = rs_mmdbw_relay(w, "outlook-mobile", "Outlook", RS_CLASS_MAIL_RELAY);
		gmail = rs_mmdbw_relay(w, "gmail-external", "Gmail", RS_CLASS_MAIL_RELAY);
		cloud = rs_mmdbw_relay(w, "azure", "Azure", RS_CLASS_CLOUD);
		proxy = rs_mmdbw_relay(w, "icloud-private-relay", "Private Relay",
				       RS_CLASS_PRIVACY_PROXY);
		insert(w, cloud, "52.112.0.0/12", 8075);
		insert(w, outlook, "52.125.128.0/20", 8075);
		insert(w, gmail, "192.0.2.0/24", 0);
		insert(w, proxy, "192.0.2.128/25", 0);
		insert(w, cloud, "192.0.2.128/25", 64496);
		insert(w, cloud, "2001:db8::/32", 0);
		insert(w, proxy, "2001:db8:1::/48", 0);
		FUZZ_CHECK(rs_mmdbw_build(w, &data, &size, NULL) == 0);
		rs_mmdbw_free(&w);
	}
	*size_r = size;
	return data;
}
