/* SPDX-License-Identifier: MIT */
#ifndef RS_SYSLOGSOCK_H
#define RS_SYSLOGSOCK_H

/* Alerts to the log daemon, by a datagram socket that never blocks. What the daemon
 * does not take is lost, counted, and told when it takes something again. */

#include <relaysentry/syslogmsg.h>

struct event;
struct rs_policy;
struct rs_syslogsock;

struct rs_syslogsock *rs_syslogsock_new(struct event *event);
void rs_syslogsock_free(struct rs_syslogsock **sock);
/* What the policy in force says; NULL: no syslog. Nothing of it is kept. */
void rs_syslogsock_set(struct rs_syslogsock *sock, const struct rs_policy *policy);
/* Whether alerts are sent at all. */
bool rs_syslogsock_wanted(const struct rs_syslogsock *sock);
/* Sends an alert. Facility, time, host and pid are filled in. */
void rs_syslogsock_send(struct rs_syslogsock *sock, struct rs_syslog_message *message);
/* Each minute: logs what was lost meanwhile. */
void rs_syslogsock_minute(struct rs_syslogsock *sock);

#endif
