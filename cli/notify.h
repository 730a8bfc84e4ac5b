/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_NOTIFY_H
#define RELAYSENTRY_CLI_NOTIFY_H

/* What the files of the command notify share. Statuses are those of sysexits.h; what
 * is not 0 was reported. */

#include <relaysentry/diag.h>
#include <relaysentry/json.h>
#include <relaysentry/policy.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- events (notify-event.c) --- */

/* A login that its user is to be told of. The texts are its own. */
struct notify_login {
	char *user;			       /* as the event has it; any UTF-8 */
	char *key;			       /* rs_user_key() */
	char *address;			       /* of mail; valid */
	char *relay;			       /* an id */
	char *network, *ip, *service, *server; /* "-": not told */
	int64_t time;
	bool denied; /* else it was let in */

	/* Of who sends it. */
	struct notify_login *next;
	bool sent;	    /* but not recorded */
	unsigned attempts;  /* that failed */
	int64_t not_before; /* seconds of the monotonic clock */
};
void rs_notify_login_free(struct notify_login **login);

/* How events are read. */
struct notify_reading {
	const struct rs_policy *policy; /* for names of users; never NULL */
	const char *address;		/* a template, as rs_notify_address() fills it */
	const char *address_field;	/* of the event; NULL: the template counts */
	int64_t since;			/* what ended before is of no concern */
	int64_t now;			/* the time of an event that does not tell its own */
};

enum notify_line {
	NOTIFY_OTHER,	    /* no exported event */
	NOTIFY_UNCONCERNED, /* an event that nobody is to be told of */
	NOTIFY_FAULTY,	    /* one that cannot be used; *why_r says why */
	NOTIFY_NO_ADDRESS,  /* the address of *login_r is not valid */
	NOTIFY_LOGIN,
	NOTIFY_NO_MEMORY
};
/* Reads a line: an event as Dovecot exports it in JSON, alone or behind what Dovecot's
 * log or syslog writes before it. *why_r lives until the next call with diags. */
enum notify_line rs_notify_line(const struct notify_reading *reading, const char *line, size_t len,
				struct rs_diags *diags, struct notify_login **login_r,
				const char **why_r);

/* --- addresses (notify-address.c) --- */

/* Whether mail is sent to it: local part and domain in ASCII, and nothing in them that a
 * mail server, a shell or a header takes for more than a name. */
bool rs_notify_address_valid(const char *address);
/* Whether a user's name is an address or the local part of one: what a template takes out
 * of another name is somebody else's. */
bool rs_notify_user_valid(const char *user);
/* Whether all placeholders of a template are {user}, {localpart} or {domain}. */
bool rs_notify_address_template_valid(const char *template);
/* The address of a user, not yet looked at; allocated. NULL when memory is short. */
char *rs_notify_address(const char *template, const char *user);

/* Of whom the mail is: "address" or "name <address>". */
struct notify_sender {
	char *name; /* "": none */
	const char *address;
};
/* Returns 0, -1 when text is none, -2 when memory is short. */
int rs_notify_sender_parse(const char *text, struct notify_sender *sender_r);

/* --- templates (notify-template.c) --- */

struct notify_template;
/* Returns 0; EX_NOINPUT, EX_DATAERR or EX_OSERR. */
int rs_notify_template_load(const char *path, struct notify_template **template_r);
void rs_notify_template_free(struct notify_template **template);

/* What placeholders stand for. */
struct notify_values {
	const char *app, *vendor, *contact;
	const struct notify_login *login;
};
/* *subject_r and *body_r are allocated. Returns 0, -1 when memory is short. */
int rs_notify_template_fill(const struct notify_template *template,
			    const struct notify_values *values, char **subject_r, char **body_r);

/* --- mail (notify-mail.c) --- */

struct notify_mail {
	const struct notify_sender *from;
	const char *to;
	const char *subject, *body; /* UTF-8; the subject is one line */
	const struct notify_login *login;
	int64_t now;
};
/* The message as sendmail reads it, lines ending with LF; allocated. NULL when memory is
 * short. */
char *rs_notify_mail(const struct notify_mail *mail, size_t *len_r);

/* Hands it to sendmail. Returns 0; EX_TEMPFAIL when sendmail did not take it. */
int rs_notify_send(const char *sendmail, const char *sender, const char *address, const char *text,
		   size_t len);

/* --- who was told (notify-told.c) --- */

