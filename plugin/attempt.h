/* SPDX-License-Identifier: MIT */
#ifndef RS_ATTEMPT_H
#define RS_ATTEMPT_H

/* A login attempt from its verdict to its end. With CRAM-MD5 and SCRAM the verdict
 * comes before the proof, and a policy server may still refuse what a passdb let
 * in: what is reported waits until it is known how the login ended. */

#include "compat.h"

#include <relaysentry/decide.h>
#include <relaysentry/logline.h>

struct rs_engine;

/* What the verdict reports. */
struct rs_attempt_report {
	struct rs_log_facts facts;
	bool notify; /* the user is to be told, too */
};

/* Lies in the request's memory, and holds the request until it is reported:
 * neither policy nor relay database need to be those of the verdict then. */
struct rs_attempt {
	struct rs_attempt *prev, *next; /* until it has ended */
	struct rs_engine *engine;
	struct auth_request *request;
	const char *passdb;	     /* the name of our block */
	char *name;		     /* of the user, when it was judged */
	const struct rs_relaydb *db; /* that of the verdict; perhaps no longer there */
	uint32_t relay;		     /* its index in db; UINT32_MAX: no relay */
	const char *user, *service;  /* as in struct rs_login */
	struct rs_log_facts facts;   /* what was decided */
	enum rs_class class_;
	struct rs_attempt_report *reports;
	size_t report_count;
	bool proved; /* before the verdict */
	bool test;   /* an administrator's: nobody holds the password */
	bool told;   /* what it reports is in the log */
	bool answered;
	bool judged_again; /* before it was answered; what a later block saw counts */
	enum rs_outcome outcome;
};

struct rs_attempts {
	struct rs_attempt *head;
	unsigned int count, sweep_count;
	struct timeout *to_sweep;
};

/* Call it before the request is answered. What an earlier block has made of the same
 * request is dropped. lost: the login fails whatever is answered.
 * proved: the credential was proved right. Returns NULL when there is nothing more to
 * tell about this login: a refusal is reported at once, its end is known. */
struct rs_attempt *rs_attempt_new(struct rs_engine *engine, struct auth_request *request,
				  const struct rs_login *login, const struct rs_verdict *verdict,
				  bool proved, bool lost);
/* The request was answered: reports it, now or when it has ended. NULL: nothing to tell. */
void rs_attempt_answered(struct rs_attempt *attempt);
/* Whether one more line, of those that are limited, may be written about its relay. */
bool rs_attempt_line(const struct rs_attempt *attempt);
/* It was reported; gives the request back. */
void rs_attempt_free(struct rs_attempt **attempt);
/* Auth ends: reports all that waits. */
void rs_attempts_end(struct rs_attempts *attempts);

#endif
