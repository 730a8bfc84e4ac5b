/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_CIVIL_H
#define RELAYSENTRY_LIB_CIVIL_H

/* Days of the Gregorian calendar. */

#include <stdbool.h>
#include <stdint.h>

#define RS_DAY 86400

/* Days from 1970-01-01 to the date; month 1..12. Counts years from March on, so that the
 * leap day is the last of the year. */
static inline int64_t rs_days_from_civil(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int from_march = (month + 9) % 12;
	int64_t leaps = y / 4 - y / 100 + y / 400;

	return (int64_t)y * 365 + leaps + (from_march * 153 + 2) / 5 + day - 1 - 719468;
}

static inline int rs_days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

#endif