struct notify_told;
/* A record in the policy's dict, or in a file when path is not NULL; dry: it is only
 * read, but remembered for as long as this lives. Nothing is opened yet.
 * NULL when memory is short. */
struct notify_told *rs_notify_told_new(const struct rs_policy *policy, const char *path,
				       const char *base_dir, bool dry);
void rs_notify_told_free(struct notify_told **told);
/* Looks whether the user was told of the relay. With 0, nobody else tells anybody (who
 * has the same file) until rs_notify_told_end(). */
int rs_notify_told_begin(struct notify_told *told, const struct notify_login *login, bool *known_r);
/* Between begin and end: the user was told now. */
int rs_notify_told_record(struct notify_told *told, const struct notify_login *login, int64_t now);
void rs_notify_told_end(struct notify_told *told);
/* Nothing will be asked for a while. */
void rs_notify_told_rest(struct notify_told *told);
/* How many were told since then, as far as a file knows, which must be there for
 * writing; with a dict 0. */
int rs_notify_told_count(struct notify_told *told, int64_t since, size_t *count_r);

/* --- input (notify-input.c) --- */

struct notify_input;
/* path "-": standard input. Returns 0; EX_NOINPUT when there is no such file and nobody
 * waits for it (follow), EX_OSERR. */
int rs_notify_input_open(const char *path, bool follow, struct notify_input **input_r);
void rs_notify_input_close(struct notify_input **input);

enum notify_input_result {
	NOTIFY_INPUT_LINE,
	NOTIFY_INPUT_TOO_LONG, /* a line that was passed over */
	NOTIFY_INPUT_NOTHING,  /* right now; only when following */
	NOTIFY_INPUT_END,
	NOTIFY_INPUT_FAILED /* reported */
};
/* The line ends with NUL instead of the newline, and lives until the next call. */
enum notify_input_result rs_notify_input_line(struct notify_input *input, const char **line_r,
					      size_t *len_r);
/* Waits until there may be more, a signal comes, or at most a second. */
void rs_notify_input_wait(const struct notify_input *input);

/* --- telling (notify-tell.c, notify-run.c, notify-follow.c, notify-print.c) --- */

struct notify_counts {
	uint64_t lines, other, unconcerned, faulty;
	uint64_t told, known, no_address, failed, left_over;
};

struct notify {
	struct notify_reading reading;
	struct notify_input *input;
	struct notify_told *told;
	struct notify_template *template;
	struct notify_sender from;
	const char *contact, *sendmail;
	struct rs_relaydb *db;		/* NULL: relays are called by their ids */
	struct rs_catalogue *catalogue; /* NULL: vendors are not known */
	struct rs_diags *diags;		/* of the line that is read */
	size_t per_hour;
	bool follow, dry_run, json;
	struct notify_counts counts;

	int64_t *sent_at; /* a ring of per_hour times, seconds of the monotonic clock */
	size_t sent_next;
};

enum notify_fate {
	NOTIFY_TOLD,   /* or the user was told before */
	NOTIFY_FAILED, /* sendmail did not take it */
	NOTIFY_LATER,  /* over the limit */
	NOTIFY_BROKEN  /* the record, or memory; *status_r says which */
};
/* Tells a user, unless that was done before; counts it. */
enum notify_fate rs_notify_tell(struct notify *notify, struct notify_login *login, int *status_r);
/* The mails of the last hour count, as far as they are known. */
int rs_notify_start_limit(struct notify *notify);
/* When the limit lets the next mail through, by rs_notify_clock(). */
int64_t rs_notify_next_slot(const struct notify *notify);
/* Seconds of the monotonic clock. */
int64_t rs_notify_clock(void);

/* Reads at most *left lines on to the next login, and counts them; *left becomes what is
 * left of it. NULL: there is none, for *result_r or *status_r. */
struct notify_login *rs_notify_next_login(struct notify *notify, unsigned *left,
					  enum notify_input_result *result_r, int *status_r);
/* Whether a signal ends the command. */
bool rs_notify_ended(void);

/* Tells all who are to be told. Returns 0; EX_TEMPFAIL when some could not be told, or
 * the status of what else failed. */
int rs_notify_run(struct notify *notify);
/* The same for input that grows, until its end or a signal. */
int rs_notify_follow(struct notify *notify);

/* A line about what became of a login: "told", or with a dry run the mail itself. */
int rs_notify_print_told(const struct notify *notify, const struct notify_login *login,
			 const char *mail);
/* What was counted. */
int rs_notify_print_counts(const struct notify *notify);

#endif
