/* SPDX-License-Identifier: MIT */
#include <relaysentry/dictproto.h>

#include <string.h>

#define NAME_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static const char scheme[] = "proxy:";

/* The socket: nothing, or an absolute path. Dovecot takes the first colon for its end. */
static int parse_socket(const char *text, size_t len, struct rs_dict_uri *uri, const char **error_r)
{
	if (len > 0 && text[0] != '/') {
		*error_r =
			"names a socket without its whole path; write proxy:/path/of/socket:NAME";
		return -1;
	}
	if (len >= sizeof(uri->socket)) {
		*error_r = "names a socket whose path is too long; they have at most 107 bytes";
		return -1;
	}
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
			*error_r = "has a control character";
			return -1;
		}
	}
	memcpy(uri->socket, text, len);
	uri->socket[len] = '\0';
	return 0;
}

int rs_dict_uri_parse(const char *text, struct rs_dict_uri *uri_r, const char **error_r)
{
	const char *socket = text + sizeof(scheme) - 1, *colon;
	size_t len;

	if (strncmp(text, scheme, sizeof(scheme) - 1) != 0 ||
	    (colon = strchr(socket, ':')) == NULL) {
		*error_r = "is no dict of Dovecot's dict process; write proxy::NAME, or "
			   "proxy:/path/of/socket:NAME";
		return -1;
	}
	if (parse_socket(socket, (size_t)(colon - socket), uri_r, error_r) < 0)
		return -1;
	len = strlen(colon + 1);
	if (len == 0) {
		*error_r = "names no dict; write its name behind the last colon, like "
			   "proxy::relaysentry";
		return -1;
	}
	if (len >= sizeof(uri_r->name) || strspn(colon + 1, NAME_BYTES) != len) {
		*error_r = "names a dict by what cannot be a name; write 1 to 63 of the characters "
			   "A-Z a-z 0-9 . _ -";
		return -1;
	}
	memcpy(uri_r->name, colon + 1, len + 1);
	return 0;
}
